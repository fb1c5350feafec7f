"""What a run comes to: how a process ended, as the zygote saw it, with what the program gave.

The report and the streams were writable by the program and are read as such: they can make a result worse, or say
what the program's output is, never that something passed.
"""

import json
import math
import signal
from collections.abc import Iterator, Mapping
from typing import Any

Result = dict[str, Any]
End = Mapping[str, Any]
_OWN_MB = 64  # what a process has of the zygote's memory before it starts, and more
CRASHED = 70  # exit code of a child whose own part failed
_SLACK = 0.5  # the kernel's limit fires before the usage shows it: at 0.72 s of 1 on a busy virtual machine


def exec_result(status: str, **fields: Any) -> Result:
    """Fields of an ``engine.records.ExecResult``, with ``value`` still encoded."""
    result: Result = {"status": status, "stdout": "", "stderr": "", "value": None, "detail": "", "exit_code": None}
    result.update(fields)
    return result


def internal(why: str) -> Result:
    """Our own fault."""
    return exec_result("INTERNAL", detail=why)


def batch_results(end: End, limits: Mapping[str, Any], count: int, *, call: bool) -> list[Result]:
    """Results of up to ``count`` inputs that one process ran, ending with the first that is not OK."""
    if not end["ready"]:
        return [internal(f"the sandbox could not prepare the program's process: {_text(end['stderr'])[-500:]}")]
    lines = list(_lines(end["report"], count))
    if lines and "compile" in lines[0]:
        return [_whole(end, limits) | {"status": "COMPILE", "detail": str(lines[0]["compile"])[:2000]}]
    results: list[Result] = []
    start = 0
    for number, line in enumerate(lines):
        if line.get("i") != number or _failed(line) or (call and not isinstance(line.get("value"), str)):
            break
        stop = line.get("end", start)
        if not isinstance(stop, int) or not start <= stop <= len(end["stdout"]):
            break
        results.append(_one(line, end["stdout"][start:stop], end))
        start = stop
    ended = _whole(end, limits)
    if len(results) == count and ended["status"] == "OK":
        _stamp(results, ended)
        return results
    results = results[: count - 1]
    failed = lines[len(results)] if len(results) < len(lines) else {}
    last = _blame(ended, failed, call=call) | _output(end["stdout"][start:])
    results.append(last)
    _stamp(results, ended)
    return results


def _failed(line: Mapping[str, Any]) -> bool:
    return bool(line.get("exit"))


def _one(line: Mapping[str, Any], stdout: bytes, end: End) -> Result:
    times = line.get("times")
    cpu, wall = times if isinstance(times, list) and len(times) == 2 else (0.0, 0.0)
    result = exec_result(
        "OK",
        exit_code=0,
        value=line.get("value"),
        cpu_s=_number(cpu),
        wall_s=_number(wall),
        memory_mb=end["memory_mb"],
    )
    result.update(_output(stdout))
    return result


def _stamp(results: list[Result], ended: Result) -> None:
    """A process that ran several inputs says so on each but the first; one input has the process's own times."""
    if len(results) == 1:
        results[0] |= {name: ended[name] for name in ("cpu_s", "wall_s", "memory_mb", "stderr")}
    for number, result in enumerate(results):
        result["shared"] = number > 0


def _blame(ended: Result, line: Mapping[str, Any], *, call: bool) -> Result:
    """The input that was being run when the process ended."""
    if ended["status"] in ("OK", "NONZERO") and line.get("exit"):
        detail = str(line.get("detail", ""))[:200]
        status = "MEMORY" if detail == "MemoryError" else "REFUSED" if line.get("refused") is True else "NONZERO"
        return ended | {"status": status, "detail": detail}
    if ended["status"] == "OK" and call:
        return ended | {"status": "REFUSED", "detail": "the process ended without returning a value"}
    return ended


def _output(stdout: bytes) -> Result:
    try:
        return {"stdout": stdout.decode("utf-8")}
    except UnicodeDecodeError:
        return {
            "stdout": stdout.decode("utf-8", "backslashreplace"),
            "status": "REFUSED",
            "detail": "the output is not UTF-8",
        }


def _whole(end: End, limits: Mapping[str, Any]) -> Result:
    """How the process as a whole ended."""
    status, detail = _status(end, limits)
    return exec_result(
        status,
        detail=detail,
        exit_code=end["exit"],
        stderr=_text(end["stderr"]),
        cpu_s=end["cpu_s"],
        wall_s=end["wall_s"],
        memory_mb=end["memory_mb"],
    )


