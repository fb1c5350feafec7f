"""What a user may choose about reading and comparing answers."""

from dataclasses import dataclass

from engine.errors import ConfigError

RULES = ("boxed", "json", "hash", "phrase", "trailing")


def _one_of(name: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise ConfigError(f"{name}: {value!r} is none of {', '.join(allowed)}")


@dataclass(frozen=True, slots=True)
class Extraction:
    """Where the answer stands in a text: the first rule that finds one wins."""

    rules: tuple[str, ...] = ("json", "boxed", "hash", "phrase")
    r"""Order of ``json`` (last ``"answer": …``), ``boxed`` (last ``\boxed{}`` or ``\fbox{}``), ``hash`` (``#### …``),
    ``phrase`` ("the answer is …", "Answer: …"), ``trailing`` (the last formula or number of the last line)."""
    gold_rules: tuple[str, ...] = ("boxed", "hash")
    """The same for gold answers; a gold in which no rule finds anything is taken whole."""
    join_boxes: bool = True
    """Several boxes answer a gold of as many parts together; otherwise the last one counts."""

    def __post_init__(self) -> None:
        for key in ("rules", "gold_rules"):
            for rule in getattr(self, key):
                _one_of(f"extraction.{key}", rule, RULES)
        if not self.rules:
            raise ConfigError(f"extraction.rules: name at least one of {', '.join(RULES)}")


@dataclass(frozen=True, slots=True)
class Equality:
    """Conventions on which graders disagree."""

    percent: str = "asked"
    """``50`` for ``50%``: equal when the problem ``asked`` for percent, ``always`` or ``never``. ``0.5`` always is."""
    rounding: str = "gold"
    """An exact or finer value for a rounded gold, within half a unit of the gold's last place. ``never``; ``gold``: a
    gold with at least two decimals against a value that has no finite decimal, or any value when the problem asks to
    round; ``always``: any decimal gold."""
    units: str = "optional"
    """``optional``: a unit may be missing on either side; ``required``: the gold's unit must be given."""
    assignment: bool = True
    """``5`` and ``x = 5`` are the same answer."""

    def __post_init__(self) -> None:
        _one_of("equality.percent", self.percent, ("asked", "always", "never"))
        _one_of("equality.rounding", self.rounding, ("never", "gold", "always"))
        _one_of("equality.units", self.units, ("optional", "required"))


@dataclass(frozen=True, slots=True)
class MathOptions:
    """Both together, as ``verify_answer`` takes them."""

    extraction: Extraction = Extraction()
    equality: Equality = Equality()
