"""Responses taken apart at any character and put together again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.locate.response import Tags, beginning, judged_text, taken_apart
from engine.records import FinishReason, Sample

WORDS = st.text("ab\n ", min_size=1, max_size=30).map(str.strip).filter(bool)


@given(st.none() | WORDS, WORDS, st.data())
def test_a_beginning_and_the_rest_give_the_sample_back(reasoning, text, data):
    sample = Sample("p", 0, text, reasoning=reasoning)
    whole = judged_text(sample)
    cut = data.draw(st.integers(0, len(whole)))
    rest = beginning(sample, len(whole), Tags())
    assert rest.startswith(beginning(sample, cut, Tags()))
    again = taken_apart(Sample("p", 1, rest), Tags(), raw=True)
    assert (again.reasoning, again.text) == (reasoning, text)


def test_the_tags_stand_where_the_reasoning_does():
    sample = Sample("p", 0, "So 4.", reasoning="2 + 2\nis 4")
    tags = Tags("<t>", "</t>")
    assert beginning(sample, 6, tags) == "<t>\n2 + 2\n"
    assert beginning(sample, judged_text(sample).index("So"), tags) == "<t>\n2 + 2\nis 4\n</t>\n\n"
    assert beginning(sample, len(judged_text(sample)), tags) == "<t>\n2 + 2\nis 4\n</t>\n\nSo 4."
    assert beginning(Sample("p", 0, "So 4."), 3, tags) == "So "


@pytest.mark.parametrize("finish", FinishReason)
def test_a_block_that_never_closes_was_cut_off(finish):
    made = taken_apart(Sample("p", 0, "<think>\nhm", finish_reason=finish), Tags(), raw=True)
    assert made.text == ""
    assert made.finish_reason == (FinishReason.LENGTH if finish == FinishReason.STOP else finish)