def _status(end: End, limits: Mapping[str, Any]) -> tuple[str, str]:
    if end["stopped"] == "memory" or end["memory_mb"] > limits["memory_mb"] + _OWN_MB:
        return "MEMORY", "limit"
    if end["stopped"] == "tasks":
        return "SIGNAL", "killed for too many threads"
    if end["stopped"] == "disk" or end["flooded"]:
        return "OUTPUT", "files" if end["stopped"] == "disk" else "streams"
    if end["stopped"] in ("wall", "cpu"):
        return "TIMEOUT", end["stopped"]
    cpu = limits["cpu_s"]
    killed = end["signal"] in (signal.SIGKILL, signal.SIGXCPU)
    if end["cpu_s"] > cpu or (killed and end["cpu_s"] > _SLACK * math.ceil(cpu)):
        return "TIMEOUT", "cpu"
    if end["signal"] is not None:
        return "SIGNAL", _signal_name(end["signal"])
    return ("OK", "") if end["exit"] == 0 else ("NONZERO", f"exit code {end['exit']}")


def block_results(judged: End, program: End, limits: Mapping[str, Any], count: int) -> list[Result]:
    """Results of blocks of test code: the judge's word, unless the program's own end explains more."""
    for end in (judged, program):
        if not end["ready"]:
            return [internal(f"the sandbox could not prepare a process: {_text(end['stderr'])[-500:]}")]
    if judged["exit"] == CRASHED:
        return [internal(f"the judge failed: {_text(judged['stderr'])[-500:]}")]
    served = _whole(program, limits) if program["stopped"] != "cancelled" else None
    first = next(_lines(program["report"], 1), {})
    results: list[Result] = []
    for number, line in enumerate(_lines(judged["report"], count)):
        if line.get("i") != number:
            break
        results.append(_block(line, program))
        if results[-1]["status"] != "OK":
            break
    passed = len(results) == count and results[-1]["status"] == "OK"
    if passed and judged["exit"] == 0 and judged["stopped"] is None:
        _shares(results)
        return results
    if not results or results[-1]["status"] == "OK":
        results = [*results[: count - 1], _block({"status": "NONZERO"}, program) | _judge_end(judged, limits)]
    if "compile" in first:
        results[-1] |= {"status": "COMPILE", "detail": str(first["compile"])[:2000]}
    elif served is not None and served["status"] in ("TIMEOUT", "MEMORY", "SIGNAL", "OUTPUT"):
        results[-1] |= {name: served[name] for name in ("status", "detail")}
    elif first.get("exit"):
        results[-1] |= {
            "status": "NONZERO",
            "detail": str(first.get("detail", ""))[:200],
            "stderr": _text(program["stderr"]),
        }
    _shares(results)
    return results


def _judge_end(judged: End, limits: Mapping[str, Any]) -> Result:
    """The judge did not finish its block: it waited too long for the program, or was fed too much by it."""
    status, detail = _status(judged, limits)
    return {
        "status": status if status in ("TIMEOUT", "MEMORY") else "NONZERO",
        "detail": detail or "the judge gave no verdict",
    }


def _block(line: Mapping[str, Any], program: End) -> Result:
    status = line.get("status")
    detail = "program_compared" if line.get("program_compared") else ""
    times = {name: program[name] for name in ("cpu_s", "wall_s", "memory_mb")}
    text = str(line.get("text", ""))[:4000]
    return exec_result(status if status in ("OK", "REFUSED") else "NONZERO", detail=detail, stderr=text, **times)


def _shares(results: list[Result]) -> None:
    for number, result in enumerate(results):
        result["shared"] = number > 0


def _lines(report: bytes, most: int) -> Iterator[dict[str, Any]]:
    """Lines of a report, up to the first that is none; a program could have written millions."""
    for line in report.decode("utf-8", "replace").split("\n", most)[:most]:
        try:
            value = json.loads(line)
        except (ValueError, RecursionError):
            return
        if not isinstance(value, dict):
            return
        yield value


def _number(value: Any) -> float:
    return float(value) if isinstance(value, (int, float)) and 0 <= value < 1e6 else 0.0


def _text(data: bytes) -> str:
    return data.decode("utf-8", "backslashreplace")


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
