"""Doctor tells facts, ends with 0 only when the default run can work, and survives whatever is missing."""

import importlib.util
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from engine import doctor, tiny
from engine.commands.doctor import main

SCRIPT = str(Path(sys.executable).with_name("proofstill"))


@pytest.fixture
def told(monkeypatch, tmp_path, capsys):
    """Run doctor in this process; returns exit code, topics with their texts, and the errors."""

    def run():
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(sys, "argv", ["proofstill"])
        monkeypatch.setattr(sys, "path", list(sys.path))
        code = main([])
        out, err = capsys.readouterr()
        return code, dict(re.split(r"\s{2,}", line, maxsplit=1) for line in out.splitlines()), err

    return run


def test_console_script_lists_what_there_is(tmp_path):
    done = subprocess.run([SCRIPT, "doctor"], cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")
    lines = dict(re.split(r"\s{2,}", line, maxsplit=1) for line in done.stdout.splitlines())
    assert lines["default run"] == "can start: proofstill run"
    assert lines["sandbox"].split(" ")[0] in ("strong", "namespaces", "restricted") or "no level" in lines["sandbox"]
    assert lines["bundled model"].startswith("whole, ")
    assert {"openai", "scripted", "tiny"} <= set(lines["sampler="].split(", "))
    assert {"cpu", "memory", "disk", "gpu", "python", "plug-in"} <= set(lines)


def test_options_of_the_working_directory_are_listed(told, tmp_path):
    (tmp_path / "conf" / "verifier").mkdir(parents=True)
    (tmp_path / "conf" / "verifier" / "mine.yaml").write_text("mine: {_target_: my_verifier.Mine}\n")
    code, lines, err = told()
    assert (code, err) == (0, "")
    assert "mine" in lines["verifier="].split(", ")


@pytest.mark.parametrize("package", ["torch", "transformers"])
def test_without_a_local_back_end_the_default_run_cannot_work(told, monkeypatch, package):
    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *a: None if name == package else real(name, *a))
    code, lines, err = told()
    assert code == 1
    assert lines["transformers"].startswith(f"not installed ({package})")
    assert err == f"error: the bundled model needs {package}: pip install 'proofstill[local]'\n"


def test_a_sandbox_that_cannot_run_is_a_fact(told, monkeypatch, tmp_path):
    """Code cannot be verified then; the default run still can."""
    (tmp_path / "conf" / "local").mkdir(parents=True)
    (tmp_path / "conf" / "local" / "default.yaml").write_text("# @package _global_\nsandbox: {python: /bin/false}\n")
    code, lines, err = told()
    assert (code, err) == (0, "")
    assert lines["sandbox"].startswith("none, so that code cannot be verified: sandbox: no level")


def test_a_damaged_bundled_model_is_found(told, monkeypatch, tmp_path):
    copy = tmp_path / "model"
    shutil.copytree(tiny.model_path(), copy)
    monkeypatch.setattr(tiny, "model_path", lambda: str(copy))
    assert told()[0] == 0
    weights = copy / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1])
    code, lines, err = told()
    assert (code, lines["bundled model"]) == (1, "not usable")
    assert "model.safetensors has" in err
    weights.unlink()
    assert "No such file" in told()[2]


def test_a_question_that_fails_is_a_fact(told, monkeypatch):
    monkeypatch.setattr(doctor.os, "sched_getaffinity", lambda _: 1 / 0)
    code, lines, err = told()
    assert (code, err) == (0, "")
    assert lines["machine"] == "cannot be examined: ZeroDivisionError: division by zero"


def test_a_full_disk_is_a_reason(told, monkeypatch):
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(100 << 30, 100 << 30, 1 << 20))
    code, _, err = told()
    assert (code, err) == (1, "error: less than 1 GiB of disk is free here\n")
