"""New inputs from known ones, by the rules of ``texts`` and ``values``; the same seed gives the same inputs."""

import random
from collections.abc import Callable, Sequence

from engine.records import TestKind
from verifiers.code.alphacode.subject import Subject
from verifiers.code.alphacode.texts import Texts
from verifiers.code.alphacode.values import Arguments

Step = Callable[[str, random.Random], str]
TRIES = 20
STEPS = (1, 1, 1, 2, 2, 3)
"""Mutations in a row, drawn from these: near the known inputs first, since their constraints are not known."""
LONGEST = 20_000
"""Characters of an input."""


def mutated(subject: Subject, seeds: Sequence[str], most: int, rng: random.Random, old: Sequence[str]) -> list[str]:
    """At most ``most`` inputs that are neither ``seeds`` nor ``old``, made from ``seeds``."""
    if not seeds:
        return []
    models = subject.known or seeds
    step = Texts(models).mutate if subject.kind is TestKind.STDIN else _arguments(subject, models)
    seen = {*seeds, *old}
    made: list[str] = []
    for _ in range(TRIES * most):
        if len(made) == most:
            break
        text = rng.choice(seeds)
        for _ in range(rng.choice(STEPS)):
            text = step(text, rng)
        if text not in seen and len(text) <= LONGEST:
            seen.add(text)
            made.append(text)
    return made


def _arguments(subject: Subject, models: Sequence[str]) -> Step:
    rules = Arguments([subject.decode(text) for text in models], subject.class_name)

    def step(text: str, rng: random.Random) -> str:
        made = rules.mutate(subject.decode(text), rng)
        try:
            again = subject.encode(made)
            subject.decode(again)
        except (ValueError, TypeError, RecursionError):  # what no text can hold, such as an infinite float
            return text
        return again

    return step
