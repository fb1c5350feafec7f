import asyncio
import dataclasses
import os
import subprocess
import sys
import time

import pytest
from pool_verifiers import CannotStart, Majority, Obedient, OwnClock, Unloadable

from engine.config import PoolSection
from engine.errors import VerifierError
from engine.pool import Pool
from engine.records import Problem, Sample, Status

PROBLEM = Problem("p", "what?", answer="yes", reference_solution="yes")


def judge(texts, **options):
    """Statuses and reason codes of many texts, judged at once."""

    async def main():
        pool = Pool({"obedient": Obedient()}, PoolSection(**{"workers": 1, "deadline_s": 0.5, **options}))
        try:
            samples = [Sample("p", i, text) for i, text in enumerate(texts)]
            verdicts = await asyncio.gather(*(pool.verify("obedient", PROBLEM, s) for s in samples))
            return [(v.status.value, v.reason.code) for v, _ in verdicts]
        finally:
            await pool.close()

    return asyncio.run(main())


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("hang", "deadline"),
        ("busy", "deadline"),
        ("die", "worker_died"),
        ("exit", "crashed"),
        ("raise", "crashed"),
        ("memory", "crashed"),
        ("nothing", "bad_verdict"),
        ("unpicklable", "bad_verdict"),
    ],
)
def test_a_bad_item_is_an_error_and_its_neighbours_are_untouched(text, code):
    texts = ["yes", "no", "yes", text, "no", "yes"]
    expected = [
        ("PASS", "told"),
        ("FAIL", "told"),
        ("PASS", "told"),
        ("ERROR", code),
        ("FAIL", "told"),
        ("PASS", "told"),
    ]
    assert judge(texts) == expected


def test_several_bad_items_in_one_batch():
    assert [s for s, _ in judge(["die", "hang", "raise", "yes", "hang", "yes"])] == ["ERROR"] * 3 + [
        "PASS",
        "ERROR",
        "PASS",
    ]


def test_a_hanging_verifier_does_not_block_the_event_loop():
    async def main():
        pool = Pool({"obedient": Obedient()}, PoolSection(workers=1, deadline_s=1.0))
        hanging = asyncio.ensure_future(pool.verify("obedient", PROBLEM, Sample("p", 0, "hang")))
        longest = 0.0
        while not hanging.done():
            start = time.perf_counter()
            await asyncio.sleep(0.005)
            longest = max(longest, time.perf_counter() - start)
        await pool.close()
        return longest

    assert asyncio.run(main()) < 0.5


def test_a_verifier_may_say_itself_how_long_a_verdict_takes():
    async def main():
        pool = Pool({"own": OwnClock()}, PoolSection(workers=1, deadline_s=600))
        try:
            start = time.monotonic()
            verdict, _ = await pool.verify("own", Problem("p", "0.5"), Sample("p", 0, "hang"))
            assert (verdict.reason.code, "0.5 s" in verdict.reason.text) == ("deadline", True)
            assert time.monotonic() - start < 60
            broken, _ = await pool.verify("own", Problem("p", "soon", answer="yes"), Sample("p", 0, "yes"))
            assert (broken.status, broken.reason.code) == (Status.ERROR, "crashed")
            fine, _ = await pool.verify("own", Problem("p", "60", answer="yes"), Sample("p", 0, "yes"))
            assert fine.status == Status.PASS
        finally:
            await pool.close()

    asyncio.run(main())


def judge_groups(*groups, deadline_s=1.0):
    """Statuses and reason codes of groups of texts, judged at once by one worker."""

    async def main():
        pool = Pool({"majority": Majority()}, PoolSection(workers=1, deadline_s=deadline_s))
        try:
            samples = [[Sample("p", i, text) for i, text in enumerate(texts)] for texts in groups]
            judged = await asyncio.gather(*(pool.verify_group("majority", PROBLEM, group) for group in samples))
            return [[(v.status.value, v.reason.code) for v in verdicts] for verdicts, _ in judged]
        finally:
            await pool.close()

    return asyncio.run(main())


@pytest.mark.parametrize(
    ("order", "code"),
    [
        ("hang", "deadline"),
        ("die", "worker_died"),
        ("raise", "crashed"),
        ("short", "bad_verdict"),
        ("mixed", "bad_verdict"),
        ("unpicklable", "bad_verdict"),
    ],
)
def test_a_group_that_cannot_be_judged_is_an_error_for_each_of_it_and_for_no_other(order, code):
    good = ["yes", "yes", "no"]
    verdicts = [("PASS", ""), ("PASS", ""), ("FAIL", "")]
    assert judge_groups(good, ["yes", order, "no"], good) == [verdicts, [("ERROR", code)] * 3, verdicts]


