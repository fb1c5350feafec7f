"""What runs in vLLM's process: ``python -m engine.samplers.vllm_child FD``. See ``engine.samplers.vllm_process``.

Reads settings, then requests, as JSON lines from the socket FD; answers with one line per sample. Ends with its other
end: in order when it can, after a grace by killing its own process group, engine processes and all.
"""

import asyncio
import functools
import json
import os
import select
import signal
import socket
import sys
import threading
import time
from typing import Any

from engine.codec import from_json
from engine.records import Rendered
from engine.samplers.tokens import TokenCodec, first_line
from engine.samplers.vllm_process import END_S, LINE

Message = dict[str, Any]


class Child:
    """The engine and the requests in it."""

    def __init__(self, settings: Message, writer: asyncio.StreamWriter) -> None:
        from vllm import SamplingParams as EngineSampling
        from vllm.engine.arg_utils import AsyncEngineArgs
        from vllm.sampling_params import RequestOutputKind
        from vllm.v1.engine.async_llm import AsyncLLM

        self._writer = writer
        self._stop = tuple(settings["stop"])
        self._requests: dict[int, list[asyncio.Task[None]]] = {}
        self._lora = _lora(settings["lora"])
        args = {"disable_log_stats": True, "enable_lora": self._lora is not None, **settings["engine_args"]}
        self._engine = AsyncLLM.from_engine_args(AsyncEngineArgs(model=settings["model"], **args))
        config = self._engine.model_config
        tokenizer = self._engine.get_tokenizer()
        ends = config.try_get_generation_config().get("eos_token_id") or []
        ends = {*(ends if isinstance(ends, list) else [ends]), tokenizer.eos_token_id} - {None}
        self._codec = TokenCodec(
            settings["name"], tokenizer, config.max_model_len, frozenset(ends), tuple(settings["tags"])
        )
        own = {"skip_special_tokens": False, "output_kind": RequestOutputKind.FINAL_ONLY}
        self._sampling = functools.partial(EngineSampling, **own, **settings["sampling"])
        self._sampling()  # a bad argument fails now

    async def serve(self, reader: asyncio.StreamReader) -> None:
        """Work until the other end closes or the engine dies."""
        self._send({"ready": True})
        while line := await reader.readline():
            message = json.loads(line)
            if "cancel" in message:
                for task in self._requests.pop(message["cancel"], []):
                    task.cancel()
            else:
                self._accept(message)

    def shutdown(self) -> None:
        """End the engine's processes."""
        self._engine.shutdown()

    def _accept(self, message: Message) -> None:
        """Start a request's samples, or answer that its prompt cannot be asked."""
        number, prompt = message["id"], from_json(Rendered, message["prompt"])
        try:
            encoded = self._codec.encode(prompt, message["prefix"])
        except ValueError as error:
            print(f"a prompt cannot be sampled: {first_line(error)}", flush=True)
            for index, _ in message["samples"]:
                self._answer(number, index, finish_reason="error")
            return
        self._requests[number] = [
            asyncio.create_task(self._sample(message, index, seed, encoded.ids, thinking=encoded.thinking))
            for index, seed in message["samples"]
        ]

    async def _sample(self, message: Message, index: int, seed: int, ids: list[int], *, thinking: bool) -> None:
        number, until = message["id"], tuple(message["until"])
        sampling = self._sampling(seed=seed % 2**63, stop=[*self._stop, *until], include_stop_str_in_output=bool(until))
        try:
            async for output in self._engine.generate(
                {"prompt_token_ids": ids}, sampling, f"{number}-{index}", lora_request=self._lora
            ):
                made = output.outputs[0]
        except Exception as error:  # noqa: BLE001  whatever the engine raises; only its death is the end of all
            if self._engine.errored:
                self._send({"failed": f"{type(error).__name__}: {first_line(error)}"})
                return
            print(f"a sample failed: {type(error).__name__}: {first_line(error)}", flush=True)
            self._answer(number, index, finish_reason="error")
            return
        finish = {"stop": "stop", "length": "length"}.get(made.finish_reason, "error")
        self._answer(
            number,
            index,
            text=self._codec.text(list(made.token_ids), self._stop, until),
            finish_reason=finish,
            thinking=thinking,
            prompt_tokens=len(ids),
            tokens=len(made.token_ids),
            logprob_sum=made.cumulative_logprob,
        )

    def _answer(self, number: int, index: int, **fields: Any) -> None:
        empty = {"text": "", "thinking": False, "prompt_tokens": 0, "tokens": 0, "logprob_sum": None}
        self._send({"id": number, "index": index, **empty, **fields})

    def _send(self, message: Message) -> None:
        self._writer.write(json.dumps(message).encode() + b"\n")


def _lora(directory: str | None) -> Any:
    if directory is None:
        return None
    from vllm.lora.request import LoRARequest

    return LoRARequest("adapter", 1, directory)


async def _main(descriptor: int) -> None:
    watched = socket.socket(fileno=descriptor)
    threading.Thread(target=_watch, args=(os.dup(descriptor),), daemon=True).start()
    reader, writer = await asyncio.open_connection(sock=watched, limit=LINE)
    settings = json.loads(await reader.readline())
    try:
        child = Child(settings, writer)
    except Exception as error:  # noqa: BLE001  whatever a bad argument, a damaged model or a full GPU raises
        import traceback

        traceback.print_exc()
        writer.write(json.dumps({"failed": _reason(error)}).encode() + b"\n")
        await writer.drain()
        os._exit(1)
    try:
        await child.serve(reader)
    finally:
        child.shutdown()
        sys.stdout.flush()
        os._exit(0)  # threads of the engine may still run


def _reason(error: Exception) -> str:
    if isinstance(error, ImportError):
        return f"it is not installed ({first_line(error)}): pip install 'proofstill[vllm]'"
    return f"{type(error).__name__}: {first_line(error)[:500]}"


def _watch(descriptor: int) -> None:
    """When the other end is gone, the engine has a while to end in order."""
    poll = select.poll()
    poll.register(descriptor, select.POLLRDHUP)
    poll.poll()
    time.sleep(END_S)
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    asyncio.run(_main(int(sys.argv[1])))
