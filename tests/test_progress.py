"""Progress: a real terminal and a real pipe, hostile failure reasons, standard output untouched, cheap updates."""

import io
import os
import pty
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from engine.errors import ConfigError
from engine.progress import Progress, ProgressConfig

ROOT = Path(__file__).parents[1]
HOSTILE = "[red]boom[/red] [/nope]\n\r\x1b[2J\x1b]0;EVILTITLE\x07\x9b31m two \udc80"
SCRIPT = f"""
import time
from engine.progress import Progress, ProgressConfig
with Progress(ProgressConfig(every_s=0.1), total=20) as progress:
    for _ in range(10):
        progress.update(samples=8, tokens=400, verdicts=8, judged=8, accepted=4, settled=1, failure={HOSTILE!r})
        time.sleep(0.05)
    progress.note({HOSTILE!r} + " noted")
    time.sleep(0.3)
    progress.update(settled=10)
print("the result")
"""


def start(script: str, stderr: int, **env: str) -> subprocess.Popen:
    variables = {"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"], "TERM": "xterm", "COLUMNS": "150"} | env
    return subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=stderr, env=variables)


def in_terminal(script: str, **env: str) -> tuple[bytes, str]:
    ours, theirs = pty.openpty()
    with start(script, theirs, **env) as process:
        os.close(theirs)
        seen = b""
        while True:
            try:
                seen += os.read(ours, 65536)
            except OSError:  # the other end is closed
                break
        out = process.stdout.read()
    os.close(ours)
    assert process.returncode == 0, seen.decode("utf-8", "replace")
    return out, seen.decode("utf-8")


def check_text(seen: str) -> None:
    assert "last failure: [red]boom[/red] [/nope] two \ufffd" in seen
    assert "[red]boom[/red] [/nope]" in seen
    for gone in ("EVILTITLE", "\x1b[2J", "\x07", "\x9b", "\udc80"):
        assert gone not in seen


def test_in_a_terminal():
    out, seen = in_terminal(SCRIPT)
    assert out == b"the result\n"
    check_text(seen)
    assert "\x1b[1A" in seen  # it is redrawn in place
    assert re.search(r"problems 10/20 settled, ETA 0:00:0\d | accepted 40 \(50.0%\)", seen)
    last = seen.rstrip().splitlines()[-1]
    assert "done | 0:00:0" in last
    assert "problems 20/20 settled | accepted 40 (50.0%) | samples 80 (" in last


def test_in_a_pipe():
    process = start(SCRIPT, subprocess.PIPE, FORCE_COLOR="1", PYTHONIOENCODING="utf-8")
    out, seen = process.communicate()
    seen = seen.decode("utf-8")
    assert (process.returncode, out) == (0, b"the result\n")
    check_text(seen)
    assert "\x1b" not in seen
    rows = seen.splitlines()
    assert any(re.match(r"0:00:00 \| problems \d+/20 settled, ETA 0:00:0\d \| accepted \d+ \(50.0%\) \| samples", r) for r in rows)  # fmt: skip
    assert 4 <= len(rows) <= 25
    assert rows[-1].startswith("done | 0:00:0")


def test_a_dumb_terminal_gets_plain_lines():
    out, seen = in_terminal(SCRIPT, TERM="dumb")
    assert out == b"the result\n"
    assert "\x1b" not in seen
    check_text(seen)


def test_an_ascii_stream_does_not_break_it():
    process = start(SCRIPT, subprocess.PIPE, PYTHONIOENCODING="ascii:strict")
    out, seen = process.communicate()
    assert (process.returncode, out) == (0, b"the result\n")
    assert b"Traceback" not in seen


def test_a_vanished_terminal_does_not_stop_the_run():
    ours, theirs = pty.openpty()
    script = SCRIPT.replace("time.sleep(0.05)", "time.sleep(0.1)")
    with start(script, theirs) as process:
        os.close(theirs)
        os.read(ours, 100)
        os.close(ours)
        out = process.stdout.read()
    assert out == b"the result\n"
    assert process.returncode in (0, 120)  # 120: the interpreter itself could not flush standard error at its end


def test_switched_off_shows_notes_only():
    stream = io.StringIO()
    with Progress(ProgressConfig(enabled=False, every_s=0.01), stream=stream) as progress:
        progress.update(samples=1)
        time.sleep(0.05)
        progress.note("careful")
    assert stream.getvalue() == "careful\n"


def test_the_last_line_tells_a_stop_from_the_end():
    stream = io.StringIO()
    progress = Progress(ProgressConfig(), stream=stream)
    progress.update(settled=2, judged=3, errors=1, set_aside=1)
    with pytest.raises(KeyboardInterrupt), progress:
        raise KeyboardInterrupt
    assert stream.getvalue().startswith("stopped | 0:00:00 | problems 2 settled (1 set aside) | accepted 0 (0.0%)")
    assert "ERROR 1" in stream.getvalue()


def test_an_unknown_counter_is_refused():
    with pytest.raises(KeyError, match="sample"):
        Progress(ProgressConfig()).update(sample=1)


def test_updates_are_cheap():
    """The loop may call it 20,000 times a second: that must take a small part of the second."""
    with Progress(ProgressConfig(every_s=0.05), stream=io.StringIO()) as progress:
        start = time.process_time()
        for _ in range(20_000):
            progress.update(samples=1, tokens=50, failure="math FAIL: wrong " + HOSTILE)
        spent = time.process_time() - start
    assert progress.counts["tokens"] == 1_000_000
    assert spent < 0.3


def test_rates_forget_what_is_older_than_the_window(monkeypatch):
    now = 100.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    progress = Progress(ProgressConfig(), total=1000)
    for second in range(1, 201):
        now = 100.0 + second
        progress.update(samples=10 if second <= 100 else 2, settled=1)
        line = progress.line()
    assert "samples 1,200 (2.0/s)" in line
    assert "problems 200/1,000 settled, ETA 0:13:20" in line
    assert line.startswith("0:03:20 | ")


def test_a_wrong_interval_names_the_key():
    for wrong in (0.0, -1.0, float("nan")):
        with pytest.raises(ConfigError, match=r"progress\.every_s"):
            ProgressConfig(every_s=wrong)
