"""``proofstill new verifier NAME``: starts a plug-in package that passes the contract kit."""

import importlib.util
import keyword
import re
import sys
from pathlib import Path

from engine.cli import PACKAGES
from engine.errors import ConfigError, ProofstillError, UsageError

USAGE = "proofstill new verifier NAME"
TEMPLATES = Path(__file__).resolve().parents[1] / "templates" / "verifier"
OPTIONS = Path(__file__).resolve().parents[2] / "conf" / "verifier"
FILES = {
    "pyproject.toml.jinja": "pyproject.toml",
    "gitignore.jinja": ".gitignore",
    "verifier.py.jinja": "src/{name}/__init__.py",
    "conf.yaml.jinja": "src/{name}/conf/verifier/{name}.yaml",
    "test.py.jinja": "tests/test_{name}.py",
}
NEXT = """\
{name}/ is a package with a verifier, its configuration and a test. Next:

  cd {name}
  pip install --editable .
  python -m pytest
  proofstill verify verifier={name} samples=FILE.jsonl

The check to replace is in {name}/src/{name}/__init__.py.
"""


def main(arguments: list[str]) -> int:
    """Write the package; prints the next commands."""
    if arguments in (["-h"], ["--help"]):
        sys.stdout.write(f"{USAGE}: writes NAME/, a plug-in package with a verifier and a test that passes\n")
        return 0
    try:
        if len(arguments) != 2 or arguments[0] != "verifier":
            raise UsageError(f"nothing to start; the command is {USAGE}")
        scaffold(arguments[1], Path.cwd())
    except ProofstillError as error:
        sys.stderr.write(f"error: {error}\n")
        return error.exit_code
    sys.stdout.write(NEXT.format(name=arguments[1]))
    return 0


def scaffold(name: str, parent: Path) -> None:
    """Write ``parent/name/``. Raises ``ConfigError`` for a name that cannot be used, and writes nothing then."""
    check_name(name)
    root = parent / name
    if root.exists():
        raise ConfigError(f"{name}: {root} exists already; choose another name or another directory")
    texts = {place.format(name=name): _rendered(template, name) for template, place in FILES.items()}
    texts[f"src/{name}/conf/__init__.py"] = ""
    try:
        for place, text in texts.items():
            path = root / place
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ProofstillError(f"{name}: cannot write {error.filename} ({error.strerror})") from error


def check_name(name: str) -> None:
    """Refuse a name that would not work, or would hide something. Raises ``ConfigError``."""
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or keyword.iskeyword(name):
        raise ConfigError(f"{name}: is no name for a package; use lower-case letters, digits and _, as in unit_check")
    if (OPTIONS / f"{name}.yaml").exists():
        raise ConfigError(f"{name}: is a verifier of Proofstill's own; choose another name")
    if name in PACKAGES or name in sys.stdlib_module_names or importlib.util.find_spec(name) is not None:
        raise ConfigError(f"{name}: would hide the module of that name that is installed; choose another name")


def _rendered(template: str, name: str) -> str:
    import jinja2

    loader = jinja2.FileSystemLoader(TEMPLATES)
    # what is written is Python, TOML and YAML, with a checked identifier put in: nothing to escape
    environment = jinja2.Environment(loader=loader, undefined=jinja2.StrictUndefined, keep_trailing_newline=True)  # noqa: S701
    class_name = "".join(part.title() for part in name.split("_"))
    return environment.get_template(template).render(name=name, class_name=class_name)
