"""Why vLLM's engine is gone, in one sentence, from what it left behind: an exit code, a message, its log."""

import re
import signal

from engine.plain_text import one_line

_POINTER = re.compile(r"(?i)root cause|stack trace|trace above|initialization failed|encountered an issue")
"""Sentences of vLLM that only point elsewhere."""
_EXIT = re.compile(r"(?:died unexpectedly \(exit code: |Failed core proc\(s\): \{'\w+': )(-\d+|None)")
_LOGGED = re.compile(r"^(\([^)]*\) )?((?P<level>[A-Z]+) \d\d-\d\d [\d:]+ \[[^]]*\] ?)?")
"""What stands before each line: the process, and for a logged line level, time and place."""
_RAISED = re.compile(r"^([A-Za-z_][\w.]*\.)?(?P<name>[A-Z]\w*): (?P<text>.+)")
LOST = "a worker of the engine died without a word, as one does that the system kills when memory runs out"
LONGEST = 500
"""Characters of the sentence."""


def cause(log: str, said: str | None, code: int | None) -> str:
    """Why an engine ended.

    ``said`` is what its process could still tell, ``code`` that process's exit status. A process that was killed comes
    first, then the first error of the log, since later ones follow from it, and only then what points elsewhere.
    """
    killed = _EXIT.search(f"{log}\n{said}")
    if killed or (code is not None and code < 0):
        return LOST if killed and killed[1] == "None" else _killed(int(killed[1]) if killed else code or 0)
    if said and not _POINTER.search(said):
        return one_line(said, LONGEST)
    raised = _first_raised(log)
    if raised:
        return one_line(raised, LONGEST)
    lines = [line for line in log.splitlines() if line.strip()]
    return one_line(said or (lines[-1] if lines else f"it ended without a word (exit code {code})"), LONGEST)


def killed_by(code: int | None) -> str | None:
    """The sentence for a process that ended by a signal, None for any other."""
    return _killed(code) if code is not None and code < 0 else None


def _killed(code: int) -> str:
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    memory = "; the system does so when memory runs out" if name == "SIGKILL" else ""
    return f"a process of the engine was killed by {name}{memory}"


def _first_raised(log: str) -> str | None:
    """The first exception of a traceback that is no warning's; of a chain the last, which says most."""
    found, inside, linked = None, False, False
    for line in log.splitlines():
        head = _LOGGED.match(line)
        level, text = (head["level"], line[head.end() :]) if head else (None, line)
        if text.startswith("Traceback (most recent call last)"):
            if found and not linked:
                break
            inside, linked = level in (None, "ERROR", "CRITICAL"), False
        elif text.startswith(("During handling of the above", "The above exception was")):
            linked = True
        elif inside and (raised := _RAISED.match(text)):
            inside = False
            if not _POINTER.search(text):
                found = f"{raised['name']}: {raised['text']}"
    return found
