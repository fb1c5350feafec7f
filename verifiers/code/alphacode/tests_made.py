"""From agreement to tests: which inputs get an expected output, whom each test kills, and which are kept."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from engine.records import TestCase
from verifiers.code.alphacode.behaviour import Agreement, Cell, Table, agreements, same
from verifiers.code.alphacode.store import Outcome
from verifiers.code.alphacode.subject import Subject


@dataclass(frozen=True)
class Rule:
    """When programs agree well enough that their output is taken for right."""

    agreement: float
    margin: float
    programs: int

    def holds(self, agreed: Agreement) -> bool:
        """Whether this is enough."""
        enough = agreed.share >= self.agreement and agreed.margin >= self.margin
        return enough and agreed.programs >= self.programs


@dataclass
class Made:
    """A test in the making: an input and the output that is expected."""

    agreed: Agreement
    input: str
    expected: Outcome
    weak: bool
    """True when no solution that is known to be right stands behind it."""
    survivors: set[str] = field(default_factory=set)
    """Programs that pass the public tests and fail this one."""
    mutants: set[str] = field(default_factory=set)

    def case(self, subject: Subject) -> TestCase:
        """The test as a problem holds it."""
        assert self.expected.text is not None
        return subject.case(self.input, self.expected.text)


def make(
    subject: Subject,
    table: Table,
    voters: Mapping[str, Sequence[Cell]],
    outcomes: Mapping[str, Sequence[Outcome]],
    *,
    rule: Rule,
    reference: str | None,
) -> list[Made]:
    """Tests for the inputs of ``table`` on which enough ``voters`` agree, or all that ``reference`` decides.

    ``outcomes[program]`` has one entry per input of the table. An input whose agreeing outputs differ in what the
    problem's own comparison would not forgive (a last digit, an order) gives none, nor does an output that is too long
    or that no test can hold.
    """
    made = []
    for agreed in _decided(table, voters, rule, reference):
        agreeing = [outcomes[key][agreed.column] for key, row in voters.items() if row[agreed.column] == agreed.number]
        if reference is not None:
            agreeing.insert(0, outcomes[reference][agreed.column])
        test = _test(subject, agreed, table.inputs[agreed.column], agreeing, weak=reference is None)
        if test is not None:
            fine = (agreed.number, "SKIPPED")
            test.survivors = {key for key, row in voters.items() if row[agreed.column] not in fine}
            made.append(test)
    return made


def _decided(
    table: Table, voters: Mapping[str, Sequence[Cell]], rule: Rule, reference: str | None
) -> Iterator[Agreement]:
    """What the reference says, with the share of voters that agree; without one, what enough voters agree on."""
    if reference is None:
        for agreed in agreements(voters, len(table.inputs)):
            if agreed is not None and rule.holds(agreed):
                yield agreed
        return
    for column, number in enumerate(table.rows[reference]):
        if isinstance(number, int):
            cells = [row[column] for row in voters.values() if row[column] != "SKIPPED"]
            votes = sum(cell == number for cell in cells)
            share = votes / len(cells) if cells else 1.0
            yield Agreement(column, number, share, share, votes)


def _test(subject: Subject, agreed: Agreement, text: str, agreeing: list[Outcome], *, weak: bool) -> Made | None:
    expected = next((outcome for outcome in agreeing if outcome.text is not None), None)
    if expected is None or expected.text is None or not subject.can_be_case(expected.text):
        return None
    for outcome in agreeing:
        if outcome.text is None or not subject.accepts(expected.text, outcome.text):
            return None
    return Made(agreed, text, expected, weak)


def killed_by(subject: Subject, test: Made, outcome: Outcome) -> bool:
    """Whether a program with this outcome fails the test; one that was not run on it does not."""
    return outcome.status != "SKIPPED" and not same(subject, test.expected, outcome)
