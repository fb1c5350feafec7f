"""Draws docs/demo.svg: the main job's own words, taken from a terminal of 100 columns.

    .venv/bin/python docs/make_demo.py [overrides of proofstill run]

The command runs in a fresh directory with standard output on a pseudo-terminal, and what it prints is drawn as it
is. Run it again whenever the summary or the bundled model changes.
"""

import os
import pty
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import DIMMED_MONOKAI
from rich.text import Text

COLUMNS = 100
PICTURE = Path(__file__).with_name("demo.svg")
# rich's own template loads its font from the network: an image in a README may not
FRAME = """\
<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{
  font-family: ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace;
  font-size: {char_height}px; line-height: {line_height}px; font-variant-east-asian: full-width;
}}
.{unique_id}-title {{ font-size: 18px; font-weight: bold; font-family: sans-serif; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}"/>
</clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


def main() -> None:
    """Run, draw, write."""
    overrides = sys.argv[1:]
    with tempfile.TemporaryDirectory(prefix="proofstill-") as directory:
        printed = run_on_terminal(["proofstill", "run", *overrides], Path(directory))
        printed = printed.replace(directory, "~/proofstill")
    console = Console(record=True, width=COLUMNS, file=open(os.devnull, "w"), force_terminal=True)  # noqa: SIM115, PTH123
    console.print(Text.from_ansi(printed), soft_wrap=True)
    svg = console.export_svg(
        title=" ".join(["proofstill run", *overrides]), theme=DIMMED_MONOKAI, code_format=FRAME, unique_id="demo"
    )
    PICTURE.write_text("\n".join(line.rstrip() for line in svg.splitlines()) + "\n", "utf-8")


def run_on_terminal(command: list[str], directory: Path) -> str:
    """What a command prints on a terminal, escape sequences included. Progress goes to our standard error."""
    program = shutil.which(command[0], path=str(Path(sys.executable).parent)) or command[0]
    ours, theirs = pty.openpty()
    environment = os.environ | {"COLUMNS": str(COLUMNS), "LINES": "200", "TERM": "xterm-256color"}
    process = subprocess.Popen([program, *command[1:]], stdout=theirs, cwd=directory, env=environment)
    os.close(theirs)
    chunks = []
    while True:
        try:
            chunk = os.read(ours, 65536)
        except OSError:  # Linux's way to say that the other end is closed
            break
        if not chunk:
            break
        chunks.append(chunk)
    os.close(ours)
    if process.wait():
        sys.exit(f"{' '.join(command)} failed")
    return b"".join(chunks).decode().replace("\r\n", "\n")


if __name__ == "__main__":
    main()
