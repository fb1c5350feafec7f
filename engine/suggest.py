"""Turns Hydra's configuration errors into one sentence with close matches."""

import difflib
import re

from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import ConfigKeyError

GROUP = re.compile(r"(?:Could not find|In '[^']*': Could not find) '([\w/.-]+)/([^'/]+)'")
KEY = re.compile(r"Key '([^']+)' (?:is not in struct|not in '[^']+')")
OVERRIDE = re.compile(r"Could not override '([^']+)'")


def explain(error: BaseException) -> str:
    """One sentence: what is wrong, and what was perhaps meant."""
    text = " ".join(str(error).split())
    group = GROUP.search(text)
    if group:
        return _unknown_option(group[1], group[2])
    override = OVERRIDE.search(text)
    if override:
        return _unknown_key(override[1])
    key = KEY.search(text)
    if key or isinstance(error, ConfigKeyError):
        return _unknown_key(_full_key(str(error)) or (key[1] if key else text))
    return re.sub(r"\s*(object_type=\S+|full_key: \S+|reference_type=\S+)", "", text) + _full_key_hint(str(error))


def _full_key(text: str) -> str | None:
    match = re.search(r"full_key: (\S+)", text)
    return match[1] if match else None


def _full_key_hint(text: str) -> str:
    key = _full_key(text)
    return f" (at {key})" if key else ""


def _unknown_option(group: str, option: str) -> str:
    options = _options(group)
    if not options:
        groups = [name for name in _options("", groups=True) if name != "hydra"]
        return f"there is no group {group!r}{_close(group, groups)} Groups: {', '.join(groups)}"
    return f"{group}={option}: there is no such option{_close(option, options)} There is {', '.join(options)}"


def _unknown_key(key: str) -> str:
    config = _composed()
    parent, _, name = key.rpartition(".")
    node = OmegaConf.select(config, parent) if parent else config
    names = sorted(map(str, node)) if isinstance(node, DictConfig) else []
    names = [name for name in names if name not in ("_target_", "hydra")]
    there = f" There is {', '.join(names)}" if names else ""
    return f"{key}: there is no such key{_close(name, names)}{there}"


def _close(name: str, options: list[str]) -> str:
    close = difflib.get_close_matches(name, options, n=2, cutoff=0.5)
    return f"; did you mean {' or '.join(close)}?" if close else "."


def _options(group: str, *, groups: bool = False) -> list[str]:
    from hydra.core.global_hydra import GlobalHydra
    from hydra.core.object_type import ObjectType

    instance = GlobalHydra.instance()
    if not instance.is_initialized():
        return []
    kind = ObjectType.GROUP if groups else ObjectType.CONFIG
    return sorted(instance.config_loader().get_group_options(group, results_filter=kind))


def _composed() -> DictConfig:
    """The configuration without the overrides that broke it."""
    import sys

    from hydra.core.global_hydra import GlobalHydra
    from hydra.types import RunMode

    loader = GlobalHydra.instance().config_loader() if GlobalHydra.instance().is_initialized() else None
    if loader is None:
        return OmegaConf.create()
    name = {"run": "config"}.get(sys.argv[0].split()[-1], sys.argv[0].split()[-1])
    chosen = [item for item in sys.argv[1:] if re.match(r"^[\w/]+=[\w\[\],]+$", item)]
    for overrides in (chosen, []):
        try:
            return loader.load_configuration(name, overrides=overrides, run_mode=RunMode.RUN)
        except Exception:  # noqa: BLE001, S112  the overrides are what is wrong
            continue
    return OmegaConf.create()
