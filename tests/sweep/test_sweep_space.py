"""Hydra's override syntax as a search space."""

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from engine.errors import ConfigError
from engine.sweep.space import read_space


def space(*overrides):
    return read_space(overrides, OverridesParser.create())


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        ("a=1,2,x", CategoricalDistribution(["1", "2", "x"])),
        ("a=true,null,'b c'", CategoricalDistribution(["True", "null", "'b c'"])),
        ("verifier=[math],[math,steps]", CategoricalDistribution(["[math]", "[math,steps]"])),
        ("a=range(1,9,2)", IntDistribution(1, 7, step=2)),
        ("a=range(4)", IntDistribution(0, 3)),
        ("a=range(3,0,-1)", IntDistribution(1, 3)),
        ("a=range(0.5,1.0,0.25)", FloatDistribution(0.5, 0.75, step=0.25)),
        ("a=interval(0.5,1.2)", FloatDistribution(0.5, 1.2)),
        ("a=int(interval(1,8))", IntDistribution(1, 8)),
        ("a=tag(log,interval(0.001,1))", FloatDistribution(0.001, 1.0, log=True)),
        ("a=tag(log,int(interval(1,64)))", IntDistribution(1, 64, log=True)),
        ("a=shuffle(1,2)", CategoricalDistribution(["1", "2"])),
    ],
)
def test_distribution(override, expected):
    (found,) = space(override).searched.values()
    if "shuffle" in override:
        found = CategoricalDistribution(sorted(found.choices))
    assert found == expected


def test_overrides_of_a_trial_keep_constants_and_prefixes():
    made = space("run.seed=3", "+sampler.extra=1,2", "problems=gsm8k,math", "x.name='a,b'")
    assert made.fixed == ["run.seed=3", "x.name='a,b'"]
    trial = made.overrides({"+sampler.extra": "2", "problems": "math"})
    assert trial == ["run.seed=3", "x.name='a,b'", "+sampler.extra=2", "problems=math"]
    OverridesParser.create().parse_overrides(trial)


def test_examples_try_every_choice():
    tried = space("a=1,2,3", "b=x,y", "c=interval(0.1,0.2)").examples()
    assert len(tried) == 3
    assert {item for trial in tried for item in trial} == {"a=1", "a=2", "a=3", "b=x", "b=y", "c=0.1"}


@pytest.mark.parametrize(
    ("overrides", "why"),
    [
        (["a=1"], "nothing to search"),
        (["a=tag(log,choice(1,2))"], "no logarithmic scale"),
        (["a=tag(loud,interval(1,2))"], "the tag loud means nothing"),
        (["a=interval(3,2)"], "a=interval\\(3,2\\): "),
        (["a=tag(log,interval(0,2))"], "a=tag"),
        (["a=tag(log,range(1,9,2))"], "a=tag"),
    ],
)
def test_what_cannot_be_searched_is_one_sentence(overrides, why):
    with pytest.raises(ConfigError, match=why) as caught:
        space(*overrides)
    assert "\n" not in str(caught.value)
