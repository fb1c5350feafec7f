"""Procedural arithmetic word problems with reference solutions, the embedded default and the tiny model's training set.

A problem's family and numbers decide its split, so what the tiny model was trained on (``train``) and what a run
asks it (``fresh``) share no numbers within a family, whatever names and things are around them.
"""

import hashlib
import random
from collections.abc import Iterator
from dataclasses import dataclass

from engine.codec import content_id
from engine.errors import ConfigError, DataError
from engine.problems import word_families_long, word_families_short
from engine.problems.word_story import Story
from engine.records import Problem

FAMILIES = {**word_families_short.FAMILIES, **word_families_long.FAMILIES}
"""Number of steps to the functions that draw a story with as many."""
LEVELS = {"easy": (1, 2), "medium": (2, 3), "hard": (3, 4), "mixed": (1, 2, 3, 4)}
SPLITS = ("fresh", "train")
MAX_MISSES = 5_000
"""Draws in a row of problems already seen after which the space counts as used up."""


@dataclass
class WordProblems:
    """``n_problems`` different word problems, the same for the same seed; a longer draw starts with the shorter one.

    ``difficulty`` is ``easy`` (1-2 steps), ``medium`` (2-3), ``hard`` (3-4), ``mixed`` (1-4), or the exact number of
    steps. Every family of the level is equally likely. Raises ``ConfigError`` for a value out of range.
    """

    n_problems: int = 200
    seed: int = 0
    difficulty: int | str = "mixed"
    split: str = "fresh"

    def __post_init__(self) -> None:
        if self.n_problems < 1:
            raise ConfigError(f"problems.n_problems must be at least 1, got {self.n_problems}")
        if self.split not in SPLITS:
            raise ConfigError(f"problems.split must be {' or '.join(SPLITS)}, got {self.split!r}")
        self._steps()

    def problems(self) -> Iterator[Problem]:
        """Yield the problems; raises ``DataError`` when the level has fewer than ``n_problems``."""
        rng = random.Random(f"word problems {self.seed}")
        families = [(steps, draw) for steps in self._steps() for draw in FAMILIES[steps]]
        seen: set[str] = set()
        misses = 0
        while len(seen) < self.n_problems:
            steps, draw = rng.choice(families)
            story = draw(rng)
            if split_of(draw.__name__, story.numbers) != self.split:
                continue
            identity = content_id("word_problems", story.prompt)
            if identity not in seen:
                misses = 0
                seen.add(identity)
                yield self._problem(identity, draw.__name__, steps, story)
                continue
            misses += 1
            if misses > MAX_MISSES:
                raise DataError(
                    f"problems.difficulty={self.difficulty} has no more than about {len(seen)} different problems: "
                    f"lower problems.n_problems (now {self.n_problems})"
                )

    def _problem(self, identity: str, family: str, steps: int, story: Story) -> Problem:
        return Problem(
            id=f"word-{identity}",
            prompt=story.prompt,
            answer=str(story.work.value),
            reference_solution=story.work.text(),
            source=f"word_problems/{self.split}",
            licence="Apache-2.0",
            meta={"family": family, "steps": steps},
        )

    def _steps(self) -> tuple[int, ...]:
        level = str(self.difficulty)
        if level in LEVELS:
            return LEVELS[level]
        if level.isdecimal() and int(level) in FAMILIES:
            return (int(level),)
        raise ConfigError(
            f"problems.difficulty must be {', '.join(LEVELS)} or a number of steps from 1 to {max(FAMILIES)}, "
            f"got {self.difficulty!r}"
        )


def split_of(family: str, numbers: tuple[int, ...]) -> str:
    """``fresh`` for a quarter of all number tuples of a family, ``train`` for the rest; a hash, so it never changes."""
    digest = hashlib.sha256(f"{family} {numbers}".encode()).digest()
    return "fresh" if digest[0] < 64 else "train"
