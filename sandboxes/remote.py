"""Programs on an execution service that somebody else runs: SandboxFusion's or Piston's API."""

import json
import os
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlsplit

from engine.errors import ConfigError, SandboxUnavailableError
from engine.records import ExecResult, ExecStatus, Limits, Program
from sandboxes.driver import as_result
from sandboxes.remote_http import Service, ServiceError
from sandboxes.remote_services import Job, Piston, SandboxFusion
from sandboxes.runner.results import batch_results, exec_result, internal

_APIS = ("sandboxfusion", "piston")
_RUNNER = Path(__file__).parent / "runner"
_CANARY = Limits(cpu_s=5, wall_s=10, memory_mb=256, output_mb=1)
_SUMS = Program("print(sum(map(int, input().split())) * 3)")
_ECHO = Program("def echo(values, text):\n    return [sum(values), text]\n", entry_point="echo")


@dataclass(frozen=True, slots=True)
class RemoteLanguage:
    """What the service calls a language."""

    name: str
    version: str = "*"
    """Piston's selector of versions."""
    limit_memory: bool = True
    """False where the run-time system reserves more address space than programs may use."""


LANGUAGES: Mapping[str, RemoteLanguage] = {
    "python": RemoteLanguage("python"),
    "cpp": RemoteLanguage("cpp"),
    "javascript": RemoteLanguage("js", limit_memory=False),
}


@dataclass
class RemoteSandbox:
    """One request per input, one at a time. The service sees programs and inputs, never what is expected.

    Programs that read standard input are sent as they are; one that is called is sent with ``runner/remote_call.py``,
    which needs Python 3.11 there. Test code that asserts is REFUSED, since it needs two processes that talk. How well
    programs are kept apart, and which hash seed they get, is the service's affair; the isolation says ``remote``, and
    the limits that this API cannot ask for. What is the service's fault is INTERNAL, after ``retries``.
    """

    operational: ClassVar[tuple[str, ...]] = ("url", "api_key_env", "retries", "backoff_s", "patience_s")

    url: str = "http://127.0.0.1:8080"
    api: str = "sandboxfusion"
    api_key_env: str = "PROOFSTILL_SANDBOX_KEY"
    retries: int = 4
    backoff_s: float = 0.5
    patience_s: float = 60.0
    compile_timeout_s: float = 10.0
    languages: dict[str, RemoteLanguage] = field(default_factory=lambda: dict(LANGUAGES))

    def __post_init__(self) -> None:
        if self.api not in _APIS:
            raise ConfigError(f"api is {self.api!r}: it must be one of {', '.join(_APIS)}")
        if urlsplit(self.url).scheme not in ("http", "https") or not urlsplit(self.url).hostname:
            raise ConfigError(f"url is {self.url!r}: it must be the http:// or https:// address of the service")
        for name, least in (("retries", 0), ("backoff_s", 0), ("patience_s", 1), ("compile_timeout_s", 1)):
            if getattr(self, name) < least:
                raise ConfigError(f"{name} is {getattr(self, name)}: it must be at least {least}")
        self._names: set[str] | None = None
        self._isolation = ""
        self._calls = False  # whether the canary that is called came back
        self.close()

    def run(self, program: Program, inputs: Sequence[str], limits: Limits) -> Iterator[ExecResult]:
        """See ``engine.protocols.Sandbox``. Raises ``SandboxUnavailableError`` when a canary fails."""
        isolation = self._isolation or self.probe()
        driven = program.entry_point is not None or (bool(program.args) and not self._api.takes_args)
        if driven and program.language == "python" and not self._calls:
            self._canary(_ECHO, '[[19,23],"\\u00e9"]', "value", [42, "é"])
            self._calls = True
        for text in inputs:
            result = as_result(self._one(program, text, limits, driven=driven), isolation)
            if result.status == ExecStatus.INTERNAL:
                self.close()  # it may have been replaced, so the canaries come first again
            yield result
            if result.status != ExecStatus.OK:
                return

    def check(self, program: Program, tests: Sequence[str], limits: Limits) -> Iterator[ExecResult]:
        """REFUSED, always."""
        del program, limits
        if tests:
            detail = (
                "test code needs two isolated processes that talk, which a remote service has not; use sandbox=local"
            )
            yield ExecResult(ExecStatus.REFUSED, detail=detail, isolation=self._isolation or self.probe())

    def probe(self) -> str:
        """See ``engine.protocols.Sandbox``. Asks for the service's languages, where it lists them, and for a canary."""
        try:
            self._names = self._listed()
        except ServiceError as error:
            raise SandboxUnavailableError(f"sandbox=remote: {self.api} at {self.url} {error}") from error
        self._canary(_SUMS, "19 23\n", "stdout", "126\n")
        self._isolation = f"remote({self.api} at {urlsplit(self.url).netloc.rpartition('@')[2]})"
        self._isolation += f", limits of {self._api.unlimited} are the service's own"
        return self._isolation

    def __reduce__(self) -> tuple[Any, ...]:
        """Configuration only: no key travels."""
        return type(self), tuple(getattr(self, item.name) for item in fields(self))

    def close(self) -> None:
        """Forget the service; no connection is kept."""
        self._api: SandboxFusion | Piston = SandboxFusion() if self.api == "sandboxfusion" else Piston()
        self._service = Service(self.url, os.environ.get(self.api_key_env), self.retries, self.backoff_s)
        self._names = None
        self._isolation = ""
        self._calls = False

    def _listed(self) -> set[str] | None:
        """Names and aliases that the service gives its languages; None where it does not say."""
        if self._api.listing is None:
            return None
        found, _ = self._service.ask(self._api.listing, None, self.patience_s, _no_list)
        return {name for row in found for name in (row.get("language"), *row.get("aliases", ()))}

    def _canary(self, program: Program, text: str, what: str, expected: Any) -> None:
        driven = program.entry_point is not None
        result = as_result(self._one(program, text, _CANARY, driven=driven), "")
        if result.status != ExecStatus.OK or getattr(result, what) != expected:
            kind = "call of a function" if driven else "canary program"
            why = (
                result.detail
                if result.status == ExecStatus.INTERNAL
                else f"{result.stdout[:80]!r} {result.stderr[-300:]!r}"
            )
            raise SandboxUnavailableError(
                f"sandbox=remote: {self.api} at {self.url} does not bring the {kind} back right: {result.status} {why}"
            )

    def _one(self, program: Program, text: str, limits: Limits, *, driven: bool) -> dict[str, Any]:
        language = self.languages.get(program.language)
        if language is None or (driven and program.language != "python"):
            return _refused(
                f"this sandbox runs {program.language!r} not at all, or not by calls or with arguments; "
                f"it has {', '.join(self.languages)}"
            )
        if self._names is not None and language.name not in self._names:
            return _refused(f"the service has no {language.name!r}")
        mark = secrets.token_hex(16)
        process = _driven(program, text, mark) if driven else (program.source, program.files, program.args, text)
        memory_mb = limits.memory_mb if language.limit_memory else None
        job = Job(language.name, language.version, *process, limits, memory_mb, self.compile_timeout_s)
        timeout = limits.wall_s + self.compile_timeout_s + self.patience_s
        try:
            answer, seconds = self._service.ask(self._api.path, self._api.body(job), timeout, self._api.fault)
        except ServiceError as error:
            return internal(f"{self.api} at {self.url} {error}")
        return self._read(answer, limits, seconds, mark if driven else None, call=program.entry_point is not None)

    def _read(
        self, answer: dict[str, Any], limits: Limits, seconds: float, mark: str | None, *, call: bool
    ) -> dict[str, Any]:
        said = self._api.compiled(answer)
        if said is not None:
            return exec_result("COMPILE", detail=said[:2000])
        end = self._api.end(answer, limits, seconds)
        if mark is not None:
            end |= _unmarked(end["stdout"], mark)
        result = batch_results(end, asdict(limits), 1, call=call)[0]
        if result["status"] == "OK" and end["undecodable"]:
            result |= {"status": "REFUSED", "detail": "the output is not UTF-8"}
        return result


