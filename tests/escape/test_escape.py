"""Hostile and honest programs through the verifier, at every level of isolation that this machine reaches.

``PROOFSTILL_ESCAPE`` names the level (``strong``, ``namespaces``, ``restricted``) or ``docker``; without it, the best
that works here. The other levels run the same files in a process of their own.
"""

import gc
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path
from shlex import quote as q

import pytest
from problem_set import PROBLEMS, TIGHT, stdin
from rig import PREFIX, Rig
from table import ATTACKS, FAIR, Row

from engine.codec import from_json, to_json
from engine.errors import SandboxUnavailableError
from engine.records import Problem, Sample, Status, Tests, Verdict
from verifiers.code import CodeVerifier

HERE = Path(__file__).parent
BACKEND = os.environ.get("PROOFSTILL_ESCAPE", "")
NEXT = "with open('psmark', 'w') as file:\n    file.write(str(int(input()) * 2))\nprint(open('psmark').read())"
BIG_EVIDENCE = 200_000
SLOWEST_S = 12.0
"""Wall time of a verdict on any program of the suite, repeats and runs alone included."""
SPECIAL = {
    "<CR>": "\r",
    "<BOM>": "\ufeff",
    "<TICKS>": "`" * 500_000 + "\n" + "``` ``` " * 50_000 + "\n" + "```\n" * 50_001,
    "<TILDES>": "~~~\n" * 100_001 + "~" * 500_000,
    "<TAGS>": "<think>" * 100_000 + "</think" * 100_000 + "<answer>" * 50_000,
    "<DEFS>": "def solve(a, b):\n" * 100_000,
    "<PARENS>": "(" * 200_000 + "1" + ")" * 200_000,
    "<LINE>": "print(0); " * 400_000,
    "<NUL>": "\0",
    "<SUR>": "\udc80",
    "<RLO>": "\u202e",
    "<LRI>": "\u2066",
    "<FF>": "\f",
    "<VT>": "\v",
    "<BIG>": "# " + "x" * 3_000_000,
    "<FENCES>": "```python\nprint(1)\n```\n" * 20_000,
}


def sandbox():
    from sandboxes.local import LocalSandbox

    if BACKEND == "docker":
        docker = pytest.importorskip("sandboxes.docker", reason="no Docker sandbox in this build")
        return docker.DockerSandbox()
    level = BACKEND or "strong"
    return LocalSandbox(level=level, minimum=BACKEND or "restricted")


@pytest.fixture(scope="module")
def rig():
    made = Rig()
    yield made
    made.close()


@pytest.fixture(scope="module")
def verifier(rig):
    made = CodeVerifier(sandbox=sandbox())
    reason = ""
    try:
        made.start()
    except SandboxUnavailableError as error:
        reason = str(error)
    if reason:
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore", ResourceWarning
            )  # the docker package forgets a socket that it could not connect
            gc.collect()
        pytest.skip(reason)
    # both kinds of process are started, and counted at rest
    assert judge(made, "print(int(input()) * 2)", PROBLEMS["double"]).status == Status.PASS
    assert judge(made, "def add(a, b):\n    return a + b", PROBLEMS["add_asserts"]).status == Status.PASS
    rig.survivors()
    yield made
    made.close()


def judge(verifier: CodeVerifier, text: str, tests: Tests) -> Verdict:
    return verifier.verify(Problem("p", "solve it", tests=tests), Sample("p", 0, text))


def response(path: Path) -> str:
    text = path.read_text("utf-8")
    if path.suffix == ".py":
        return f"Here it is:\n\n```python\n{text}```\n"
    for name, characters in SPECIAL.items():
        text = text.replace(name, characters)
    return text


def told_of(verdict: Verdict) -> str:
    failed = {name: str(value)[-600:] for name, value in verdict.evidence.get("failed", {}).items() if name != "input"}
    return f"{verdict.status.value} {verdict.reason.code}: {verdict.reason.text} {failed}"


def check_sound(verdict: Verdict, rig: Rig) -> None:
    """It can be kept: plain, of a bounded size, without secrets."""
    kept = json.dumps(to_json(verdict), allow_nan=False)
    assert len(kept) < BIG_EVIDENCE
    assert from_json(Verdict, json.loads(kept)) == verdict
    assert rig.secret not in kept
    assert f"{PREFIX}-" not in kept
    assert "ESCAPED" not in json.dumps(verdict.evidence | {"program": ""})


def marked(row: Row):
    return pytest.param(row, id=row.id, marks=[pytest.mark.slow] if row.slow else [])


