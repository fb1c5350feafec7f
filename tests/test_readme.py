"""The README cannot rot: its commands run, its quotations are real, its tree is the repository's."""

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from engine.cli import help_text

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text("utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)
FILES = dict(re.findall(r"^`([\w./]+)`[^\n]*:\n\n```\w+\n(.*?)^```$", README, re.DOTALL | re.MULTILINE))
PLUGIN = ROOT / "tests" / "plugin_example"
MANY_LINES = ROOT / "tests" / "engine" / "many_lines.py"
# need a server, a model or a download
NEEDS_MORE = ("sampler=openai", "sampler=transformers")


def commands(program):
    """Every line of a shell block that starts with `program`, continued lines joined."""
    text = "\n".join(body for language, body in BLOCKS if language == "bash").replace("\\\n", " ")
    return [line.strip() for line in text.splitlines() if line.startswith(program)]


def one_job(line):
    """``--cfg`` shows one job: of a sweep, its first."""
    line = re.sub(r" -m (.*)", r" \1", line)
    return re.sub(r"=(\w+),[\w,]+", r"=\1", line)


def inline(program):
    return re.findall(rf"`({program} [^`]*)`", README)


def run_lines(lines, directory):
    """Exit code, standard output and standard error of each line, all in one process."""
    done = subprocess.run(
        [sys.executable, "-P", MANY_LINES],
        input=json.dumps([shlex.split(line)[1:] for line in lines]),
        capture_output=True,
        text=True,
        cwd=directory,
    )
    assert done.returncode == 0, done.stderr
    return dict(zip(lines, json.loads(done.stdout), strict=True))


@pytest.fixture
def workplace(tmp_path):
    """A directory with the files that the README shows."""
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    (tmp_path / "verdicts.jsonl").unlink()
    return tmp_path


def test_every_run_line_composes(workplace):
    lines = commands("proofstill run")
    assert len(lines) >= 4
    for line, (code, out, err) in run_lines(
        [f"{one_job(line)} --cfg job --resolve" for line in lines], workplace
    ).items():
        assert code == 0, f"{line}: {err}"
        assert "_target_" in out


@pytest.mark.thorough
def test_recipes_run(workplace):
    """The README's own files through its own commands, in its order."""
    lines = [line for line in commands("proofstill") if not any(part in line for part in NEEDS_MORE)]
    outcomes = run_lines(lines, workplace)
    assert all(code == 0 for code, _, _ in outcomes.values()), outcomes
    second = json.loads((workplace / "verdicts.jsonl").read_text().splitlines()[1])
    del second["seconds"]
    assert second == json.loads(FILES["verdicts.jsonl"])
    stats = json.loads((workplace / "runs/old/stats.json").read_text())
    assert stats["verdicts"]["math"]["PASS"] == 2
    assert [item.name for item in (workplace / "runs/old/products/sft").iterdir() if item.is_dir()] == ["messages"]
    judged = json.loads((workplace / "runs/with_mine/stats.json").read_text())["verdicts"]
    assert judged["mine"]["PASS"] > 0


@pytest.mark.parametrize("line", commands("make") + inline("make"))
def test_make_targets_exist(line):
    target = shlex.split(line)[1:]
    done = subprocess.run(["make", "-n", *target, "VENV=nowhere"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_overrides_in_the_text_are_real(workplace):
    """Quotations between the blocks that begin with a choice, such as `sampler=replay`, are overrides that compose."""
    choice = re.compile(r"(problems|sampler|verifier|prompt|budget|select|product)=")
    chosen = {quoted for quoted in re.findall(r"`([^`\n]+)`", README) if choice.match(quoted)}
    assert len(chosen) >= 4
    lines = [f"proofstill run {overrides} --cfg job" for overrides in chosen]
    for line, (code, _, err) in run_lines(lines, workplace).items():
        assert code == 0, f"{line}: {err}"


def test_lines_of_the_help_compose(workplace):
    lines = [
        re.split(r"\s{2,}", line.strip())[0] for line in help_text().splitlines() if line.startswith("  proofstill run")
    ]
    assert len(lines) == 4
    lines = [f"{one_job(line)} --cfg job" for line in lines]
    for line, (code, _, err) in run_lines(lines, workplace).items():
        assert code == 0, f"{line}: {err}"


def test_help_is_the_real_one():
    (quoted,) = [body for _, body in BLOCKS if body.startswith("$ proofstill --help\n")]
    assert quoted.removeprefix("$ proofstill --help\n").rstrip() == help_text().rstrip()


def test_own_verifier_is_the_tested_one():
    code = FILES["my_verifier.py"]
    assert code == (PLUGIN / "my_verifier.py").read_text("utf-8")
    assert len(code.splitlines()) <= 20
    assert FILES["conf/verifier/mine.yaml"] == (PLUGIN / "mine.yaml").read_text("utf-8")


def tree_paths():
    """Paths of the tree block; a name ends where two spaces begin, and indentation gives the folder."""
    (block,) = [body for language, body in BLOCKS if not language and body.startswith("engine/ ")]
    parent = ""
    for line in block.splitlines():
        names = re.split(r"\s{2,}", line.strip())[0].split()
        if line.startswith(" "):
            yield from (parent + name for name in names)
        else:
            parent = names[0]
            yield from names


def test_tree_is_the_repository():
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True
    )
    if listed.returncode:
        pytest.skip("not a git checkout")
    files = {name for name in listed.stdout.splitlines() if (ROOT / name).exists()}
    shown = set(tree_paths())
    for path in shown:
        assert path in files or any(name.startswith(path) for name in files if path.endswith("/")), (
            f"{path} is not there"
        )
    tops = {name for name in shown if name.count("/") == 1 and name.endswith("/")} - {"engine/"}
    furniture = re.compile(
        r"(README|CHANGELOG|CONTRIBUTING)\.md|LICENSE|pyproject\.toml|\.gitignore|engine/(__init__\.py|py\.typed)"
    )
    folders = tuple(tops | {name for name in shown if name.endswith("/") and name.startswith("engine/")} - {"engine/"})
    missing = [
        name for name in files if name not in shown and not name.startswith(folders) and not furniture.fullmatch(name)
    ]
    assert not missing, f"the README's tree does not mention {missing}"


def test_links_and_pictures_exist():
    targets = [target for target in re.findall(r"\]\(([^)#]+)\)", README) if "://" not in target]
    assert "docs/demo.svg" in targets
    assert all((ROOT / target).exists() for target in targets), targets
    assert "<script" not in (ROOT / "docs/demo.svg").read_text("utf-8")


def test_demo_is_one_of_the_main_job():
    picture = (ROOT / "docs/demo.svg").read_text("utf-8").replace("&#160;", " ")
    for text in ("proofstill run", "Funnel", "pass@k", "accepted:", "Where everything is"):
        assert text in picture
    assert "http" not in picture.replace("http://www.w3.org/2000/svg", "")
