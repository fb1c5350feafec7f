"""Model output is hostile: what may reach a terminal or a card is cleaned here first."""

import re

_ESCAPES = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # control sequences: colours, cursor
    r"|(?:\x1b[]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?"  # titles, links, device strings
    r"|\x1b[ -/]*[0-~]?"
)
_LINE_ENDS = re.compile(r"\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
# other control characters, and those that reverse the direction of what follows
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def lines(text: str, most: int = 100_000) -> str:
    """``text`` without terminal escapes and control characters (line ends and tabs stay), cut at ``most`` characters.

    Lone surrogates, which no stream can carry, become U+FFFD.
    """
    text = text[: 4 * most + 1000]  # bounds the work on a 10 MB response; the slack is for what is removed
    text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return _cut(_CONTROLS.sub("", _LINE_ENDS.sub("\n", _ESCAPES.sub("", text))), most)


def one_line(text: str, most: int = 100_000) -> str:
    """As ``lines``, with every run of white space made one space."""
    return _cut(" ".join(lines(text, 4 * most).split()), most)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
