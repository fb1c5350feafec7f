import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.samplers.thinking import split_thinking, well_formed

plain = st.text(alphabet=st.sampled_from(list("abc <>/think\n\\boxed{1}")), max_size=30).filter(
    lambda text: "<think>" not in text and "</think>" not in text
)


@pytest.mark.parametrize(
    ("text", "started", "expected"),
    [
        ("plain", False, (None, "plain", True)),
        (" plain ", False, (None, " plain ", True)),
        ("<think>a</think>b", False, ("a", "b", True)),
        ("\n<think>\na\n</think>\n\nb\n", False, ("a", "b", True)),
        ("<think>\n\n</think>\n\nb", False, ("", "b", True)),
        ("<think>a", False, ("a", "", False)),
        ("a</think>b", False, ("a", "b", True)),
        ("a</think>b", True, ("a", "b", True)),
        ("<think>a</think>b", True, ("a", "b", True)),
        ("a", True, ("a", "", False)),
        ("", True, ("", "", False)),
        ("x <think>a</think> y <think>b</think> z", False, ("a\n\nb", "x  y  z", True)),
        ("x <think>a</think> y <think>b", False, ("a\n\nb", "", False)),
        ("<think>a</think>b</think>c", False, ("a", "b</think>c", True)),
    ],
)
def test_split(text, started, expected):
    assert split_thinking(text, "<think>", "</think>", started) == expected


@given(plain, plain)
def test_a_rendered_pair_splits_into_itself(reasoning, answer):
    text = f"<think>\n{reasoning}\n</think>\n\n{answer}"
    expected = (reasoning.strip(), answer.strip(), True)
    assert split_thinking(text) == expected
    assert split_thinking(text.removeprefix("<think>"), started=True) == expected
    assert split_thinking(text.replace("think>", "seed:x>"), "<seed:x>", "</seed:x>") == (
        reasoning.strip().replace("think>", "seed:x>"),
        answer.strip().replace("think>", "seed:x>"),
        True,
    )


@given(plain, plain)
def test_an_unclosed_block_never_leaks_into_the_answer(before, reasoning):
    assert split_thinking(f"{before}<think>{reasoning}")[1:] == ("", False)
    assert split_thinking(reasoning, started=True)[1:] == ("", False)


@given(st.lists(st.sampled_from(["<think>", "</think>", "x", " ", "\n"]), max_size=12).map("".join), st.booleans())
def test_no_text_is_lost_or_invented(text, started):
    reasoning, answer, closed = split_thinking(text, started=started)
    assert ((reasoning or "") + answer).count("x") <= text.count("x")
    if closed:
        assert ((reasoning or "") + answer).count("x") == text.count("x")
    assert "<think>" not in answer


@given(st.text())
def test_well_formed_text_is_utf8(text):
    assert well_formed(text) == text
    assert well_formed(text + "\ud800").encode("utf-8")
