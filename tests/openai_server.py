"""A small OpenAI-compatible server with scripted behaviour, on a free port of 127.0.0.1.

Each request takes the next step of ``plan`` (then ``ok`` for ever): ``ok``, ``429`` (with Retry-After), ``500``,
``hang``, ``drop`` (the connection ends in the middle of the body), ``context``, ``filter``, ``params``, ``garbage``,
``html``, ``single`` (one choice whatever ``n`` is), ``filtered`` (finish reason). The text answers with the seed.
"""

import asyncio
import json
import socket
import threading
import time

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse

ERRORS = {
    "context": (
        400,
        "This model's maximum context length is 4096 tokens, you asked for 9000.",
        "context_length_exceeded",
    ),
    "filter": (400, "The prompt triggered the content management policy.", "content_filter"),
    "params": (400, "top_p must be at most 1", "invalid_value"),
    "401": (401, "Incorrect API key", "invalid_api_key"),
    "429": (429, "Rate limit reached", "rate_limit"),
    "500": (500, "Internal error", "server_error"),
    "503": (503, "Overloaded", "overloaded"),
}


class OpenAIServer:
    """Use as a context manager; ``base_url`` is where it listens, ``requests`` what it was asked."""

    def __init__(self, model="tiny", *, text="It is {seed}.", reasoning=None, delay_s=0.0, retry_after="0.05"):
        self.model, self.text, self.reasoning, self.delay_s, self.retry_after = (
            model,
            text,
            reasoning,
            delay_s,
            retry_after,
        )
        self.plan: list[str] = []
        self.requests: list[dict] = []
        self.headers: list[dict] = []
        self.times: list[float] = []
        self.running = self.most_running = self.disconnected = 0

    def __enter__(self):
        listener = socket.socket()
        listener.bind(("127.0.0.1", 0))
        self.base_url = f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
        config = uvicorn.Config(self._app(), log_level="critical", lifespan="off")
        self._server = uvicorn.Server(config)
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
        assert not self._thread.is_alive()

    def _app(self):
        app = FastAPI()

        @app.post("/v1/chat/completions")
        @app.post("/v1/completions")
        async def complete(request: Request):
            body = await request.json()
            self.requests.append(body)
            self.headers.append(dict(request.headers))
            self.times.append(time.monotonic())
            step = self.plan.pop(0) if self.plan else "ok"
            self.running += 1
            self.most_running = max(self.most_running, self.running)
            try:
                return await self._answer(request, body, step)
            finally:
                self.running -= 1

        return app

    async def _answer(self, request, body, step):
        deadline = time.monotonic() + (3600 if step == "hang" else self.delay_s)
        while time.monotonic() < deadline:
            if await request.is_disconnected():
                self.disconnected += 1
                return Response()
            await asyncio.sleep(0.01)
        if step in ERRORS:
            status, message, code = ERRORS[step]
            headers = {"retry-after": self.retry_after} if status == 429 else {}
            return JSONResponse(
                {"error": {"message": message, "code": code, "type": "error", "param": None}}, status, headers
            )
        if body["model"] != self.model:
            return JSONResponse(
                {"error": {"message": f"The model `{body['model']}` does not exist.", "code": 404}}, 404
            )
        chat = "messages" in body
        answer = self._completion(body, chat, step)
        if step == "drop":
            return StreamingResponse(_broken(), media_type="application/json", headers={"content-length": "1000"})
        if step == "garbage":
            return Response("{not json", media_type="application/json")
        if step == "html":
            return Response("<html>hello</html>", media_type="text/html")
        return Response(json.dumps(answer), media_type="application/json")  # ASCII: a lone surrogate gets through

    def _completion(self, body, chat, step):
        count = 1 if step == "single" else body.get("n", 1)
        choices = []
        for index in range(count):
            text = self.text.replace("{seed}", str(body.get("seed", 0) + index))
            words = text.split()[: body.get("max_tokens", 10**6)]
            choice = {"index": index, "finish_reason": "stop" if len(words) == len(text.split()) else "length"}
            text = text if choice["finish_reason"] == "stop" else " ".join(words)
            if step == "filtered":
                choice["finish_reason"] = "content_filter"
            if chat:
                choice["message"] = {"role": "assistant", "content": text} | (self.reasoning or {})
            else:
                choice["text"] = text
            if body.get("logprobs"):
                tokens = [{"token": word, "logprob": -0.5, "bytes": None, "top_logprobs": []} for word in words]
                choice["logprobs"] = (
                    {"content": tokens} if chat
                    else {"tokens": words, "token_logprobs": [-0.5] * len(words), "text_offset": [], "top_logprobs": None}
                )  # fmt: skip
            choices.append(choice)
        total = sum(len(choice["message"]["content"].split() if chat else choice["text"].split()) for choice in choices)
        return {
            "id": "x", "object": "chat.completion" if chat else "text_completion", "created": 0, "model": self.model,
            "choices": choices, "usage": {"prompt_tokens": 11, "completion_tokens": total, "total_tokens": 11 + total},
        }  # fmt: skip


async def _broken():
    yield json.dumps({"id": "x"})[:-1]
    raise ConnectionResetError
