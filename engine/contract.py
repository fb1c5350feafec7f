"""The contract kit: what every verifier keeps, built in or plugged in.

In a plug-in's own tests::

    from engine.contract import Case, check_verifier

    def test_contract():
        problem = Problem("sum", "2 + 2?", answer="4")
        cases = [Case(problem, "4", Status.PASS), Case(problem, "5", Status.FAIL), Case(problem, "", Status.NO_ANSWER)]
        assert check_verifier(MyVerifier(), cases) == []
"""

import asyncio
import json
import math
import pickle
import typing
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from engine.codec import from_json, to_json
from engine.config import PoolSection
from engine.errors import VerifierError
from engine.pool import Pool
from engine.protocols import Resource, Verifier
from engine.records import Problem, Sample, Status, Verdict
from engine.worker import crashed, gold_check, judges_groups

MEGABYTE = 1_000_000
# Model output is hostile text. None of these may raise, overrun the deadline, or break a verdict.
HOSTILE = {
    "an empty text": "",
    "white space": " \n\t ",
    "NUL bytes": "\x00\\boxed{\x00}\x00",
    "lone surrogates": "\ud800 the answer is \\boxed{\udfff}",
    "1 MB of one letter": "a" * MEGABYTE,
    "1 MB of digits": "9" * MEGABYTE,
    "1 MB of open brackets": "(" * MEGABYTE,
    "1 MB of open boxes": "\\boxed{" * (MEGABYTE // 7),
    "1 MB of lines": "= 1\n" * (MEGABYTE // 4),
}


@dataclass(frozen=True, slots=True)
class Case:
    """A response to a problem, and the status that the verifier must give it."""

    problem: Problem
    response: str
    expected: Status


def check_verifier(verifier: Any, cases: Sequence[Case], deadline_s: float = 10.0) -> list[str]:
    """What ``verifier`` does against the contract, as sentences ``rule: what happened``; empty when it keeps it.

    The rules: ``protocol`` (members and their types), ``cases`` (at least one PASS and one other, each judged as
    expected), ``verdict`` (a ``Verdict`` of JSON values with a real ``Status``), ``determinism`` (twice, and in a
    copy), ``pickle`` (into a worker process), ``gold`` (the gold response passes, the planted wrong one does not),
    ``status`` (an empty text never passes) and ``hostile`` (junk is judged within ``deadline_s`` seconds).

    The cases of a verifier that judges groups are one group per problem. It also keeps ``group``: as many verdicts as
    samples, the same ones whatever their order, and ``verify`` gives those of the group of one.

    Hostile texts are judged in a real worker process, which is stopped when it overruns. Starts an event loop, so
    it must not be called from inside one.
    """
    findings = list(_protocol(verifier))
    if findings:
        return findings
    for check in (_cases, _determinism, _many, _group_of_one, _gold):
        findings += check(verifier, cases)
    findings += _pickle(verifier) or asyncio.run(_hostile(verifier, cases, deadline_s))
    return list(dict.fromkeys(findings))


def _protocol(verifier: Any) -> Iterator[str]:
    if isinstance(verifier, type):
        yield f"protocol: {verifier.__name__} is a class; give an instance of it"
        return
    for name in ("name", "version"):
        value = getattr(verifier, name, None)
        if not isinstance(value, str) or not value.strip():
            yield f"protocol: {name} must be a text that is not empty, it is {value!r}"
    resources = typing.get_args(Resource)
    if getattr(verifier, "resource", None) not in resources:
        yield f"protocol: resource must be one of {', '.join(resources)}, it is {getattr(verifier, 'resource', None)!r}"
    if not callable(getattr(verifier, "verify", None)):
        yield "protocol: verify(problem, sample) is missing"


def _cases(verifier: Verifier, cases: Sequence[Case]) -> Iterator[str]:
    expected = {case.expected.value for case in cases}
    if "PASS" not in expected or expected == {"PASS"}:
        yield "cases: give at least one that must PASS and one that must not"
    for number, (case, (verdict, flaw)) in enumerate(zip(cases, _judge(verifier, cases), strict=True)):
        if flaw:
            yield f"{flaw} (case {number})"
        elif verdict.status != case.expected:
            why = f": {verdict.reason.code} {verdict.reason.text}".rstrip(": ")
            yield f"cases: case {number} must be {case.expected.value}, it is {verdict.status.value}{why}"


def _determinism(verifier: Verifier, cases: Sequence[Case]) -> Iterator[str]:
    first = [verdict for verdict, _ in _judge(verifier, cases)]
    # in the other order, so that a state carried from one sample to the next shows, or a group that has an order
    again = [verdict for verdict, _ in _judge(verifier, cases[::-1])][::-1]
    for number, (one, two) in enumerate(zip(first, again, strict=True)):
        if one != two:
            yield f"determinism: case {number} is judged differently the second time{_change(one, two)}"
    try:
        copy = pickle.loads(pickle.dumps(verifier))  # noqa: S301  our own
    except Exception:  # noqa: BLE001  reported by the pickle rule
        return
    for number, (one, (other, _)) in enumerate(zip(first, _judge(copy, cases), strict=True)):
        if one != other:
            yield f"pickle: a copy judges case {number} differently{_change(one, other)}"
    if callable(close := getattr(copy, "close", None)):
        close()


def _many(verifier: Verifier, cases: Sequence[Case]) -> Iterator[str]:
    many = getattr(verifier, "verify_many", None)
    if many is None or not cases:
        return
    single = [verdict for verdict, _ in _judge(verifier, cases)]
    try:
        batch = many([case.problem for case in cases], [_sample(case.problem, case.response) for case in cases])
    except Exception as error:  # noqa: BLE001  a finding
        yield f"verify_many: raises {type(error).__name__}: {error}"
        return
    if [_timeless(verdict) for verdict in batch] != single:
        yield "verify_many: gives other verdicts than verify, or in another order"


def _group_of_one(verifier: Verifier, cases: Sequence[Case]) -> Iterator[str]:
    if not judges_groups(verifier):
        return
    for number, case in enumerate(cases):
        alone, _ = _judge(verifier, [case])[0]
        try:
            same = _timeless(verifier.verify(case.problem, _sample(case.problem, case.response))) == alone
        except Exception as error:  # noqa: BLE001  a finding
            yield f"verdict: verify raises {type(error).__name__}: {error} (case {number})"
            continue
        if not same:
            yield f"group: verify and verify_group judge case {number} alone differently"


def _gold(verifier: Verifier, cases: Sequence[Case]) -> Iterator[str]:
    passing = {case.problem.id for case in cases if case.expected == Status.PASS}
    for problem in _problems(cases):
        try:
            verdict = gold_check(verifier, problem)
        except Exception as error:  # noqa: BLE001  a finding
            yield f"gold: the gold check of problem {problem.id!r} raises {type(error).__name__}: {error}"
            continue
        code = verdict.reason.code
        usable = code not in ("no_gold", "gold_unusable") and verdict.status not in (Status.ABSTAIN, Status.ERROR)
        wanted = problem.id in passing and code != "no_gold"
        if verdict.status != Status.PASS and (usable or wanted):
            yield f"gold: problem {problem.id!r}: {verdict.reason.text or code or verdict.status.value}"


def _pickle(verifier: Verifier) -> list[str]:
    try:
        pickle.loads(pickle.dumps(verifier))  # noqa: S301  our own
    except Exception as error:  # noqa: BLE001  a finding
        hint = "open locks, files and models on first use, not in __init__"
        return [f"pickle: cannot be sent to a worker process ({type(error).__name__}: {error}); {hint}"]
    return []


async def _hostile(verifier: Verifier, cases: Sequence[Case], deadline_s: float) -> list[str]:
    findings: list[str] = []
    name = verifier.name
    pool = Pool({name: verifier}, PoolSection(workers=1, deadline_s=deadline_s))
    try:
        for number, problem in enumerate(_problems(cases)):
            for what, text in HOSTILE.items():
                if number and len(text) > 1000:
                    continue  # the long texts once
                verdict, _ = await pool.verify(name, problem, _sample(problem, text))
                if verdict.status == Status.ERROR:
                    findings.append(f"hostile: {what}: {verdict.reason.code}: {verdict.reason.text}")
                elif not text.strip() and verdict.status == Status.PASS:
                    findings.append(f"status: {what} is PASS; a text with nothing in it never passes")
                if flaw := _flaw(verdict):
                    findings.append(f"{flaw} ({what})")
        if judges_groups(verifier):
            findings += await _hostile_group(pool, name, cases)
    except VerifierError as error:
        findings.append(f"pickle: {error}")
    finally:
        await pool.close()
    return findings


async def _hostile_group(pool: Pool, name: str, cases: Sequence[Case]) -> list[str]:
    """All of it at once, among the responses of the first problem."""
    problem = _problems(cases)[0]
    texts = [*HOSTILE.values(), *(case.response for case in cases if case.problem.id == problem.id)]
    verdicts, _ = await pool.verify_group(name, problem, [Sample(problem.id, i, text) for i, text in enumerate(texts)])
    findings = []
    for what, text, verdict in zip(HOSTILE, texts, verdicts, strict=False):
        if verdict.status == Status.ERROR:
            findings.append(f"hostile: in a group: {verdict.reason.code}: {verdict.reason.text}")
        elif not text.strip() and verdict.status == Status.PASS:
            findings.append(f"status: {what} is PASS in a group; a text with nothing in it never passes")
        if flaw := _flaw(verdict):
            findings.append(f"{flaw} ({what} in a group)")
    return findings


def _judge(verifier: Verifier, cases: Sequence[Case]) -> list[tuple[Verdict, str | None]]:
    """The verdicts without what was measured, and what is wrong with each."""
    if not judges_groups(verifier):
        return [_judge_one(verifier, case) for case in cases]
    judged: dict[int, tuple[Verdict, str | None]] = {}
    for problem in {case.problem.id: case.problem for case in cases}.values():
        numbers = [number for number, case in enumerate(cases) if case.problem.id == problem.id]
        judged |= zip(numbers, _judge_group(verifier, problem, [cases[n].response for n in numbers]), strict=True)
    return [judged[number] for number in range(len(cases))]


def _judge_group(verifier: Any, problem: Problem, responses: list[str]) -> list[tuple[Verdict, str | None]]:
    samples = [Sample(problem.id, index, text) for index, text in enumerate(responses)]
    try:
        verdicts = verifier.verify_group(problem, samples)
    except Exception as error:  # noqa: BLE001  a finding
        flaw = f"verdict: verify_group raises {type(error).__name__}: {error}"
        return [(replace(crashed(error), evidence={}), flaw)] * len(samples)
    if not isinstance(verdicts, list) or len(verdicts) != len(samples):
        flaw = f"group: verify_group must return a list of {len(samples)} verdicts, not {verdicts!r:.80}"
        return [(Verdict(Status.ERROR), flaw)] * len(samples)
    return [_seen(verdict) for verdict in verdicts]


def _judge_one(verifier: Verifier, case: Case) -> tuple[Verdict, str | None]:
    try:
        return _seen(verifier.verify(case.problem, _sample(case.problem, case.response)))
    except Exception as error:  # noqa: BLE001  a finding
        return replace(crashed(error), evidence={}), f"verdict: verify raises {type(error).__name__}: {error}"


def _seen(verdict: Any) -> tuple[Verdict, str | None]:
    flaw = _flaw(verdict)
    return (_timeless(verdict) if isinstance(verdict, Verdict) else Verdict(Status.ERROR)), flaw


def _timeless(verdict: Verdict) -> Verdict:
    kept = {name: value for name, value in verdict.evidence.items() if name != "measured"}
    return replace(verdict, seconds=0.0, evidence=kept)


def _flaw(verdict: Any) -> str | None:
    if not isinstance(verdict, Verdict):
        return f"verdict: verify must return a Verdict, not {verdict!r:.80}"
    status: object = verdict.status
    if not isinstance(status, Status):
        return f"verdict: status must be a Status, not {status!r:.80}"
    if isinstance(verdict.score, float) and not math.isfinite(verdict.score):
        return f"verdict: score must be a finite number or None, not {verdict.score!r}"
    try:
        kept = from_json(Verdict, json.loads(json.dumps(to_json(verdict), allow_nan=False)))
    except (ValueError, TypeError, RecursionError) as error:
        return f"verdict: cannot be written as JSON: {error}"
    plain = verdict.evidence == kept.evidence
    return None if plain else f"verdict: evidence must hold JSON values only, not {verdict.evidence!r:.200}"


def _change(one: Verdict, two: Verdict) -> str:
    pairs = [(name, getattr(one, name), getattr(two, name)) for name in Verdict.__dataclass_fields__]
    told = [f"{name}: {before!r:.60} -> {after!r:.60}" for name, before, after in pairs if before != after]
    return f" ({', '.join(told)})"


def _problems(cases: Sequence[Case]) -> list[Problem]:
    """The problems of the cases, each once; the first of those that can pass comes first."""
    ordered = sorted(cases, key=lambda case: case.expected.value != "PASS")
    return list({case.problem.id: case.problem for case in reversed(ordered)}.values())[::-1]


def _sample(problem: Problem, text: str) -> Sample:
    return Sample(problem.id, 0, text)
