"""Sent to an execution service as the main file, with ``child`` and ``values`` beside it: runs one job there.

Standard input has two parts: a line that marks our output among the program's, and the job as JSON. The program
shares this process, so that what stands on a marked line is its own word: a value to be compared elsewhere, never a
verdict. Nothing that is expected of it is ever sent.
"""

import json
import os
import sys
import tempfile
import types


def main() -> None:
    """Do the job, write the lines of its report after the program's output, and leave."""
    package = types.ModuleType("sandboxes.runner")
    package.__path__ = [os.getcwd()]
    sys.modules.update({"sandboxes": types.ModuleType("sandboxes"), "sandboxes.runner": package})
    from sandboxes.runner import child

    mark, _, job = sys.stdin.buffer.read().partition(b"\n")
    for descriptor in (child.REPORT, 0):
        _replace(descriptor)
    child.open_streams()
    code = child.run(json.loads(job))
    report = os.pread(child.REPORT, os.fstat(child.REPORT).st_size, 0)
    lines = b"\n" + b"".join(mark + b" " + line + b"\n" for line in report.splitlines())
    while lines:
        lines = lines[os.write(1, lines) :]
    os._exit(code)


def _replace(descriptor: int) -> None:
    """An empty file in place of a descriptor."""
    with tempfile.TemporaryFile() as file:
        made = os.dup(file.fileno())
    if made != descriptor:
        os.dup2(made, descriptor)
        os.close(made)


if __name__ == "__main__":
    main()
