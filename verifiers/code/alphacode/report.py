"""What is written of one problem: plain JSON rows."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.codec import to_json
from verifiers.code.alphacode.behaviour import Cell, Cluster, pick
from verifiers.code.alphacode.run import Candidate
from verifiers.code.alphacode.strength import strength
from verifiers.code.alphacode.subject import Subject
from verifiers.code.alphacode.submit import n_at_k, n_at_k_by_chance
from verifiers.code.alphacode.tests_made import Made


@dataclass(frozen=True)
class Labels:
    """Samples, and what all tests say of them."""

    programs: dict[int, str | None]
    """Identity of the program in each sample."""
    accepted: dict[int, bool | None]

    def right(self, key: str) -> bool | None:
        """What the tests say of a program: of its first sample that they judged."""
        known = (self.accepted.get(i) for i, program in sorted(self.programs.items()) if program == key)
        return next((label for label in known if label is not None), None)


@dataclass(frozen=True)
class Suite:
    """Mutants, and the tests that were made and kept."""

    mutants: list[str]
    killed_by_public: set[str]
    killed_by_own: set[str]
    made: list[Made]
    kept: list[Made]


def problem_row(
    problem_id: str,
    labels: Labels,
    voters: Mapping[str, Sequence[Cell]],
    grouped: Sequence[Cluster],
    suite: Suite,
    *,
    lengths: Mapping[str, int],
    n: int,
    draws: int,
    seed: int,
) -> dict[str, Any]:
    """Counts, strength, clusters and estimates of one problem."""
    generated = set[str]().union(*(test.mutants for test in suite.kept))
    judged = [i for i in sorted(labels.programs) if labels.accepted.get(i) is not None]
    programs = [labels.programs[i] for i in judged]
    right = [bool(labels.accepted[i]) for i in judged]
    passing = [i for i in labels.programs if labels.programs[i] in voters]
    picked = [labels.right(key) for key in pick(grouped, lengths, n)]
    return {
        "problem_id": problem_id,
        "samples": len(labels.programs),
        "judged": len(judged),
        "right": sum(right),
        "no_program": sum(key is None for key in labels.programs.values()),
        "survivors": len(passing),
        "survivors_right": sum(labels.accepted.get(i) is True for i in passing),
        "survivors_wrong": sum(labels.accepted.get(i) is False for i in passing),
        "distinct_survivors": len(voters),
        "tests_made": len(suite.made),
        "tests_kept": len(suite.kept),
        "weak_tests": sum(test.weak for test in suite.kept),
        "killed": _killed(labels, voters, suite.kept),
        "mutants": len(suite.mutants),
        "strength": {
            "public": strength(suite.mutants, suite.killed_by_public),
            "before": strength(suite.mutants, suite.killed_by_own),
            "generated": strength(suite.mutants, generated),
            "after": strength(suite.mutants, suite.killed_by_own | generated),
        },
        "clusters": [cluster.size for cluster in grouped],
        "submissions": len(picked),
        "majority_right": picked[0] if picked else None,
        "solved": _solved(picked),
        "n_at_k": [
            {"n": n, "k": k, "value": n_at_k(programs, right, voters, lengths, n=n, k=k, draws=draws, seed=seed)}
            for k in sizes(len(judged), n)
        ],
        "by_chance": n_at_k_by_chance(programs, right, voters, n=n) if judged else None,
    }


def sizes(samples: int, n: int) -> list[int]:
    """n, 10 n, 100 n, … up to the number of samples."""
    found, k = [], n
    while k <= samples:
        found.append(k)
        k *= 10
    return found


def _solved(picked: Sequence[bool | None]) -> bool | None:
    """Whether one of the submissions is right; None while that is not known."""
    if True in picked:
        return True
    return None if None in picked else False


def _killed(labels: Labels, voters: Mapping[str, Sequence[Cell]], kept: Sequence[Made]) -> dict[str, int]:
    """Samples that pass the public tests and fail a kept one, by what all tests say of them."""
    dead = set[str]().union(*(test.survivors for test in kept))
    names = {True: "right", False: "wrong", None: "unknown"}
    counts = Counter(
        names[labels.accepted.get(i)] for i, key in labels.programs.items() if key in dead and key in voters
    )
    return {name: counts[name] for name in names.values()}


def test_rows(
    problem_id: str, subject: Subject, kept: Sequence[Made], origins: Mapping[str, str]
) -> list[dict[str, Any]]:
    """One row per kept test."""
    return [
        {
            "problem_id": problem_id,
            "input": test.input,
            "expected": test.expected.text,
            "agreement": round(test.agreed.share, 6),
            "margin": round(test.agreed.margin, 6),
            "programs": test.agreed.programs,
            "kills": {"programs": len(test.survivors), "mutants": len(test.mutants)},
            "weak": test.weak,
            "origin": origins[test.input],
            "case": to_json(test.case(subject)),
        }
        for test in kept
    ]


def submission_rows(
    problem_id: str,
    labels: Labels,
    grouped: Sequence[Cluster],
    programs: Mapping[str, Candidate],
    *,
    n: int,
) -> list[dict[str, Any]]:
    """One row per submission, the first being the majority's answer."""
    lengths = {key: len(candidate.source) for key, candidate in programs.items()}
    home = {key: number for number, cluster in enumerate(grouped) for key in cluster.programs}
    return [
        {
            "problem_id": problem_id,
            "rank": rank,
            "index": min(i for i, program in labels.programs.items() if program == key),
            "cluster": home[key],
            "cluster_size": grouped[home[key]].size,
            "right": labels.right(key),
            "program": programs[key].source,
        }
        for rank, key in enumerate(pick(grouped, lengths, n), 1)
    ]
