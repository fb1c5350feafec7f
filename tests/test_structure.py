"""The rules of the house that a machine can check: who imports whom, file sizes, what is never called."""

import ast
import re
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("engine", "verifiers", "sandboxes")
SOURCES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
PYTHON = sorted(
    [*SOURCES, *(path for folder in ("tests", "benchmarks", "conf", "docs") for path in (ROOT / folder).rglob("*.py"))]
)
SEAM_IMPORTS = {
    "engine.group": {"engine.records"},
    "engine.rows": {"engine.records"},
    "engine.protocols": {"engine.records", "engine.group", "engine.rows"},
}
SEAMS = {"engine.records", "engine.codec", "engine.errors", *SEAM_IMPORTS}
HEAVY = ("torch", "transformers", "sympy", "vllm", "docker", "ray", "duckdb", "datasets", "pyarrow", "hydra", "openai")
EXCEPTIONS = {
    ("engine.worker", "pickle.loads"): "a worker gets its verifier from its own parent",
    ("engine.alphacode.workers", "pickle.loads"): "a worker gets its analysis from its own parent",
    ("engine.contract", "pickle.loads"): "the kit tries that a verifier can be sent to a worker",
    ("sandboxes.runner.child", "exec"): "the program, in the process made for it",
    ("sandboxes.runner.child", "compile"): "the same",
    ("sandboxes.runner.zygote", "exec"): "our own three lines, to warm up before there is any program",
    ("sandboxes.runner.zygote", "compile"): "the same",
    ("sandboxes.runner.judge", "exec"): "test code, in the judge's own sandboxed process",
    ("sandboxes.runner.judge", "compile"): "the same",
    ("verifiers.reasoning_gym", "builtins.eval"): "text that a task generated itself, never an answer",
    ("verifiers.reasoning_gym", "parse_expr"): "short integer arithmetic without powers, by a full match",
}
FORBIDDEN_CALLS = {"eval", "exec", "compile", "sympify", "parse_expr", "parse_latex", "os.system", "os.popen"}


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(tree: ast.AST, package: str) -> Iterator[str]:
    """Dotted names that a module imports, anywhere in it; of `from a import b` both `a.b` and `a`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parents = package.split(".")
                base = ".".join([*parents[: len(parents) - node.level + 1], base]).rstrip(".")
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)


def imports_of(path: Path) -> set[str]:
    name = module_name(path)
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    return set(imports(ast.parse(path.read_text("utf-8")), package))


def ours(names: set[str]) -> set[str]:
    """Modules of ours among dotted names; a name of something inside a module counts as the module."""
    known = {module_name(path) for path in SOURCES} | {"conf"}
    found = set()
    for name in names:
        module = name
        while module and module not in known:
            module = module.rpartition(".")[0]
        found.add(module)
    return found - {"", "engine"}


@pytest.mark.parametrize("path", SOURCES, ids=module_name)
def test_layers(path):
    name, used = module_name(path), imports_of(path)
    mine = ours(used)
    if name in SEAMS:
        foreign = {item.split(".")[0] for item in used} - sys.stdlib_module_names - {"engine"}
        assert not foreign, f"{name} imports {foreign}; the seams import the standard library only"
        assert mine <= SEAM_IMPORTS.get(name, set()), f"{name} imports {mine}"
    elif name.startswith("engine"):
        assert not {item for item in mine if item.startswith(("verifiers", "sandboxes"))}, (
            f"{name} reaches verifiers or sandboxes directly; it must go through `_target_`"
        )
    else:
        own = name.split(".")[0]
        assert not {item for item in mine - SEAMS if item.split(".")[0] != own}, (
            f"{name} imports {mine - SEAMS}; of engine it may import only {', '.join(sorted(SEAMS))}"
        )


def test_only_build_instantiates_targets():
    for path in SOURCES:
        names = imports_of(path)
        assert "hydra.utils.instantiate" not in names, f"{path}: engine.build.build is the only instantiator"
        assert "hydra.utils.call" not in names, f"{path}: engine.build.build is the only instantiator"
        if module_name(path) != "engine.build":
            assert not {"hydra.utils.get_class", "hydra.utils.get_object"} & names, f"{path}: use engine.build.locate"


def test_file_sizes():
    sizes = {path: len(path.read_text("utf-8").splitlines()) for path in PYTHON}
    long = {str(path.relative_to(ROOT)): size for path, size in sizes.items() if size > 400}
    assert not long, f"files over 400 lines: {long}"
    full = [size for path, size in sizes.items() if path in SOURCES and size > 5]
    assert statistics.median(full) <= 150


def test_no_dumping_ground():
    assert not [path for path in PYTHON if path.stem in ("utils", "helpers", "misc", "common")]


@pytest.mark.parametrize("path", SOURCES, ids=module_name)
def test_text_is_never_run(path):
    """Model output is hostile: nothing that could run it is called anywhere."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        called = ast.unparse(node.func)
        last = called.rpartition(".")[2]
        if (module_name(path), called) in EXCEPTIONS:
            continue
        # torch's `model.eval()` and `re.compile(pattern)` run no text
        allowed = (last == "eval" and not node.args) or called == "re.compile"
        where = f"{path.relative_to(ROOT)}:{node.lineno}: {called}"
        assert allowed or not {called, last} & FORBIDDEN_CALLS, where
        assert not [word for word in node.keywords if word.arg == "shell"], f"{where}(shell=…)"
        assert not re.search(r"(^|\.)pickle\.loads?$|yaml\.load$|create_subprocess_shell$", called), where


