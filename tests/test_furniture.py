"""The files around the code agree with it: pins with dependencies, changelog with version, hooks with tools."""

import os
import re
import subprocess
import tomllib
from pathlib import Path

import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import engine

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
PINNED_EXTRAS = ("local", "train", "gym", "serve", "dev")


def pins():
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    found = dict(line.split("==") for line in lines if line and not line.startswith("#"))
    return {canonicalize_name(name): version for name, version in found.items()}


def test_every_dependency_is_pinned_within_its_range():
    """Also that no pin carries a build mark, an address or a path."""
    pinned = pins()
    wanted = [
        *PROJECT["dependencies"],
        *(item for extra in PINNED_EXTRAS for item in PROJECT["optional-dependencies"][extra]),
    ]
    for requirement in map(Requirement, wanted):
        if requirement.name != "proofstill":
            version = pinned[canonicalize_name(requirement.name)]
            assert requirement.specifier.contains(version), f"{requirement} against the pin {version}"
    assert all(re.fullmatch(r"[0-9.]+", version) for version in pinned.values())


def test_changelog_knows_the_version():
    text = (ROOT / "CHANGELOG.md").read_text("utf-8")
    assert re.search(rf"^## \[{re.escape(engine.__version__)}\] - ", text, re.MULTILINE)
    entries = re.findall(r"^- (.*)$", text, re.MULTILINE)
    assert entries
    assert all(entry.endswith(".") for entry in entries)


def test_licence_is_the_one_declared():
    assert PROJECT["license"] == "Apache-2.0"
    text = (ROOT / "LICENSE").read_text("utf-8")
    assert "Version 2.0, January 2004" in text
    assert "END OF TERMS AND CONDITIONS" in text


def test_ci_is_a_script_that_parses():
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    assert "set -euo pipefail" in script.read_text("utf-8")
    subprocess.run(["bash", "-n", script], check=True)


def test_hooks_download_nothing():
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))["repos"]
    assert [repo["repo"] for repo in hooks] == ["local"]
    assert {hook["entry"].split()[0] for hook in hooks[0]["hooks"]} == {".venv/bin/ruff", ".venv/bin/mypy"}
