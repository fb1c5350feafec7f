"""A search space in Hydra's override syntax, as Optuna's distributions.

=========================  ==========================================================================
``a,b`` ``choice(a, b)``   one of them; also options of groups, lists, and whatever ``glob`` matches
``range(1, 9, 2)``         1, 3, 5 or 7, as in Hydra: without the end
``interval(0.5, 1.2)``     any number between
``int(interval(1, 8))``    whole numbers, both ends included
``tag(log, …)``            on a logarithmic scale, for ``interval`` and for ``range`` with step 1
=========================  ==========================================================================
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import IntervalSweep, Override, Sweep

from engine.errors import ConfigError

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution


@dataclass(frozen=True)
class Space:
    """What is searched, by key, and the overrides that every trial has."""

    searched: "dict[str, BaseDistribution]"
    fixed: list[str]

    def overrides(self, values: dict[str, object]) -> list[str]:
        """Those of one trial."""
        return [*self.fixed, *(f"{key}={values[key]}" for key in self.searched)]

    def examples(self) -> list[list[str]]:
        """Trials that together have every choice once, to try whether each can be composed."""
        from optuna.distributions import CategoricalDistribution

        choices = {
            key: item.choices if isinstance(item, CategoricalDistribution) else (getattr(item, "low"),)  # noqa: B009
            for key, item in self.searched.items()
        }
        longest = max(map(len, choices.values()))
        return [self.overrides({key: c[min(i, len(c) - 1)] for key, c in choices.items()}) for i in range(longest)]


def read_space(overrides: Sequence[str], parser: OverridesParser) -> Space:
    """The space that these overrides span. Raises ``ConfigError`` where there is nothing to search."""
    searched: dict[str, BaseDistribution] = {}
    fixed: list[str] = []
    for override in parser.parse_overrides(list(overrides)):
        key = override.get_key_element()
        if override.is_sweep_override():
            searched[key] = _distribution(override, key)
        else:
            fixed.append(f"{key}={override.get_value_element_as_str()}")
    if not searched:
        raise ConfigError(
            "hydra/sweeper=optuna has nothing to search; give a key several values, as in "
            "sampler.params.temperature='interval(0.5,1.2)'"
        )
    return Space(searched, fixed)


def _distribution(override: Override, key: str) -> "BaseDistribution":
    from optuna.distributions import CategoricalDistribution

    value = override.value()
    log = _log(value, key) if isinstance(value, Sweep) else False
    try:
        if isinstance(value, IntervalSweep):
            assert value.start is not None
            assert value.end is not None
            return _numbers(value.start, value.end, None, log=log)
        values = list(override.sweep_string_iterator())
        if override.is_range_sweep() and len(values) > 1:
            numbers = sorted(float(item) if "." in item else int(item) for item in values)
            return _numbers(numbers[0], numbers[-1], numbers[1] - numbers[0], log=log)
    except ValueError as error:
        raise ConfigError(f"{override.input_line}: {str(error).splitlines()[0]}") from error
    if log:
        raise ConfigError(
            f"{override.input_line}: a choice has no logarithmic scale; use tag(log, interval(low, high))"
        )
    return CategoricalDistribution(values)


def _log(value: Sweep, key: str) -> bool:
    unknown = sorted(value.tags - {"log"})
    if unknown:
        raise ConfigError(f"{key}: the tag {unknown[0]} means nothing here; the one that does is log")
    return "log" in value.tags


def _numbers(low: float, high: float, step: float | None, *, log: bool) -> "BaseDistribution":
    from optuna.distributions import FloatDistribution, IntDistribution

    if isinstance(low, int) and isinstance(high, int):
        return IntDistribution(low, high, log=log, step=1 if step is None else int(step))
    return FloatDistribution(float(low), float(high), log=log, step=step)
