"""Run directories with a real ledger, for tests of the report: a run's configuration, problems, samples, verdicts."""

from dataclasses import dataclass, field, replace
from typing import Any

from hydra import compose, initialize_config_module

from engine.config import register, resolved
from engine.export import Exporter, build_verifiers
from engine.ledger import Ledger
from engine.records import FinishReason, Problem, Reason, Sample, Status, StepMark, Verdict
from engine.rundir import RunDir, manifest_of

HOSTILE = (
    "</script><script>window.hacked = 1</script><img src=x onerror=\"window.hacked = 2\"> <!-- {{ 7 * 7 }} {% raw %} ' \" & "
    "\u2028\u2029 \u202eevil\u202c \u2066x\u2069 \x00 \x1b[31mred\x1b[0m \u200b \ufeff \U0001f600 é \U000e0041 ]]> &lt;b&gt; \\u003c"
)  # fmt: skip


@dataclass
class Made:
    """A sample to be, with the status that each verifier gives it; ``None`` for no verdict."""

    statuses: dict[str, Status | None]
    text: str = "so the answer is \\boxed{4}"
    reasoning: str | None = None
    finish: FinishReason = FinishReason.STOP
    tokens: int = 10
    verdict: dict[str, Any] = field(default_factory=dict)
    """Further fields of every verdict."""


def sample(math: str | None = "PASS", steps: str | None = None, **fields: Any) -> Made:
    """A sample that math and steps judge as told; where math does not reject, steps passes unless told otherwise."""
    if steps is None and math in ("PASS", "ERROR", "ABSTAIN"):
        steps = "PASS"
    given = {"math": math, "steps": steps}
    return Made({name: Status(status) for name, status in given.items() if status}, **fields)


def make_run(path, groups, *overrides: str, aside: Reason | None = None) -> Exporter:
    """Write a run of ``groups`` (pairs of a problem and its samples) into ``path``."""
    register()
    with initialize_config_module("conf", version_base="1.3"):
        cfg = compose("config", overrides=["verifier=[math,steps]", "budget.n_samples=64", *overrides])
        config = resolved(cfg)
    directory = RunDir(path)
    path.mkdir(parents=True)
    directory.adopt(config)
    exporter = Exporter(directory, config, build_verifiers(config))
    directory.write_manifest(replace(manifest_of(config, exporter.versions, "proofstill run"), status="complete"))
    ledger = Ledger(directory.ledger)
    for ordinal, (problem, samples) in enumerate(groups):
        ledger.add_problem(ordinal, problem)
        for index, made in enumerate(samples):
            add(ledger, exporter, ordinal, problem, index, made)
    if aside is not None:
        ledger.add_problem(len(groups), Problem("aside", "?"), aside)
    ledger.close()
    return exporter


def add(ledger: Ledger, exporter: Exporter, ordinal: int, problem: Problem, index: int, made: Made) -> None:
    """Add one sample with its verdicts."""
    ledger.add_sample(
        ordinal,
        Sample(problem.id, index, made.text, made.finish, made.reasoning, tokens=made.tokens, model="m", seed=index),
    )
    for name, status in made.statuses.items():
        version, _, config_hash = exporter.versions[name].partition("+")
        fields = {"reason": Reason(status.value.lower(), "because"), "answer": "4", "expected": "4"} | made.verdict
        keys = {"problem_id": problem.id, "index": index, "verifier": name, "version": version}
        ledger.add_verdict(ordinal, Verdict(status, **fields, **keys, config_hash=config_hash, seconds=0.001))


def plain_groups(n: int = 6, samples: int = 4):
    """Problems of every pass rate; texts differ."""
    for i in range(n):
        made = [
            sample("PASS" if j < i % (samples + 1) else "FAIL", text=f"{i}.{j} gives \\boxed{{{j}}}")
            for j in range(samples)
        ]
        yield Problem(f"p{i}", f"What is {i}?", answer="4"), made


def hostile_groups():
    """Every field that a model, a data set or a verifier fills, filled with hostile text."""
    problem = Problem(f"p{HOSTILE}", f"prompt {HOSTILE}", answer=HOSTILE, source=HOSTILE, domain=HOSTILE)
    steps = (
        StepMark(0, 5, "supported", HOSTILE),
        StepMark(5, 20, "refuted", HOSTILE),
        StepMark(3, 900_000, "refuted", "overlaps and ends nowhere"),
    )
    fields = {
        "answer": HOSTILE,
        "expected": HOSTILE,
        "reason": Reason(f"code{HOSTILE}"[:60], HOSTILE),
        "evidence": {HOSTILE: HOSTILE, "__proto__": {"deep": [HOSTILE] * 300}, "span": [0, 4], "big": "x" * 50_000},
    }
    measured = {"measured": [{"index": 0, "status": HOSTILE, "cpu_s": 0.1, "wall_s": 0.1, "memory_mb": 2.0}],
                "tests": {"total": 1, "ran": 1, "accepted": 0}, "isolation": HOSTILE,
                "failed": {"index": 0, "status": HOSTILE, "hidden": False, "input": HOSTILE, "expected": "a\n" + HOSTILE,
                           "got": "b\n" + HOSTILE, "stderr": HOSTILE, "detail": HOSTILE}}  # fmt: skip
    yield (
        problem,
        [
            sample("FAIL", "PASS", text=HOSTILE, reasoning=HOSTILE, verdict=fields | {"steps": steps}),
            sample("PASS", "PASS", text="\U0001f600" * 40 + HOSTILE, verdict=fields | {"steps": steps}),
            sample("FAIL", text="y" * 300_000, verdict=fields | {"evidence": measured}),
            sample("ERROR", text="", verdict=fields),
        ],
    )
    yield Problem("__proto__", (), answer=None), [sample("NO_ANSWER", finish=FinishReason.LENGTH)]
