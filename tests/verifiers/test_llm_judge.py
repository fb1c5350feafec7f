"""Judges over a real OpenAI-compatible server: what counts as an answer, and what is our own error."""

import json
import pickle
from dataclasses import replace
from pathlib import Path

import pytest
from judge_server import (
    CRITERIA,
    PROBLEM,
    JudgeServer,
    answered,
    better,
    by_sight,
    code_of,
    judged,
    part,
    preferred,
    rubric,
)
from omegaconf import OmegaConf

from engine.build import build
from engine.contract import Case, check_verifier
from engine.errors import ConfigError, VerifierError
from engine.protocols import Verifier
from engine.records import Message, Status
from verifiers.endpoint import Server
from verifiers.judge import JudgeVerifier, PairwiseJudge
from verifiers.safety import SafetyJudge

CONF = Path(__file__).parents[2] / "conf" / "verifier"


def test_a_rubric_decides():
    with JudgeServer(by_sight) as server:
        made = rubric(server)
        good, bad = judged(made), judged(made, "It is 5.")
        assert (good.status, good.score, good.reason.code) == (Status.PASS, 1.0, "meets")
        assert (bad.status, bad.score, bad.reason.code) == (Status.FAIL, 0.5, "misses")
        assert "It is right." in bad.reason.text
        assert [one["met"] for one in bad.evidence["criteria"]] == ["no", "yes"]
        half = rubric(server, threshold=0.5)
        assert judged(half, "It is 5.").status == Status.PASS
        scored = judged(rubric(server, threshold=None), "It is 5.")
        assert (scored.status, scored.score, scored.reason.code) == (Status.ABSTAIN, 0.5, "scored")


@pytest.mark.parametrize(
    ("met", "threshold", "status"),
    [
        (("yes", "unsure"), 1.0, Status.ABSTAIN),
        (("no", "unsure"), 1.0, Status.FAIL),
        (("no", "unsure"), 0.5, Status.ABSTAIN),
        (("yes", "unsure"), 0.5, Status.PASS),
    ],
)
def test_what_the_judge_is_unsure_of_never_decides(met, threshold, status):
    with JudgeServer(lambda body: answered(body, *met)) as server:
        assert judged(rubric(server, threshold=threshold)).status == status


def test_what_is_asked():
    with JudgeServer(by_sight) as server:
        judged(rubric(server, extra_body={"seed": None, "top_p": 0.5}), "4", reasoning="hidden thought")
        judged(rubric(server, read="both", reference=False, structured=False), "4", reasoning="open thought")
        chat = replace(PROBLEM, prompt=(Message("system", "Be brief."), Message("user", "2 + 2?")))
        judged(rubric(server), "4", chat)
    first, second, third = server.requests
    assert part(first, "TASK") == "What is 2 + 2?"
    assert part(first, "REFERENCE") == "2 + 2 = 4."
    assert part(first, "RESPONSE") == "4"
    assert part(second, "RESPONSE") == "open thought\n\n4"
    assert part(second, "REFERENCE") is None
    assert part(third, "TASK") == "[system]\nBe brief.\n\n[user]\n2 + 2?"
    assert all(text in first["messages"][0]["content"] for text in CRITERIA)
    assert first["response_format"]["json_schema"]["schema"]["additionalProperties"] is False
    assert first["temperature"] == 0.0
    assert first["top_p"] == 0.5
    assert "seed" not in first
    assert "response_format" not in second
    assert len({code_of(body) for body in server.requests}) == 3


MALFORMED = {
    "prose": lambda body: "The response is right.",
    "an object within prose": lambda body: f"Here: {answered(body, 'yes', 'yes')}",
    "two objects": lambda body: answered(body, "yes", "yes") * 2,
    "no code": lambda body: json.dumps({"speaks_to_grader": False, "criteria": [{"why": "", "met": "yes"}] * 2}),
    "another code": lambda body: answered(body, "yes", "yes").replace(code_of(body), "0" * 12),
    "too few criteria": lambda body: answered(body, "yes"),
    "another word": lambda body: answered(body, "yes", "maybe"),
    "a key twice": lambda body: answered(body, "yes", "yes")[:-1] + ', "criteria": []}',
    "a key more": lambda body: answered(body, "yes", "yes")[:-1] + ', "status": "PASS"}',
    "a list": lambda body: "[]",
    "nothing": lambda body: "",
    "depth": lambda body: "[" * 20000,
    "not a number": lambda body: answered(body, "yes", "yes")[:-1] + ', "x": NaN}',
}


