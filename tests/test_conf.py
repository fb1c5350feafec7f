"""The configuration: every file composes, every option builds, every key exists and is read."""

import ast
import dataclasses
import functools
import inspect
import typing
from pathlib import Path

import pytest
import yaml
from hydra import compose, initialize_config_module
from omegaconf import OmegaConf

from engine import protocols
from engine.build import build, locate
from engine.config import (
    AlphaCodeConfig,
    ExportConfig,
    LocateConfig,
    ReportConfig,
    RunConfig,
    VerifyConfig,
    register,
    resolved,
)
from engine.errors import ConfigError, UsageError
from engine.loop import Executor
from engine.records import SamplingParams
from engine.rundir import RunDir

ROOT = Path(__file__).resolve().parents[1]
CONF = ROOT / "conf"
ENTRIES = {
    "config": RunConfig,
    "verify": VerifyConfig,
    "export": ExportConfig,
    "report": ReportConfig,
    "alphacode": AlphaCodeConfig,
    "locate": LocateConfig,
}
PROTOCOLS = {
    "problems": protocols.ProblemSource,
    "prompt": protocols.PromptTemplate,
    "sampler": protocols.Sampler,
    "verifier": protocols.Verifier,
    "accept": protocols.AcceptRule,
    "budget": protocols.Budget,
    "select": protocols.Selector,
    "product": protocols.Product,
    "sandbox": protocols.Sandbox,
    "executor": Executor,
}
MULTIPLE = ("verifier", "select", "product")
OPTIONS = [(path.parent.name, path.stem) for path in sorted(CONF.glob("*/*.yaml")) if path.parent.name in PROTOCOLS]
FILLED = "filled-by-the-test"
EXPERIMENTS = sorted(path.stem for path in CONF.glob("experiment/*.yaml"))


@pytest.fixture(scope="module", autouse=True)
def conf():
    register()
    with initialize_config_module("conf", version_base="1.3"):
        yield


def composed(entry="config", *overrides):
    return compose(entry, overrides=list(overrides))


def component(group, option):
    """The option as the run sees it, its mandatory values filled, and its key."""
    multiple = group in MULTIPLE
    cfg = composed("config", f"{group}=[{option}]" if multiple else f"{group}={option}")
    key = f"{group}.{nested_name(group, option)}" if multiple else group
    fill(cfg, key)
    return OmegaConf.to_container(OmegaConf.select(cfg, key), resolve=True), key


def nested_name(group, option):
    """The one key of an option of a multiple group: what verdicts and products are called."""
    (name,) = yaml.safe_load((CONF / group / f"{option}.yaml").read_text("utf-8"))
    return name


def fill(cfg, within=""):
    for key in OmegaConf.missing_keys(cfg):
        if key.startswith(within):
            OmegaConf.update(cfg, key, FILLED, force_add=True)


# composition


def test_every_folder_is_a_known_group():
    folders = {path.relative_to(CONF).parts[0] for path in CONF.glob("*/**/*.yaml")}
    assert folders <= {*PROTOCOLS, "experiment", "local", "hydra"}
    assert len(OPTIONS) >= len(PROTOCOLS)


@pytest.mark.parametrize("entry", ENTRIES)
def test_entries_compose(entry):
    cfg = composed(entry)
    fill(cfg)
    OmegaConf.to_container(cfg, resolve=True, throw_on_missing=True)


def test_experiments_compose():
    for experiment in EXPERIMENTS:
        cfg = composed("config", f"experiment={experiment}")
        fill(cfg)
        OmegaConf.to_container(cfg, resolve=True, throw_on_missing=True)


@pytest.mark.parametrize(("group", "option"), OPTIONS, ids=str)
def test_option_builds(group, option, tmp_path):
    """Its class imports, takes these parameters and does what its group promises."""
    config, key = component(group, option)
    if config.get("path") == FILLED:
        config["path"] = str(tmp_path / "rows.jsonl")
        (tmp_path / "rows.jsonl").write_text("{}\n")
    if config.get("teachers") == FILLED:
        config["teachers"] = {"one": {"_target_": "engine.samplers.scripted.ScriptedSampler"}}
    if config.get("against") == {}:
        (tmp_path / "held_out.jsonl").write_text('{"question": "What is it?"}\n')
        config["against"] = {"held_out": {"path": str(tmp_path / "held_out.jsonl")}}
    if group == "problems" and option == "reasoning_gym":
        pytest.importorskip("reasoning_gym", reason="extra gym is not installed")
        config["task"] = "chain_sum"
    made = build(config, PROTOCOLS[group], key)
    assert type(made).__module__.startswith(("engine.", "verifiers.", "sandboxes."))


@pytest.mark.parametrize(("group", "option"), OPTIONS, ids=str)
def test_option_lists_every_parameter(group, option):
    """Users see all there is to choose, and nothing that is not there."""
    config, key = component(group, option)
    compare(locate(config.pop("_target_"), key), config, key)


