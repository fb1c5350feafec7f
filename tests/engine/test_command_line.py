"""What users of Hydra expect of a command line, and one sentence for everything that is wrong with one."""

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from engine.cli import COMMANDS, shadowed

SCRIPT = str(Path(sys.executable).with_name("proofstill"))
BASE = "run prompt=chat sampler=scripted"

# command line -> what its one line of error must contain
WRONG = {
    "rnu": ["no command 'rnu'", "proofstill run"],
    "-m": ["no command '-m'"],
    f"{BASE} sampler=scrpted": ["sampler=scrpted: there is no such option", "did you mean scripted", "replay"],
    f"{BASE} verifier=[mth]": ["verifier=mth: there is no such option", "did you mean math"],
    f"{BASE} verifier=mth": ["verifier=mth: there is no such option", "did you mean math"],
    f"{BASE} product=[sft,sfx]": ["product=sfx", "did you mean sft"],
    f"{BASE} samplr=tiny": ["samplr: there is no such key", "did you mean sampler"],
    f"{BASE} budget.n_sampls=3": ["budget.n_sampls: there is no such key", "did you mean n_samples"],
    f"{BASE} budget=until budget.wav=3": ["budget.wav: there is no such key", "did you mean wave"],
    f"{BASE} pool.workrs=3": ["pool.workrs: there is no such key", "did you mean workers"],
    f"{BASE} poool.workers=3": ["poool.workers: there is no such key", "did you mean pool"],
    f"{BASE} hydra.run.dirr=x": ["hydra.run.dirr: there is no such key", "did you mean dir"],
    f"{BASE} +extra=1": ["extra: there is no such key"],
    f"{BASE} +pool.extra=1": ["pool.extra: there is no such key", "deadline_s"],
    f"{BASE} +budget.extra=1": ["budget.extra: unknown"],
    f"{BASE} pool.workers=many": ["pool.workers=many", "Integer"],
    f"{BASE} loop.gold_check=maybe": ["loop.gold_check=maybe", "bool"],
    f"{BASE} run.seed=null": ["run.seed=null: must have a value"],
    f"{BASE} pool=3": ["pool=3: pool is a section"],
    f"{BASE} sampler=3": ["sampler=3: there is no such option", "scripted"],
    "verify prompt=3": ["prompt: there is no such key", "samples"],
    f"{BASE} budget.n_samples=many": ["budget.n_samples: expected int, got str 'many'"],
    f"{BASE} budget.n_samples=0": ["budget", "n_samples"],
    f"{BASE} sampler=openai": ["sampler.model: has no value"],
    f"{BASE} problems=jsonl": ["problems.path: has no value"],
    "verify": ["samples: has no value"],
    "export": ["run: has no value"],
    f"{BASE} 'verifier=[math'": ["verifier=[math: cannot be read"],
    f"{BASE} 'sampler.close_tag=</think>'": ["sampler.close_tag=</think>: cannot be read", "quotes"],
    f"{BASE} nonsense": ["nonsense: is no setting; write key=value"],
    f"{BASE} budget.n_samples=1,2": ["budget.n_samples=1,2: has several values", "-m"],
    f"{BASE} '~verifier'": ["~verifier: cannot be taken out", "verifier=[]"],
    f"{BASE} '~nothing'": ["nothing: there is no such key"],
    f"{BASE} +sampler=tiny": ["sampler: is chosen twice"],
    f"{BASE} 'run.name=${{nope}}'": ["nope", "not found"],
    f"{BASE} experiment=mine": ["experiment=mine: there is no such option", "conf/experiment/mine.yaml"],
    f"{BASE} --bogus": ["--bogus", "--hydra-help"],
    f"{BASE} --config-name nope": ["'nope'"],
    f"{BASE} --config-dir nowhere": ["nowhere", "not found"],
    f"{BASE} verifier=[]": ["verifier: none is chosen"],
    f"{BASE} run.name=a sampler._target_=os.system": ["sampler._target_: cannot import 'os.system'"],
    f"{BASE} run.name=b sampler._target_=engine.samplers.scripted.Scrpted": ["sampler._target_: cannot import"],
    "-sc": ["install=SHELL"],
    "-sc install=tcsh": ["install=SHELL"],
    "new": ["new verifier NAME"],
    "doctor please": ["doctor"],
}
# the command is right, something else is not
FAILS = {
    "verify samples=missing.jsonl": ["samples=missing.jsonl: there is no such file"],
    "export run=runs/none": ["runs/none"],
    f"{BASE} run.name=c problems=jsonl problems.path=missing.jsonl": ["missing.jsonl"],
}


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory):
    lines = [*WRONG, *FAILS]
    answer = subprocess.run(
        [sys.executable, "-P", Path(__file__).with_name("many_lines.py")],
        input=json.dumps([shlex.split(line) for line in lines]),
        capture_output=True,
        text=True,
        cwd=tmp_path_factory.mktemp("wrong"),
        timeout=120,
    )
    assert answer.returncode == 0, answer.stderr
    return dict(zip(lines, json.loads(answer.stdout), strict=True))


