"""What can be told of a program from its lines, without parsing it: hostile text is never parsed outside the sandbox.

Every pattern is linear in the line or text that it is given.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass

_DEFINITION = re.compile(r"(?:def|class|async def|import|from [\w.]+ import)\b|@\w")
_STATEMENT = re.compile(
    r"(?:def |class |async def |import |from [\w.]+ import |@\w|return\b|raise\b|pass$|yield |assert |global |del |try:"
    r"|(?:if|elif|for|while|with) .+:|else:|print ?\(|[A-Za-z_][\w.\[\]'\", ]*(?:: ?[\w.\[\], ]+)? ?[-+*/%|&]?= ?\S"
    r"|[A-Za-z_][\w.]*\(.*\)|\"\"\"|'''|#!|#include|using |int main|function |const |let |var )"
)
_SENTENCE = re.compile(r"[A-Z*>-][\w'`*-]*[,:]? [\w`'*(]+ [\w`'*(]")
_FENCE = re.compile(r"[ \t#]*(?:```|~~~)")
_QUOTES = re.compile(r"\"\"\"|'''")
_LONGEST = 500


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for in a response."""

    language: str
    names: Collection[str] = ()
    """The program defines one of them; empty when it is read from standard input."""
    entry_point: str | None = None
    prompt: str = ""
    """What the model was asked: it may hold the program's start."""


def defines(text: str, wanted: Wanted) -> bool:
    """Whether the text defines one of the wanted names: at the margin, or as a method of a class ``Solution``."""
    for name in wanted.names:
        if name not in text:
            continue
        word = re.escape(name)
        if wanted.language != "python":
            if re.search(rf"\b{word}[ \t]*[(=]|\b(?:class|struct)[ \t]+{word}\b", text):
                return True
            continue
        margin = rf"^(?:async[ \t]+)?(?:def|class)[ \t]+{word}\b|^{word}[ \t]*=[^=]|^from[ \t][^\n]*\b{word}\b"
        method = rf"^[ \t]+(?:async[ \t]+)?def[ \t]+{word}\b"
        if re.search(margin, text, re.MULTILINE):
            return True
        if re.search(r"^class[ \t]+Solution\b", text, re.MULTILINE) and re.search(method, text, re.MULTILINE):
            return True
    return False


def is_whole_program(text: str, wanted: Wanted) -> bool:
    """Whether a text with fences is itself a program of Python, since all of them are in docstrings or comments."""
    lines = text.split("\n")
    first = next((line for line in lines if line.strip()), "")
    if wanted.language != "python" or not any(_FENCE.match(line) for line in lines) or not is_statement(first):
        return False
    if wanted.names and not defines(text, wanted):
        return False
    quote = ""
    for line in lines:
        if _FENCE.match(line) and not quote and not line.lstrip().startswith("#"):
            return False
        for found in _QUOTES.findall(line):
            quote = "" if found == quote else quote or found
    return not quote


def is_statement(line: str) -> bool:
    """Whether a line (its indent apart) reads like a statement of a program."""
    return _STATEMENT.match(line[:_LONGEST].strip()) is not None


def starts_definition(line: str) -> bool:
    """Whether a definition or an import begins at the margin of this line."""
    return _DEFINITION.match(line) is not None


def is_sentence(line: str) -> bool:
    """Whether a line is empty or prose."""
    return not line.strip() or (_SENTENCE.match(line[:_LONGEST]) is not None and not is_statement(line))


def is_body(text: str) -> bool:
    """Whether the text starts like the inside of a function: with an indented line."""
    first = next((line for line in text.split("\n", 200) if line.strip()), "")
    return first[:1] in (" ", "\t")


def looks_like_program(text: str) -> bool:
    """Whether most of the lines at the margin read like statements."""
    margin = [line for line in text.split("\n", 400) if line and not line[0].isspace() and line[0] not in "#)]}"]
    hits = sum(map(is_statement, margin))
    return hits > 0 and 2 * hits >= len(margin)


def without_prose(text: str) -> str:
    """Without the sentences before the first definition or import, and those after the last statement."""
    lines = text.split("\n")
    first = next((i for i, line in enumerate(lines) if starts_definition(line)), 0)
    if all(not line.strip() or is_statement(line) or line[0] in " \t#\"'" for line in lines[:first]):
        first = 0
    end = len(lines)
    while end > first + 1 and is_sentence(lines[end - 1]):
        end -= 1
    return "\n".join(lines[first:end])
