"""What a word problem is made of: people, things, and a solution that computes while it is being written."""

import operator
import random
from collections.abc import Callable
from dataclasses import dataclass, field


def _words(text: str) -> list[str]:
    return text.split()


SHE = _words("Ada Bella Clara Dora Elena Fatima Grace Hana Irma Julia Keiko Lena Maya Nora Olga Priya Rosa Sara Tina")
HE = _words("Adam Boris Carlos David Emil Felix Goran Hugo Ivan Jonas Karim Leo Marco Noah Omar Paul Rafael Sam Tom")
THINGS = _words(
    "pens apples books marbles stickers coins cards shells stamps buttons beads cookies pencils oranges balloons "
    "toys candles plums mugs stones"
)
HOLDERS = _words("boxes bags baskets jars packs trays crates bins")

_OPERATIONS: dict[str, Callable[[int, int], int]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.floordiv,
}


@dataclass
class Work:
    """A solution in the making: each step states one equation, and its value is what was computed."""

    lines: list[str] = field(default_factory=list)
    value: int = 0

    def step(self, before: str, a: int, op: str, b: int, after: str = "") -> int:
        """Add the line ``before a op b = c after.`` and return c, a whole number ≥ 0."""
        if op == "/":
            assert a % b == 0, (a, b)
        self.value = _OPERATIONS[op](a, b)
        assert self.value >= 0, (a, op, b)
        equation = f"{a} {op} {b} = {self.value}"
        self.lines.append(" ".join(part for part in (before, equation, after) if part) + ".")
        return self.value

    def text(self) -> str:
        """The whole solution, ending in the boxed last value."""
        return "\n".join([*self.lines, f"The answer is \\boxed{{{self.value}}}"])


@dataclass(frozen=True)
class Story:
    """One word problem. ``numbers`` are its canonical parameters: they decide its split, whatever the words."""

    numbers: tuple[int, ...]
    prompt: str
    work: Work


@dataclass(frozen=True)
class Person:
    """A name with its pronoun."""

    name: str
    pronoun: str

    @property
    def start(self) -> str:
        """The pronoun at the start of a sentence."""
        return self.pronoun.capitalize()


def people(rng: random.Random, count: int) -> list[Person]:
    """``count`` different people."""
    names = rng.sample([(name, "she") for name in SHE] + [(name, "he") for name in HE], count)
    return [Person(name, pronoun) for name, pronoun in names]
