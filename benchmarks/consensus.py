"""What a majority is worth: precision and coverage of the consensus verifier on labelled samples of many models.

    python benchmarks/consensus.py [DATA] [--size N] [--draws N] [--only NAME] [--no-steps]

DATA is the developers' data pack (default: ../shared/data beside the checkout). A group is all samples of a problem, or
with --size that many, drawn --draws times with a fixed seed. An answer is right when most samples that give it are
labelled right (labels of single samples fail on broken JSON).

First table: "cover" is the share of groups with a winner, "prec" the share of winners that are right, "rows" the share
of right samples among those that PASS and "f.FAIL" among those that FAIL, by their own labels; "string" is the same
vote on the answers' texts. Second: whether intermediate values tell right majorities from wrong ones, as precision
among the groups ranked highest, ties broken evenly. Third: whether they tell solutions with a wrong step from sound
ones where both give the right answer, on ProcessBench solutions put among the samples of the same problem ("s.with":
sound ones that have values; AUC 0.5 is chance).
"""

import argparse
import contextlib
import gzip
import json
import random
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.records import Problem, Sample
from verifiers.consensus import ConsensusVerifier
from verifiers.consensus.clusters import Cluster, Clusters
from verifiers.consensus.values import agreements, derived
from verifiers.consensus.vote import Vote
from verifiers.math.judge import Gold
from verifiers.math.outcome import Asked

SETS = ("gsm8k_zeroeval", "math_l5_zeroeval", "gsm8k_boxed_gpt_claude", "gsm8k_gpt3_4models", "math_qwen25_k8_rm")
THRESHOLDS = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
MARGINS = (0.0, 0.2)
COVERAGES = (0.5, 0.7, 0.8, 0.9, 1.0)
PROCESS = {"processbench_gsm8k": "gsm8k_zeroeval", "processbench_math": "math_l5_zeroeval"}
VERIFIER = ConsensusVerifier()


@dataclass(frozen=True)
class Group:
    """The samples of one problem with their labels (None: not labelled)."""

    problem: Problem
    samples: tuple[Sample, ...]
    labels: tuple[bool | None, ...]


@dataclass
class Counted:
    """One group, counted: answers by sample, the vote by meaning and by text."""

    group: Group
    answers: list[str | None]
    clusters: Clusters
    strings: Clusters
    values: float | None = None
    """Mean agreement of the intermediate values in the largest cluster."""

    def right(self, clusters: Clusters, cluster: Cluster) -> bool:
        """Whether most of its labelled samples are labelled right."""
        labels = [label for label, _ in self.members(clusters, cluster) if label is not None]
        return 2 * sum(labels) > len(labels)

    def members(self, clusters: Clusters, cluster: Cluster) -> Iterator[tuple[bool | None, Sample]]:
        """Labels and samples of those that gave the answer."""
        for label, sample, answer in zip(self.group.labels, self.group.samples, self.answers, strict=True):
            if answer is not None and clusters.of(answer) is cluster:
                yield label, sample


class ByText(Clusters):
    """The baseline: equal when spelt alike."""

    def relation(self, one: Gold, two: Gold) -> str:  # type: ignore[override]
        return "equal" if one.text == two.text else "different"


