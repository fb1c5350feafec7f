"""What a user may choose about reading and comparing answers."""

from dataclasses import dataclass

from engine.errors import ConfigError

RULES = ("boxed", "json", "hash", "phrase", "bold", "fence", "trailing")


def _one_of(name: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise ConfigError(f"{name}: {value!r} is none of {', '.join(allowed)}")


@dataclass(frozen=True, slots=True)
class Extraction:
    """Where the answer stands in a text: the first rule that finds one wins."""

    rules: tuple[str, ...] = ("json", "boxed", "hash", "phrase")
    r"""Order of ``json`` (last ``"answer": …``), ``boxed`` (last ``\boxed{}`` or ``\fbox{}``), ``hash`` (``#### …``),
    ``phrase`` ("the answer is …", "Answer: …", "option B is correct"), ``bold`` (the last ``**…**`` or ``\textbf{}``),
    ``fence`` (the last line of the last code block), ``trailing`` (the last formula or number of the last line)."""
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
    coarse: str = "measured"
    """An answer that is the gold rounded to fewer places, showing at least three digits: ``never``; ``measured``: for a
    gold with two decimals or more, beside a physical unit or where the problem says "approximately"; ``always``."""
    units: str = "optional"
    """``optional``: a unit may be missing on either side; ``required``: the gold's unit must be given."""
    assignment: bool = True
    """``5`` and ``x = 5`` are the same answer, and ``6/x`` solves ``xy = 6``."""
    order: str = "brackets"
    """``brackets``: tuples have an order, lists without brackets and sets have none; ``written``: lists have one too;
    ``any``: a tuple may answer a list in another order."""
    prose: bool = True
    """A sentence may answer by what it says: ``Petya`` for ``Petya will win``, ``she pays 20 dollars`` for 20."""
    arithmetic: bool = True
    """A computation that nobody carried out is an answer: ``10*6.50+6*6`` for 101, ``6!`` for 720. Fractions, powers of
    ten and mixed numbers are values either way."""
    decimal_comma: bool = False
    """``3,14`` is 3.14 where the gold has a decimal point; otherwise such an answer is not judged."""
    interval_ends: str = "asked"
    """``asked``: open and closed ends are the same when the problem asks where a function rises or falls; ``exact``."""

    def __post_init__(self) -> None:
        _one_of("equality.percent", self.percent, ("asked", "always", "never"))
        _one_of("equality.rounding", self.rounding, ("never", "gold", "always"))
        _one_of("equality.order", self.order, ("brackets", "written", "any"))
        _one_of("equality.interval_ends", self.interval_ends, ("asked", "exact"))
        _one_of("equality.coarse", self.coarse, ("never", "measured", "always"))
        _one_of("equality.units", self.units, ("optional", "required"))


@dataclass(frozen=True, slots=True)
class MathOptions:
    """Both together, as ``verify_answer`` takes them."""

    extraction: Extraction = Extraction()
    equality: Equality = Equality()


STRICT = MathOptions(
    equality=Equality(
        percent="never", rounding="never", coarse="never", units="required", assignment=False, order="written",
        arithmetic=False, interval_ends="exact", prose=False,
    ),
)  # fmt: skip
"""Every contested convention decided against the answer; ``conf/verifier/math_strict.yaml`` in a run."""
LENIENT = MathOptions(
    Extraction(rules=("json", "boxed", "hash", "phrase", "bold", "fence", "trailing")),
    Equality(percent="always", rounding="always", coarse="always", order="any", decimal_comma=True),
)
"""Every contested convention decided for the answer; ``conf/verifier/math_lenient.yaml`` in a run."""
