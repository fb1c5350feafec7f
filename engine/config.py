"""The configuration's schema, its identity, and what may change when a run is resumed."""

from dataclasses import dataclass, field
from typing import Any

from hydra.core.config_store import ConfigStore
from omegaconf import MISSING, DictConfig, OmegaConf

from engine.build import locate
from engine.codec import content_id
from engine.errors import ConfigError
from engine.locate.posterior import Prior
from engine.progress import ProgressConfig

# What changes how fast a run goes, never what it makes, and so may differ when a run is resumed; with the keys that do
# decide results all the same.
OPERATIONAL: dict[str, tuple[str, ...]] = {
    "run": ("seed",),
    "pool": (),
    "loop": ("gold_check",),
    "ledger": (),
    "progress": (),
    "objective": (),
    "direction": (),
    "sandbox": (),
    "executor": (),
    "hydra": (),
}
SECRETS = ("api_key", "token", "password")


@dataclass
class RunSection:
    """Name and seed."""

    name: str = "demo"
    seed: int = 0


@dataclass
class PoolSection:
    """Verifier processes. See ``engine.pool``."""

    workers: int = 0
    deadline_s: float = 10.0
    memory_mb: int = 4096


@dataclass
class LoopSection:
    """Back-pressure. See ``engine.loop``."""

    open_problems: int = 128
    max_unjudged: int = 10_000
    gold_check: bool = True


@dataclass
class CascadeSection:
    """How the order of the verifiers is found. See ``engine.cascade``."""

    problems: int = 64
    from_problem: int = 512

    def __post_init__(self) -> None:
        """Raise ``ConfigError`` naming the key that does not fit."""
        if self.problems < 0 or self.from_problem < self.problems:
            raise ConfigError(
                f"cascade.from_problem is {self.from_problem} and cascade.problems {self.problems}: give problems 0 or "
                "more, and from_problem no less"
            )


@dataclass
class LedgerSection:
    """When segments are committed. See ``engine.ledger``."""

    flush_rows: int = 20_000
    flush_s: float = 5.0


@dataclass
class RunConfig:
    """``proofstill run``. Groups hold a ``_target_`` and its parameters, checked by ``engine.build``."""

    run: RunSection = field(default_factory=RunSection)
    problems: dict[str, Any] = MISSING
    prompt: dict[str, Any] = MISSING
    sampler: dict[str, Any] = MISSING
    verifier: dict[str, Any] = field(default_factory=dict)
    accept: dict[str, Any] = MISSING
    budget: dict[str, Any] = MISSING
    executor: dict[str, Any] = MISSING
    select: dict[str, Any] = field(default_factory=dict)
    product: dict[str, Any] = field(default_factory=dict)
    sandbox: dict[str, Any] = MISSING
    objective: str = "accepted_problems"
    direction: str = "maximize"
    pool: PoolSection = field(default_factory=PoolSection)
    loop: LoopSection = field(default_factory=LoopSection)
    cascade: CascadeSection = field(default_factory=CascadeSection)
    ledger: LedgerSection = field(default_factory=LedgerSection)
    progress: ProgressConfig = field(default_factory=ProgressConfig)


@dataclass
class VerifyConfig:
    """``proofstill verify``."""

    samples: str = MISSING
    out: str = "-"
    verifier: dict[str, Any] = field(default_factory=dict)
    sandbox: dict[str, Any] = MISSING
    pool: PoolSection = field(default_factory=PoolSection)


@dataclass
class HubSection:
    """Where products are pushed to. See ``engine.products.hub``."""

    repo: str | None = None
    private: bool = True


@dataclass
class ExportConfig:
    """``proofstill export``."""

    run: str = MISSING
    hub: HubSection = field(default_factory=HubSection)
    select: dict[str, Any] = field(default_factory=dict)
    product: dict[str, Any] = field(default_factory=dict)


@dataclass
class ReportConfig:
    """``proofstill report``."""

    run: str = MISSING


