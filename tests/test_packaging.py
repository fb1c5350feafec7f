"""The wheel holds what it needs, nothing else, and runs from another directory."""

import json
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[1]
TOP_LEVEL = {"engine", "verifiers", "sandboxes", "conf", "hydra_plugins"}


def call(*command, cwd, code=0):
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, cwd=cwd)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Built from a copy of the tracked and new files, so that an old `build/` can lend it nothing."""
    copy = tmp_path_factory.mktemp("source")
    listed = call("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", cwd=ROOT)
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            (copy / name).write_bytes((ROOT / name).read_bytes())
    out = tmp_path_factory.mktemp("wheel")
    call(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", out, copy, cwd=out)
    (built,) = out.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """Environment with the wheel; other packages come from ours, whose editable install is hidden."""
    place = tmp_path_factory.mktemp("environment")
    venv.create(place, symlinks=True, with_pip=False)
    purelib = Path(sysconfig.get_path("purelib", vars={"base": str(place), "platbase": str(place)}))
    call(
        sys.executable,
        "-m",
        "pip",
        "--python",
        place / "bin/python",
        "install",
        "--no-deps",
        "--no-index",
        wheel,
        cwd=place,
    )
    # as text, not as a site directory: the .pth of the editable install is not followed
    others = sysconfig.get_path("purelib")
    (purelib / "others.pth").write_text(f"{others}\n")
    return place


def test_wheel_holds_what_it_needs_and_no_more(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    tops = {name.split("/")[0] for name in names if ".dist-info/" not in name}
    assert tops == TOP_LEVEL
    tracked = call("git", "ls-files", "--cached", "--others", "--exclude-standard", *TOP_LEVEL, cwd=ROOT).split("\n")
    wanted = {name for name in tracked if name and (ROOT / name).is_file()}
    assert not wanted - names, "in the source, not in the wheel"
    assert {
        "engine/py.typed",
        "engine/tiny/model/model.safetensors",
        "conf/config.yaml",
        "conf/sampler/tiny.yaml",
    } <= names
    assert [name for name in names if name.endswith(".jinja") and name.startswith("engine/report/")]
    (licence,) = [name for name in names if name.endswith(".dist-info/licenses/LICENSE")]
    assert "Apache License" in zipfile.ZipFile(wheel).read(licence).decode()


def test_wheel_is_small(wheel):
    assert wheel.stat().st_size < 13e6


def test_code_is_the_wheels(installed, tmp_path):
    code = "import engine, verifiers, sandboxes, conf, hydra; print(engine.__file__, conf.__file__, hydra.__file__)"
    mine, conf, other = call(installed / "bin/python", "-c", code, cwd=tmp_path).split()
    assert Path(mine).is_relative_to(installed)
    assert Path(conf).is_relative_to(installed)
    assert Path(other).is_relative_to(sysconfig.get_path("purelib"))


def test_installed_command_runs_elsewhere(installed, tmp_path):
    proofstill = installed / "bin/proofstill"
    assert "usage: proofstill COMMAND" in call(proofstill, "--help", cwd=tmp_path)
    assert "verifiers.math.MathVerifier" in call(proofstill, "run", "--cfg", "job", cwd=tmp_path)
    run = ["run", "sampler=scripted", "problems.n_problems=5", "run.name=w", "run.seed=1"]
    assert "Funnel" in call(proofstill, *run, cwd=tmp_path)
    stats = json.loads((tmp_path / "runs/w/stats.json").read_text())
    assert stats["samples"]["total"] == 40
    rows = (tmp_path / "runs/w/products/sft/messages/train-00000.jsonl").read_text().splitlines()
    assert len(rows) == stats["selected"]["kept"] > 0
    assert not list(tmp_path.glob("runs/*.yaml"))


def test_bundled_model_samples_from_the_wheel(installed, tmp_path):
    run = ["run", "problems.n_problems=2", "budget.n_samples=2", "run.name=t", "pool.workers=1"]
    assert "bundled" in call(installed / "bin/proofstill", "run", "--cfg", "job", cwd=tmp_path)
    call(installed / "bin/proofstill", *run, cwd=tmp_path)
    assert json.loads((tmp_path / "runs/t/stats.json").read_text())["samples"]["total"] == 4
