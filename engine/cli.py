"""``proofstill COMMAND [overrides]``. Standard library only, so that help answers at once."""

import difflib
import importlib
import os
import select
import sys
from pathlib import Path

from engine import __version__

COMMANDS = {
    "run": "sample, verify, select, export; the same command again resumes",
    "verify": "judge existing generations: samples=FILE.jsonl verifier=math out=FILE.jsonl",
    "export": "products again from a run's ledger: run=DIR product=[sft,preference]",
    "report": "report.html from a run's ledger: run=DIR; what changed: compare A B",
    "alphacode": "tests, clusters and submissions for a run's code problems: run=DIR",
    "locate": "first wrong steps of a run's wrong samples, by rollouts: run=DIR",
    "doctor": "what this machine can do",
    "new": "start a plug-in: new verifier NAME",
}
HELP = """\
proofstill samples many solutions from a language model, keeps what is proved,
and distils it into training data.

usage: proofstill COMMAND [key=value ...] [hydra flags]

commands
{commands}

  proofstill run                              the bundled model on word problems
  proofstill run problems=gsm8k sampler=openai sampler.model=NAME
  proofstill run --cfg job                    show the configuration, run nothing
  proofstill run -m budget.n_samples=4,8,16   a sweep
  proofstill COMMAND --help                   options of a command
  eval "$(proofstill -sc install=bash)"       tab completion (zsh, fish likewise)
"""
PACKAGES = ("engine", "verifiers", "sandboxes", "conf")


def main() -> None:
    """Entry point. Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted."""
    arguments = sys.argv[1:]
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        sys.stdout.write(help_text())
        return
    if arguments[0] == "--version":
        sys.stdout.write(f"proofstill {__version__}\n")
        return
    problem = shadowed()
    if problem:
        _fail(problem)
    command = arguments[0]
    if command in ("-sc", "--shell-completion"):
        importlib.import_module("engine.completion").complete(arguments)
        return
    if command not in COMMANDS:
        close = difflib.get_close_matches(command, COMMANDS, n=1)
        hint = f"did you mean `proofstill {close[0]}`? " if close else ""
        _fail(f"proofstill has no command {command!r}; {hint}Commands: {', '.join(COMMANDS)}")
    try:
        try:
            code = importlib.import_module(f"engine.commands.{command}").main(arguments[1:])
        finally:
            sys.stdout.flush()
    except BrokenPipeError:
        if not _reader_left():
            raise
        code = 1
    except KeyboardInterrupt:
        sys.stderr.write("interrupted\n")
        code = 130
    sys.exit(code)


def help_text() -> str:
    """What ``proofstill --help`` prints."""
    width = max(map(len, COMMANDS))
    return HELP.format(commands="\n".join(f"  {name:<{width}}  {what}" for name, what in COMMANDS.items()))


def shadowed() -> str | None:
    """One sentence when another distribution shadows one of our top-level packages (PyPI has a `verifiers`)."""
    home = Path(__file__).resolve().parents[1]
    for name in PACKAGES:
        try:
            # imported now, before the working directory joins the path with folders of the same names
            origin = importlib.import_module(name).__file__
        except ImportError:
            origin = None
        place = Path(origin).resolve().parents[1] if origin else None
        if place != home:
            where = f"comes from {place}" if place else "is missing"
            return (
                f"the package {name!r} {where}, not from Proofstill in {home}; another package of that name is "
                "installed: use an environment of its own for proofstill"
            )
    return None


def _reader_left() -> bool:
    """Whether nobody reads our output any more (``| head``); then what is left of it is thrown away."""
    watch = select.poll()
    watch.register(1, 0)
    if not any(events & select.POLLERR for _, events in watch.poll(0)):
        return False
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # the interpreter flushes once more when it ends
    return True


def _fail(message: str) -> None:
    sys.stderr.write(f"error: {message}\n")
    sys.exit(2)
