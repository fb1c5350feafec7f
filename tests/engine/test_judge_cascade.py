"""The measured order of verifiers: found by replaying every order, recorded once, and waited for by later problems."""

import asyncio
import itertools
import random

import pytest

from engine.accept import AcceptAll, AcceptAny, AcceptKOfN, AcceptVeto
from engine.budget import Fixed
from engine.cascade import EXHAUSTIVE, Cascade, asked, best_order, measures, ordered, recorded
from engine.config import CascadeSection
from engine.errors import ConfigError, LedgerError
from engine.intake import Admitted
from engine.ledger import Ledger
from engine.ledger_reader import groups
from engine.problem_run import Visit, Visited
from engine.records import FinishReason, Problem, Sample, Status, Verdict
from engine.rundir import RunDir
from engine.stats import verify_seconds
from engine.tally import Tally, settle

P, F, A = Status.PASS, Status.FAIL, Status.ABSTAIN


def sample(**said):
    """One sample's verdicts: ``name=(status, seconds)``."""
    return {name: Verdict(status, seconds=seconds) for name, (status, seconds) in said.items()}


def test_what_costs_little_and_decides_often_comes_first():
    """Dear by itself and idle by itself come late; of two that decide alike, the cheap one goes first."""
    measured = [sample(idle=(P, 0.1), dear=(F if i % 2 else P, 5.0), cheap=(F if i % 2 else P, 0.5)) for i in range(20)]
    names = ("idle", "dear", "cheap")
    order = best_order(AcceptAll(), names, names, measured)
    assert order.names == ("cheap", "idle", "dear")
    assert order.samples == 20
    assert order.all_seconds == pytest.approx(20 * 5.6)
    assert order.seconds == pytest.approx(20 * 0.5 + 10 * 5.1)
    assert order.declared_seconds == pytest.approx(20 * 5.1 + 10 * 0.5)


def test_for_any_the_one_that_passes_most_comes_first():
    measured = [sample(a=(F, 1.0), b=(P, 1.0)) for _ in range(9)] + [sample(a=(P, 1.0), b=(F, 1.0))]
    assert best_order(AcceptAny(), ("a", "b"), ("a", "b"), measured).names == ("b", "a")
    assert best_order(AcceptAll(), ("a", "b"), ("a", "b"), measured).names == ("a", "b")


def test_a_slow_moment_of_the_machine_decides_nothing():
    measured = [sample(a=(F, 1.0), b=(F, 0.01)) for _ in range(9)] + [sample(a=(F, 1.0), b=(F, 500.0))]
    assert best_order(AcceptAll(), ("a", "b"), ("a", "b"), measured).names == ("b", "a")


def test_an_order_that_hardly_saves_is_not_taken():
    measured = [sample(a=(F, 1.0), b=(F, 0.95)) for _ in range(10)]
    assert best_order(AcceptAll(), ("a", "b"), ("a", "b"), measured).names == ("a", "b")
    measured = [sample(a=(F, 1.0), b=(F, 0.85)) for _ in range(10)]
    assert best_order(AcceptAll(), ("a", "b"), ("a", "b"), measured).names == ("b", "a")


def test_without_a_whole_sample_the_order_stays():
    order = best_order(AcceptAll(), ("a", "b"), ("a", "b"), [{}, sample(a=(F, 1.0))])
    assert (order.names, order.samples, order.seconds) == (("a", "b"), 0, 0.0)


@pytest.mark.parametrize("rule", [AcceptAll(), AcceptAny(), AcceptKOfN(2), AcceptVeto(("v0", "v3"), AcceptKOfN(2))])
def test_of_few_verifiers_the_best_order_is_found_and_of_many_a_better_one(rule):
    rng = random.Random(1)
    names = tuple(f"v{i}" for i in range(EXHAUSTIVE))
    rates, prices = [rng.random() for _ in names], [10 ** rng.uniform(-3, 1) for _ in names]
    measured = [
        sample(**{n: (rng.choices([P, F, A], [1 - r, r, 0.1])[0], p) for n, r, p in zip(names, rates, prices, strict=True)})
        for _ in range(20)
    ]  # fmt: skip

    def cost(order):
        return sum(v[name].seconds for v in measured for name in asked(rule, names, order, v))

    found = best_order(rule, names, names, measured)
    least = min(map(cost, itertools.permutations(names)))
    assert found.seconds == pytest.approx(cost(found.names))
    assert found.seconds == pytest.approx(least) or (found.names == names and least > 0.9 * cost(names))
    more = ("w1", "w0", *names)
    wide = [v | sample(w0=(P, 0.5), w1=(P, 2.0)) for v in measured]
    assert (
        best_order(AcceptAll(), more, more, wide).seconds < best_order(AcceptAll(), more, more, wide).declared_seconds
    )


# the crew


