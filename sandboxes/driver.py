"""What local and Docker sandboxes share: programs and inputs as requests to a supervisor, its answers as results."""

import functools
import json
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from engine.errors import SandboxUnavailableError
from engine.records import ExecResult, ExecStatus, Limits, Program
from sandboxes.runner import values

SHARED_INPUT = 1 << 20
"""Characters of an input beyond which it does not share a process."""


class Driver(ABC):
    """A sandbox over ``ask``, which carries a request to a supervisor and its answer back."""

    isolation = ""

    @abstractmethod
    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        """See ``sandboxes.runner.supervisor.Supervisor.handle``."""

    def run(self, program: Program, inputs: Sequence[str], limits: Limits) -> Iterator[ExecResult]:
        """See ``engine.protocols.Sandbox``."""
        request = _request("run", program, limits)
        if program.language == "python" and program.entry_point is not None:
            inputs = [values.dumps(json.loads(text)) for text in inputs]  # the runner reads values of its own form
        share = program.language == "python" and all(len(text) <= SHARED_INPUT for text in inputs)
        for part in [list(inputs)] if share and inputs else [[text] for text in inputs]:
            for result in self._results(request | {"inputs": part}):
                yield result
                if result.status != ExecStatus.OK:
                    return

    def check(self, program: Program, tests: Sequence[str], limits: Limits) -> Iterator[ExecResult]:
        """See ``engine.protocols.Sandbox``."""
        if program.language != "python":
            yield ExecResult(ExecStatus.REFUSED, detail="test code runs against Python programs only")
        elif tests:
            yield from self._results(_request("check", program, limits) | {"blocks": list(tests)})

    def probe(self) -> str:
        """See ``engine.protocols.Sandbox``."""
        hello = self._answer({"op": "probe"})
        self.isolation = f"{self.isolation_prefix()}{hello['level']} ({', '.join(hello['layers']) or 'rlimits'})"
        return self.isolation

    def isolation_prefix(self) -> str:
        """What stands before the level: a container, say."""
        return ""

    def _results(self, request: dict[str, Any]) -> Iterator[ExecResult]:
        isolation = self.isolation or self.probe()
        for result in self._answer(request)["results"]:
            yield as_result(result, isolation)

    def _answer(self, request: dict[str, Any]) -> dict[str, Any]:
        answer = self.ask(request)
        if "error" in answer:
            raise SandboxUnavailableError(answer["error"])
        return answer


def _request(op: str, program: Program, limits: Limits) -> dict[str, Any]:
    return {
        "op": op,
        "source": program.source,
        "language": program.language,
        "entry": program.entry_point,
        "files": program.files,
        "args": list(program.args),
        "variant": program.variant,
        "limits": _limits(limits),
    }


@functools.lru_cache(64)
def _limits(limits: Limits) -> dict[str, Any]:
    return asdict(limits)


def as_result(fields: dict[str, Any], isolation: str) -> ExecResult:
    """A result's record, its value decoded. A value that cannot be is REFUSED."""
    fields = fields | {"status": ExecStatus(fields["status"]), "isolation": isolation}
    if fields["value"] is not None:
        try:
            fields["value"] = values.loads(fields["value"])
        except ValueError as error:
            fields |= {"status": ExecStatus.REFUSED, "value": None, "detail": f"the value cannot be read: {error}"}
    return ExecResult(**fields)
