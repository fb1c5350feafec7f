"""Tab completion: ``proofstill -sc install=bash|zsh|fish``, ``uninstall=…``, and the ``query=…`` that its scripts ask.

Hydra completes the overrides. It knows no command words, so ours is taken out of the line before Hydra sees it.
"""

import contextlib
import dataclasses
import io
import os
import re
import sys

from engine.cli import COMMANDS

CONFIG_NAMES = {"run": "config", "verify": "verify", "export": "export", "report": "report"}
WORDS = {"new": ["verifier"]}  # what follows a command that takes no overrides
USAGE = "-sc takes install=SHELL, uninstall=SHELL or query=SHELL, where SHELL is bash, zsh or fish"
LIST = re.compile(r"([\w/]+=)(\[(?:[\w.-]+,)*)([\w.-]*)")


def complete(arguments: list[str]) -> None:
    """Print a script, or the words that may stand at the end of ``COMP_LINE``."""
    action, _, shell = arguments[1].partition("=") if len(arguments) == 2 else ("", "", "")
    if action not in ("install", "uninstall", "query") or shell not in ("bash", "zsh", "fish"):
        sys.stderr.write(f"error: {USAGE}\n")
        sys.exit(2)
    if action == "query":
        words = candidates(os.environ.get("COMP_LINE", ""))
        print(("\n" if shell == "fish" else " ").join(words))
        return
    if action == "uninstall" and shell != "fish":
        print("complete -r proofstill 2> /dev/null")  # Hydra's script only puts an older rule back
    _ask_hydra("config", [f"{action}={shell}"])


def candidates(line: str) -> list[str]:
    """Words that may stand at the end of ``line``, which starts with the name of the program."""
    words = line.split()[1:]
    if not words or line.endswith(" "):
        words.append("")
    if len(words) == 1:
        return [name for name in (*COMMANDS, "--help", "--version") if name.startswith(words[0])]
    command, *before, last = words
    if command not in CONFIG_NAMES:
        return [word for word in WORDS.get(command, []) if not before and word.startswith(last)]
    if last.startswith("-"):
        return []
    with contextlib.redirect_stdout(io.StringIO()) as answer, contextlib.redirect_stderr(io.StringIO()):
        # a line that does not compose has nothing to offer, and a message would garble what the user is typing
        with contextlib.suppress(Exception):
            return _overrides(command, before, last, answer)
        return []


def _overrides(command: str, before: list[str], last: str, answer: io.StringIO) -> list[str]:
    from engine.hydra_app import SCHEMAS, read_flags

    flags = read_flags(before)
    listed = LIST.fullmatch(last)  # verifier=[math,pa: Hydra completes single options only
    asked = listed[1] + listed[3] if listed else last
    os.environ["COMP_LINE"] = " ".join(["proofstill", *flags.overrides, asked])
    where = [] if flags.config_dir is None else ["--config-dir", flags.config_dir]
    _ask_hydra(CONFIG_NAMES[command], ["query=bash", *where])
    known = {"hydra", *(field.name for field in dataclasses.fields(SCHEMAS[command]))}
    if command == "run":
        known.add("experiment")
    found = [word for word in answer.getvalue().split() if re.split(r"[./=]", word.lstrip("+~"))[0] in known]
    return [word.replace("=", f"={listed[2]}", 1) for word in found] if listed else found


def _ask_hydra(config_name: str, arguments: list[str]) -> None:
    import hydra

    from engine.hydra_app import CONFIG, prepare

    prepare("proofstill", ["-sc", *arguments])
    hydra.main(version_base="1.3", config_path=CONFIG, config_name=config_name)(lambda _: None)()
