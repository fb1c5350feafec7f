"""What every accept rule shares: three-valued words, what may still become of them, and the decision they lead to.

A verifier says for, against or neither of a sample. One that has not reported, or reported an ERROR, may say any of
these, so each part of a rule has a set of words that are still possible, and the sample is decided when one is left.
More verdicts only shrink these sets. So a decision is never taken back, it comes out the same in whatever order
verifiers report and wherever the judge stops, and an ERROR stands in the way exactly where it could change it.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from engine.errors import ConfigError
from engine.protocols import AcceptRule
from engine.records import Decision, Status, Verdict

FOR, AGAINST, NEITHER = 1, 2, 4
UNKNOWN = FOR | AGAINST | NEITHER
WORDS = {
    Status.PASS: FOR,
    Status.FAIL: AGAINST,
    Status.NO_ANSWER: AGAINST,
    Status.TIMEOUT: AGAINST,
    Status.ABSTAIN: NEITHER,
    Status.ERROR: UNKNOWN,
}

Part = str | AcceptRule
"""A verifier's name, or a rule within the rule."""


@dataclass(frozen=True, slots=True)
class View:
    """One part of a rule in the light of the verdicts at hand: a verifier, or a rule with its own parts."""

    may: int
    """Words that are still possible, as bits; never 0."""
    name: str = ""
    verdict: Verdict | None = None
    rule: "Rule | None" = None
    parts: tuple["View", ...] = ()

    def says(self, word: int) -> bool:
        """Whether this is the only word left."""
        return self.may == word

    @property
    def certain(self) -> bool:
        """Whether one word is left."""
        return self.may in (FOR, AGAINST, NEITHER)

    def leaves(self) -> Iterator["View"]:
        """Its verifiers."""
        if self.rule is None:
            yield self
        for part in self.parts:
            yield from part.leaves()

    def open(self) -> Iterator["View"]:
        """Verifiers whose verdict is missing, or an ERROR, and could still change its word."""
        if self.certain:
            return
        if self.rule is None:
            yield self
        for part in self.parts:
            yield from part.open()

    def deciding(self) -> Iterator[str]:
        """Names of the verifiers whose verdicts led to its word."""
        if self.rule is None:
            yield self.name
        else:
            for part in self.rule.because(self.parts, self.may):
                yield from part.deciding()


