"""The directory of a sweep's job: stable, unique, and fit for a shell."""

import pytest
from hydra import compose, initialize_config_module
from hydra.core.hydra_config import HydraConfig
from omegaconf import OmegaConf

from engine.config import register
from engine.errors import UsageError
from engine.sweep.names import EXCLUDED, LONGEST, folder, name_by_what_varies, varied


def job(sweep, *overrides):
    """Directory and varied settings of one job of a sweep, as Hydra composes it."""
    register()
    with initialize_config_module("conf", version_base="1.3"):
        cfg = compose("config", [*name_by_what_varies(sweep), *overrides], return_hydra_config=True)
    HydraConfig.instance().set_config(cfg)
    return str(OmegaConf.select(cfg, "hydra.sweep.subdir")), varied(cfg.hydra)


def test_only_what_varies_names_the_directory():
    sweep = ["run.name=a", "budget.n_samples=2,4", "problems.n_problems=5", "sampler=tiny,scripted"]
    found = job(sweep, "run.name=a", "budget.n_samples=2", "problems.n_problems=5", "sampler=tiny")
    assert found == ("budget.n_samples-2+sampler-tiny", ["budget.n_samples=2", "sampler=tiny"])


def test_more_values_and_another_order_change_no_directory():
    few = job(["budget.n_samples=2,4", "run.seed=0,1"], "budget.n_samples=4", "run.seed=1")
    many = job(["run.seed=range(0,9)", "budget.n_samples=1,2,4"], "run.seed=1", "budget.n_samples=4")
    assert few[0] == many[0] == "budget.n_samples-4+run.seed-1"


def test_lists_paths_and_long_values_become_safe_names_of_their_own():
    names = ["a.b-[x,y]", "a.b-[x;y]", "path-/etc/../x y", "../..", ".hidden", "x" * 500, "x" * 501, "ü", "plain-1"]
    safe = [folder(name) for name in names]
    assert len(set(safe)) == len(names)
    for name in safe:
        assert name.isascii()
        assert not set(name) & set("/=,[]'\" ;*?$")  # `=` would make DuckDB read a partition in it
        assert not name.startswith(".")
        assert len(name) <= LONGEST + 9
    assert folder("plain-1") == "plain-1"
    assert folder("") == "job"


def test_constants_are_excluded_and_hydra_settings_left_alone():
    found = name_by_what_varies(["a.b=1", "c=1,2", "+d=x", "experiment=gsm8k", "hydra.sweeper.n_trials=3"])
    assert found == [f"{EXCLUDED}=['a.b','d','experiment']"]


def test_a_sweep_over_its_own_name_is_refused():
    with pytest.raises(UsageError, match="a sweep has one name"):
        name_by_what_varies(["run.name=a,b"])


def test_what_cannot_be_read_is_left_to_hydra():
    assert name_by_what_varies(["a=[1"]) == []
