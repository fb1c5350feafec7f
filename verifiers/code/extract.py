"""Finds the program in a response. Text in, text out: nothing is parsed or run here.

The rules, in order:

0. ``whole``: the text is a program of Python that has fences in it, in a docstring say.
1. ``entry_fence``: the last closed fence that defines the entry point (or, where tests name none, something that
   they call). Programs are not put together from several fences.
2. ``body_fence``: where the prompt starts the program, the last closed fence that holds only an indented body.
3. ``language_fence``: the last closed fence tagged with the wanted language; ``fence``: the last closed one that
   looks like a program, or else simply the last.
4. ``tags``: the last ``[PYTHON] … [/PYTHON]``, ``[BEGIN] … [DONE]``, ``<code>``, ``<answer>`` or ``<solution>``.
5. ``open_fence``: a last fence that a stop sequence kept from being closed.
6. ``bare``: the text itself where it defines the entry point or looks like a program, without the prose around it.
7. ``continuation``: the text continues the program that the prompt starts.

A text that was cut off counts only when a fence or tag was closed before. Where the prompt starts the program
(HumanEval), what it has before the entry point (imports, helpers) goes in front of an extracted definition, and the
whole of it in front of a body.
"""

from dataclasses import dataclass

from verifiers.code.fences import PROSE, Block, blocks
from verifiers.code.lines import (
    Wanted,
    defines,
    is_body,
    is_statement,
    is_whole_program,
    looks_like_program,
    without_prose,
)
from verifiers.code.start import continued, given_start, with_preamble

_ALIASES = {
    "python": ("python", "python3", "py", "py3", "python2", "pypy", "pypy3", "sage"),
    "cpp": ("cpp", "c++", "cc", "cxx", "c++17", "cpp17", "c++20", "cpp20"),
    "javascript": ("javascript", "js", "node", "nodejs", "mjs"),
}
_BLOCKS = 500
"""Only so many fences are looked at, from the last."""
_OTHER = {alias for aliases in _ALIASES.values() for alias in aliases}
_TAGS = (
    ("[PYTHON]", "[/PYTHON]"),
    ("[BEGIN]", "[DONE]"),
    ("<code>", "</code>"),
    ("<solution>", "</solution>"),
    ("<answer>", "</answer>"),
)


@dataclass(frozen=True, slots=True)
class Found:
    """A program and the rule that found it."""

    program: str
    rule: str


def extract(text: str, wanted: Wanted, *, truncated: bool = False) -> Found | None:
    """The program in ``text``, or None where there is none (see the module for the rules)."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    if not truncated and is_whole_program(text, wanted):
        return Found(text, "whole")
    opened = [block for block in blocks(wanted.prompt) if not block.closed and not block.text.strip()]
    if opened and "```" not in text.split("\n", 1)[0]:
        text = f"```{opened[-1].tag}\n{text}"  # the prompt has opened the fence already
    start = given_start(wanted)
    fences = [block for block in blocks(text)[-_BLOCKS:] if block.tag not in PROSE and block.text.strip()]
    closed = [block for block in fences if block.closed]
    found = _fenced(closed, start, wanted) or _tagged(text, start, wanted)
    if found is None and not truncated:
        found = _defined(fences[-1].text, "open_fence", start, wanted) if fences else _bare(text, start, wanted)
    return found


def _fenced(closed: list[Block], start: str, wanted: Wanted) -> Found | None:
    for block in reversed(closed):
        if defines(block.text, wanted):
            return _defined(block.text, "entry_fence", start, wanted)
    for block in reversed(closed):
        if start and is_body(block.text):
            return Found(continued(start, block.text), "body_fence")
    aliases = _ALIASES.get(wanted.language, (wanted.language,))
    mine = [block for block in closed if block.tag in aliases]
    if mine:
        return Found(mine[-1].text, "language_fence")
    free = [block for block in closed if block.tag not in _OTHER] or closed
    programs = [block for block in free if looks_like_program(block.text)] or free
    return Found(programs[-1].text, "fence") if programs else None


def _tagged(text: str, start: str, wanted: Wanted) -> Found | None:
    for opening, closing in _TAGS:
        end = text.rfind(closing)
        begin = text.rfind(opening, 0, max(end, 0))
        if begin >= 0:
            program = text[begin + len(opening) : end].strip("\n")
            if defines(program, wanted) or is_body(program) or looks_like_program(program):
                return _defined(program, "tags", start, wanted)
    return None


def _defined(program: str, rule: str, start: str, wanted: Wanted) -> Found:
    if start and is_body(program) and not defines(program, wanted):
        return Found(continued(start, program), rule)
    return Found(with_preamble(program, start, wanted), rule)


def _bare(text: str, start: str, wanted: Wanted) -> Found | None:
    if defines(text, wanted):
        return Found(with_preamble(without_prose(text), start, wanted), "bare")
    first = next((line for line in text.split("\n") if line.strip()), "")
    if start and (is_body(text) or is_statement(first)):
        return Found(continued(start, text), "continuation")
    if not wanted.entry_point and looks_like_program(text):
        return Found(without_prose(text), "bare")
    return None