@pytest.mark.parametrize("reply", MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_answer_is_our_error(reply):
    with JudgeServer(reply) as server:
        verdict = judged(rubric(server))
    assert (verdict.status, verdict.reason.code) == (Status.ERROR, "judge_malformed")
    assert [body["seed"] for body in server.requests] == [0, 1]


def test_reasoning_and_a_fence_are_put_aside():
    thought = '<think>{"met": "no"}</think>\n'
    with JudgeServer(lambda body: f"{thought}```json\n{answered(body, 'yes', 'yes')}\n```") as server:
        assert judged(rubric(server)).status == Status.PASS


def test_a_second_attempt_may_keep_the_schema():
    with JudgeServer(lambda body: by_sight(body) if body["seed"] else "Well, well.") as server:
        assert judged(rubric(server)).status == Status.PASS
        assert judged(rubric(server, attempts=1)).status == Status.ERROR


@pytest.mark.parametrize(
    ("plan", "code"),
    [
        (["hang"], "server_timeout"),
        (["drop"], "server_unreachable"),
        (["500"], "server_refused"),
        (["401"], "server_refused"),
        (["garbage"], "server_malformed"),
        (["html"], "server_malformed"),
        (["filtered"], "judge_refused"),
    ],
)
def test_a_failing_server_is_our_error(plan, code):
    with JudgeServer(by_sight) as server:
        server.plan = list(plan)
        made = rubric(server, limits={"timeout_s": 0.5})
        verdict = judged(made)
        assert (verdict.status, verdict.reason.code) == (Status.ERROR, code)
        assert judged(made).status == Status.PASS, "the next sample is judged"


def test_a_busy_server_is_asked_again():
    with JudgeServer(by_sight) as server:
        server.plan = ["429", "500"]
        assert judged(rubric(server, limits={"max_retries": 2})).status == Status.PASS
        assert len(server.requests) == 3


def test_a_cut_reply_is_our_error():
    with JudgeServer(by_sight) as server:
        verdict = judged(rubric(server, max_tokens=2))
    assert (verdict.status, verdict.reason.code) == (Status.ERROR, "judge_malformed")
    assert "length" in verdict.reason.text


def test_what_no_judge_reads():
    with JudgeServer(by_sight) as server:
        server.plan = ["context"]
        made = rubric(server)
        assert judged(made).reason.code == "too_long"
        server.requests.clear()
        assert judged(made, " \n").status == Status.NO_ANSWER
        long = judged(made, "4" * 100_001)
        assert (long.status, long.reason.code) == (Status.ABSTAIN, "too_long")
        assert server.requests == []


def test_nobody_listens():
    made = rubric(type("Gone", (), {"base_url": "http://127.0.0.1:9/v1"}))
    assert judged(made).reason.code == "server_unreachable"
    assert judged(made).status == Status.ERROR
    with pytest.raises(VerifierError, match="cannot be reached"):
        made.start()


def test_start_asks_once_who_is_there():
    with JudgeServer(by_sight) as server:
        rubric(server).start()


@pytest.mark.parametrize(
    ("prefer", "status", "score"),
    [
        (better, Status.PASS, 0.5),
        (lambda body: preferred(body, "A"), Status.ABSTAIN, 0.5),
        (lambda body: preferred(body, "A" if "It is" in part(body, "RESPONSE_A") else "B"), Status.PASS, 1.0),
        (lambda body: preferred(body, "B" if "It is" in part(body, "RESPONSE_A") else "A"), Status.FAIL, 0.0),
        (lambda body: preferred(body, "tie" if "It is" in part(body, "RESPONSE_A") else "A"), Status.ABSTAIN, 0.25),
    ],
    ids=["tie", "always A", "win", "loss", "half a loss"],
)
def test_pairs_are_asked_in_both_orders(prefer, status, score):
    with JudgeServer(prefer) as server:
        verdict = judged(rubric(server, PairwiseJudge, question="Which is right?"))
    assert (verdict.status, verdict.score) == (status, score)
    assert [part(body, "RESPONSE_A") for body in server.requests] == ["It is 4.", "2 + 2 = 4."]
    assert [order["sample_is"] for order in verdict.evidence["orders"]] == ["A", "B"]


def test_pairs_need_a_reference():
    with JudgeServer(better) as server:
        made = rubric(server, PairwiseJudge, question="Which is right?")
        assert judged(made, problem=replace(PROBLEM, reference_solution=None)).reason.code == "no_reference"
        same = judged(made, " 2 + 2 =  4.")
        assert (same.status, same.reason.code) == (Status.PASS, "same")
        assert server.requests == []


@pytest.mark.slow
def test_contract():
    with JudgeServer(by_sight) as server:
        cases = [Case(PROBLEM, "It is 4.", Status.PASS), Case(PROBLEM, "5", Status.FAIL)]
        assert check_verifier(rubric(server), [*cases, Case(PROBLEM, "", Status.NO_ANSWER)]) == []
    with JudgeServer(better) as server:
        cases = [Case(PROBLEM, "It is 4.", Status.PASS), Case(PROBLEM, "It is 5.", Status.FAIL)]
        assert check_verifier(rubric(server, PairwiseJudge, question="Which is right?"), cases) == []


def test_yaml_and_pickle():
    for option, cls in (("judge", JudgeVerifier), ("judge_pairwise", PairwiseJudge), ("safety", SafetyJudge)):
        config = next(iter(OmegaConf.load(CONF / f"{option}.yaml").values()))
        config.model = "m"
        made = build(config, Verifier, "verifier.judge")
        assert type(made) is cls
        assert pickle.loads(pickle.dumps(made)) == made
        rest = {name: getattr(made, name) for name in ("criteria", "question", "principles") if hasattr(made, name)}
        assert made == cls(model="m", **rest, **({"read": "both"} if cls is SafetyJudge else {}))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("criteria", ()),
        ("criteria", ("a", " ")),
        ("threshold", 0.0),
        ("threshold", 1.1),
        ("attempts", 0),
        ("max_tokens", 0),
        ("read", "thought"),
        ("temperature", -1.0),
    ],
)
def test_config_errors_name_the_field(field, value):
    with pytest.raises(ConfigError, match=rf"^{field}: "):
        JudgeVerifier(**({"model": "m", "criteria": ("a",)} | {field: value}))


@pytest.mark.parametrize(("field", "value"), [("base_url", "host:1"), ("timeout_s", 0.0), ("max_retries", -1)])
def test_server_errors_name_the_field(field, value):
    with pytest.raises(ConfigError, match=rf"^{field}: "):
        Server(**{field: value})
