"""The numbers of a run: a funnel that adds up, pass@k with intervals, yield. Plain dictionaries, finite numbers.

The input, ``counts``, is what the ledger says (see ``empty_counts`` for its keys).
"""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

Z95 = 1.959963984540054


class Stage(NamedTuple):
    """One line of the funnel: ``n - sum(dropped.values())`` is the ``n`` of the next line of the same unit."""

    unit: str
    """``problems`` or ``samples``."""
    stage: str
    n: int
    dropped: dict[str, int]


def empty_counts() -> dict[str, Any]:
    """The keys that ``summarise`` reads, all zero.

    ``problems.loaded`` counts every source row, bad ones and duplicates too. ``samples.total`` counts every sample
    in the ledger, ``surplus`` those beyond their problem's stop index; ``decisions`` and ``groups`` leave the
    surplus out. ``groups`` is a histogram: ``[samples decided, samples accepted, problems like that]``, where
    decided means accepted or rejected, never ERROR.
    """
    return {
        "problems": {"loaded": 0, "bad_rows": {}, "duplicates": 0, "set_aside": {}, "sampled": 0},
        "samples": {"total": 0, "surplus": 0, "finish": {}, "tokens": 0, "prompt_tokens": 0},
        "verdicts": {},
        "decisions": {"accepted": 0, "rejected": {}, "error": 0, "undecided": 0},
        "groups": [],
        "selected": {"kept": 0, "dropped": {}, "noted": {}, "selectors": {}},
        "products": {},
        "seconds": {},
        "tokens_per_accepted": None,
        "reasons": {},
        "cascade": {},
        "sampler": {},
        "figures": {},
    }


def summarise(counts: Mapping[str, Any]) -> dict[str, Any]:
    """``counts`` plus ``funnel`` (list of ``Stage`` as dictionaries), ``pass_at_k``, ``pass_rate``, ``error_share``."""
    counts = empty_counts() | dict(counts)
    decided = sum(n * how_many for n, _, how_many in counts["groups"])
    accepted = sum(c * how_many for _, c, how_many in counts["groups"])
    counted = counts["samples"]["total"] - counts["samples"]["surplus"]
    return counts | {
        "funnel": [stage._asdict() for stage in funnel(counts)],
        "pass_at_k": pass_at_k(counts["groups"]),
        "pass_rate": accepted / decided if decided else None,
        "error_share": counts["decisions"]["error"] / counted if counted else None,
    }


def funnel(counts: Mapping[str, Any]) -> list[Stage]:
    """From source rows to problems sampled, and from samples to rows selected.

    Each line's drops lead exactly to the next line; a difference that ``counts`` does not explain is shown as
    ``unaccounted`` (problems of an unfinished run are ``not sampled yet``), never hidden.
    """
    problems, samples, decisions = counts["problems"], counts["samples"], counts["decisions"]
    aside = _only({**problems["bad_rows"], "duplicate id": problems["duplicates"]})
    usable = problems["loaded"] - sum(aside.values())
    checked = usable - sum(problems["set_aside"].values())
    counted = samples["total"] - samples["surplus"]
    wrong = _only(
        {**decisions["rejected"], "verifier error": decisions["error"], "not judged yet": decisions["undecided"]}
    )
    accepted, kept = decisions["accepted"], counts["selected"]["kept"]
    return [
        Stage("problems", "rows loaded", problems["loaded"], aside),
        Stage("problems", "problems", usable, _only(problems["set_aside"])),
        _closed("problems", "verifiable", checked, {}, problems["sampled"]),
        Stage("problems", "sampled", problems["sampled"], {}),
        Stage("samples", "sampled", samples["total"], _only({"surplus": samples["surplus"]})),
        _closed("samples", "counted", counted, wrong, accepted),
        _closed("samples", "accepted", accepted, _only(counts["selected"]["dropped"]), kept),
        Stage("samples", "selected", kept, {}),
    ]


def settled_funnel(counts: Mapping[str, Any]) -> list[Stage]:
    """The part of ``funnel`` that a killed and resumed run repeats exactly: without the surplus."""
    return [stage for stage in funnel(counts) if (stage.unit, stage.stage) != ("samples", "sampled")]