@pytest.mark.slow
@pytest.mark.parametrize("line", [*WRONG, *FAILS])
def test_one_sentence_for_a_wrong_line(outcomes, line):
    code, out, err = outcomes[line]
    assert out == ""
    errors = [text for text in err.splitlines() if not text.startswith("[")]
    assert len(errors) == 1, err
    assert errors[0].startswith("error: ")
    for part in {**WRONG, **FAILS}[line]:
        assert part in errors[0]
    assert code == (2 if line in WRONG else code)
    assert code in (1, 2)


def script(*arguments, cwd, **more):
    return subprocess.run([SCRIPT, *arguments], cwd=cwd, capture_output=True, text=True, timeout=120, **more)


def test_console_script_reports_like_the_table(tmp_path):
    done = script("run", "sampler=[tiney]", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: sampler=tiney: there is no such option; did you mean tiny?")
    assert list(tmp_path.iterdir()) == []


def test_help_imports_nothing_heavy(tmp_path):
    code = "import sys; sys.argv = ['proofstill', '--help']; from engine.cli import main; main(); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-P", "-c", code], cwd=tmp_path, capture_output=True, text=True)
    for command in COMMANDS:
        assert f"\n  {command} " in done.stdout
    modules = {name.partition(".")[0] for name in done.stdout.splitlines()[-1].split()}
    ours_and_standard = {*sys.stdlib_module_names, "engine", "__main__", "site", "sitecustomize", "usercustomize"}
    assert {name for name in modules - ours_and_standard if not name.startswith(("_", "__editable__"))} == set()


SHOWN = {
    "run --help": ["word_problems", "== Configuration", "n_samples: 8"],
    "verify --help": ["samples: ???", "verifier:"],
    "export -h": ["product:"],
    "run --hydra-help": ["--multirun"],
    "run sampler=scripted --cfg job": ["_target_: engine.samplers.scripted.ScriptedSampler", "seed: ${run.seed}"],
    "run --cfg job --resolve -p problems run.seed=5": ["seed: 5"],
    "run sampler=scripted --info defaults-tree": ["sampler: scripted", "run_schema"],
    "run --info searchpath": ["pkg://conf", "working-directory"],
    "doctor --help": ["doctor"],
    "new --help": ["new verifier NAME"],
}


def test_hydra_flags_show_and_run_nothing(tmp_path):
    (tmp_path / "conf").mkdir()
    answer = subprocess.run(
        [sys.executable, "-P", Path(__file__).with_name("many_lines.py")],
        input=json.dumps([shlex.split(line) for line in SHOWN]),
        capture_output=True,
        text=True,
        cwd=tmp_path,
        timeout=120,
    )
    for line, (code, out, err) in zip(SHOWN, json.loads(answer.stdout), strict=True):
        assert (code, err) == (0, ""), line
        for part in SHOWN[line]:
            assert part in out, line
    assert [path.name for path in tmp_path.rglob("*")] == ["conf"]


@pytest.mark.slow
def test_sweep_runs_every_job_and_reports_the_failed_one(tmp_path):
    done = script(
        *("run", "sampler=scripted", "problems.n_problems=4", "run.name=sweep"),
        *("-m", "budget.n_samples=0,2,3", "pool.workers=1"),  # overrides on both sides of the flag
        cwd=tmp_path,
    )
    assert done.returncode == 2
    assert "error: job 0 (budget.n_samples=0): budget" in done.stderr
    assert "Traceback" not in done.stderr
    counts = {}
    for number in "23":
        stats = json.loads((tmp_path / "runs" / "sweep" / f"budget.n_samples-{number}" / "stats.json").read_text())
        counts[number] = stats["samples"]["total"]
    assert counts == {"2": 8, "3": 12}


