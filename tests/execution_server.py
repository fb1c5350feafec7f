"""An execution service on a free port of 127.0.0.1 that speaks SandboxFusion's and Piston's API.

It runs what it is sent, as a real interpreter or compiler in our own local sandbox. Each request takes the next step of
``plan`` (then ``ok`` for ever): ``ok``, ``429``, ``500``, ``503``, ``drop``, ``garbage``, ``html``, ``list``,
``sandbox_error``, ``wrong`` (the program is answered for with another's output).
"""

import base64
import os
import socket
import sys
import threading
import time

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse

from engine.records import ExecResult, ExecStatus, Limits, Program
from sandboxes.languages import LANGUAGES, Language
from sandboxes.local import LocalSandbox

PYTHON = Language(file="main.py", run=(os.path.realpath(sys.executable), "-s", "{work}/main.py"))
NAMES = {"python": "python", "py": "python", "cpp": "cpp", "c++": "cpp", "js": "javascript", "javascript": "javascript"}
CUT = 1 << 20  # of a stream, by SandboxFusion


class ExecutionServer:
    """Use as a context manager; ``url`` is where it listens, ``requests`` what it was asked.

    ``output`` is Piston's limit of a stream in bytes; ``timeout_ms`` the longest run it allows; ``old`` leaves out what
    versions before ``isolate`` lack.
    """

    def __init__(self, *, key=None, retry_after=None, output=1 << 20, timeout_ms=20_000, old=False):
        self.key, self.retry_after, self.output, self.timeout_ms, self.old = key, retry_after, output, timeout_ms, old
        self.plan: list[str] = []
        self.requests: list[dict] = []
        self.times: list[float] = []
        self._sandbox = LocalSandbox(languages={**LANGUAGES, "python": PYTHON})
        self._lock = threading.Lock()

    def __enter__(self):
        listener = socket.socket()
        listener.bind(("127.0.0.1", 0))
        self.host = f"127.0.0.1:{listener.getsockname()[1]}"
        self.url = f"http://{self.host}"
        self._server = uvicorn.Server(uvicorn.Config(self._app(), log_level="critical", lifespan="off"))
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [listener]}, daemon=True)
        self._thread.start()
        deadline = time.monotonic() + 10
        while not self._server.started:
            assert time.monotonic() < deadline, "the test server did not start"
            time.sleep(0.005)
        return self

    def __exit__(self, *_):
        self._server.force_exit = self._server.should_exit = True
        self._thread.join(10)
        self._sandbox.close()
        assert not self._thread.is_alive()

    def _app(self):
        app = FastAPI()

        @app.middleware("http")
        async def misbehave(request: Request, call_next):
            if self.key and request.headers.get("authorization") != f"Bearer {self.key}":
                return JSONResponse({"message": "no such key"}, 401)
            if request.method == "POST":
                self.requests.append(await request.json())
                self.times.append(time.monotonic())
                step = self.plan.pop(0) if self.plan else "ok"
                if step != "ok":
                    return self._fault(step, request.url.path)
            return await call_next(request)

        # plain functions, which FastAPI runs in threads
        app.post("/run_code")(self._run_code)
        app.post("/api/v2/execute")(self._execute)
        app.get("/api/v2/runtimes")(self._runtimes)
        return app

    def _fault(self, step, path):
        if step.isdigit():
            headers = {"Retry-After": self.retry_after} if self.retry_after else {}
            return JSONResponse({"message": "busy"}, int(step), headers)
        if step == "drop":
            return StreamingResponse(_broken(), media_type="application/json")
        if step in ("garbage", "html", "list"):
            return Response({"garbage": '{"status": ', "html": "<html>", "list": "[1]"}[step], media_type="text/html")
        fine = {"status": "Finished", "return_code": 0, "stdout": "999\n", "stderr": ""}
        fusion = {
            "sandbox_error": {"status": "SandboxError", "message": "no disk left"},
            "wrong": {"status": "Success", "message": "", "run_result": fine},
        }
        piston = {
            "sandbox_error": {"run": {"status": "XX", "message": "no disk left", "code": None, "signal": None}},
            "wrong": {"run": {"stdout": "999\n", "stderr": "", "code": 0, "signal": None, "status": None}},
        }
        return JSONResponse((fusion if path == "/run_code" else piston)[step])

    def _ran(self, name, source, files, args, stdin, limits):
        program = Program(source, NAMES[name], files=files, args=tuple(args))
        with self._lock:
            (result,) = self._sandbox.run(program, [stdin], limits)
        assert result.status != ExecStatus.INTERNAL, result
        return result

    def _run_code(self, body: dict):
        if body["language"] not in NAMES:
            return JSONResponse({"detail": [{"loc": ["body", "language"], "msg": "Input should be 'python' …"}]}, 422)
        files = {name: base64.b64decode(text).decode() for name, text in body["files"].items()}
        limits = Limits(60, body["run_timeout"], _megabytes(body["memory_limit_MB"]), output_mb=8)
        result = self._ran(body["language"], body["code"], files, (), body["stdin"], limits)
        stage = {
            "status": "TimeLimitExceeded" if result.status == ExecStatus.TIMEOUT else "Finished",
            "execution_time": result.wall_s,
            "return_code": None if result.status == ExecStatus.TIMEOUT else _code(result),
            "stdout": _cut(result.stdout, CUT),
            "stderr": _cut(result.stderr, CUT),
        }
        if result.status == ExecStatus.REFUSED:
            stage["stdout"] = "[DecodeError] 'utf-8' codec can't decode byte 0xff in position 0: invalid start byte"
        compiles = body["language"] in ("cpp", "c++")
        if result.status == ExecStatus.COMPILE:
            first, run = stage | {"return_code": 1}, None
        else:
            first, run = stage | {"return_code": 0, "stdout": "", "stderr": ""} if compiles else None, stage
        good = result.status == ExecStatus.OK
        return {
            "status": "Success" if good else "Failed", "message": "", "compile_result": first, "run_result": run,
            "executor_pod_name": None, "files": {},
        }  # fmt: skip

    def _runtimes(self):
        rows = {"python": ["py"], "c++": ["cpp"], "javascript": ["node-js", "js"]}
        return [{"language": name, "version": "1.2.3", "aliases": aliases} for name, aliases in rows.items()]

    def _execute(self, body: dict):
        if body["language"] not in NAMES:
            return JSONResponse({"message": f"{body['language']}-{body['version']} runtime is unknown"}, 400)
        if body["run_timeout"] > self.timeout_ms:
            text = f"run_timeout cannot exceed the configured limit of {self.timeout_ms}"
            return JSONResponse({"message": text}, 400)
        main, *others = body["files"]
        files = {file["name"]: base64.b64decode(file["content"]).decode() for file in others}
        memory = _megabytes(body["run_memory_limit"] / (1 << 20))
        limits = Limits(body["run_cpu_time"] / 1000, body["run_timeout"] / 1000, memory, output_mb=8)
        stdin = body["stdin"] if body["stdin"].endswith("\n") else body["stdin"] + "\n"
        result = self._ran(body["language"], main["content"], files, body["args"], stdin, limits)
        answer = {"language": body["language"], "version": "1.2.3"}
        if body["language"] in ("cpp", "c++"):
            answer["compile"] = {"stdout": "", "stderr": "", "code": 0, "signal": None, "status": None}
        if result.status == ExecStatus.COMPILE:
            failed = self._stage(result) | {"code": 1, "status": "RE"}
            return answer | {"compile": failed, "run": failed}
        return answer | {"run": self._stage(result)}

    def _stage(self, result: ExecResult):
        code = _code(result)
        status, message, signal = None, None, None
        if len(result.stdout) > self.output or result.status == ExecStatus.OUTPUT:
            status, message, signal, code = "OL", "stdout length exceeded", "SIGKILL", None
        elif result.status == ExecStatus.TIMEOUT:
            wall = " (wall clock)" if result.detail == "wall" else ""
            status, message, signal, code = "TO", f"Time limit exceeded{wall}", "SIGKILL", None
        elif code < 0:
            status, message, code = "SG", f"Caught fatal signal {-code}", None
            signal = result.detail if result.status == ExecStatus.SIGNAL else "SIGKILL"
        elif code:
            status, message = "RE", f"Exited with error status {code}"
        stage = {
            "stdout": result.stdout[: self.output].replace("\\xff", "\ufffd"), "stderr": result.stderr, "code": code,
            "signal": signal, "output": result.stdout + result.stderr,
        }  # fmt: skip
        if self.old:
            return stage
        times = {"cpu_time": result.cpu_s * 1000, "wall_time": result.wall_s * 1000}
        return stage | times | {"memory": round(result.memory_mb * (1 << 20)), "message": message, "status": status}


def _megabytes(limit):
    return 4096 if limit < 0 else int(limit)


def _code(result: ExecResult) -> int:
    if result.exit_code is not None:
        return result.exit_code
    return -getattr(__import__("signal"), result.detail, 9)


def _cut(text, size):
    return text.encode()[:size].decode("utf-8", "ignore")


async def _broken():
    yield b'{"status": "Succ'
    raise ConnectionResetError