@dataclass
class AlphaCodeConfig:
    """``proofstill alphacode``."""

    run: str = MISSING
    workers: int = 0
    generators: int = 1
    weak_tests: bool = True
    sandbox: dict[str, Any] = MISSING
    sampler: dict[str, Any] = field(default_factory=dict)
    analysis: dict[str, Any] = MISSING


@dataclass
class LocateConfig:
    """``proofstill locate``."""

    run: str = MISSING
    sampler: dict[str, Any] = field(default_factory=dict)
    verifier: dict[str, Any] = field(default_factory=dict)
    sandbox: dict[str, Any] = MISSING
    method: str = "bayes"
    confidence: float = 0.95
    rollouts: int = 48
    wave: int = 1
    least_right: float = 0.1
    k: int = 8
    per_problem: int = 4
    accepted_share: float = 0.05
    open_solutions: int = 256
    use_marks: bool = True
    prior: Prior = field(default_factory=Prior)
    pool: PoolSection = field(default_factory=PoolSection)
    ledger: LedgerSection = field(default_factory=LedgerSection)
    progress: ProgressConfig = field(default_factory=ProgressConfig)


def register() -> None:
    """Make the schemas known to Hydra."""
    store = ConfigStore.instance()
    store.store(name="run_schema", node=RunConfig)
    store.store(name="verify_schema", node=VerifyConfig)
    store.store(name="export_schema", node=ExportConfig)
    store.store(name="report_schema", node=ReportConfig)
    store.store(name="alphacode_schema", node=AlphaCodeConfig)
    store.store(name="locate_schema", node=LocateConfig)


def resolved(cfg: DictConfig) -> dict[str, Any]:
    """Plain values with interpolations resolved. Raises ``ConfigError`` for a mandatory key without a value."""
    missing = sorted(OmegaConf.missing_keys(cfg))
    if missing:
        raise ConfigError(f"{missing[0]}: has no value; give it one on the command line, as in `{missing[0]}=…`")
    try:
        value = OmegaConf.to_container(cfg, resolve=True)
    except Exception as error:
        raise ConfigError(str(error).splitlines()[0]) from error
    assert isinstance(value, dict)
    return {str(key): item for key, item in value.items()}


def identity(config: dict[str, Any], key: str = "") -> dict[str, Any]:
    """The part of a configuration that decides results.

    Drops what is operational at the top and, of each component, the parameters that its class lists as
    ``operational`` (addresses, keys, time-outs, batch sizes).
    """
    kept = dict(config)
    for name, deciding in OPERATIONAL.items() if not key else ():
        section = kept.pop(name, {})
        if deciding and section:
            kept[name] = {item: section[item] for item in deciding if item in section}
    if "_target_" in kept:
        cls = locate(str(kept["_target_"]), key)
        kept = {name: value for name, value in kept.items() if name not in getattr(cls, "operational", ())}
    return {
        name: identity(value, f"{key}.{name}".lstrip(".")) if isinstance(value, dict) else value
        for name, value in kept.items()
    }


def component_hash(config: dict[str, Any], key: str) -> str:
    """Identity of one component's configuration, as stored with its verdicts or samples."""
    return content_id(identity(config, key))


def masked(config: dict[str, Any]) -> dict[str, Any]:
    """Copy that is safe to write to disk: no keys or tokens."""
    return {
        name: masked(value) if isinstance(value, dict) else "***" if name in SECRETS and value else value
        for name, value in config.items()
    }


def difference(old: dict[str, Any], new: dict[str, Any], prefix: str = "") -> list[str]:
    """Lines ``key: old -> new`` for every leaf that differs, in key order."""
    lines: list[str] = []
    for name in sorted({*old, *new}):
        path, before, after = f"{prefix}{name}", old.get(name), new.get(name)
        if isinstance(before, dict) and isinstance(after, dict):
            lines += difference(before, after, f"{path}.")
        elif before != after:
            lines.append(f"{path}: {_shown(old, name)} -> {_shown(new, name)}")
    return lines


def _shown(config: dict[str, Any], name: str) -> str:
    text = "(absent)" if name not in config else "null" if config[name] is None else str(config[name])
    return text if len(text) <= 80 else text[:77] + "…"