def test_a_group_has_no_gold_check_unless_its_verifier_brings_one():
    async def main():
        pool = Pool({"majority": Majority()}, PoolSection(workers=1))
        try:
            return await pool.gold_check("majority", PROBLEM)
        finally:
            await pool.close()

    assert asyncio.run(main()).reason.code == "no_gold"


def test_a_verifier_that_cannot_start_names_itself():
    async def main():
        pool = Pool({"broken": CannotStart()}, PoolSection(workers=1))
        try:
            await pool.verify("broken", PROBLEM, Sample("p", 0, "x"))
        finally:
            await pool.close()

    with pytest.raises(VerifierError, match=r"verifier\.broken: cannot be started: RuntimeError: no isolation here"):
        asyncio.run(main())


def test_a_verifier_that_cannot_be_loaded_names_itself():
    async def main():
        pool = Pool({"broken": Unloadable()}, PoolSection(workers=1))
        try:
            await pool.verify("broken", PROBLEM, Sample("p", 0, "x"))
        finally:
            await pool.close()

    with pytest.raises(VerifierError, match=r"verifier\.broken: cannot be started: RuntimeError: no such weights"):
        asyncio.run(main())


def test_gold_check_needs_a_pass_for_the_reference_and_none_for_the_planted_wrong_one():
    async def main():
        pool = Pool({"obedient": Obedient()}, PoolSection(workers=1))
        problems = [
            PROBLEM,
            dataclasses.replace(PROBLEM, reference_solution="no"),
            dataclasses.replace(PROBLEM, answer="", reference_solution=""),
            dataclasses.replace(PROBLEM, reference_solution=None),
        ]
        try:
            return [(await pool.gold_check("obedient", p)).reason.code for p in problems]
        finally:
            await pool.close()

    assert asyncio.run(main()) == ["gold_checked", "gold_rejected", "wrong_accepted", "no_gold"]


def test_gold_checks_overtake_verdicts():
    """Otherwise sampling would wait for the backlog of the verifiers."""
    done = []

    async def main():
        pool = Pool({"obedient": Obedient()}, PoolSection(workers=1))

        async def note(what, work):
            await work
            done.append(what)

        jobs = [note("verdict", pool.verify("obedient", PROBLEM, Sample("p", i, "yes"))) for i in range(500)]
        tasks = [asyncio.ensure_future(job) for job in jobs]
        await asyncio.sleep(0)
        await note("gold", pool.gold_check("obedient", PROBLEM))
        await asyncio.gather(*tasks)
        await pool.close()

    asyncio.run(main())
    assert done.index("gold") < 200


def test_workers_die_with_their_parent(tmp_path):
    """SIGKILL of the run leaves no hanging verifier behind. (A print in a verifier stays off standard output.)"""
    script = """
import asyncio, os, sys
sys.path.insert(0, sys.argv[1])
from pool_verifiers import Obedient
from engine.config import PoolSection
from engine.pool import Pool
from engine.records import Problem, Sample
async def main():
    pool = Pool({"obedient": Obedient()}, PoolSection(workers=2, deadline_s=600))
    p = Problem("p", "q", answer="yes")
    await pool.verify("obedient", p, Sample("p", 0, "yes"))
    await pool.verify("obedient", p, Sample("p", 1, "print"))
    hanging = [asyncio.ensure_future(pool.verify("obedient", p, Sample("p", i, "hang"))) for i in range(2)]
    await asyncio.sleep(1.0)
    print(*[lane._process.pid for lane in pool._lanes], flush=True)
    os.kill(os.getpid(), 9)
if __name__ == "__main__":
    asyncio.run(main())
"""
    path = tmp_path / "parent.py"
    path.write_text(script)
    done = subprocess.run(
        [sys.executable, str(path), os.path.dirname(__file__)], capture_output=True, text=True, timeout=60
    )
    pids = [int(pid) for pid in done.stdout.split()]
    assert len(pids) == 2, done.stderr
    deadline = time.monotonic() + 10
    while any(_alive(pid) for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not any(_alive(pid) for pid in pids)


def _alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_statuses_survive_the_trip():
    assert judge(["yes"])[0][0] == Status.PASS.value
