"""The two services that are spoken: what is asked of them, and what their answers say of a process's end.

SandboxFusion (``POST /run_code``, bytedance/SandboxFusion) and Piston (``POST /api/v2/execute``, engineer-man/piston).
An end has the form that ``sandboxes.runner.results.batch_results`` reads.
"""

import base64
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.records import Limits

_MEGABYTE = 1 << 20
_OVERHEAD_MB = 256  # address space of an interpreter and its libraries beyond what a program may use
_FUSION_CUT = 1 << 20  # bytes of a stream that SandboxFusion keeps; it drops the rest without a word
_SHELL = 128  # a shell's exit code for a signal, less its number
_FULL = 0.95  # share of the memory limit from which a killed process is taken for one that hit it


@dataclass(frozen=True, slots=True)
class Job:
    """One process: sources, command line, standard input and limits. ``name`` and ``version`` choose the language."""

    name: str
    version: str
    source: str
    files: Mapping[str, str]
    args: tuple[str, ...]
    stdin: str
    limits: Limits
    memory_mb: int | None
    """None: not to be limited."""
    compile_timeout_s: float


class SandboxFusion:
    """ByteDance's server. It limits wall time and, without its own isolation, address space."""

    path = "/run_code"
    listing = None
    unlimited = "CPU time, output, files, processes"
    takes_args = False

    def body(self, job: Job) -> dict[str, Any]:
        """Request for one job, whose ``args`` are empty: the server has no command line."""
        files = {name: base64.b64encode(_bytes(text)).decode() for name, text in job.files.items()}
        return {
            "code": job.source,
            "language": job.name,
            "stdin": job.stdin,
            "files": files,
            "run_timeout": job.limits.wall_s,
            "compile_timeout": job.compile_timeout_s,
            "memory_limit_MB": -1 if job.memory_mb is None else job.memory_mb + _OVERHEAD_MB,
        }

    def fault(self, answer: Any) -> str | None:
        """What went wrong on the server's side."""
        status = answer.get("status") if isinstance(answer, dict) else None
        if status not in ("Success", "Failed"):
            said = str(answer.get("message", ""))[-300:] if isinstance(answer, dict) else repr(answer)[:300]
            return f"failed itself: {status} {said}"
        stages = [answer[name] for name in ("compile_result", "run_result") if answer.get(name) is not None]
        if not stages or not all(isinstance(stage, dict) for stage in stages):
            return "gave an answer without results"
        codes = [stage.get("return_code") for stage in stages if stage.get("status") == "Finished"]
        if any(stage.get("status") not in ("Finished", "TimeLimitExceeded") for stage in stages):
            return f"failed itself: {str(stages[-1].get('stderr'))[-300:]}"
        return None if all(isinstance(code, int) for code in codes) else "gave a result without a return code"

    def compiled(self, answer: dict[str, Any]) -> str | None:
        """What the compiler said when it failed; None when it did not."""
        stage = answer.get("compile_result")
        if stage is None or (stage["status"] == "Finished" and stage["return_code"] == 0):
            return None if answer.get("run_result") is not None else "the service did not run it"
        text = _text(stage, "stderr") or _text(stage, "stdout")
        return text if stage["status"] == "Finished" else "the compiler ran out of time"

    def end(self, answer: dict[str, Any], limits: Limits, seconds: float) -> dict[str, Any]:
        """How the process ended; ``seconds`` is how long the answer took."""
        run = answer["run_result"]
        stdout, stderr = _bytes(_text(run, "stdout")), _text(run, "stderr")
        code = run.get("return_code")
        late = run["status"] == "TimeLimitExceeded"
        number = None if late or code is None else -code if code < 0 else _signal_of_shell(code)
        end = _end(stdout, stderr, None if number else code, number)
        end["stopped"] = "wall" if late else _memory(stderr, code)
        end["wall_s"] = _number(run.get("execution_time")) or seconds
        end["undecodable"] = stdout.startswith(b"[DecodeError] ")
        end["flooded"] = len(stdout) >= min(_FUSION_CUT, (limits.output_mb << 20) + 1)
        return end


