"""What the rules hand on: claims with their verdicts, and the step and solution they were found in."""

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from verifiers.steps.claims import Chain
from verifiers.steps.lexer import Token
from verifiers.steps.readings import Known
from verifiers.steps.sides import Side
from verifiers.steps.tree import Node
from verifiers.steps.variety import fails

SUPPORTED, REFUTED, UNCHECKED = "supported", "refuted", "unchecked"
_MOST_SEARCHES = 30
"""Per solution."""


@dataclass(slots=True)
class Claim:
    """One checkable statement: characters [start, end) of the judged text."""

    start: int
    end: int
    rule: str
    verdict: str
    evidence: dict[str, Any] = field(default_factory=dict)
    """What the rule computed, as JSON values; for a refutation what a person needs to see that it is right."""
    key: str = ""
    """The left side without spaces, to find the same claim again."""


@dataclass(slots=True)
class Step:
    """One step while it is being read."""

    index: int
    start: int
    end: int
    text: str
    tokens: list[Token]
    chains: list[Chain]
    hedged: bool | None = None
    """Filled when it is first asked for."""


@dataclass(slots=True)
class Link:
    """One relation of a chain with its two sides."""

    chain: Chain
    index: int
    left: Side
    right: Side
    relation: str


@dataclass(frozen=True, slots=True)
class Equation:
    """``left = right`` over ``names``, at characters [start, end)."""

    names: frozenset[str]
    left: Node
    right: Node
    start: int
    end: int
    binding: bool
    """It gives a variable its value."""


@dataclass(frozen=True, slots=True)
class Tie:
    """What may tie the variables ``names`` to each other; without sides where it cannot be read."""

    names: frozenset[str]
    left: Node | None = None
    right: Node | None = None


@dataclass(slots=True)
class Solution:
    """What is known while the steps of one solution are read, in order."""

    text: str
    problem: str
    known: Known
    odd_numbers: str | None = None
    """Why plain arithmetic may not hold: the problem has an invented ``operation``, other bases (``base``) or a modulus
    (``mod``). Filled when it is first asked for."""
    equations: list[Equation] = field(default_factory=list)
    """In the order of the text."""
    ties: list[Tie] = field(default_factory=list)
    """Every relation, of the problem too, that may tie its variables."""
    searches: int = 0
    """How often it was asked what follows from the ties."""
    values: dict[str, set[Fraction | int]] = field(default_factory=dict)
    """What each variable was said to be."""
    functions: dict[str, tuple[str, Node] | None] = field(default_factory=dict)
    """Name to parameter and body; None where there are several."""

    rows: list[tuple[str, dict[str, Fraction], Fraction]] = field(default_factory=list)
    """The linear equations so far: leading variable, coefficients, constant."""
    named: tuple[str, Chain] | None = None
    """The name that the last chain gave to an expression, and that chain."""
    chains: list[Chain] = field(default_factory=list)
    """Those of every step."""
    previous: Chain | None = None
    """The chain right before the one that is being judged."""
    loose: set[str] | None = None
    """Variables that stand for several numbers in turn; filled when it is first asked for."""
    one_system: bool | None = None
    """Every variable means one number throughout, as far as the words tell; filled when it is first asked for."""

    def denies(self, left: Node, right: Node, names: frozenset[str]) -> bool:
        """Whether ``left = right``, which is no identity, is false by all that ties no more than these variables."""
        known = [tie for tie in self.ties if tie.names <= names]
        if not known:
            return True
        pairs = list(dict.fromkeys((tie.left, tie.right) for tie in known if tie.left and tie.right))
        if not all(tie.left for tie in known) or self.searches >= _MOST_SEARCHES:
            return False
        self.searches += 1
        return fails((left, right), pairs)