def compare(cls, config, key):
    hints = typing.get_type_hints(cls.__init__)
    parameters = inspect.signature(cls).parameters
    assert set(config) == set(parameters), f"{key}: the YAML and {cls.__name__} differ"
    for name in parameters:
        nested = record_in(hints.get(name))
        if nested and typing.get_origin(hints[name]) is dict:
            for item, value in config[name].items():
                compare(nested, value, f"{key}.{name}.{item}")
        elif nested and isinstance(config[name], dict):
            compare(nested, config[name], f"{key}.{name}")


def record_in(hint):
    """The dataclass that a parameter is typed as (also as one of a union, or of a dictionary's values), or None."""
    candidates = [hint, *typing.get_args(hint)]
    return next((item for item in candidates if isinstance(item, type) and dataclasses.is_dataclass(item)), None)


# every key is read


@functools.cache
def parsed(path):
    return ast.parse(Path(path).read_text("utf-8"))


def homes(cls):
    """Sources of a class and of its bases, and of what they import from their own package, on and on."""
    todo = [inspect.getsourcefile(base) for base in cls.__mro__ if base is not object]
    found = set()
    while todo:
        path = todo.pop()
        if path in found or not Path(path).is_relative_to(ROOT):
            continue
        found.add(path)
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.ImportFrom) and not node.level:
                base = ROOT.joinpath(*node.module.split("."))
                todo += [str(file) for file in (base.with_suffix(".py"), base / "__init__.py") if file.exists()]
    return found - {str(ROOT / "engine" / "config.py")}


@functools.cache
def names_read(path):
    """Attributes and names that a module loads; to check a value and raise is not to use it."""
    found = set()

    def visit(node, checking):
        checking = checking or (isinstance(node, ast.FunctionDef) and node.name == "__post_init__")
        only_checks = isinstance(node, ast.Assert) or (
            isinstance(node, ast.If) and isinstance(node.body[-1], ast.Raise)
        )
        stores = (
            isinstance(node, ast.Assign)
            and isinstance(node.targets[0], ast.Attribute)
            and isinstance(node.value, ast.Name)
        )  # `self.x = x` keeps and does not use
        if (checking and only_checks) or stores:
            return
        if isinstance(getattr(node, "ctx", None), ast.Load):
            found.add(getattr(node, "attr", None) or getattr(node, "id", None))
        for child in ast.iter_child_nodes(node):
            visit(child, checking)

    visit(parsed(path), checking=False)
    return found


def unread(cls):
    """Parameters of a class, and fields of the dataclasses that they are typed as, that nothing reads."""
    read = set().union(*map(names_read, homes(cls)))
    if issubclass(cls, protocols.Sandbox) or protocols.Sandbox in typing.get_type_hints(cls.__init__).values():
        read |= keys_read_in("sandboxes")  # limits and languages travel as JSON to where programs run
    # a parameter may be read as the private attribute that keeps it
    missing = [name for name in inspect.signature(cls).parameters if not {name, f"_{name}"} & read]
    for hint in typing.get_type_hints(cls.__init__).values():
        nested = record_in(hint)
        if nested:
            missing += [
                f"{nested.__name__}.{field.name}" for field in dataclasses.fields(nested) if field.name not in read
            ]
    return missing


@pytest.mark.parametrize(("group", "option"), OPTIONS, ids=str)
def test_option_reads_every_parameter(group, option):
    config, key = component(group, option)
    assert not unread(locate(config["_target_"], key))


@functools.cache
def keys_read_in(package):
    """Constant subscripts in a package, such as `limits["cpu_s"]`, and arguments of `get`."""
    found = set()
    for path in (ROOT / package).rglob("*.py"):
        for node in ast.walk(parsed(str(path))):
            part = node.slice if isinstance(node, ast.Subscript) else None
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "get":
                part = node.args[0]
            found |= {part.value} if isinstance(part, ast.Constant) else set()
    return found


def constant_paths():
    """Chains of constant subscripts in engine, such as `config["run"]["seed"]`, as dotted keys."""
    found = set()
    for path in (ROOT / "engine").rglob("*.py"):
        for node in ast.walk(parsed(str(path))):
            keys, inner = [], node
            while isinstance(inner, ast.Subscript) and isinstance(inner.slice, ast.Constant):
                keys.insert(0, str(inner.slice.value))
                inner = inner.value
            found |= {".".join(keys[:end]) for end in range(1, len(keys) + 1)}
    return found


@pytest.mark.parametrize("entry", ENTRIES)
def test_every_key_of_the_schema_is_read(entry):
    subscripts = constant_paths()
    for field in dataclasses.fields(ENTRIES[entry]):
        assert field.name in subscripts, f"{field.name} is never read"
        section = record_in(field.type)
        if section is None:
            continue
        sources = map(str, (ROOT / "engine").rglob("*.py"))
        users = [path for path in sources if section.__name__ in names_read(path)]
        users += [str(ROOT / "engine" / f"{field.name}.py")] if (ROOT / "engine" / f"{field.name}.py").exists() else []
        read = subscripts.union(*map(names_read, users))
        for name in (item.name for item in dataclasses.fields(section)):
            assert {f"{field.name}.{name}", name, f"_{name}"} & read, f"{field.name}.{name} is never read"


