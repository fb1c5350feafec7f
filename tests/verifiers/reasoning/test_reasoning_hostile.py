"""Hostile text: linear in time, never an exception, the same verdict again, spans inside the text."""

import gc
import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.codec import to_json
from engine.records import FinishReason, Problem, Sample, Status
from verifiers.reasoning import MAX_CHARS, Checks, ReasoningVerifier

PROBLEM = Problem("p", "What is 2 + 2?", answer="4")
LONG = 100_000
HOSTILE = {
    "one letter": "a" * LONG,
    "letters apart": "a " * (LONG // 2),
    "words apart": "word " * (LONG // 5),
    "different words": " ".join(f"w{i}" for i in range(LONG // 6)),
    "think tags": "<think>" * (LONG // 7),
    "think pairs": "<think></think>" * (LONG // 15),
    "closing tags": "</think>" * (LONG // 8),
    "tokens": "<|im_end|>" * (LONG // 10),
    "lines": "\n" * LONG,
    "lines of spaces": " \n" * (LONG // 2),
    "spaces": "a" + " " * LONG + "b",
    "numbered lines": "".join(f"{i}. the sum is now {i}\n" for i in range(LONG // 25)),
    "turns": "User: \\boxed{1}\n" * (LONG // 16),
    "turns without an answer": "User: so\n" * (LONG // 9),
    "boxes": "\\boxed{1}\n" * (LONG // 10),
    "different boxes": "".join(f"\\boxed{{{i}}}\n" for i in range(LONG // 13)),
    "open boxes": "\\boxed{" * (LONG // 7),
    "answers": "The answer is 4. " * (LONG // 17),
    "answers that differ": "".join(f"The answer is {i}.\n" for i in range(LONG // 20)),
    "answer keys": '"answer": "1", ' * (LONG // 15),
    "hashes": "####" * (LONG // 4),
    "long period": ("".join(chr(65 + i * i % 57) for i in range(2999)) * 40)[:LONG],
    "nearly periodic": ("a" * 50 + "b") * (LONG // 51),
    "almost a square": ("ab" * 700 + "a") * 70,
    "lone surrogates": "\ud800\udfff" * (LONG // 2),
    "chinese": "我们来计算" * (LONG // 5),
    "every letter": "".join(chr(i) for i in range(0x100, 0xD000)),
    "sentences": "I cannot. " * (LONG // 10),
    "fences": "```\n" * (LONG // 4),
    "dollars": "$" * LONG,
}


@pytest.fixture(scope="module", autouse=True)
def no_collection():
    """What thousands of tests before have left is not collected on the clock."""
    gc.disable()
    yield
    gc.enable()


@pytest.mark.parametrize("what", HOSTILE)
@pytest.mark.parametrize("place", ["text", "thought"])
def test_hostile_text_is_judged_soon(what, place):
    text = HOSTILE[what]
    sample = Sample("p", 0, text) if place == "text" else Sample("p", 0, "\\boxed{4}", reasoning=text)
    start = time.process_time()
    verdict = ReasoningVerifier().verify(PROBLEM, sample)
    seconds = time.process_time() - start
    assert seconds < 2, f"{seconds:.2f} s"  # 0.2 s on an idle core
    json.dumps(to_json(verdict)).encode("utf-8")
    whole = len(text) + (11 if place == "thought" else 0)
    assert all(0 <= item["start"] <= item["end"] <= whole for item in verdict.evidence["findings"])


@pytest.mark.slow
def test_twice_the_text_takes_about_twice_the_time():
    """Nothing is quadratic, also just below the length from which a text is not read."""

    def seconds(text):
        start = time.process_time()
        ReasoningVerifier().verify(PROBLEM, Sample("p", 0, text))
        return time.process_time() - start

    for unit in ("abcd efgh ", "<think>", "User: \\boxed{1}\n", "The answer is 4. "):
        half, full = (
            min(seconds(unit * (size // len(unit))) for _ in range(2)) for size in (MAX_CHARS // 4, MAX_CHARS)
        )
        assert full < 12 * half + 0.2, f"{unit!r}: {half:.3f} s and {full:.3f} s for four times as much"


@pytest.mark.parametrize(
    ("action", "status"), [("fail", Status.FAIL), ("flag", Status.ABSTAIN), ("skip", Status.ABSTAIN)]
)
def test_a_text_too_long_to_be_read_never_passes(action, status):
    verdict = ReasoningVerifier(Checks(too_long=action)).verify(PROBLEM, Sample("p", 0, "x" * (MAX_CHARS + 1)))
    assert (verdict.status, verdict.reason.code) == (status, "too_long")


PIECES = ["<think>", "</think>", "\n", "\n\n", "So 2 + 2 = 4. ", "\\boxed{4}", "\\boxed{5}", "The answer is 4.", "Wait, ", "答", "<|im_end|>", "User:", "a " * 40, "I cannot", "\ud800", "$", "```", '"answer": "4"']  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.sampled_from(PIECES), max_size=30).map("".join),
    st.none() | st.lists(st.sampled_from(PIECES), max_size=30).map("".join),
    st.sampled_from(FinishReason),
)
def test_any_soup_is_judged(text, thought, finish):
    sample = Sample("p", 0, text, reasoning=thought, finish_reason=finish)
    verdict = ReasoningVerifier().verify(PROBLEM, sample)
    assert verdict == ReasoningVerifier().verify(PROBLEM, sample)
    json.dumps(to_json(verdict)).encode("utf-8")
    failing = [item for item in verdict.evidence["findings"] if item["action"] == "fail"]
    assert not (failing and verdict.status == Status.PASS)
    if not text.strip():
        assert verdict.status != Status.PASS