def _driven(program: Program, text: str, mark: str) -> tuple[str, dict[str, str], tuple[str, ...], str]:
    """Source, files, arguments and standard input of a process that runs the program as a job of ``runner.child``."""
    call = program.entry_point is not None
    job = {
        "kind": "call" if call else "stdin",
        "source": program.source,
        "entry": program.entry_point,
        "inputs": [text],
        "args": program.args,
        "files": program.files,
        "variant": program.variant,
    }
    files = {name: (_RUNNER / name).read_text("utf-8") for name in ("child.py", "values.py")}
    return (_RUNNER / "remote_call.py").read_text("utf-8"), files, (), f"{mark}\n{json.dumps(job)}"


def _unmarked(stdout: bytes, mark: str) -> dict[str, bytes]:
    """What the program wrote itself, and the report on marked lines after it."""
    first = stdout.find(f"\n{mark} ".encode())
    own = stdout if first < 0 else stdout[:first]
    prefix = f"{mark} ".encode()
    report = [line[len(prefix) :] for line in stdout[len(own) :].splitlines() if line.startswith(prefix)]
    return {"stdout": own, "report": b"\n".join(report)}


def _refused(why: str) -> dict[str, Any]:
    return exec_result("REFUSED", detail=why)


def _no_list(answer: Any) -> str | None:
    """Fault of a list of languages."""
    fine = isinstance(answer, list) and all(
        isinstance(row, dict) and isinstance(row.get("aliases", []), list) for row in answer
    )
    return None if fine else f"gave no list of languages: {repr(answer)[:200]}"