class Rule(ABC):
    """Base of the accept rules, which are frozen dataclasses. A rule may be part of another one."""

    kind: ClassVar[str]
    """Name in ``Decision.rule``."""
    unproven: ClassVar[str] = "nobody vouches for the answer"
    """Drop reason of a sample that some verifier passes, none refuses, and the rule does not accept."""

    @abstractmethod
    def own(self) -> tuple[Part, ...] | None:
        """Its parts; None for every verifier of the run that the whole rule names nowhere else."""

    @abstractmethod
    def may(self, parts: Sequence[View]) -> int:
        """Words that are possible, given what is possible for its parts."""

    def because(self, parts: Sequence[View], word: int) -> Sequence[View]:
        """The parts that led to ``word``, which is the only one left: all that say it."""
        return [part for part in parts if part.says(word)]

    def vouchers(self, parts: Sequence[Part]) -> Sequence[Part]:
        """Those without whose word it never says for."""
        return parts

    def decide(self, names: Sequence[str], verdicts: Mapping[str, Verdict]) -> Decision | None:
        """See ``engine.protocols.AcceptRule``."""
        rest, beside = self._split(names)
        view = self.view(rest, verdicts)
        if not view.certain:
            return self._held_up(view)
        by = tuple(dict.fromkeys(view.deciding()))
        if view.says(FOR):
            return Decision(True, self.kind, by) if all(name in verdicts for name in beside) else None
        if view.says(AGAINST):
            return Decision(False, self.kind, by, f"{by[0]}:{verdicts[by[0]].status.value}")
        passed = tuple(dict.fromkeys(leaf.name for leaf in view.leaves() if leaf.says(FOR)))
        return Decision(False, self.kind, passed, self.unproven if passed else "no verifier could judge it")

    def wanted(self, names: Sequence[str], verdicts: Mapping[str, Verdict]) -> set[str]:
        """See ``engine.protocols.AcceptRule``."""
        rest, beside = self._split(names)
        view = self.view(rest, verdicts)
        missing = {leaf.name for leaf in view.open() if leaf.verdict is None}
        return missing | {name for name in beside if view.says(FOR) and name not in verdicts}

    def vouching(self, names: Sequence[str]) -> Sequence[str]:
        """See ``engine.protocols.AcceptRule``."""
        found = set(self.voices(self._split(names)[0]))
        return [name for name in names if name in found]

    def check(self, names: Sequence[str], key: str) -> None:
        """Raise ``ConfigError`` where the rule, given as ``key``, does not fit the verifiers ``names`` of a run."""
        self.check_fit(names, self._split(names)[0], key)

    def named(self) -> Iterator[str]:
        """Every verifier that it names, those of rules within it too."""
        for part in self.own() or ():
            if isinstance(part, Rule):
                yield from part.named()
            else:
                yield str(part)

    def parts(self, rest: tuple[str, ...]) -> tuple[Part, ...]:
        """Its parts, where ``rest`` are the verifiers that the whole rule does not name."""
        own = self.own()
        return rest if own is None else own

    def label(self, position: int) -> str:
        """How a message calls one of its own parts."""
        return f"of[{position}]"

    def _split(self, names: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The verifiers that the rule means without naming them, and those that it leaves aside.

        The latter decide nothing; they are asked about samples that are accepted, for their scores.
        """
        own = set(self.named())
        others = tuple(name for name in names if name not in own)
        return (others, ()) if self.takes_rest() else ((), others)

    def takes_rest(self) -> bool:
        """Whether it, or a rule within it, is about the verifiers that are named nowhere else."""
        own = self.own()
        return own is None or any(part.takes_rest() for part in own if isinstance(part, Rule))

    def view(self, rest: tuple[str, ...], verdicts: Mapping[str, Verdict]) -> View:
        """What may become of it."""
        views = []
        for part in self.parts(rest):
            if isinstance(part, Rule):
                views.append(part.view(rest, verdicts))
            else:
                verdict = verdicts.get(str(part))
                word = UNKNOWN if verdict is None else WORDS[verdict.status]
                views.append(View(word, str(part), verdict))
        return View(self.may(views), rule=self, parts=tuple(views))

    def _held_up(self, view: View) -> Decision | None:
        """What to say when nothing is certain: an error, once nothing but errors is in the way."""
        errors = tuple(dict.fromkeys(leaf.name for leaf in view.open()))
        if any(leaf.verdict is None for leaf in view.open()):
            return None
        return Decision(False, self.kind, errors, f"{errors[0]}:ERROR", error=True)

    def voices(self, rest: tuple[str, ...]) -> Iterator[str]:
        """Verifiers without whose PASS it never says for."""
        for part in self.vouchers(self.parts(rest)):
            if isinstance(part, Rule):
                yield from part.voices(rest)
            else:
                yield str(part)

    def check_fit(self, names: Sequence[str], rest: tuple[str, ...], key: str) -> None:
        """See ``check``; ``rest`` are the verifiers that the whole rule does not name."""
        from engine.suggest import close

        if not self.parts(rest):
            raise ConfigError(f"{key}.of: no verifier is left for this rule; name those that it is about")
        for i, part in enumerate(self.own() or ()):
            where = f"{key}.{self.label(i)}"
            if isinstance(part, Rule):
                part.check_fit(names, rest, where)
            elif part not in names:
                raise ConfigError(f"{where}: no verifier of this run is called {part}{close(str(part), names)}")


def check_parts(rule: Rule) -> None:
    """Raise ``ConfigError`` for parts that no rule can be made of."""
    own = rule.own()
    if own is not None and not own:
        raise ConfigError("of: is empty; name the verifiers that the rule is about, or give null for all others")
    for i, part in enumerate(own or ()):
        if not isinstance(part, (str, Rule)):
            raise ConfigError(
                f"{rule.label(i)}: {type(part).__name__} cannot be part of another rule; "
                "derive it from engine.accept.Rule"
            )
