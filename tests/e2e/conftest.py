"""End-to-end tests go through the console script, as a user does."""

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = str(Path(sys.executable).with_name("proofstill"))


@pytest.fixture
def proofstill(tmp_path):
    """Run ``proofstill`` in a working directory of the test's own; returns the finished process."""

    def run(*arguments, cwd=tmp_path, stdin=None, timeout=120):
        return subprocess.run(
            [SCRIPT, *arguments], cwd=cwd, input=stdin, capture_output=True, text=True, timeout=timeout, check=False
        )

    return run
