"""Twins: both modes verified, told apart per row, in the mix that was asked for."""

import pytest
from product_rows import group, made, write

from engine.errors import ConfigError
from engine.products.modes import Modes
from engine.records import Status

P, F = Status.PASS, Status.FAIL


def thought(index, status=P, reasoning="why", **more):
    return lambda problem: made(problem, index, status, f"t{index}", reasoning=reasoning, mode="think", **more)


def plain(index, status=P, reasoning=None, **more):
    return lambda problem: made(problem, index, status, f"n{index}", reasoning=reasoning, mode="no_think", **more)


def test_one_of_each_mode_with_what_the_template_is_told(tmp_path):
    facts, rows = write(Modes(), tmp_path, group("a", thought(0), plain(1)))
    assert [(r["mode"], r["enable_thinking"], r["chat_template_kwargs"]) for r in rows] == [
        ("think", True, {"enable_thinking": True}),
        ("no_think", False, {"enable_thinking": False}),
    ]
    assert rows[0]["completion"][0]["content"] == "<think>\nwhy\n</think>\n\nt0"
    assert rows[1]["completion"][0]["content"] == "n1"
    assert facts["modes"] == {"think": 1, "no_think": 1}


def test_both_must_be_verified(tmp_path):
    groups = [
        group("one mode", thought(0), thought(1)),
        group("other wrong", thought(0), plain(1, F)),
        group("not what they say", thought(0, reasoning=" "), plain(1, reasoning="hm")),
        group("unknown", (P, "x")),
        group("selected away", thought(0), plain(1, dropped="duplicate")),
    ]
    facts, _ = write(Modes(), tmp_path, *groups)
    assert facts["rows"] == 0
    assert facts["dropped"] == {
        "no_twin": 4, "think_without_reasoning": 1, "no_think_with_reasoning": 1, "mode_unknown": 1, "selection:duplicate": 1,
    }  # fmt: skip


def test_tags_and_empty_think_blocks(tmp_path):
    _, rows = write(Modes(tags=True, empty_think=True), tmp_path, group("a", thought(0), plain(1)))
    assert [r["prompt"][-1]["content"] for r in rows] == ["What is a? /think", "What is a? /no_think"]
    assert rows[1]["completion"][0]["content"] == "<think>\n\n</think>\n\nn1"
    _, rows = write(Modes(reasoning="field", completion_form="messages"), tmp_path, group("a", thought(0), plain(1)))
    assert [r["completion"][0]["thinking"] for r in rows] == ["why", None]
    _, rows = write(Modes(tags=True, completion_form="strings"), tmp_path, group("a", thought(0), plain(1)))
    assert (rows[1]["prompt"], rows[1]["completion"]) == ("What is a? /no_think\n\n", "n1")


@pytest.mark.parametrize(("share", "expected"), [(0.5, (40, 40)), (0.25, (13, 40)), (0.8, (40, 10)), (0.9, (40, 4))])
def test_the_mix_is_what_was_asked_for_and_even_over_the_problems(tmp_path, share, expected):
    groups = [group(f"p{i}", thought(0), plain(1)) for i in range(40)]
    facts, rows = write(Modes(think_share=share), tmp_path, *groups)
    assert (facts["modes"]["think"], facts["modes"]["no_think"]) == expected
    assert abs(facts["modes"]["think"] / len(rows) - share) < 0.02
    scarce = "think" if share < 0.5 else "no_think"
    first_half = sum(r["mode"] == scarce and int(r["problem_id"][1:]) < 20 for r in rows)
    assert abs(first_half - min(expected) / 2) <= 1


def test_as_many_of_either_from_a_problem(tmp_path):
    rows = [thought(0), thought(1), thought(2), plain(3), plain(4)]
    facts, found = write(Modes(per_problem=3, prefer="shortest"), tmp_path, group("a", *rows))
    assert [r["index"] for r in found] == [0, 1, 3, 4]
    assert facts["dropped"] == {"not_chosen": 1}


@pytest.mark.parametrize(
    ("options", "key"),
    [
        ({"per_problem": 0}, "per_problem"),
        ({"think_share": 1.0}, "think_share"),
        ({"reasoning": "drop"}, "reasoning"),
        ({"reasoning": "field", "empty_think": True}, "empty_think"),
        ({"prefer": "x"}, "prefer"),
        ({"format": "x"}, "format"),
    ],
)
def test_wrong_options_name_the_key(options, key):
    with pytest.raises(ConfigError, match=key):
        Modes(**options)
