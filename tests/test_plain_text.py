"""Cleaning of hostile text: nothing that steers a terminal is left, and nothing takes long."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.plain_text import lines, one_line


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("a\x1b[1;31mred\x1b[0m", "ared"),
        ("\x1b]0;title\x07shown", "shown"),
        ("\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1bP1$r\x1b\\x\x1bc\x1b(B", "x"),
        ("\x9b31mx\x9d0;t\x9cy", "xy"),
        ("unfinished \x1b[31", "unfinished 31"),
        ("a\r\nb\rc\u2028d\x85e\tf", "a\nb\nc\nd\ne\tf"),
        ("\u202eevil\u202c \u2066x\u2069", "evil x"),
        ("\udc80 \ud83d\ude00 é 漢", "\ufffd 😀 é 漢"),
        ("[red]x[/red] `y` <b>", "[red]x[/red] `y` <b>"),
    ],
)
def test_what_steers_a_terminal_is_removed(text, clean):
    assert lines(text) == clean


@given(st.text(st.characters(max_codepoint=0x2100, categories=None), max_size=60), st.integers(1, 30))
def test_no_control_character_survives(text, most):
    for clean in (lines(text, most), one_line(text, most)):
        assert len(clean) <= most
        clean.encode("utf-8")
        assert all(c in "\n\t" or (ord(c) >= 32 and not 0x7F <= ord(c) < 0xA0) for c in clean)
    assert "\n" not in one_line(text, most)


@pytest.mark.parametrize("unit", ["\x1b", "\x1b[", "\x1b]", "\x9d", " ", "\x1b[1;", "x"])
def test_a_ten_megabyte_response_is_quick(unit):
    start = time.perf_counter()
    one_line(unit * (10_000_000 // len(unit)), 100_000)
    assert time.perf_counter() - start < 2
