"""Hostile text: judged within a second, nothing run, nothing passed."""

import gc
import importlib.util
import sys
import time
from pathlib import Path

import pytest

from engine.codec import to_json
from engine.records import Problem, Sample, Status
from verifiers.math import Extraction, MathVerifier

_PATH = Path(__file__).parents[1] / "cases" / "math_hostile.py"
_SPEC = importlib.util.spec_from_file_location("math_hostile_cases", _PATH)
_MODULE = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(_MODULE)
HOSTILE = _MODULE.HOSTILE

RULES = ("json", "boxed", "hash", "phrase", "trailing")
WRAPPINGS = ("\\boxed{%s}", "The answer is %s", '{"answer": "%s"}', "#### %s")


@pytest.fixture(scope="module", autouse=True)
def no_collection():
    """What thousands of tests before have left is not collected on the clock."""
    gc.disable()
    yield
    gc.enable()


@pytest.fixture(scope="module")
def verifier():
    import mpmath  # noqa: F401 (its import is not what is timed)
    import sympy  # noqa: F401

    return MathVerifier(extraction=Extraction(rules=RULES))


@pytest.mark.parametrize(("name", "answer"), HOSTILE, ids=[name for name, _ in HOSTILE])
def test_hostile_answer(verifier, name, answer, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    modules = set(sys.modules)
    for wrapping in WRAPPINGS:
        started = time.perf_counter()
        verdict = verifier.judge_text("7", wrapping.replace("%s", answer))
        assert time.perf_counter() - started < 1.0
        assert verdict.status in {Status.FAIL, Status.NO_ANSWER, Status.ABSTAIN}, (wrapping, verdict.reason)
        str(to_json(verdict)).encode("utf-8")  # what reaches a file can be written to it
    started = time.perf_counter()
    verifier.judge_text("7", f"so it is {answer}")  # the trailing rule: the last number counts, whatever stands before
    assert time.perf_counter() - started < 1.0
    assert list(tmp_path.iterdir()) == []
    assert not {name for name in set(sys.modules) - modules if not name.startswith(("mpmath", "sympy"))}


@pytest.mark.parametrize("gold", [answer for _, answer in HOSTILE[:12]], ids=[name for name, _ in HOSTILE[:12]])
def test_hostile_gold_passes_only_itself(verifier, gold):
    started = time.perf_counter()
    assert verifier.judge_text(gold, f"\\boxed{{{gold}}}").status == Status.PASS
    assert verifier.judge_text(gold, "\\boxed{7}").status != Status.PASS
    assert verifier.judge_text(gold, "\\boxed{8^{8^{8^8}}}").status != Status.PASS
    assert time.perf_counter() - started < 1.0


MEGABYTES = {
    "words": "word " * 2_000_000,
    "box at the end": "x" * 10_000_000 + "\\boxed{7}",
    "box never closed": "\\boxed{" + "x" * 10_000_000,
    "box opened often": "\\boxed{" * 1_400_000,
    "many boxes": "\\boxed{8}" * 1_000_000,
    "braces": "\\boxed{" + "{" * 10_000_000,
    "phrases": "the answer is " * 700_000,
    "phrase and spaces": "answer is" + " " * 10_000_000,
    "phrase without end": "answer to " * 1_000_000,
    "keys": '{"answer": "' * 800_000,
    "key and quotes": '{"answer":"' + '\\"' * 5_000_000,
    "hashes": "#### " * 2_000_000,
    "backslashes": "\\" * 10_000_000,
    "lines": "\nA: " * 2_500_000,
    "dollars": "$" * 10_000_000,
}


@pytest.mark.parametrize("name", MEGABYTES)
def test_ten_megabytes(verifier, name):
    started = time.perf_counter()
    verdict = verifier.judge_text("7", MEGABYTES[name])
    assert time.perf_counter() - started < 2.0  # a loaded machine; 0.03 to 0.4 s alone
    assert (verdict.status == Status.PASS) == (name == "box at the end")


def test_null_bytes_and_surrogates_around_a_right_answer(verifier):
    verdict = verifier.judge_text("7", "\\boxed{7\x00\ud800}")
    assert verdict.status == Status.PASS
    assert verdict.answer.encode("utf-8").strip() == b"7"


def test_nothing_in_the_sample_reaches_the_problem(verifier):
    problem = Problem("p", "a \x00 prompt \ud800", answer="\ud8007")
    assert verifier.verify(problem, Sample("p", 0, "\\boxed{7}")).status == Status.PASS
