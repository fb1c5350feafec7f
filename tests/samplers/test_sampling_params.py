"""Sampling parameters out of range are refused by every sampler, before anything starts."""

from pathlib import Path

import pytest
from hydra import compose, initialize_config_module
from omegaconf import OmegaConf

import conf
from engine.build import build
from engine.config import register
from engine.errors import ConfigError
from engine.protocols import Sampler
from engine.records import SamplingParams

OPTIONS = [path.stem for path in sorted((Path(conf.__file__).parent / "sampler").glob("*.yaml"))]
BAD = [
    ("temperature", -0.1, "0 (greedy) or more"),
    ("temperature", float("nan"), "0 (greedy) or more"),
    ("temperature", float("inf"), "0 (greedy) or more"),
    ("top_p", 0.0, "above 0 and at most 1"),
    ("top_p", 1.5, "above 0 and at most 1"),
    ("top_k", -1, "0 (off) or more"),
    ("max_tokens", 0, "at least 1"),
    ("stop", ("a", ""), "without empty strings"),
]


@pytest.mark.parametrize(("name", "value", "rule"), BAD)
def test_a_value_out_of_range_is_one_sentence(name, value, rule):
    with pytest.raises(ValueError) as caught:
        SamplingParams(**{name: value})
    assert str(caught.value) == f"{name} is {value!r}: it must be {rule}"


def test_every_sampler_that_takes_them_names_the_key():
    register()
    named = []
    with initialize_config_module("conf", version_base="1.3"):
        for option in OPTIONS:
            config = compose("config", overrides=[f"sampler={option}"])
            if "params" not in config.sampler:
                continue
            for key in OmegaConf.missing_keys(config):
                OmegaConf.update(config, key, "given")
            config.sampler.params.top_p = 7.0
            with pytest.raises(ConfigError) as caught:
                build(config.sampler, Sampler, "sampler")
            assert str(caught.value) == "sampler.params: top_p is 7.0: it must be above 0 and at most 1"
            named.append(option)
    assert {"openai", "tiny", "transformers", "vllm", "vllm_cpu"} <= set(named)