def pass_at_k(groups: list[list[int]]) -> list[dict[str, Any]]:
    """pass@k for k = 1, 2, 4, … up to the largest group, with 95 % intervals over problems.

    Estimator: ``1 - C(n-c, k) / C(n, k)`` per problem (Chen et al. 2021), averaged over the problems with at least
    k decided samples (``problems`` of ``of``). It assumes that n does not depend on the outcome; a budget that stops
    at the first passes bends it upwards. Interval: see ``clustered_interval``.
    """
    groups = [group for group in groups if group[0] > 0]
    total = sum(how_many for *_, how_many in groups)
    rows, k = [], 1
    while groups and k <= max(n for n, *_ in groups):
        values = [(1 - math.comb(n - c, k) / math.comb(n, k), n, many) for n, c, many in groups if n >= k]
        problems = sum(many for *_, many in values)
        mean = sum(value * many for value, _, many in values) / problems
        variance = sum(many * (value - mean) ** 2 for value, _, many in values) / max(problems - 1, 1)
        low, high = clustered_interval(mean, variance, problems, sum(n * many for _, n, many in values))
        rows.append({"k": k, "estimate": mean, "low": low, "high": high, "problems": problems, "of": total})
        k *= 2
    return rows


def clustered_interval(mean: float, variance: float, clusters: int, samples: int) -> tuple[float, float]:
    """95 % Wilson score interval of a proportion, with problems as clusters.

    ``variance`` is that of the per-problem values. The effective sample size is Kish's,
    ``mean (1 - mean) clusters / variance``, at most ``samples``; where every problem gives 0, or every one 1, it
    is ``clusters``.
    """
    spread = mean * (1 - mean)
    size = float(clusters)
    if spread > 0:
        size = min(spread * clusters / variance, samples) if variance > 0 else samples
    centre = (mean + Z95**2 / (2 * size)) / (1 + Z95**2 / size)
    half = Z95 / (1 + Z95**2 / size) * math.sqrt(spread / size + Z95**2 / (4 * size**2))
    return max(0.0, min(mean, centre - half)), min(1.0, max(mean, centre + half))


def verify_seconds(
    samples: int, statuses: Mapping[str, Mapping[str, int]], seconds: Mapping[str, float]
) -> dict[str, Any]:
    """What verifying took, and what asking every verifier about all ``samples`` would have taken beside it.

    ``saved`` is an estimate: the mean seconds of a verifier's verdicts, times the samples that it was not asked about.
    """
    verifiers = {}
    for name in sorted(statuses):
        asked = sum(statuses[name].values())
        spared, mean = max(0, samples - asked), seconds[name] / asked
        verifiers[name] = {"asked": asked, "spared": spared, "mean": mean, "saved": spared * mean}
    return {
        "seconds": sum(seconds[name] for name in verifiers),
        "saved": sum(facts["saved"] for facts in verifiers.values()),
        "verifiers": verifiers,
        "order": None,
    }


def write_stats(path: Path, stats: Mapping[str, Any]) -> None:
    """Write ``stats`` as JSON in one step; a number that is not finite becomes null."""
    text = json.dumps(_finite(stats), indent=2, allow_nan=False, ensure_ascii=True) + "\n"
    fresh = path.with_name(f".{path.name}.new")
    fresh.write_text(text, "ascii")
    fresh.replace(path)


def _closed(unit: str, stage: str, n: int, dropped: dict[str, int], following: int) -> Stage:
    missing = n - sum(dropped.values()) - following
    rest = "not sampled yet" if unit == "problems" and missing > 0 else "unaccounted"
    return Stage(unit, stage, n, dropped | ({rest: missing} if missing else {}))


def _only(reasons: Mapping[str, int]) -> dict[str, int]:
    """Reasons that occurred, the most frequent first."""
    return {code: n for code, n in sorted(reasons.items(), key=lambda item: (-item[1], item[0])) if n}


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(item) for item in value]
    return value