@pytest.mark.parametrize("line", ["run --hydra-help", "verify samples=rows.jsonl"])
def test_reader_that_leaves_is_no_error(tmp_path, line):
    row = json.dumps({"id": "1", "answer": "2", "response": "\\boxed{2}" + " " * 500})
    (tmp_path / "rows.jsonl").write_text(f"{row}\n" * 1000)
    done = subprocess.Popen(
        [SCRIPT, *line.split()], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    done.stdout.close()
    assert (done.stderr.read(), done.wait(60)) == ("", 1)
    done.stderr.close()


def test_folders_of_the_same_names_in_the_working_directory_shadow_nothing(tmp_path):
    for name in ("verifiers", "engine", "conf"):
        (tmp_path / name).mkdir()
    (tmp_path / "verifiers" / "__init__.py").write_text("raise ImportError('the wrong package')\n")
    (tmp_path / "rows.jsonl").write_text('{"id": "1", "answer": "2", "response": "\\\\boxed{2}"}\n')
    done = script("verify", "samples=rows.jsonl", cwd=tmp_path)
    assert (done.returncode, json.loads(done.stdout)["status"]) == (0, "PASS"), done.stderr


def test_another_package_of_our_name_is_named(tmp_path):
    package = tmp_path / "verifiers"
    package.mkdir()
    (package / "__init__.py").write_text("")
    done = script("run", cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(tmp_path)})
    assert done.returncode == 2
    assert done.stderr.startswith("error: the package 'verifiers' comes from")
    assert str(tmp_path) in done.stderr
    assert shadowed() is None


def test_full_traces_for_those_who_ask(tmp_path):
    done = script("run", "sampler=[tiney]", cwd=tmp_path, env={**os.environ, "HYDRA_FULL_ERROR": "1"})
    assert done.returncode == 2
    assert done.stderr.startswith("Traceback")
    assert done.stderr.splitlines()[-1].startswith("error: sampler=tiney")


def test_a_broken_plugin_is_left_out(tmp_path):
    info = tmp_path / "broken-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[proofstill.conf]\nbroken = broken_plugin.conf\nnone = nowhere.conf\n")
    (tmp_path / "broken_plugin").mkdir()
    (tmp_path / "broken_plugin" / "__init__.py").write_text("raise RuntimeError('too old')\n")
    done = script("run", "--cfg", "job", cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(tmp_path)})
    assert (done.returncode, len(done.stderr.splitlines())) == (0, 2), done.stderr
    assert "the plug-in broken_plugin.conf is left out, it cannot be imported: RuntimeError: too old" in done.stderr
    assert "nowhere" in done.stderr


def test_experiments_and_settings_of_the_machine_are_found(tmp_path):
    for name, text in {
        "experiment/mine": "defaults:\n  - override /sampler: scripted\nrun:\n  name: of_mine\n",
        "local/default": "pool:\n  workers: 3\n",
    }.items():
        path = tmp_path / "conf" / f"{name}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"# @package _global_\n{text}")
    shown = script("run", "experiment=mine", "--cfg", "job", cwd=tmp_path).stdout
    assert "name: of_mine" in shown
    assert "ScriptedSampler" in shown
    assert "workers: 3" in shown
    assert "workers: 3" in script("verify", "--cfg", "job", cwd=tmp_path).stdout


def test_interrupted_while_composing(tmp_path):
    code = (
        "import signal, sys; from engine import cli; sys.argv = ['proofstill', 'run']; import engine.hydra_app as app; "
    )
    # what starts the tests in the background may have them ignore Ctrl-C
    code += "signal.signal(signal.SIGINT, signal.default_int_handler); "
    stop = "app.prepare = lambda *_: signal.raise_signal(signal.SIGINT); cli.main()"
    done = subprocess.run([sys.executable, "-P", "-c", code + stop], cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (130, "interrupted\n")