class Workers:
    """A crew that notes its visits; problem ``slow`` takes until it is let go."""

    def __init__(self, slow=None):
        self.visits, self.slow, self.go = [], slow, asyncio.Event()

    async def visit(self, visit):
        self.visits.append((visit.admitted.ordinal, visit.everyone, visit.order))
        if visit.admitted.ordinal == self.slow:
            await self.go.wait()
        said = sample(cheap=(P, 1.0), sharp=(F, 0.1)) if visit.everyone else {}
        return Visited(None, measured=said)


class Parts:
    """What a cascade needs to know of an exporter."""

    def __init__(self, path, verifiers=("cheap", "sharp"), **section):
        self.directory = RunDir(path)
        self.names = tuple(verifiers)
        self.verifiers = dict.fromkeys(verifiers, object())
        self.accept = AcceptAll()
        self.config = {"cascade": {"problems": 2, "from_problem": 3, **section}}


async def visited(crew, *ordinals):
    visits = [Visit(Admitted(ordinal, Problem(str(ordinal), "?")), None) for ordinal in ordinals]
    return [asyncio.create_task(crew.visit(visit)) for visit in visits]


def test_later_problems_wait_for_the_order_and_it_is_on_disk_before_they_are_judged(tmp_path):
    async def scene():
        workers, parts = Workers(slow=1), Parts(tmp_path)
        tasks = await visited(ordered(workers, parts), 0, 1, 2, 3, 4)
        await asyncio.sleep(0.05)
        assert workers.visits == [(0, True, None), (1, True, None), (2, False, None)]
        assert measures(parts)
        workers.go.set()
        await asyncio.gather(*tasks)
        assert workers.visits[3:] == [(3, False, ("sharp", "cheap")), (4, False, ("sharp", "cheap"))]
        assert not measures(parts)
        assert recorded(parts.directory.cascade).samples == 2

    asyncio.run(scene())


def test_a_resumed_run_keeps_the_recorded_order_whatever_it_measures_now(tmp_path):
    parts = Parts(tmp_path)
    parts.directory.write_cascade(
        {"names": ["cheap", "sharp"], "samples": 9, "seconds": 1.0, "declared_seconds": 1.0, "all_seconds": 2.0}
    )
    before = parts.directory.cascade.read_bytes()

    async def scene():
        workers = Workers()
        await asyncio.gather(*await visited(ordered(workers, parts), 0, 1, 2, 3))
        assert workers.visits[-1] == (3, False, ("cheap", "sharp"))

    asyncio.run(scene())
    assert parts.directory.cascade.read_bytes() == before


def test_a_file_that_cannot_be_read_ends_the_run_and_is_not_measured_again(tmp_path):
    (tmp_path / "cascade.json").write_text("{")
    with pytest.raises(LedgerError, match=r"cascade\.json: cannot be read .* restore it"):
        ordered(Workers(), Parts(tmp_path))


def test_with_one_verifier_nothing_is_measured(tmp_path):
    workers = Workers()
    assert ordered(workers, Parts(tmp_path, ("math",))) is workers
    assert ordered(workers, Parts(tmp_path, problems=0)) is workers
    assert isinstance(ordered(workers, Parts(tmp_path)), Cascade)
    assert not measures(Parts(tmp_path, ("math",)))


def test_the_order_holds_from_a_problem_that_is_not_measured():
    with pytest.raises(ConfigError, match=r"cascade\.from_problem is 3 and cascade\.problems 4"):
        CascadeSection(problems=4, from_problem=3)


# what it spares


def test_seconds_saved_are_those_of_the_verdicts_that_were_spared():
    statuses = {"math": {"PASS": 6, "FAIL": 4}, "steps": {"PASS": 4}}
    told = verify_seconds(10, statuses, {"math": 1.0, "steps": 8.0})
    assert told["verifiers"]["math"] == {"asked": 10, "spared": 0, "mean": 0.1, "saved": 0.0}
    assert told["verifiers"]["steps"] == {"asked": 4, "spared": 6, "mean": 2.0, "saved": 12.0}
    assert (told["seconds"], told["saved"]) == (9.0, 12.0)


def test_a_tally_counts_what_was_asked_of_samples_that_were_made(tmp_path):
    ledger = Ledger(tmp_path)
    problem = Problem("p", "?")
    ledger.add_problem(0, problem)
    for index, finish in enumerate((FinishReason.STOP, FinishReason.STOP, FinishReason.ERROR)):
        ledger.add_sample(0, Sample("p", index, "text", finish))
    for index, name, status in ((0, "a", F), (1, "a", P), (1, "b", P)):
        ledger.add_verdict(0, Verdict(status, problem_id="p", index=index, verifier=name, seconds=2.0))
    ledger.close()
    tally = Tally()
    for group in groups(tmp_path):
        tally.add(settle(group, ("a", "b"), AcceptAll(), Fixed(3)))
    told = tally.result()["cascade"]
    assert told["verifiers"]["b"] == {"asked": 1, "spared": 1, "mean": 2.0, "saved": 2.0}
    assert (told["seconds"], told["saved"]) == (6.0, 2.0)