def rows(path: Path) -> list[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def groups(data: Path, name: str, size: int, draws: int) -> Iterator[Group]:
    rng = random.Random(0)
    for row in rows(data / "samples" / f"{name}.jsonl.gz"):
        items = row["samples"]
        for _ in range(draws if size else 1):
            chosen = rng.sample(items, size) if 0 < size < len(items) else items
            samples = tuple(
                Sample(row["id"], i, item["text"], reasoning=reasoning(item["text"])) for i, item in enumerate(chosen)
            )
            yield Group(Problem(row["id"], row["problem"]), samples, tuple(item["label"] for item in chosen))


def reasoning(text: str) -> str | None:
    """What stands under "reasoning" in a JSON reply, so that its steps can be read."""
    with contextlib.suppress(ValueError):
        value = json.loads(text[text.find("{") : text.rfind("}") + 1], strict=False)
        if isinstance(value, dict) and isinstance(value.get("reasoning"), str):
            return str(value["reasoning"])
    return None


def count(group: Group) -> Counted:
    answers = [VERIFIER._answer(sample) for sample in group.samples]  # noqa: SLF001  what the verifier reads
    texts = Counter(answer for answer in answers if answer is not None)
    by_meaning, by_text = (
        kind(texts, VERIFIER.equality, Asked(str(group.problem.prompt))) for kind in (Clusters, ByText)
    )
    return Counted(group, answers, by_meaning, by_text)


def vote(counted: Counted, clusters: Clusters, agreement: float, margin: float) -> Vote:
    answers = sum(answer is not None for answer in counted.answers)
    return Vote(clusters, len(counted.answers), answers, agreement, margin, VERIFIER.min_votes)


def by_threshold(name: str, all_counted: Sequence[Counted]) -> None:
    for margin in MARGINS:
        for agreement in THRESHOLDS:
            told = [f"{name:24s} {agreement:9.1f} {margin:6.1f}"]
            for kind in ("clusters", "strings"):
                won = right = passed = good = failed = lost = 0
                for counted in all_counted:
                    clusters = getattr(counted, kind)
                    winner = vote(counted, clusters, agreement, margin).winner
                    if winner is not None:
                        labels = [label for label, _ in counted.members(clusters, winner) if label is not None]
                        won, right = won + 1, right + counted.right(clusters, winner)
                        passed, good = passed + len(labels), good + sum(labels)
                        refused = refusals(counted, clusters, winner, unsure=kind == "clusters")
                        failed, lost = failed + len(refused), lost + sum(refused)
                shares = won / len(all_counted), right / max(won, 1), good / max(passed, 1), lost / max(failed, 1)
                told.append("  ".join(f"{100 * share:6.1f}" for share in shares))
            print("   | ".join(told))


def refusals(counted: Counted, clusters: Clusters, winner: Cluster, *, unsure: bool) -> list[bool]:
    """Labels of the samples that FAIL: those of another answer, unless it cannot be compared."""
    others = [c for c in clusters.ranked if c is not winner]
    if unsure:
        others = [c for c in others if clusters.relation(winner.gold, c.gold) == "different"]
    return [label for c in others for label, _ in counted.members(clusters, c) if label is not None]


def add_values(all_counted: Sequence[Counted]) -> None:
    known: dict[str, frozenset[str]] = {}
    for counted in all_counted:
        if not counted.clusters.ranked:
            continue
        values = []
        for _, sample in counted.members(counted.clusters, counted.clusters.ranked[0]):
            if (key := f"{sample.problem_id} {sample.text}") not in known:
                known[key] = derived(counted.group.problem, sample)
            values.append(known[key])
        agreed = [share for share in agreements(values) if share is not None]
        counted.values = sum(agreed) / len(agreed) if agreed else None


def by_rank(name: str, all_counted: Sequence[Counted]) -> None:
    """Precision at equal coverage of several ways to rank the largest clusters."""
    ranked = [(c, vote(c, c.clusters, 0, 0), c.clusters.ranked[0]) for c in all_counted if c.clusters.ranked]
    keys: Mapping[str, Callable[[Counted, Vote, Cluster], Any]] = {
        "share": lambda _, v, w: w.votes / v.samples,
        "lead": lambda _, v, __: v.lead / v.samples,
        "share, then values": lambda c, v, w: (w.votes / v.samples, c.values or 0.0),
        "share x values": lambda c, v, w: w.votes / v.samples * (c.values or 0.0),
        "values": lambda c, _, __: c.values or 0.0,
    }
    for key, rank in keys.items():
        levels: defaultdict[Any, list[bool]] = defaultdict(list)
        for item in ranked:
            levels[rank(*item)].append(item[0].right(item[0].clusters, item[2]))
        precisions = [precision_at(levels, round(share * len(all_counted))) for share in COVERAGES]
        print(f"{name:24s} {key:20s} " + " ".join(f"{100 * value:8.1f}" for value in precisions))


def precision_at(levels: Mapping[Any, Sequence[bool]], many: int) -> float:
    """Expected precision of the ``many`` highest, ties broken evenly."""
    right = left = 0.0
    for level in sorted(levels, reverse=True):
        taken = min(len(levels[level]), many - left)
        right += taken * sum(levels[level]) / len(levels[level])
        left += taken
    return right / left if left else 0.0


def process_errors(data: Path, bench: str, name: str) -> None:
    """Agreement of right-answer solutions with a wrong step, and of sound ones, with others of the same answer."""
    known = {" ".join(str(group.problem.prompt).split()): group for group in groups(data, name, 0, 1)}
    found: defaultdict[bool, list[float | None]] = defaultdict(list)
    for row in rows(data / "steps" / f"{bench}.jsonl.gz"):
        group = known.get(" ".join(row["problem"].split()))
        if group is None or not row["final_answer_correct"]:
            continue
        own = derived(group.problem, Sample(group.problem.id, -1, "\n\n".join(row["steps"])))
        alike = zip(group.samples, group.labels, strict=True)
        others = [derived(group.problem, sample) for sample, label in alike if label]
        found[row["label"] >= 0].append(agreements([own, *others])[0])
    sound, wrong = ([value for value in found[key] if value is not None] for key in (False, True))
    pairs = [(a > b) + (a == b) / 2 for a in sound for b in wrong]
    auc = sum(pairs) / len(pairs) if pairs else float("nan")
    means = [sum(values) / len(values) if values else float("nan") for values in (sound, wrong)]
    print(
        f"{bench:24s} {len(found[False]):6d} {len(found[True]):6d} {len(sound):7d} {len(wrong):7d} "
        f"{means[0]:8.2f} {means[1]:8.2f} {auc:6.2f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", nargs="?", type=Path, default=Path(__file__).parents[2] / "shared" / "data")
    parser.add_argument("--size", type=int, default=0, help="samples in a group; 0: all")
    parser.add_argument("--draws", type=int, default=3)
    parser.add_argument("--only", default="")
    parser.add_argument("--no-steps", action="store_true", help="without intermediate values")
    options = parser.parse_args()
    loaded: dict[str, list[Counted]] = {}
    print(f"{'set':24s} {'groups':>7s} {'size':>5s} {'CPU ms/group':>13s} {'worst':>7s}")
    for name in (name for name in SETS if options.only in name):
        spent, loaded[name] = [], []
        for group in groups(options.data, name, options.size, options.draws):
            start = time.process_time()
            loaded[name].append(count(group))
            spent.append(1e3 * (time.process_time() - start))
        sizes = [len(counted.answers) for counted in loaded[name]]
        print(f"{name:24s} {len(spent):7d} {max(sizes):5d} {sum(spent) / len(spent):13.1f} {max(spent):7.1f}")
    head = "  ".join(f"{word:>6s}" for word in ("cover", "prec", "rows", "f.FAIL"))
    print(f"\n{'set':24s} {'agreement':>9s} {'margin':>6s}   | {head}   | {head}  (string)")
    for name, all_counted in loaded.items():
        by_threshold(name, all_counted)
    if options.no_steps:
        return
    print(f"\n{'set':24s} {'ranked by':20s} " + " ".join(f"{'at ' + str(int(100 * c)) + '%':>8s}" for c in COVERAGES))
    for name, all_counted in loaded.items():
        add_values(all_counted)
        by_rank(name, all_counted)
    print(f"\n{'right answers':24s}  sound  wrong  s.with  w.with  s.mean   w.mean    AUC")
    for bench, name in PROCESS.items():
        process_errors(options.data, bench, name)


if __name__ == "__main__":
    main()
