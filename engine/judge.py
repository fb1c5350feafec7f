"""Judges one sample: cheap verifiers first, stopping as soon as the accept rule is decided."""

from collections.abc import Mapping
from dataclasses import replace

from engine.pool import Pool
from engine.protocols import AcceptRule, Verifier
from engine.records import Decision, FinishReason, Problem, Reason, Sample, Status, Verdict

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

    async def judge(
        self, problem: Problem, sample: Sample, known: Mapping[str, Verdict]
    ) -> tuple[list[Verdict], Decision]:
        """New verdicts and the decision. ``known`` verdicts are kept, but an ERROR among them is tried again."""
        verdicts = {name: v for name, v in known.items() if v.status != Status.ERROR}
        fresh: list[Verdict] = []
        while (decision := decide(self._accept, self.names, sample, verdicts)) is None:
            name = next(name for name in self.names if name not in verdicts)
            verdict, seconds = await self._pool.verify(name, problem, sample)
            verdicts[name] = replace(
                verdict,
                problem_id=problem.id,
                index=sample.index,
                verifier=name,
                version=self._verifiers[name].version,
                config_hash=self._hashes[name],
                seconds=seconds,
                attempt=known[name].attempt + 1 if name in known else 1,
            )
            fresh.append(verdicts[name])
        return fresh, decision

    async def gold_check(self, problem: Problem) -> Reason | None:
        """Why ``problem`` cannot be verified, or None when at least one verifier passed its gold check."""
        passed = False
        untested = None
        for name in self.names:
            verdict = await self._pool.gold_check(name, problem)
            if verdict.status == Status.FAIL:
                return Reason(verdict.reason.code, f"{name}: {verdict.reason.text}")
            if verdict.status == Status.ERROR:
                return Reason("gold_error", f"{name}: {verdict.reason.text}")
            passed |= verdict.status == Status.PASS
            if verdict.status == Status.ABSTAIN and verdict.reason.code == "no_gold":
                untested = name
        if passed or untested:
            return None
        return Reason(
            "no_verifier",
            f"no verifier can judge this problem (tried {', '.join(self.names)}); "
            "map the field that holds the gold answer or the tests, as in problems.fields.answer=…",
        )


def cascade(verifiers: Mapping[str, Verifier]) -> tuple[str, ...]:
    """Names, cheapest first; equal costs in the order of the configuration."""
    return tuple(sorted(verifiers, key=lambda name: COST.index(verifiers[name].resource)))


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
