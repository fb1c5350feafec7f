"""n@k: whether one of n submissions is right, when they are picked from k samples (Li et al. 2022)."""

import random
from collections.abc import Mapping, Sequence

from verifiers.code.alphacode.behaviour import Cell, clusters, pick


def n_at_k(
    samples: Sequence[str | None],
    right: Sequence[bool],
    rows: Mapping[str, Sequence[Cell]],
    lengths: Mapping[str, int],
    *,
    n: int,
    k: int,
    draws: int,
    seed: int,
) -> float:
    """Share of random subsets of k samples for which a right one is among the n that are picked.

    ``samples[i]`` is the program of sample i; only programs in ``rows`` (those that pass the public tests) are
    picked, by the clusters that they form within the subset. A program is right when one of its samples in the subset
    is. Subsets are drawn without replacement, so the mean over draws is unbiased; k equal to the number of samples
    needs one draw.
    """
    rng = random.Random(seed)
    numbers: dict[tuple[Cell, ...], int] = {}
    behaviour = {key: [numbers.setdefault(tuple(row), len(numbers))] for key, row in rows.items()}
    whole = k >= len(samples)
    hits = 0
    for _ in range(1 if whole else draws):
        subset = range(len(samples)) if whole else rng.sample(range(len(samples)), k)
        copies: dict[str, int] = {}
        good = set()
        for i in sorted(subset):
            key = samples[i]
            if key is not None and key in rows:
                copies[key] = copies.get(key, 0) + 1
                if right[i]:
                    good.add(key)
        found = clusters({key: behaviour[key] for key in copies}, copies)
        hits += any(key in good for key in pick(found, lengths, n))
    return hits / (1 if whole else draws)


def n_at_k_by_chance(
    samples: Sequence[str | None], right: Sequence[bool], rows: Mapping[str, Sequence[Cell]], *, n: int
) -> float:
    """The baseline: n samples at random among those that pass the public tests; exact."""
    from math import comb

    passing = [i for i, key in enumerate(samples) if key in rows]
    wrong = sum(not right[i] for i in passing)
    if len(passing) <= n:
        return float(wrong < len(passing))
    return 1.0 - comb(wrong, n) / comb(len(passing), n)
