"""Judges samples: verifier after verifier, those that judge whole groups last, until the decision is certain."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import replace

from engine.errors import ConfigError
from engine.group import GroupState
from engine.pool import Pool
from engine.protocols import AcceptRule, Budget, Verifier
from engine.records import Decision, FinishReason, Problem, Reason, Sample, Status, Verdict
from engine.worker import judges_groups

COST = ("cpu", "sandbox", "http", "gpu")  # cheapest first


class Judge:
    """A cascade of verifiers over a pool.

    ``hashes`` maps each verifier to the hash of its configuration, which goes into its verdicts' keys.
    """

    def __init__(
        self, verifiers: Mapping[str, Verifier], hashes: Mapping[str, str], accept: AcceptRule, pool: Pool
    ) -> None:
        self._verifiers = verifiers
        self._hashes = hashes
        self._accept = accept
        self._pool = pool
        self.names = cascade(verifiers)
        self.group_names = tuple(name for name in self.names if judges_groups(verifiers[name]))

    async def judge(
        self,
        problem: Problem,
        sample: Sample,
        known: Mapping[str, Verdict],
        order: Sequence[str] | None = None,
        *,
        everyone: bool = False,
    ) -> tuple[list[Verdict], Decision | None]:
        """New verdicts and the decision; None when that waits for the verdicts on its group.

        ``known`` verdicts are kept, but an ERROR among them is tried again. Verifiers are asked in this ``order`` (else
        that of ``names``), until the decision is certain; with ``everyone``, all that judge single samples.
        """
        verdicts = {name: v for name, v in known.items() if v.status != Status.ERROR}
        fresh: list[Verdict] = []
        singles = [name for name in order or self.names if name not in self.group_names]
        while (name := self._next(sample, verdicts, singles, everyone=everyone)) is not None:
            verdict, seconds = await self._pool.verify(name, problem, sample)
            verdicts[name] = self._stamped(verdict, name, sample, seconds, known)
            fresh.append(verdicts[name])
        return fresh, decide(self._accept, self.names, sample, verdicts)

    async def judge_group(
        self, problem: Problem, samples: Mapping[int, Sample], waiting: Mapping[int, Mapping[str, Verdict]]
    ) -> dict[int, tuple[list[Verdict], Decision]]:
        """New verdicts and the decision for every sample that ``judge`` left undecided.

        ``samples`` is the whole group, ``waiting`` the undecided indices with what is known of them. Every verdict is
        made on the whole group, so it does not depend on which samples wait.
        """
        members = [s for _, s in sorted(samples.items()) if s.finish_reason != FinishReason.ERROR]
        verdicts = {i: self._without_old_errors(known) for i, known in waiting.items()}
        fresh: dict[int, list[Verdict]] = {i: [] for i in waiting}
        for name in self.group_names:
            asking = {i for i in waiting if self._next(samples[i], verdicts[i], (name,)) == name}
            if not asking:
                continue
            judged, seconds = await self._pool.verify_group(name, problem, members)
            for sample, verdict in zip(members, judged, strict=True):
                if (i := sample.index) in asking:
                    share = seconds / len(members)
                    verdicts[i][name] = self._stamped(verdict, name, sample, share, waiting[i])
                    fresh[i].append(verdicts[i][name])
        return {i: (fresh[i], self._final(samples[i], verdicts[i])) for i in waiting}

    def _without_old_errors(self, known: Mapping[str, Verdict]) -> dict[str, Verdict]:
        """Verdicts to keep; those of single samples have just been made, and may be errors."""
        return {n: v for n, v in known.items() if n not in self.group_names or v.status != Status.ERROR}

    def _next(
        self, sample: Sample, verdicts: Mapping[str, Verdict], order: Sequence[str], *, everyone: bool = False
    ) -> str | None:
        """Whom to ask next of a sample."""
        if sample.finish_reason == FinishReason.ERROR:
            return None
        if everyone:
            return next((name for name in order if name not in verdicts), None)
        return next_asked(self._accept, self.names, order, verdicts)

    def _final(self, sample: Sample, verdicts: Mapping[str, Verdict]) -> Decision:
        decision = decide(self._accept, self.names, sample, verdicts)
        assert decision is not None
        return decision

    def _stamped(
        self, verdict: Verdict, name: str, sample: Sample, seconds: float, known: Mapping[str, Verdict]
    ) -> Verdict:
        """The verdict with its key, its price, and how often it was tried."""
        return replace(
            verdict,
            problem_id=sample.problem_id,
            index=sample.index,
            verifier=name,
            version=self._verifiers[name].version,
            config_hash=self._hashes[name],
            seconds=seconds,
            attempt=known[name].attempt + 1 if name in known else 1,
        )

    async def gold_check(self, problem: Problem) -> Reason | None:
        """Why ``problem`` cannot be verified, or None when one that vouches for answers can judge it."""
        usable = False
        vouching = getattr(self._accept, "vouching", lambda names: names)(self.names)
        for name in self.names:
            verdict = await self._pool.gold_check(name, problem)
            if verdict.status == Status.FAIL:
                return Reason(verdict.reason.code, f"{name}: {verdict.reason.text}")
            if verdict.status == Status.ERROR:
                return Reason("gold_error", f"{name}: {verdict.reason.text}")
            untested = verdict.status == Status.ABSTAIN and verdict.reason.code == "no_gold"
            usable |= name in vouching and (untested or verdict.status == Status.PASS)
        if usable:
            return None
        return Reason(
            "no_verifier",
            f"no verifier can judge an answer to this problem (tried {', '.join(vouching)}); "
            "map the field that holds the gold answer or the tests, as in problems.fields.answer=…",
        )


def next_asked(
    accept: AcceptRule, names: Sequence[str], order: Sequence[str], verdicts: Mapping[str, Verdict]
) -> str | None:
    """The first of ``order`` whose verdict is missing and could change the decision; None when none could.

    ``names`` are all verifiers of the run.
    """
    if accept.decide(names, verdicts) is not None:
        return None
    hook = getattr(accept, "wanted", None)
    wanted: Container[str] = names if hook is None else hook(names, verdicts)
    return next((name for name in order if name not in verdicts and name in wanted), None)


def cascade(verifiers: Mapping[str, Verifier]) -> tuple[str, ...]:
    """Names, cheapest first, those that judge groups behind the others; else in the order of the configuration."""

    def rank(name: str) -> tuple[bool, int]:
        return judges_groups(verifiers[name]), COST.index(verifiers[name].resource)

    return tuple(sorted(verifiers, key=rank))


def check_budget(verifiers: Mapping[str, Verifier], budget: Budget) -> None:
    """A group is judged when it is whole, so nothing that is said of it may decide what is sampled.

    Raises ``ConfigError`` for a budget that does not know its last index before there is a decision.
    """
    name = next((name for name in verifiers if judges_groups(verifiers[name])), None)
    open_ended = hasattr(budget, "purse") or budget.stop_index(GroupState(Problem("", ""))) is None
    if name is not None and open_ended:
        raise ConfigError(
            f"verifier.{name} judges all samples of a problem together, and the budget {type(budget).__name__} may "
            "stop before they are made; use budget=fixed"
        )


def check_rule(accept: AcceptRule, verifiers: Mapping[str, Verifier]) -> None:
    """Raise ``ConfigError`` for an accept rule that does not fit the verifiers, such as one that names others."""
    check = getattr(accept, "check", None)
    if check is not None:
        check(cascade(verifiers), "accept")


def decide(
    accept: AcceptRule, names: tuple[str, ...], sample: Sample, verdicts: Mapping[str, Verdict]
) -> Decision | None:
    """The accept rule's decision on a sample, or None while it needs more verdicts.

    A sample that its sampler could not make is nobody's wrong answer: not accepted, and no negative.
    """
    if sample.finish_reason == FinishReason.ERROR:
        return Decision(False, "sampler", (), "sampler:ERROR", error=True)
    decision = accept.decide(names, verdicts)
    if decision is None and all(name in verdicts for name in names):
        return Decision(False, "undecided", names, "no rule decides")
    return decision
