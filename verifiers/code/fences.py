"""Fenced blocks of a response, as Markdown has them and as models write them."""

import re
from dataclasses import dataclass, field

_MARK = re.compile(r"([ \t]*)(`{3,}|~{3,})([ \t]*[^`\n]*?)[ \t]*")
_DEEPEST = 8
"""Blocks within blocks beyond this are text."""
PROSE = frozenset(
    ("text", "txt", "markdown", "md", "output", "stdout", "input", "stdin", "console", "plaintext", "plain", "diff",
     "bash", "sh", "shell", "json", "math", "latex", "tex")
)  # fmt: skip
"""Tags of blocks that hold no program."""
_TRIPLE = re.compile(r"\"\"\"|'''")


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: its language tag (first word, lower case), its text and whether it was closed."""

    tag: str
    text: str
    closed: bool
    depth: int = 0
    """How many blocks are around it."""


@dataclass(slots=True)
class _Open:
    mark: str
    indent: str
    tag: str
    start: int
    quote: str = field(default="")
    """The triple quote inside which the last line ended."""


def blocks(text: str) -> list[Block]:
    """Every fenced block in the order in which they end, unclosed ones last.

    A line of as many (or more) back ticks or tildes closes a block; one with a language tag opens another inside it.
    A fence in a triple-quoted string of the program is a part of it, unless the block would never end otherwise.
    """
    lines = text.split("\n")
    found = _scan(lines, strings=True)
    if not all(block.closed for block in found):
        found = _scan(lines, strings=False)
    wrapped = [block for block in found if block.closed and block.tag in ("markdown", "md")]
    return [inner for block in wrapped[-1:] for inner in _scan(block.text.split("\n"), strings=True)] + found


def _scan(lines: list[str], *, strings: bool) -> list[Block]:
    found: list[Block] = []
    stack: list[_Open] = []
    for number, line in enumerate(lines):
        match = _MARK.fullmatch(line) if "```" in line or "~~~" in line else None
        top = stack[-1] if stack else None
        if match is None or (top is not None and (top.quote or not _matters(top, match[2]))):
            if top is not None and strings:
                top.quote = _quote_after(top.quote, line)
        elif top is None or (match[3] and not _is_prose(match[3])):
            if len(stack) < _DEEPEST:
                stack.append(_Open(match[2], match[1], _tag(match[3]), number + 1))
        else:
            stack.pop()
            found.append(_block(top, lines, number, closed=True, depth=len(stack)))
    while stack:
        top = stack.pop()
        found.append(_block(top, lines, len(lines), closed=False, depth=len(stack)))
    return found


def _matters(top: _Open, mark: str) -> bool:
    return mark[0] == top.mark[0] and len(mark) >= len(top.mark)


def _is_prose(info: str) -> bool:
    """Words after a closing fence, which some models write: no language has a name like that."""
    return info[0] in " \t" and " " in info.strip()


def _block(top: _Open, lines: list[str], end: int, *, closed: bool, depth: int) -> Block:
    cut = len(top.indent)
    body = [line[cut:] if line[:cut].isspace() else line for line in lines[top.start : end]]
    return Block(top.tag, "\n".join(body), closed, depth)


def _tag(words: str) -> str:
    """``python`` of ``Python 3``, ``{.python}`` or ``python title="a.py"``."""
    first = re.split(r"[\s,:{}]+", words.strip("{} \t"), maxsplit=1)[0]
    return first.lstrip(".").lower()


def _quote_after(quote: str, line: str) -> str:
    """The triple quote that is open at the end of ``line``, given the one open at its start."""
    if '"""' not in line and "'''" not in line:
        return quote
    for found in _TRIPLE.findall(line):
        if not quote:
            quote = found
        elif quote == found:
            quote = ""
    return quote
