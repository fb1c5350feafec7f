"""Segmentation: what is one step, and that spans and gaps give the text back."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from verifiers.steps.segment import MAX_STEPS, segment


def pieces(text, how="auto"):
    return [text[start:end] for start, end in segment(text, how)]


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("One.\n\nTwo.\n \nThree.", ["One.", "Two.", "Three."]),
        ("One.\nTwo.\nThree.", ["One.", "Two.", "Three."]),
        ("Hello.\nStep 1: a\nmore\n\nStep 2: b", ["Hello.", "Step 1: a\nmore", "Step 2: b"]),
        ("1. a\nmore\n2. b\n3. c", ["1. a\nmore", "2. b", "3. c"]),
        ("3. a\n7. b", ["3. a", "7. b"]),  # no numbering; still two lines
        ("### Step 1\na\n\nb\n### Step 2\nc", ["### Step 1\na\n\nb", "### Step 2\nc"]),
        ("  \n ", []),
        ("", []),
        ("one line", ["one line"]),
        ("a\n\\[\nx = 1\n\\]\nb", ["a", "\\[\nx = 1\n\\]", "b"]),
        (
            "a\n\\begin{align}\nx &= 1 \\\\\ny &= 2\n\\end{align}\nb",
            ["a", "\\begin{align}\nx &= 1 \\\\\ny &= 2\n\\end{align}", "b"],
        ),
        ("a\n```\nx = 1\ny = 2\n```\nb", ["a", "```\nx = 1\ny = 2\n```", "b"]),
        ("a\r\n\r\nb", ["a", "b"]),
    ],
)
def test_steps(text, steps):
    assert pieces(text) == steps


def test_ways_to_cut():
    text = "a\nb\n\nc"
    assert pieces(text, "lines") == ["a", "b", "c"]
    assert pieces(text, "paragraphs") == ["a\nb", "c"]
    assert pieces(text, "whole") == [text]


def test_bounded():
    text = "a\n" * (2 * MAX_STEPS)
    spans = segment(text)
    assert len(spans) == MAX_STEPS
    assert spans[-1][1] == len(text) - 1


TEXTS = st.lists(
    st.sampled_from(
        [
            "a",
            "1. ",
            "Step 2",
            "\n",
            "\n\n",
            " ",
            "\\[",
            "\\]",
            "$$",
            "```",
            "\\begin{align}",
            "\\end{align}",
            "= 3",
            "é",
            "\t",
        ]
    )
).map("".join)


@settings(max_examples=300, deadline=None)
@given(TEXTS, st.sampled_from(["auto", "paragraphs", "lines", "whole"]))
def test_spans_and_gaps_give_the_text_back(text, how):
    rebuilt, at = "", 0
    for start, end in segment(text, how):
        assert at <= start < end <= len(text)
        assert not text[at:start].strip()
        assert text[start:end] == text[start:end].strip()
        rebuilt += text[at:start] + text[start:end]
        at = end
    assert not text[at:].strip()
    assert rebuilt + text[at:] == text
