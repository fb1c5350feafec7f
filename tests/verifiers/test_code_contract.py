"""The code verifier keeps the contract on the real sandbox, built as a run builds it: from its YAML."""

from pathlib import Path

from omegaconf import OmegaConf

from engine.build import build
from engine.contract import Case, check_verifier
from engine.protocols import Verifier
from engine.records import Problem, Status, TestCase, TestKind, Tests
from engine.worker import gold_check
from sandboxes.local import LocalSandbox
from verifiers.code import CodeVerifier

CONF = Path(__file__).parents[2] / "conf"


def _configured():
    cfg = OmegaConf.create({"verifier": OmegaConf.load(CONF / "verifier" / "code.yaml")})
    cfg.sandbox = OmegaConf.load(CONF / "sandbox" / "local.yaml")
    return build(cfg.verifier.code, Verifier, "verifier.code")


def test_yaml_states_the_defaults():
    made = _configured()
    assert made == CodeVerifier(LocalSandbox())
    assert made.preload == ("sandboxes.local",)


def _problems():
    streams = Tests(TestKind.STDIN, (TestCase("1\n", "2\n"), TestCase("4\n", "8\n", hidden=True)))
    calls = Tests(TestKind.CALL, (TestCase([2], 4), TestCase([3], 6)), entry_point="f")
    blocks = Tests(TestKind.ASSERT, (TestCase(code="assert f(2) == 4"),))
    return {
        "streams": Problem(
            "streams", "Double it.", "code", tests=streams, reference_solution="print(2 * int(input()))"
        ),
        "calls": Problem("calls", "Double it.", "code", tests=calls, reference_solution="def f(x):\n    return 2 * x"),
        "blocks": Problem(
            "blocks", "Double it.", "code", tests=blocks, reference_solution="def f(x):\n    return 2 * x"
        ),
        "untested": Problem("untested", "Double it.", "code"),
    }


def test_contract():
    problems = _problems()
    cases = [
        Case(problems["streams"], "```python\nprint(2 * int(input()))\n```", Status.PASS),
        Case(problems["streams"], "```python\nprint(3 * int(input()))\n```", Status.FAIL),
        Case(problems["streams"], "I give up.", Status.NO_ANSWER),
        Case(problems["calls"], "```python\ndef f(x):\n    return x + x\n```", Status.PASS),
        Case(problems["calls"], "```python\ndef f(x):\n    return {x}\n```", Status.FAIL),
        Case(problems["blocks"], "def f(x):\n    return x + x", Status.PASS),
        Case(problems["blocks"], "def f(x):\n    return x", Status.FAIL),
        Case(problems["untested"], "```python\nx = 1\n```", Status.ABSTAIN),
    ]
    verifier = _configured()
    try:
        assert check_verifier(verifier, cases) == []
    finally:
        verifier.close()


def test_gold_check():
    verifier = _configured()
    problems = _problems()
    constant = Tests(TestKind.ASSERT, (TestCase(code="f(2)"),))  # these tests test nothing
    wrong = "def f(x):\n    return 3 * x"
    rows = [
        (problems["streams"], "gold_checked"),
        (problems["calls"], "gold_checked"),
        (problems["blocks"], "gold_checked"),
        (problems["untested"], "not_applicable"),
        (Problem("a", "", tests=problems["calls"].tests), "no_gold"),
        (Problem("b", "", tests=problems["calls"].tests, reference_solution=wrong), "gold_rejected"),
        (Problem("c", "", tests=constant, reference_solution=wrong), "wrong_accepted"),
    ]
    try:
        assert [gold_check(verifier, problem).reason.code for problem, _ in rows] == [code for _, code in rows]
    finally:
        verifier.close()