class Piston:
    """The server of engineer-man/piston; its newer versions run each job in an ``isolate`` box."""

    path = "/api/v2/execute"
    listing = "/api/v2/runtimes"
    unlimited = "output, files, processes"
    takes_args = True

    def body(self, job: Job) -> dict[str, Any]:
        """Request for one job."""
        wall = round(job.limits.wall_s * 1000)
        # in base64, or they would be compiled as well
        files = [
            {"name": name, "content": base64.b64encode(_bytes(text)).decode(), "encoding": "base64"}
            for name, text in job.files.items()
        ]
        return {
            "language": job.name,
            "version": job.version,
            "files": [{"name": "main", "content": job.source}, *files],
            "stdin": job.stdin,
            "args": list(job.args),
            "run_timeout": wall,
            "run_cpu_time": min(wall, round(job.limits.cpu_s * 1000)),
            "compile_timeout": round(job.compile_timeout_s * 1000),
            "run_memory_limit": -1 if job.memory_mb is None else job.memory_mb * _MEGABYTE,
        }

    def fault(self, answer: Any) -> str | None:
        """What went wrong on the server's side."""
        run = answer.get("run") if isinstance(answer, dict) else None
        if not isinstance(run, dict):
            return f"gave an answer without a run: {repr(answer)[:300]}"
        stages = [run, *([answer["compile"]] if isinstance(answer.get("compile"), dict) else [])]
        if any(stage.get("status") == "XX" for stage in stages):
            return f"failed itself: {str(run.get('message'))[:300]}"
        known = all(
            isinstance(stage.get("code"), int) or stage.get("signal") or stage.get("status") for stage in stages
        )
        return None if known else "gave a result without exit code, signal or status"

    def compiled(self, answer: dict[str, Any]) -> str | None:
        """What the compiler said when it failed; None when it did not."""
        stage = answer.get("compile")
        if not isinstance(stage, dict) or (stage.get("code") == 0 and not stage.get("status")):
            return None
        return _text(stage, "stderr") or _text(stage, "stdout") or str(stage.get("message") or stage.get("signal"))

    def end(self, answer: dict[str, Any], limits: Limits, seconds: float) -> dict[str, Any]:
        """How the process ended. Versions before ``isolate`` give neither status nor times: there, ``seconds``, how
        long the answer took, tell a time-out.
        """
        run = answer["run"]
        status, name = run.get("status"), run.get("signal")
        number = _signal_named(name) if name else None
        stdout, stderr = _bytes(_text(run, "stdout")), _text(run, "stderr")
        code = run.get("code")
        code = 1 if code is None and number is None else code
        end = _end(stdout, stderr, None if number else code, number)
        end |= {"cpu_s": _number(run.get("cpu_time")) / 1000, "wall_s": _number(run.get("wall_time")) / 1000}
        end["memory_mb"] = _number(run.get("memory")) / _MEGABYTE
        full = number == signal.SIGKILL and end["memory_mb"] >= _FULL * limits.memory_mb
        end["stopped"] = "memory" if full else _memory(stderr, code)
        if "status" not in run and number == signal.SIGKILL and seconds >= limits.wall_s:
            end["stopped"] = "wall"
        if status == "TO":
            wall = "wall" in str(run.get("message"))
            end["stopped"] = "wall" if wall else None
            end["cpu_s"] = max(end["cpu_s"], 0.0 if wall else limits.cpu_s + 0.001)
        end["undecodable"] = "\ufffd" in _text(run, "stdout")
        end["flooded"] = status in ("OL", "EL") or len(stdout) > limits.output_mb << 20
        return end


def _end(stdout: bytes, stderr: str, code: int | None, number: int | None) -> dict[str, Any]:
    return {
        "ready": True,
        "report": b"",
        "stdout": stdout,
        "stderr": _bytes(stderr[-4000:]),
        "exit": code,
        "signal": number,
        "stopped": None,
        "flooded": False,
        "undecodable": False,
        "cpu_s": 0.0,
        "wall_s": 0.0,
        "memory_mb": 0.0,
    }


def _memory(stderr: str, code: int | None) -> str | None:
    """``memory`` when a Python program that failed says so last; it could only harm itself by saying it."""
    last = stderr.rstrip().rpartition("\n")[2]
    return "memory" if code and last.startswith("MemoryError") else None


def _signal_of_shell(code: int) -> int | None:
    return code - _SHELL if code - _SHELL in set(signal.Signals) else None


def _signal_named(name: Any) -> int:
    found = getattr(signal, str(name), None)
    return int(found) if isinstance(found, signal.Signals) else int(signal.SIGKILL)


def _text(stage: Mapping[str, Any], name: str) -> str:
    value = stage.get(name)
    return value if isinstance(value, str) else ""


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) and 0 <= value < 1e15 else 0.0
