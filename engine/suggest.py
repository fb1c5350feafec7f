"""Turns Hydra's configuration errors into one sentence that names the key, with close matches."""

import difflib
import functools
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import hydra
from hydra.core.config_loader import ConfigLoader
from hydra.core.global_hydra import GlobalHydra
from hydra.core.object_type import ObjectType
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import HydraException, OverrideParseException, SearchPathException
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf

OPTION = re.compile(r"(?:In '([^']*)': )?Could not (?:find|load) '([^']+)/([^'/]+)'")
OVERRIDE = re.compile(r"Could not override '([^']+)'")
MERGE = re.compile(r"Error merging override (.*)")
DELETE = re.compile(r"Could not delete (?:from config\. )?'([^']+)'")
AMBIGUOUS = re.compile(r"Ambiguous value for argument '(.*?)' 1\.")
TWICE = re.compile(r"^(\S+) appears more than once")
FULL_KEY = re.compile(r"\s*full_key: (\S+)")
NOISE = re.compile(r"\s*(object_type=\S+|full_key: \S*|reference_type=\S+|Config search path:.*|See https://\S+.*)")


def explain(error: BaseException, config_name: str, overrides: list[str], config_dir: str | None = None) -> str:
    """One sentence: what is wrong, and what was perhaps meant. ``error`` was raised while composing."""
    if isinstance(error, SearchPathException):
        return " ".join(str(error).split())
    where = [] if config_dir is None else [f"hydra.searchpath=[file://{Path(config_dir).absolute()}]"]
    with hydra.initialize_config_module("conf", version_base="1.3"):
        return Explainer(GlobalHydra.instance().config_loader(), config_name, overrides, where).explain(error)


@dataclass
class Explainer:
    """Knows what can be chosen: composes the same configuration without the overrides that broke it."""

    loader: ConfigLoader
    config_name: str
    overrides: list[str]
    where: list[str]

    def explain(self, error: BaseException) -> str:
        """See ``explain``."""
        text = " ".join(str(error).split())
        if isinstance(error, OverrideParseException):
            return self._unreadable(text)
        if match := OPTION.search(text):
            return self._unknown_option(match[2], match[3], match[1])
        if match := OVERRIDE.search(text):
            return self._unknown_key(match[1])
        if match := MERGE.search(text):
            return _wrong_type(match[1], error.__cause__)
        if match := DELETE.search(text):
            return self._cannot_delete(match[1])
        if match := AMBIGUOUS.search(text):
            key, _, value = match[1].partition("=")
            return f"{match[1]}: has several values; sweep over them with -m, or write a list: {key}=[{value}]"
        if match := TWICE.search(text):
            return f"{match[1]}: is chosen twice; leave out the + to replace an option that is there already"
        return self._anything_else(error, text)

    def _unreadable(self, text: str) -> str:
        for override in self.overrides:
            try:
                OverridesParser.create().parse_override(override)
            except HydraException:
                if re.fullmatch(r"[\w./-]+", override):
                    return f"{override}: is no setting; write key=value"
                return (
                    f"{override}: cannot be read; close every bracket and quote, and put a value with special "
                    "characters in quotes within quotes, as in 'key=\"a=b\"'"
                )
        return NOISE.sub("", text)

    def _unknown_option(self, group: str, option: str, parent: str | None) -> str:
        options = self._options(group, ObjectType.CONFIG)
        inside = f" (named in {parent}.yaml)" if parent and parent != self.config_name else ""
        if not options:
            groups = [name for name in self._options("", ObjectType.GROUP) if name != "hydra"]
            return f"{group}={option}: there is no group {group}{inside}{close(group, groups)}"
        own = f"; your own would be conf/{group}/{option}.yaml in the working directory"
        return f"{group}={option}: there is no such option{inside}{close(option, options)}{own}"

    def _unknown_key(self, key: str) -> str:
        group, _, option = next((o for o in self.overrides if o.startswith(f"{key}=")), key).partition("=")
        if option and self._is_group(group):
            file = f"conf/{group}/{option}.yaml"
            return f"{group}={option}: there is no such option; your own would be {file} in the working directory"
        config = self._composed
        parent, _, name = key.rpartition(".")
        while parent and not isinstance(OmegaConf.select(config, parent), DictConfig):
            parent, _, name = parent.rpartition(".")
        node = OmegaConf.select(config, parent) if parent else config
        names = sorted(map(str, node)) if isinstance(node, DictConfig) else []
        names = [name for name in names if name not in ("_target_", "hydra")]
        return f"{key}: there is no such key{close(name, names)}"

    def _cannot_delete(self, key: str) -> str:
        if OmegaConf.select(self._composed, key) is None:
            return self._unknown_key(key)
        return f"~{key}: cannot be taken out like this; {key}=[] chooses none of a group that takes a list"

    def _anything_else(self, error: BaseException, text: str) -> str:
        match = FULL_KEY.search(str(error))
        if match:
            return f"{match[1]}: {NOISE.sub('', text)}"
        for override in self.overrides:
            try:
                self._load([override])
            except type(error) as same:
                if str(same) == str(error):
                    return self._blame(override, text)
            except Exception:  # noqa: BLE001, S112  another complaint: not this override
                continue
        return NOISE.sub("", text).split(" Check that ")[0]

    def _blame(self, override: str, text: str) -> str:
        key, _, value = override.partition("=")
        if not text.startswith("Config group override must be"):
            return f"{override}: {NOISE.sub('', text)}"
        return self._unknown_option(key, value, None) if self._is_group(key) else self._unknown_key(key)

    def _options(self, group: str, kind: ObjectType) -> list[str]:
        return sorted(self.loader.get_group_options(group, kind, self.config_name, self.where))

    @functools.cached_property
    def _composed(self) -> DictConfig:
        """The configuration with the choices of options, or without any override when one of those is wrong."""
        chosen = [item for item in self.overrides if re.fullmatch(r"[\w/]+=[\w\[\],]+", item)]
        for overrides in (chosen, []):
            try:
                return self._load(overrides)
            except Exception:  # noqa: BLE001, S112  these overrides are what is wrong
                continue
        return OmegaConf.create()

    def _is_group(self, key: str) -> bool:
        return key in (OmegaConf.select(self._composed, "hydra.runtime.choices") or {})

    def _load(self, overrides: list[str]) -> DictConfig:
        return self.loader.load_configuration(self.config_name, [*self.where, *overrides], RunMode.RUN)


def _wrong_type(override: str, cause: BaseException | None) -> str:
    text = str(cause).splitlines()[0] if cause else "does not fit"
    key = override.partition("=")[0]
    if "is not a subclass of" in text:
        return f"{override}: {key} is a section; set one of its keys, as in {key}.name=value"
    if "is not Optional" in text:
        text = "must have a value"
    return f"{override}: {text}"


def close(name: str, names: Iterable[str]) -> str:
    """End of a sentence: what was perhaps meant, and what there is."""
    names = list(names)
    matches = difflib.get_close_matches(name, names, n=2, cutoff=0.5)
    meant = f"; did you mean {' or '.join(matches)}?" if matches else ";"
    return f"{meant} There is {', '.join(names)}" if names else "."
