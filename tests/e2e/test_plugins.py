"""Verifiers of other people: installed from a package, lying in the working directory, or scaffolded."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[1] / "plugin_example"
SCRIPT = str(Path(sys.executable).with_name("proofstill"))
ROWS = [
    {"id": "a", "prompt": "2 + 2?", "answer": "4", "response": "2 + 2 = 4, so \\boxed{4}"},
    {"id": "b", "prompt": "2 + 2?", "answer": "4", "response": "\\boxed{6}"},
    {"id": "c", "prompt": "2 + 2?", "answer": "4", "response": "I see 2 + 2 = 4 and 4 + 1 = 5"},
    {"id": "d", "prompt": "2 + 2?", "answer": "4", "response": "I do not know."},
]


def install(project, target):
    """As a user does, but without a network."""
    command = [sys.executable, "-m", "pip", "install", "--no-deps", "--no-build-isolation", "--no-index"]
    done = subprocess.run(
        [*command, "--quiet", "--disable-pip-version-check", "--target", target, project],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr


def command(*arguments, cwd, path=None):
    env = dict(os.environ) if path is None else {**os.environ, "PYTHONPATH": str(path)}
    return subprocess.run(
        [*arguments], cwd=cwd, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120
    )


def statuses(done):
    """Rows by verifier: {"math": "PASS FAIL …"}."""
    assert done.returncode == 0, done.stderr
    told = {}
    for line in done.stdout.splitlines():
        row = json.loads(line)
        told.setdefault(row["verifier"], []).append(row["status"])
    return {name: " ".join(row) for name, row in told.items()}


@pytest.fixture
def rows(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    return f"samples={path}"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A directory with the example package installed in it."""
    project = tmp_path_factory.mktemp("project") / "plugin_example"
    shutil.copytree(EXAMPLE, project, ignore=shutil.ignore_patterns("__pycache__"))
    target = tmp_path_factory.mktemp("site")
    install(project, target)
    return target


@pytest.mark.slow
def test_a_verifier_from_a_package_judges_a_file(site, rows, tmp_path):
    done = command(SCRIPT, "verify", rows, "verifier=parity", cwd=tmp_path, path=site)
    assert statuses(done) == {"parity": "PASS PASS FAIL NO_ANSWER"}
    done = command(
        SCRIPT, "verify", rows, "verifier=[math,parity]", "verifier.parity.last=false", cwd=tmp_path, path=site
    )
    assert statuses(done)["parity"] == "PASS PASS PASS NO_ANSWER"
    assert statuses(done)["math"].startswith("PASS FAIL")


@pytest.mark.slow
def test_a_verifier_from_a_package_decides_in_a_run(site, tmp_path):
    line = ["run", "sampler=scripted", "problems.n_problems=6", "budget.n_samples=4", "pool.workers=1"]
    # otherwise each problem's first sample is judged by all
    done = command(SCRIPT, *line, "verifier=[math,parity]", "cascade.problems=0", cwd=tmp_path, path=site)
    assert done.returncode == 0, done.stderr
    stats = json.loads((tmp_path / "runs" / "demo" / "stats.json").read_text())
    assert stats["samples"]["total"] == 24
    accepted = stats["decisions"]["accepted"]
    assert 0 < accepted < 24
    assert stats["verdicts"]["parity"]["PASS"] == accepted


@pytest.mark.slow
def test_doctor_and_errors_know_the_package(site, rows, tmp_path):
    done = command(SCRIPT, "doctor", cwd=tmp_path, path=site)
    assert "parity-verifier 0.1.0: verifier=parity" in done.stdout
    done = command(SCRIPT, "verify", rows, "verifier=[party]", cwd=tmp_path, path=site)
    assert done.returncode == 2
    assert "verifier=party: there is no such option; did you mean parity" in done.stderr


def test_a_verifier_in_the_working_directory_needs_no_package(rows, tmp_path):
    shutil.copy(EXAMPLE / "my_verifier.py", tmp_path)
    (tmp_path / "conf" / "verifier").mkdir(parents=True)
    shutil.copy(EXAMPLE / "mine.yaml", tmp_path / "conf" / "verifier")
    done = command(SCRIPT, "verify", rows, "verifier=mine", "verifier.mine.equations=1", cwd=tmp_path)
    assert statuses(done) == {"mine": "PASS FAIL PASS FAIL"}


@pytest.mark.slow
def test_scaffold_keeps_the_contract_and_judges(tmp_path):
    done = command(SCRIPT, "new", "verifier", "last_line", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "proofstill verify verifier=last_line samples=FILE.jsonl" in done.stdout
    project, target = tmp_path / "last_line", tmp_path / "site"
    assert not any("{" in str(path) for path in project.rglob("*"))
    install(project, target)
    tested = command(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", cwd=project, path=target)
    assert tested.returncode == 0, tested.stdout
    assert "2 passed" in tested.stdout
    (tmp_path / "rows.jsonl").write_text('{"id": "1", "answer": "Oslo", "response": "In the south.\\nOSLO"}\n')
    # beside the project, whose folder has the name of the package
    done = command(SCRIPT, "verify", "samples=rows.jsonl", "verifier=last_line", cwd=tmp_path, path=target)
    assert statuses(done) == {"last_line": "PASS"}


REFUSED = {
    "math": "is a verifier of Proofstill's own",
    "verifiers": "would hide the module",
    "json": "would hide the module",
    "pytest": "would hide the module",
    "unit-check": "is no name for a package",
    "UnitCheck": "is no name for a package",
    "class": "is no name for a package",
    "../up": "is no name for a package",
    "": "is no name for a package",
    "taken": "exists already",
}


@pytest.mark.parametrize("name", REFUSED)
def test_names_that_cannot_work_are_refused(tmp_path, monkeypatch, capsys, name):
    from engine.commands.new import main

    monkeypatch.chdir(tmp_path)
    (tmp_path / "taken").mkdir()
    assert main(["verifier", name]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"error: {name}: ")
    assert REFUSED[name] in err
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


def test_a_directory_that_cannot_be_written_is_a_sentence(tmp_path, monkeypatch, capsys):
    from engine.commands.new import main

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Path, "mkdir", _full)
    assert main(["verifier", "unit_check"]) == 1
    assert "unit_check: cannot write" in capsys.readouterr().err


def _full(path, **_):
    raise OSError(28, "No space left on device", str(path))
