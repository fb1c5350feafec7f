"""What a fresh child does with its job: run the program, and put what it gives where the supervisor reads it.

The program shares this process, so nothing here decides a verdict: it gives outputs, values and an exit status, all of
which are compared outside, with data that this process never had.
"""

import _thread
import atexit
import builtins
import gc
import io
import json
import linecache
import marshal
import os
import sys
import threading
import time
import traceback
import types
from collections.abc import Callable, Iterator
from typing import Any, TextIO, cast

from sandboxes.runner import values

REPORT, JOB, CHANNEL = 3, 4, 5  # beside standard input, output and error
FAULT = 6  # tells the zygote that a program could not be started at all
NAME = "main.py"
_COMPILE, _MISSING = 101, 102  # private exit codes: it never ran

Job = dict[str, Any]


def read_job() -> Job:
    """The job, which only the child reads."""
    job: Job = marshal.loads(os.pread(JOB, os.fstat(JOB).st_size, 0))  # noqa: S302  the supervisor wrote it
    os.close(JOB)
    return job


def run(job: Job) -> int:
    """Do one job; returns the exit code of this process."""
    kind = job["kind"]
    for name, text in job["files"].items():
        with open(name, "w", encoding="utf-8", errors="surrogatepass", newline="") as file:
            file.write(text)
    if kind == "exec":
        os.close(REPORT)
        return _execute(job)
    if kind == "judge":
        from sandboxes.runner import judge  # imported by the zygote; out of sight here

        judge.run_blocks(CHANNEL, job["blocks"], job["entry"], _report)
        return 0
    if job["variant"]:
        import random

        random.seed(job["variant"])  # else every child has the state that it inherited
    sys.argv = [NAME, *job["args"]]
    try:
        code = compile(job["source"], NAME, "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError) as error:
        _report({"compile": "".join(traceback.format_exception_only(error))[-2000:]})
        return _COMPILE
    _remember(job["source"])
    global _own_streams  # noqa: PLW0603
    _own_streams = any(word in job["source"] for word in ("open", "Wrapper", "Writer", "Random"))
    if kind == "stdin":
        return _streams(code, job["inputs"])
    return _calls(code, job) if kind == "call" else _serve(code)


def _execute(job: Job) -> int:
    """Become another program; without one, the files were all that was wanted."""
    if not job["argv"]:
        return 0
    scratch = os.environ["HOME"]
    environment = {"PATH": "/usr/bin:/bin", "HOME": scratch, "TMPDIR": scratch, "LANG": "C.UTF-8"}
    try:
        os.execve(job["argv"][0], job["argv"], environment)  # noqa: S606  no shell is meant
    except OSError:
        os.write(FAULT, b"0")
        raise


def _report(line: dict[str, Any]) -> None:
    data = (json.dumps(line) + "\n").encode("utf-8", "surrogatepass")
    while data:
        data = data[os.write(REPORT, data) :]


def _remember(source: str) -> None:
    """Let tracebacks and ``inspect`` show the program's lines, split only when asked for."""
    linecache.cache[NAME] = (lambda: source,)


def open_streams() -> None:
    """Standard streams, made once in the zygote: its children inherit the objects and the descriptors alike."""
    made = {
        "stdin": _stream(0, "r", "surrogateescape"),
        "stdout": _stream(1, "w", "strict"),
        "stderr": _stream(2, "w", "backslashreplace"),
    }
    for name, stream in made.items():
        stream.buffer.raw.name = f"<{name}>"  # type: ignore[attr-defined]
    sys.__dict__.update(made | {f"__{name}__": stream for name, stream in made.items()})


def _stream(descriptor: int, mode: str, errors: str) -> io.TextIOWrapper:
    return cast(io.TextIOWrapper, open(descriptor, mode, encoding="utf-8", errors=errors, closefd=False))


def _streams(code: types.CodeType, inputs: list[str] | None) -> int:
    """Standard input to standard output. ``inputs`` is None when the one input already waits on descriptor 0."""
    if inputs is None:
        exit_code, detail = _once(code)
        if detail:
            _report({"i": 0, "exit": exit_code, "detail": detail})
        return exit_code
    stdin, stdout = sys.stdin, sys.stdout
    for number, text in enumerate(inputs):
        if number:
            _restore(stdin, stdout)
        data = text.encode("utf-8", "surrogatepass")
        os.pwrite(0, data, 0)
        os.ftruncate(0, len(data))
        os.lseek(0, 0, os.SEEK_SET)
        spent, started = time.process_time(), time.perf_counter()
        exit_code, detail = _once(code)
        wall, cpu, end = time.perf_counter() - started, time.process_time() - spent, os.lseek(1, 0, os.SEEK_CUR)
        if exit_code:
            _report({"i": number, "exit": exit_code, "detail": detail, "end": end, "times": [cpu, wall]})
            return exit_code
        os.write(REPORT, b'{"i": %d, "end": %d, "times": [%.6f, %.6f]}\n' % (number, end, cpu, wall))
    return 0


def _restore(stdin: TextIO, stdout: TextIO) -> None:
    """Streams as at the start, the same objects where the last run left them usable."""
    try:
        stdin.seek(0)
        sys.stdin, sys.stdout = stdin, stdout
        if stdin.fileno() or stdout.fileno() != 1:
            open_streams()
    except (ValueError, OSError):
        open_streams()


_modules: dict[str, dict[str, Any]] = {}
"""Namespaces made in the zygote: each child uses the one it inherited, once."""


def prepare() -> None:
    """In the zygote: make what every program starts with, so that children need not."""
    open_streams()
    for name in ("__program__", "__main__"):
        _modules[name] = _new_module(name)


def _module(name: str) -> dict[str, Any]:
    return _modules.pop(name, None) or _new_module(name)


def _new_module(name: str) -> dict[str, Any]:
    module = types.ModuleType(name)
    module.__dict__.update(__file__=NAME, __builtins__=builtins)
    sys.modules[name] = module
    return module.__dict__


def _once(code: types.CodeType) -> tuple[int, str]:
    """Run a whole program as a script: exit code, and the exception's type if one got out."""
    exit_code, detail = _guarded(lambda: exec(code, _module("__main__")))
    if _thread._count():
        _guarded(threading._shutdown)  # type: ignore[attr-defined]
    if atexit._ncallbacks():
        _guarded(atexit._run_exitfuncs)
    flushed, why = _guarded(_flush)
    return (exit_code, detail) if exit_code or not flushed else (flushed, why)


_own_streams = False
"""Whether the program's text speaks of streams of its own: looking for them takes time that most programs can keep."""


def _flush() -> None:
    """What the interpreter's end would write: its own streams first, then every other that is still open."""
    for stream in (sys.stdout, sys.stderr, sys.__stdout__):
        if stream is not None and _is_open(stream):
            stream.flush()
    for item in gc.get_objects() if _own_streams else ():
        if type(item) in (io.TextIOWrapper, io.BufferedWriter, io.BufferedRandom) and _is_open(item):
            item.flush()


def _is_open(stream: Any) -> bool:
    try:
        return not stream.closed
    except ValueError:  # its buffer was taken out
        return False


def _guarded(action: Callable[[], Any]) -> tuple[int, str]:
    try:
        action()
    except SystemExit as stop:
        if stop.code is None or isinstance(stop.code, int):
            return int(stop.code or 0) & 0xFF, ""
        print(stop.code, file=sys.stderr)
        return 1, "SystemExit"
    except BaseException as error:  # noqa: BLE001  the program's own, whatever it is
        return 1, _print_exception(error)
    return 0, ""


def _print_exception(error: BaseException) -> str:
    name = type(error).__name__
    try:
        stack = error.__traceback__
        while stack is not None and stack.tb_frame.f_code.co_filename != NAME:
            stack = stack.tb_next
        lines = traceback.format_exception(type(error), error, stack, limit=-8)
        os.write(2, "".join(lines)[-4000:].encode("utf-8", "backslashreplace"))
    except BaseException:  # noqa: BLE001  an exception that cannot be shown
        return str(name)
    return str(name)


def _calls(code: types.CodeType, job: Job) -> int:
    """Call the entry point once per input."""
    namespace = _module("__program__")
    exit_code, detail = _guarded(lambda: exec(code, namespace))
    if exit_code or detail:
        _report({"i": 0, "exit": exit_code, "detail": detail})
        return exit_code
    call = _entry_point(namespace, job["entry"])
    if call is None:
        _report({"compile": f"the program defines no {job['entry']!r}"})
        return _MISSING
    for number, text in enumerate(job["inputs"]):
        started, spent = time.perf_counter(), time.process_time()
        line = _called(call, text)
        line |= {"i": number, "times": [time.process_time() - spent, time.perf_counter() - started]}
        _report(line)
        if "value" not in line:
            return 1
    return 0


def _called(call: Callable[[list[Any]], Any], text: str) -> dict[str, Any]:
    arguments = values.loads(text)
    kept: list[str] = []
    exit_code, detail = _guarded(lambda: kept.append(values.dumps(call(arguments))))
    if kept:
        return {"value": kept[0]}
    if detail == "NotPlainError":
        return {"exit": 1, "detail": detail, "refused": True}
    return {"exit": exit_code or 1, "detail": detail or "SystemExit"}


def _entry_point(namespace: dict[str, Any], name: str) -> Callable[[list[Any]], Any] | None:
    """How to call ``name``: a function, ``Class.method``, a class, or a method of ``Solution``."""
    outer, _, method = name.rpartition(".")
    if not outer and name not in namespace and hasattr(namespace.get("Solution"), name):
        outer, method = "Solution", name
    if outer:
        cls: Any = namespace.get(outer)
        return None if not hasattr(cls, method) else lambda arguments: getattr(cls(), method)(*arguments)
    found = namespace.get(name)
    if isinstance(found, type):
        return lambda arguments: list(_operations(found, *arguments))
    return None if not callable(found) else lambda arguments: found(*arguments)


def _operations(cls: type, methods: list[str], arguments: list[list[Any]]) -> Iterator[Any]:
    """``[["Stack", "push"], [[], [1]]]``: build an object, call its methods, give what each returned."""
    made = cls(*arguments[0])
    yield None
    for method, values_ in zip(methods[1:], arguments[1:], strict=True):
        yield getattr(made, method)(*values_)


def _serve(code: types.CodeType) -> int:
    """Hold the program for the judge, which asks over the channel."""
    namespace = _module("__program__")
    exit_code, detail = _guarded(lambda: exec(code, namespace))
    if exit_code or detail:
        _report({"i": 0, "exit": exit_code, "detail": detail})
        return exit_code or 1
    from sandboxes.runner import objects

    objects.serve(CHANNEL, namespace)
    return 0