def test_unread_keys_are_noticed():
    """The checks above can fail."""
    assert unread(Forgetful) == ["kept_and_forgotten"]
    assert unread(Checker) == ["merely_checked"]


class Forgetful:
    def __init__(self, put_to_use: int, kept_and_forgotten: int) -> None:
        self.kept_and_forgotten = kept_and_forgotten
        self.double = put_to_use * 2


@dataclasses.dataclass
class Checker:
    put_to_use: int
    merely_checked: int

    def __post_init__(self) -> None:
        if self.merely_checked < 0:
            raise ConfigError("negative")


# traps of Hydra that others have paid for


def test_nested_dataclasses_become_objects():
    config, key = component("sampler", "openai")
    made = build(config, protocols.Sampler, key)
    assert type(made.params) is SamplingParams
    assert made.params.stop == ()
    assert not OmegaConf.is_config(made.extra_body)


@pytest.mark.parametrize(("group", "default"), [("verifier", "math"), ("product", "sft")])
def test_emptied_multiple_group_is_an_empty_mapping(group, default):
    """Hydra removes the key altogether; the schema's default keeps it."""
    assert OmegaConf.to_container(composed("config", f"{group}=[]")[group]) == {}
    assert list(composed("config", f"{group}=[{default}]")[group]) == [default]


def test_options_of_multiple_groups_nest_under_their_name():
    """`math_strict` may be a variant of `math`: both are called math, so that one replaces the other."""
    for group, option in OPTIONS:
        if group in MULTIPLE:
            name = nested_name(group, option)
            assert option == name or option.startswith(f"{name}_")


def test_no_key_is_a_yaml_boolean():
    """YAML 1.1 reads y, n, yes, no, on and off as booleans, keys too."""

    def keys(node):
        if isinstance(node, dict):
            for key, value in node.items():
                yield key
                yield from keys(value)
        elif isinstance(node, list):
            for item in node:
                yield from keys(item)

    for path in CONF.rglob("*.yaml"):
        bad = [key for key in keys(yaml.safe_load(path.read_text("utf-8"))) if not isinstance(key, str)]
        assert not bad, f"{path}: {bad}"


def test_conf_is_an_importable_package_of_yaml():
    """Without `__init__.py` a wheel has no conf; Hydra passes over `.yml` in silence."""
    assert (CONF / "__init__.py").exists()
    assert not list(CONF.rglob("*.yml"))


@pytest.mark.parametrize("entry", ENTRIES)
def test_hydra_keeps_its_hands_off_the_run_directory(entry):
    cfg = compose(entry, return_hydra_config=True)
    assert cfg.hydra.job.chdir is False
    assert cfg.hydra.output_subdir is None  # Hydra's own copy would be overwritten at each resume
    assert cfg.hydra.job_logging.get("handlers") is None  # and no log file


def test_jobs_of_a_sweep_have_their_own_directories():
    """`override_dirname` alone breaks on lists, commas and slashes; tests/sweep holds what becomes of it."""
    raw = OmegaConf.load(CONF / "config.yaml")
    node = OmegaConf.to_container(raw.hydra.sweep, resolve=False)
    assert node == {"dir": "runs/${run.name}", "subdir": "${job_folder:${hydra.job.override_dirname}}"}


@pytest.fixture
def started(tmp_path):
    """A run directory and the configuration it was started with."""
    config = resolved(composed("config", "sampler=scripted"))
    directory = RunDir(tmp_path)
    assert directory.adopt(config) is False
    (directory.ledger / "samples").mkdir(parents=True)
    (directory.ledger / "samples" / "w-000001.parquet").touch()
    return directory, config


def test_same_configuration_resumes(started):
    directory, config = started
    assert directory.adopt(config) is True


def test_changed_configuration_is_refused_and_shown(started):
    """Hydra alone would overwrite the old configuration in silence."""
    directory, config = started
    before = directory.config_path.read_text("utf-8")
    changed = config | {"budget": config["budget"] | {"n_samples": 3}}
    with pytest.raises(UsageError, match=r"(?s)run\.name=….*budget\.n_samples: 8 -> 3$"):
        directory.adopt(changed)
    assert directory.config_path.read_text("utf-8") == before


def test_a_start_without_samples_binds_nobody(started):
    directory, config = started
    (directory.ledger / "samples" / "w-000001.parquet").unlink()
    assert directory.adopt(config | {"budget": config["budget"] | {"n_samples": 3}}) is False
    assert directory.load_config()["budget"]["n_samples"] == 3


def test_what_decides_no_result_may_change_on_resume(started):
    directory, config = started
    assert directory.adopt(config | {"pool": config["pool"] | {"workers": 1}}) is True
    assert directory.load_config()["pool"]["workers"] == 1