def test_exceptions_are_still_needed():
    for module, called in EXCEPTIONS:
        assert f"{called}(" in (ROOT / f"{module.replace('.', '/')}.py").read_text("utf-8"), f"{module}: {called}"


@pytest.mark.parametrize("path", SOURCES, ids=module_name)
def test_no_stubs(path):
    text = path.read_text("utf-8")
    assert not re.search(r"\b(TODO|FIXME|XXX)\b", text)
    tree = ast.parse(text)
    protocols = [n for n in ast.walk(tree) if isinstance(n, ast.ClassDef) and "Protocol" in map(ast.unparse, n.bases)]
    promises = {id(method) for protocol in protocols for method in protocol.body}  # `...` by nature
    for node in ast.walk(tree):
        if id(node) in promises:
            continue
        assert not (isinstance(node, ast.Raise) and "NotImplemented" in ast.unparse(node)), f"{path}:{node.lineno}"
        # a protocol may ask for a `close` that has nothing to close
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name != "close" and not is_abstract(node):
            body = [item for item in node.body if not is_constant(item)]
            assert body, f"{path.relative_to(ROOT)}:{node.lineno}: {node.name} does nothing"


def is_constant(node: ast.stmt) -> bool:
    return isinstance(node, ast.Pass) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))


def is_abstract(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return any(ast.unparse(item).endswith("abstractmethod") for item in node.decorator_list)


def loaded_by(code: str) -> set[str]:
    """Top-level modules that a fresh interpreter holds after `code`."""
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys; print('loaded', *sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    return {name.split(".")[0] for name in done.stdout.rpartition("loaded ")[2].split()}


@pytest.mark.parametrize(
    "code",
    [
        "import engine.cli",
        "import sys, engine.cli; sys.argv = ['proofstill', '--help']; engine.cli.main()",
        "import engine.records, engine.codec, engine.protocols, engine.errors",
    ],
    ids=["import", "help", "seams"],
)
def test_help_loads_nothing_heavy(code):
    assert not loaded_by(code) & set(HEAVY)


@pytest.mark.parametrize("module", ["engine.run", "engine.hydra_app", "engine.config", "verifiers.math"])
def test_heavy_modules_load_on_first_use(module):
    heavy = {"torch", "transformers", "vllm", "docker", "ray", "datasets", "sympy", "openai"}
    assert not loaded_by(f"import {module}") & heavy


def test_no_path_of_a_machine_in_the_repository():
    """No home directory, workplace path or package index in anything committed."""
    pattern = r"/(root|home|Users|work)/[a-z]|/opt/(pypi|wheels)|(index-url|find-links)[= ]+[a-z]+://"
    listed = subprocess.run(
        ["git", "grep", "-nIE", pattern, "--", ".", ":!tests/test_structure.py"],
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    if listed.returncode > 1:
        pytest.skip(f"not a git checkout: {listed.stderr.strip()}")
    assert not listed.stdout, listed.stdout
