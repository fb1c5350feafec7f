"""vLLM's engine for tests: a small CPU configuration of it, on an event loop of its own, and a look at its processes."""

import asyncio
import os
import shutil
import threading
import time
from pathlib import Path

import yaml

import conf
from engine.build import build
from engine.codec import derive_seed
from engine.problems.word_problems import WordProblems
from engine.protocols import Sampler
from engine.records import Message, Rendered, SampleRequest
from engine.tiny import model_path

PROBLEMS = tuple(WordProblems(8).problems())
SHARED_MEMORY = Path("/dev/shm")


def preset(**options):
    folder = Path(conf.__file__).parent / "sampler"
    cpu = yaml.safe_load((folder / "vllm_cpu.yaml").read_text())
    config = yaml.safe_load((folder / "vllm.yaml").read_text())
    config["params"] |= {"max_tokens": 96, "logprobs": True, "temperature": 1.5}
    engine_args = cpu["engine_args"] | {"max_model_len": 256} | options.pop("engine_args", {})
    env = cpu["env"] | options.pop("env", {})
    return {**config, "model": "bundled:tiny", "engine_args": engine_args, "env": env, **options}


def request(number=0, indices=range(4), **fields):
    problem = PROBLEMS[number]
    prompt = Rendered(messages=(Message("user", str(problem.prompt)),), mode="no_think")
    seeds = tuple(derive_seed(0, problem.id, index) for index in indices)
    return SampleRequest(problem, prompt, tuple(indices), seeds, "hash", **fields)


def hybrid(folder):
    """The bundled model with a chat template that can be told to open a think block."""
    shutil.copytree(model_path(), folder)
    template = folder / "chat_template.jinja"
    opened = (
        "{%- if add_generation_prompt and enable_thinking is defined and enable_thinking %}{{- '<think>' }}{% endif %}"
    )
    template.write_text(template.read_text().rstrip("\n") + "\n" + opened + "\n")
    return str(folder)


async def collect(sampler, wanted):
    return sorted([made async for made in sampler.stream(wanted)], key=lambda made: made.index)


async def once(options, *requests):
    """What an engine made for this answers."""
    sampler = build(preset(**options), Sampler, "sampler")
    try:
        return await asyncio.gather(*(collect(sampler, wanted) for wanted in requests))
    finally:
        await sampler.close()


class Rig:
    """One engine for many tests, on an event loop of its own."""

    def __init__(self, **options):
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self.sampler = self.on_loop(self._build(options))

    async def _build(self, options):
        return build(preset(**options), Sampler, "sampler")

    def on_loop(self, work):
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(600)

    def sample(self, *requests):
        async def run():
            return await asyncio.gather(*(collect(self.sampler, wanted) for wanted in requests))

        return self.on_loop(run())

    def counters(self):
        return self.on_loop(self.sampler.counters())

    @property
    def group(self):
        return self.on_loop(self.sampler.started()).group

    def close(self):
        self.on_loop(self.sampler.close())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)
        self.loop.close()


def wait_for(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def members(group):
    """Living processes of a process group, by the name that vLLM gives them."""
    found = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        fields = read(stat).decode("utf-8", "replace").rpartition(") ")[2].split()
        if fields and int(fields[2]) == group and fields[0] not in "ZX":
            found[int(stat.parent.name)] = read(stat.parent / "cmdline").replace(b"\0", b" ").decode("utf-8", "replace")
    return found


def one(group, name):
    (pid,) = [pid for pid, command in members(group).items() if name in command]
    return pid


def cpu_s(group):
    ticks = 0
    for pid in members(group):
        fields = read(Path(f"/proc/{pid}/stat")).decode().rpartition(") ")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def shared_memory(group):
    """Files of shared memory that a group's processes have open."""
    lines = [line for pid in members(group) for line in read(Path(f"/proc/{pid}/maps")).decode().splitlines()]
    return {path for line in lines if (path := Path(line.split(maxsplit=5)[-1])).is_relative_to(SHARED_MEMORY)}


def engines():
    """Engine processes that somebody started."""
    return {
        path.parent.name for path in Path("/proc").glob("[0-9]*/cmdline") if b"engine.samplers.vllm_child" in read(path)
    }


def engine_of(run):
    """The engine that a run has started: the leader of its process group."""
    (group,) = [int(pid) for pid in engines() if parent(pid) == run]
    return group


def parent(pid):
    fields = read(Path(f"/proc/{pid}/stat")).decode("utf-8", "replace").rpartition(") ")[2].split()
    return int(fields[1]) if fields else None


def read(path):
    try:
        return path.read_bytes()
    except OSError:
        return b""
