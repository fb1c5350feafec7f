"""Reasoning and answer text, taken apart.

Reasoning models write ``<think> … </think> answer``. Chat templates of some of them end with the opening tag, so
that the completion holds only the closing one. A block that never closes was cut off: there is no answer.
"""


def split_thinking(
    text: str, open_tag: str = "<think>", close_tag: str = "</think>", started: bool = False
) -> tuple[str | None, str, bool]:
    """Split a completion into ``(reasoning, answer_text, closed)``.

    ``started`` says that the prompt has already opened the block; a closing tag before any opening one says the
    same. Text without tags comes back unchanged as ``(None, text, True)``. Otherwise both parts are stripped, several
    blocks are joined by an empty line, and an unclosed block gives an answer of ``""`` and ``closed=False``.
    A closing tag that closes nothing stays in the answer.
    """
    opened, closing = text.find(open_tag), text.find(close_tag)
    if started:
        rest = text.lstrip().removeprefix(open_tag)  # some models repeat the tag that the prompt gave
        inside = True
    elif closing >= 0 and not 0 <= opened < closing:
        rest, inside = text, True
    elif opened >= 0:
        rest, inside = text, False
    else:
        return None, text, True
    parts: dict[bool, list[str]] = {True: [], False: []}
    while True:
        part, tag, rest = rest.partition(close_tag if inside else open_tag)
        parts[inside].append(part)
        if not tag:
            break
        inside = not inside
    reasoning = "\n\n".join(part.strip() for part in parts[True])
    return (reasoning, "", False) if inside else (reasoning, "".join(parts[False]).strip(), True)


def go_on(prefix: str, open_tag: str = "<think>") -> str:
    """A response's beginning for a prompt that has opened the block already, without the tag that says so again."""
    bare = prefix.lstrip()
    return bare.removeprefix(open_tag) if bare.startswith(open_tag) else prefix


def said(prefix: str, open_tag: str, started: bool) -> str:
    """What a response says before its next piece: with the tag that a prompt gave it, so that it can be split later."""
    return prefix or (open_tag if started else "")


def well_formed(text: str) -> str:
    """``text`` with lone surrogates (legal in JSON, not in UTF-8) replaced by ``?``."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")
