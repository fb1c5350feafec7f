"""What a sweep varies, and the directory of each of its jobs.

A job's directory is named by the settings that the sweep varies and nothing else, so it stays the same when values are
added, taken out or put in another order, and the same command finds every job where it left it.
"""

import re
from collections.abc import Sequence

from hydra.conf import HydraConf
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import HydraException
from omegaconf import OmegaConf

from engine.codec import content_id
from engine.errors import UsageError

LONGEST = 120
"""Characters; file systems take 255 bytes, and a run writes names of its own below."""
EXCLUDED = "hydra.job.config.override_dirname.exclude_keys"
NOTHING = "job"
"""The directory where no setting is varied."""


def name_by_what_varies(overrides: Sequence[str]) -> list[str]:
    """Hydra overrides for a sweep, so that ``hydra.job.override_dirname`` holds what is varied and no constant.

    Raises ``UsageError`` where the sweep varies its own name. An override that cannot be read is left to Hydra.
    """
    try:
        parsed = OverridesParser.create().parse_overrides(list(overrides))
    except HydraException:
        return []
    if any(item.key_or_group == "run.name" and item.is_sweep_override() for item in parsed):
        raise UsageError(
            "run.name: a sweep has one name, its jobs are directories in runs/NAME; leave it out of the sweep"
        )
    constants = sorted({item.key_or_group for item in parsed if not item.is_sweep_override()})
    quoted = ",".join(f"'{name}'" for name in constants if not name.startswith("hydra."))
    return [f"{EXCLUDED}=[{quoted}]"]


def varied(hydra: HydraConf) -> list[str]:
    """Of a job's overrides those that the sweep varies, in the order of the command; ``hydra`` is Hydra's own node."""
    constants = set(hydra.job.config.override_dirname.exclude_keys)
    return [item for item in hydra.overrides.task if re.split(r"[=@]", item.lstrip("+~"))[0] not in constants]


def folder(name: str) -> str:
    """A directory name that needs no quoting, in a shell or in Hydra; what had to be changed adds a hash."""
    safe = re.sub(r"[^\w.+-]", "_", name, flags=re.ASCII)
    if safe == name and len(name) <= LONGEST and not name.startswith("."):
        return name or NOTHING
    return f"{safe[:LONGEST].lstrip('.')}_{content_id(name)[:8]}"


OmegaConf.register_new_resolver("job_folder", folder, replace=True)
