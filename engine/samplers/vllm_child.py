"""What runs in vLLM's process: ``python -m engine.samplers.vllm_child FD DIRECTORY``, see ``vllm_process``.

Reads settings, then requests, as JSON lines from the socket FD; answers with one line per sample. Ends with its other
end: in order when it can, after a grace by killing its own process group, engine processes and all.
"""

import asyncio
import difflib
import functools
import inspect
import json
import multiprocessing
import os
import select
import shutil
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

from engine.codec import from_json
from engine.records import Rendered
from engine.samplers.tokens import TokenCodec, first_line
from engine.samplers.vllm_process import END_S, LINE, end_group
from engine.samplers.vllm_words import killed_by

Message = dict[str, Any]


class Child:
    """The engine and the requests in it."""

    def __init__(self, settings: Message, writer: asyncio.StreamWriter) -> None:
        """Start the engine; raises whatever a bad argument, a damaged model or a full GPU raises."""
        from vllm import SamplingParams as EngineSampling
        from vllm.engine.arg_utils import AsyncEngineArgs
        from vllm.sampling_params import RequestOutputKind
        from vllm.v1.engine.async_llm import AsyncLLM

        self._writer = writer
        self._stop = tuple(settings["stop"])
        self._requests: dict[int, list[asyncio.Task[None]]] = {}
        self._lora = _lora(settings["lora"])
        args = {"disable_log_stats": True, "enable_lora": self._lora is not None, **settings["engine_args"]}
        own = {"skip_special_tokens": False, "output_kind": RequestOutputKind.FINAL_ONLY}
        _check_names("engine_args", args, AsyncEngineArgs)
        _check_names("sampling_args", settings["sampling"], EngineSampling)
        self._sampling = functools.partial(EngineSampling, **own, **settings["sampling"])
        self._sampling()  # a bad value fails now
        self._engine = AsyncLLM.from_engine_args(AsyncEngineArgs(model=settings["model"], **args))
        self._processes = multiprocessing.active_children()
        config = self._engine.model_config
        tokenizer = self._engine.get_tokenizer()
        ends = config.try_get_generation_config().get("eos_token_id") or []
        ends = {*(ends if isinstance(ends, list) else [ends]), tokenizer.eos_token_id} - {None}
        self._codec = TokenCodec(
            settings["name"], tokenizer, config.max_model_len, frozenset(ends), tuple(settings["tags"])
        )

    async def serve(self, reader: asyncio.StreamReader) -> None:
        """Work until the other end closes or the engine dies."""
        if self._lora is not None:  # else the first request would find out that it does not fit
            await self._engine.add_lora(self._lora)
        self._send({"ready": True})
        while line := await reader.readline():
            message = json.loads(line)
            if "cancel" in message:
                for task in self._requests.pop(message["cancel"], []):
                    task.cancel()
            elif "counters" in message:
                self._send({"id": message["id"], "counters": _counters()})
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
        stop = [*self._stop, *until]
        sampling = self._sampling(
            seed=seed % 2**63,
            stop=stop,
            include_stop_str_in_output=bool(until),
            detokenize=bool(stop),  # the text is made here, once; vLLM needs its own to look for stop strings
        )
        try:
            async for output in self._engine.generate(
                {"prompt_token_ids": ids}, sampling, f"{number}-{index}", lora_request=self._lora
            ):
                made = output.outputs[0]
        except Exception as error:  # noqa: BLE001  whatever the engine raises; only its death is the end of all
            if self._engine.errored:
                self._send({"failed": self.why(error)})
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

    def why(self, error: Exception) -> str:
        """Why the engine died: by a signal, if one of its processes says so."""
        signals = (killed_by(process.exitcode) for process in self._processes)
        return next((why for why in signals if why), _reason(error))

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


def _check_names(key: str, given: Message, taker: Callable[..., Any]) -> None:
    """Raise ``ValueError`` for a name that vLLM does not know, with those that come close."""
    names = inspect.signature(taker).parameters
    for name in given:
        if name not in names:
            close = difflib.get_close_matches(name, names, n=3)
            hint = f"; did you mean {' or '.join(map(repr, close))}?" if close else ""
            raise _NameError(f"sampler.{key}.{name}: {taker.__name__} of this vLLM has no such argument{hint}")


class _NameError(ValueError):
    """A sentence of our own."""


def _counters() -> dict[str, int]:
    """Counters of vLLM itself, by name without prefix, of finished requests also by reason; none without statistics."""
    from vllm.v1.metrics.reader import Counter, get_metrics_snapshot

    found: dict[str, int] = {}
    for metric in get_metrics_snapshot():
        if isinstance(metric, Counter):
            reason = metric.labels.get("finished_reason")
            name = metric.name.removeprefix("vllm:") + (f":{reason}" if reason else "")
            found[name] = found.get(name, 0) + metric.value
    return found


async def _main(descriptor: int, folder: str) -> None:
    watched, parent = socket.socket(fileno=descriptor), os.getppid()
    threading.Thread(target=_watch, args=(os.dup(descriptor),), daemon=True).start()
    reader, writer = await asyncio.open_connection(sock=watched, limit=LINE)
    settings = json.loads(await reader.readline())
    child = None
    try:
        child = Child(settings, writer)
        await child.serve(reader)
    except Exception as error:  # noqa: BLE001
        import traceback

        traceback.print_exc()
        why = child.why(error) if child else _reason(error)
        writer.write(json.dumps({"failed": why}).encode() + b"\n")
        await writer.drain()
    finally:
        if child is not None:
            child.shutdown()
        sys.stdout.flush()
        if os.getppid() != parent:  # nobody else will
            shutil.rmtree(folder, ignore_errors=True)
        os._exit(0)  # threads of the engine may still run


def _reason(error: Exception) -> str:
    if isinstance(error, _NameError):
        return str(error)
    if isinstance(error, ImportError):
        return f"it is not installed ({first_line(error)}): pip install 'proofstill[vllm]'"
    details = getattr(error, "errors", None)
    if callable(details):  # pydantic's first line only counts
        first = details()[0]
        key = f"{first['loc'][0]}: " if first["loc"] else ""
        return key + first_line(ValueError(first["msg"].removeprefix("Value error, ")))
    return f"{type(error).__name__}: {first_line(error)}"


def _watch(descriptor: int) -> None:
    """When the other end is gone, the engine has a while to end in order."""
    poll = select.poll()
    poll.register(descriptor, select.POLLRDHUP)
    poll.poll()
    time.sleep(END_S)
    end_group(os.getpgrp())
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    asyncio.run(_main(int(sys.argv[1]), sys.argv[2]))
