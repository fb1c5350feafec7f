"""Pushing: only when asked by name, only card and products, and a refusal loses nothing."""

import os
import subprocess

import pytest
from conftest import SCRIPT
from hub_server import HubServer

SMALL = ("sampler=scripted", "problems.n_problems=6", "budget.n_samples=4", "progress.enabled=false")


def pushed(proofstill, tmp_path, hub, *arguments):
    env = os.environ | {"HF_ENDPOINT": hub.url, "HF_TOKEN": "hf_test", "HF_HOME": str(tmp_path / "hf")}
    command = [SCRIPT, "export", "run=runs/demo", *arguments]
    return subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.thorough
def test_push(proofstill, tmp_path):
    assert proofstill("run", *SMALL).returncode == 0
    wrong = proofstill("export", "run=runs/demo", "hub.repo=not a name")
    assert (wrong.returncode, wrong.stderr.count("\n")) == (2, 1)
    assert "hub.repo" in wrong.stderr
    with HubServer() as hub:
        first = pushed(proofstill, tmp_path, hub, "product=[sft,preference]", "hub.repo=me/mine")
        assert first.stdout.endswith(f"pushed to {hub.url}/datasets/me/mine\n"), first.stderr
        assert hub.created[0]["visibility"] == "private"
        kept = hub.files["me/mine"]
        run = tmp_path / "runs/demo"
        assert {path: (run / path).read_bytes() for path in kept} == kept
        assert {path.split("/")[1] for path in kept if path != "README.md"} == {"sft", "preference"}
        again = pushed(proofstill, tmp_path, hub, "product=[rl]", "hub.repo=me/mine", "hub.private=false")
        assert again.returncode == 0, again.stderr
        assert {path.split("/")[1] for path in hub.files["me/mine"] if path != "README.md"} == {"rl"}
        assert hub.files["me/mine"]["README.md"] == (run / "README.md").read_bytes()
    with HubServer(refuse=True) as hub:
        refused = pushed(proofstill, tmp_path, hub, "product=[sft]", "hub.repo=me/mine")
    assert refused.returncode == 1
    assert refused.stderr.count("\n") == 1
    assert "hub.repo=me/mine: the hub did not take it" in refused.stderr
    assert (run / "products/sft/README.md").exists()
