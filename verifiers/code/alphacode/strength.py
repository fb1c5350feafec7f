"""Which tests are worth keeping, and how strong they are together."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet


def cover(kills: Mapping[int, AbstractSet[str]], most: int, times: int) -> list[int]:
    """At most ``most`` tests by what they kill: a greedy cover, in which each program is killed up to ``times`` times.

    ``kills`` maps a test to the programs that it kills; a test that kills none is never taken. Returned in order.
    """
    left = {program: times for killed in kills.values() for program in killed}
    open_tests = {test: set(killed) for test, killed in kills.items() if killed}
    taken: list[int] = []
    while open_tests and len(taken) < most:
        best = max(open_tests, key=lambda test: (sum(left[p] > 0 for p in open_tests[test]), -test))
        killed = open_tests.pop(best)
        if not any(left[program] > 0 for program in killed):
            break
        taken.append(best)
        for program in killed:
            left[program] -= 1
    return sorted(taken)


def strength(mutants: Sequence[str], killed: AbstractSet[str]) -> float | None:
    """Share of the mutants that are killed; None without mutants."""
    return sum(mutant in killed for mutant in mutants) / len(mutants) if mutants else None
