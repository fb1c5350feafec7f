"""One purse of tokens for all problems, spent where the next sample is most likely to add a verified row.

Every sample has a price: the tokens that one more row is expected to cost on its problem, as known just before it is
made. Cheap rows are bought first, whichever problem they are on. So easy problems are soon served, hard ones wait, and
hopeless ones are given up as their price rises with every failure, to be revisited when nothing cheaper is left. For
one row per problem a failure only ever raises the price, and then no policy beats buying at the present price
(Gittins 1979; for boxes that are opened once, Weitzman 1979).

What is bought is a function of the samples alone. Their prices, rounded to steps of a tenth, order them: by price, then
by problem. The purse ends somewhere in that order, and what lies behind is surplus. So a killed and resumed run
exports what an uninterrupted one does, and nothing but the ledger is kept.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from engine.budget.purse import Purse
from engine.errors import ConfigError
from engine.group import GroupState


@dataclass(frozen=True)
class Adaptive:
    """A budget over all problems. ``tokens``, ``samples`` or ``rows`` end the run, else the end of what is wanted.

    ``k`` accepted samples are of use per problem (1: coverage), each worth ``decay`` times the one before, and at
    most ``n_samples`` are made of it. Every problem gets ``first`` samples to begin with, later ``wave`` at a time
    or more. ``cluster`` names the field of a problem (``source``, ``domain``, ``meta.level``) that tells its difficulty
    beforehand; ``features`` also reads it from the prompt's length and numbers. Tokens are completion tokens; with
    ``samples`` every sample costs the same.
    """

    tokens: int | None = None
    samples: int | None = None
    rows: int | None = None
    k: int = 4
    n_samples: int = 64
    first: int = 1
    wave: int = 1
    decay: float = 1.0
    cluster: str | None = None
    features: bool = False

    def __post_init__(self) -> None:
        """Check the ranges."""
        for name in ("tokens", "samples", "rows", "k", "n_samples", "first", "wave"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ConfigError(f"{name} must be at least 1, got {value}")
        if self.tokens is not None and self.samples is not None:
            raise ConfigError("tokens and samples are two prices for the same thing; give one of them")
        if not 0 < self.decay <= 1:
            raise ConfigError(f"decay must be above 0 and at most 1, got {self.decay}")
        for name in ("k", "first"):
            if getattr(self, name) > self.n_samples:
                raise ConfigError(f"{name} must be at most n_samples ({self.n_samples}), got {getattr(self, name)}")

    def allocate(self, group: GroupState) -> Sequence[int]:
        """The first samples of a problem; the purse decides on more."""
        return [i for i in range(self.first) if i not in group.decisions and i not in group.unavailable]

    def stop_index(self, group: GroupState) -> int | None:  # noqa: ARG002
        """The last of the first samples; where a problem really ends, ``Purse.stops`` says."""
        return self.first - 1

    @property
    def limit(self) -> int | None:
        """What may be spent, in ``cost``."""
        return self.tokens if self.samples is None else self.samples

    def cost(self, tokens: int) -> int:
        """What a sample of ``tokens`` costs."""
        return tokens if self.samples is None else 1

    def purse(self) -> Purse:
        """A full purse."""
        return Purse(self)