@pytest.mark.parametrize("row", [marked(row) for row in ATTACKS])
def test_attack(row: Row, verifier, rig):
    if row.file == "reach/stat_secrets.py" and "restricted" in verifier.sandbox.probe():
        pytest.skip("without a root of its own, a program sees names and sizes of files, though not what is in them")
    for turn in range(1, row.turns + 1):
        told = json.dumps(rig.told(turn)) + "\n"
        tests = PROBLEMS[row.problem] if row.problem != "rig" else stdin((told, "held\n"), limits=TIGHT)
        start = time.monotonic()
        verdict = judge(verifier, response(HERE / "attacks" / row.file), tests)
        seconds = time.monotonic() - start
        assert verdict.status in row.expected, told_of(verdict)
        check_sound(verdict, rig)
        assert not rig.harm()
        assert not rig.survivors()
        assert seconds < SLOWEST_S
    after = judge(verifier, NEXT, PROBLEMS["double_wide"])
    assert after.status == Status.PASS, f"the next honest program: {told_of(after)}"


@pytest.mark.parametrize("bare", [False, True], ids=["fenced", "bare"])
@pytest.mark.parametrize("row", [marked(row) for row in FAIR])
def test_honest(row: Row, bare, verifier, rig):
    path = HERE / "honest" / row.file
    verdict = judge(
        verifier, path.read_text("utf-8") if bare and path.suffix == ".py" else response(path), PROBLEMS[row.problem]
    )
    assert verdict.status in row.expected, told_of(verdict)
    check_sound(verdict, rig)


def private_view(places: list[Path], home: Path) -> str:
    """Shell lines that make `places` readable to anyone also where a parent is closed, in this mount namespace only.

    Each place is staged, the closed parents are covered, and the places are put back, outermost first.
    """
    closed = {
        place: next((str(p) for p in reversed(place.parents) if p.stat().st_mode & 5 != 5), "") for place in places
    }
    hidden = sorted({place for place in places if closed[place]})
    stages = {place: str(home / f"stage{number}") for number, place in enumerate(hidden)}
    lines = [f"mkdir {q(stage)}; mount --bind {q(str(place))} {q(stage)}" for place, stage in stages.items()]
    lines += [f"mount -t tmpfs -o mode=755 none {q(parent)}" for parent in sorted({closed[place] for place in hidden})]
    lines += [f"mkdir -p {q(str(p))}; mount --bind {q(s)} {q(str(p))}; umount {q(s)}" for p, s in stages.items()]
    return "\n".join(lines)


AS_USER = """
user=$1; home=$2; shift 2
export HOME="$home" HYPOTHESIS_STORAGE_DIRECTORY="$home/hypothesis"
[ "$user" = 0 ] || exec setpriv --reuid="$user" --regid="$user" --clear-groups "$@"
exec "$@"
"""


@pytest.mark.thorough
@pytest.mark.timeout(900)
@pytest.mark.skipif(bool(BACKEND), reason="this run is one of those")
@pytest.mark.parametrize(
    ("user", "backend"),
    [(0, "namespaces"), (0, "restricted"), (65534, "namespaces"), (65534, "restricted"), (0, "docker")],
)
def test_other_levels(user, backend):
    """Every row again, below the best level, as an ordinary user, and in a container."""
    if os.geteuid() != 0:
        pytest.skip("needs root, to become others")
    home = Path(tempfile.mkdtemp(prefix="escape-home-"))
    command = [
        sys.executable,
        "-m",
        "pytest",
        __file__,
        "-rs",
        "-v",
        "-p",
        "no:cacheprovider",
        "--tb=short",
        "-k",
        "attack or honest",
    ]
    try:
        shutil.chown(home, user, user)
        view = private_view([Path(sys.base_prefix), HERE.parents[1], Path(sys.prefix)], home)
        as_user = ["sh", "-ec", view + AS_USER, "sh", str(user), str(home)]
        done = subprocess.run(
            ["unshare", "-m", "--propagation", "private", *as_user, *command],
            env=os.environ | {"PROOFSTILL_ESCAPE": backend},
            cwd=HERE.parents[1],
            capture_output=True,
            text=True,
        )
    finally:
        shutil.rmtree(home)
    if done.returncode == 0 and " passed" not in done.stdout:
        pytest.skip(done.stdout[-500:])
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]


def test_every_file_is_in_the_table():
    files = {str(path.relative_to(HERE)) for folder in ("attacks", "honest") for path in (HERE / folder).rglob("*.*")}
    files = {name for name in files if "__pycache__" not in name}
    assert files == {f"attacks/{row.file}" for row in ATTACKS} | {f"honest/{row.file}" for row in FAIR}
    assert len({row.file for row in ATTACKS}) >= 90
    assert len(FAIR) >= 40
