"""The program that a prompt starts (HumanEval), and what a response adds to it."""

import re

from verifiers.code.fences import PROSE, blocks
from verifiers.code.lines import Wanted, defines, is_body, is_statement, starts_definition

_QUOTES = ('"""', "'''")


def given_start(wanted: Wanted) -> str:
    """The start of a program that ``wanted.prompt`` gives: it defines the entry point. Empty where there is none."""
    if wanted.language != "python" or not wanted.entry_point:
        return ""
    prompt = wanted.prompt.replace("\r\n", "\n")
    for block in reversed(blocks(prompt)):
        if block.tag not in PROSE and defines(block.text, wanted):
            return block.text.rstrip("\n") + "\n"
    if not defines(prompt, wanted):
        return ""
    lines = prompt.split("\n")
    first = next((i for i, line in enumerate(lines) if starts_definition(line)), 0)
    prose = [line for line in lines[:first] if line.strip() and not is_statement(line) and line[0] not in "#\"'"]
    return "\n".join(lines[first:] if prose else lines)


def with_preamble(program: str, start: str, wanted: Wanted) -> str:
    """The program after what the prompt has before the entry point, unless it repeats that itself."""
    if not start or wanted.entry_point is None or not defines(program, wanted):
        return program
    word = re.escape(wanted.entry_point.partition(".")[0])
    match = re.search(rf"^(?:@[^\n]*\n)*(?:async[ \t]+)?(?:def|class)[ \t]+{word}\b", start, re.MULTILINE)
    preamble = start[: match.start()].strip("\n") if match else ""
    if not preamble or program.lstrip("\n").startswith(preamble):
        return program
    future = "".join(re.findall(r"^from __future__ import [^\n]*\n", program, re.MULTILINE))
    return f"{future}{preamble}\n\n\n{program}"


def continued(start: str, body: str) -> str:
    """The start and its continuation, whose first line may have lost its indent."""
    lines = body.split("\n")
    first = next((i for i, line in enumerate(lines) if line.strip()), 0)
    rest = next((line for line in lines[first + 1 :] if line.strip()), "")
    end = start.rstrip()
    inside = end.endswith((":", *_QUOTES))
    if inside and not lines[first][:1].isspace() and (is_body(rest) or not rest):
        above = re.search(r"(?:\A|\n)([ \t]*)\S[^\n]*\Z", end)
        indent = above[1] if above else ""
        lines[first] = indent + ("    " if end.endswith(":") else "") + lines[first]
    return start + ("" if start.endswith(("\n", " ", "\t")) else "\n") + "\n".join(lines)
