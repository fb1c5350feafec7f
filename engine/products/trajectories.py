"""Off-policy trajectories for RLHF: the samples with their rewards that a later policy may still learn from.

KL estimators of Schulman (2020, "Approximating KL divergence"), for samples of the policy p and a reference q, from the
sums of their log-probabilities: k1 = log p - log q, and k3 = (q/p - 1) - log (q/p), which is never negative. Per token,
the mean log-ratio of the sample takes the place of its sum, since k3 of whole sequences is all but always 0 or huge.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from engine.codec import derive_seed
from engine.errors import ConfigError
from engine.products import provenance
from engine.products.choose import score_of
from engine.products.files import FileOptions
from engine.products.rendering import Rendering
from engine.products.writer import Column, open_product
from engine.records import Row, Sample, Status
from engine.rows import RowGroup, Standing, standing


@dataclass
class Trajectories(Rendering):
    """One row per decided sample that passes every filter; each row counts under the first filter that stops it.

    In this order: ``error``, ``selection:<reason>``, ``staleness_unknown``, ``stale``, ``veto:<verifier>``,
    ``veto_unknown:<verifier>``, ``no_reward``, ``no_logprobs``, ``kl_above_cap``, ``reward_too_low``,
    ``below_quantile``, ``rejection``.
    """

    reward_by: str | None = None
    """Verifier whose score is the reward; None: 1 for accepted and 0 for rejected."""
    min_reward: float | None = None
    """Least reward, after the KL penalty."""
    top_share: float | None = None
    """Share of a problem's samples that is kept, those with the greatest rewards, ties included; in (0, 1]."""
    max_kl: float | None = None
    """Greatest KL estimate; samples without log-probabilities of policy and reference are then dropped."""
    kl_estimator: str = "k1"
    """``k1`` or ``k3``."""
    kl_per_token: bool = True
    """Whether the estimate is that of a mean token, or of the whole sample."""
    kl_beta: float = 0.0
    """What a unit of KL costs in reward."""
    temperature: float | None = None
    """Rejection sampling: a sample stays with probability exp((its reward - the problem's greatest) / temperature)."""
    veto: tuple[str, ...] = ()
    """Verifiers, such as those of safety, without whose PASS nothing is kept."""
    policy_step: int | None = None
    """Step of the policy that will learn; a sample's own stands in its lineage as ``policy_step``."""
    max_staleness: int = 0
    """Steps that a sample may lie behind ``policy_step``."""
    despite: tuple[str, ...] = ("duplicate", "duplicate_elsewhere", "over_cap")
    """Reasons of selection that do not matter here: a sample that repeats another is a draw like any other, and to
    leave out what is accepted twice, but not what is rejected twice, would bend the rewards."""
    seed: int = 0
    """Seed of the rejection sampling."""
    files: FileOptions = field(default_factory=FileOptions)
    name: str = field(default="trajectories", init=False)
    about: ClassVar[str] = "Each row is a sample with the reward that its verdicts give."
    limits: ClassVar[tuple[str, ...]] = (
        "KL estimates come from sums of log-probabilities, so they are those of whole samples or of their mean token.",
    )

    def __post_init__(self) -> None:
        """Raise ``ConfigError`` naming the key that does not fit."""
        super().__post_init__()
        if self.kl_estimator not in ("k1", "k3"):
            raise ConfigError(f"kl_estimator is {self.kl_estimator!r}: give k1 or k3")
        if self.top_share is not None and not 0 < self.top_share <= 1:
            raise ConfigError(f"top_share is {self.top_share}: give a number above 0, up to 1, or null for all")
        if self.temperature is not None and self.temperature <= 0:
            raise ConfigError(f"temperature is {self.temperature}: give a number above 0, or null for no rejection")
        if self.kl_beta < 0 or self.max_staleness < 0:
            raise ConfigError(f"kl_beta is {self.kl_beta}, max_staleness {self.max_staleness}: give 0 or more")

    def write(self, groups: Iterator[RowGroup], directory: str) -> dict[str, Any]:
        """See ``engine.protocols.Product``; adds ``reward_mean`` and ``kl_mean`` of what was written."""
        shapes = {"trajectories": [*self._columns(), *provenance.columns()]}
        rewards = kls = 0.0
        with_kl = 0
        with open_product(self, directory, "samples", shapes) as writer:
            for group in groups:
                measured = []
                for row in group.rows:
                    reason = self._barred(row) or self._unmeasured(row)
                    if reason is None:
                        measured.append(row)
                    else:
                        writer.drop(reason)
                values = [self._penalised(row) for row in measured]
                for row, reason in zip(measured, self._weighed(group.problem.id, measured, values), strict=True):
                    if reason is not None:
                        writer.drop(reason)
                        continue
                    record = self._shaped(row)
                    rewards += record["reward"]
                    kls, with_kl = kls + (record["kl"] or 0.0), with_kl + (record["kl"] is not None)
                    writer.add({"trajectories": record | provenance.of(row)}, row)
        return writer.facts() | {
            "reward_mean": round(rewards / writer.rows, 6) if writer.rows else None,
            "kl_mean": round(kls / with_kl, 6) if with_kl else None,
        }

    def _barred(self, row: Row) -> str | None:
        """Why a sample may not be used whatever its reward, or None."""
        if standing(row) == Standing.ERROR:
            return "error"
        if row.dropped is not None and row.dropped not in self.despite:
            return f"selection:{row.dropped}"
        if self.policy_step is not None:
            step = row.sample.lineage.get("policy_step")
            if not isinstance(step, int):
                return "staleness_unknown"
            if self.policy_step - step > self.max_staleness:
                return "stale"
        statuses = {verdict.verifier: verdict.status for verdict in row.verdicts}
        for name in self.veto:
            if statuses.get(name) in (Status.FAIL, Status.NO_ANSWER, Status.TIMEOUT):
                return f"veto:{name}"
            if statuses.get(name) != Status.PASS:
                return f"veto_unknown:{name}"
        return None

    def _unmeasured(self, row: Row) -> str | None:
        """Why reward or KL are not known, or too great, or None."""
        if self._reward(row) is None:
            return "no_reward"
        kl = self._kl(row.sample)
        if kl is None and (self.max_kl is not None or self.kl_beta):
            return "no_logprobs"
        return "kl_above_cap" if kl is not None and self.max_kl is not None and kl > self.max_kl else None

    def _weighed(self, problem_id: str, rows: Sequence[Row], values: Sequence[float]) -> Iterator[str | None]:
        """For each sample of one problem why its penalised reward does not do, or None."""
        ordered = sorted(values, reverse=True)
        kept = len(ordered) if self.top_share is None else max(1, round(self.top_share * len(ordered)))
        for row, value in zip(rows, values, strict=True):
            uniform = derive_seed(self.seed, f"trajectories {problem_id}", row.sample.index) / 2**31
            if self.min_reward is not None and value < self.min_reward:
                yield "reward_too_low"
            elif value < ordered[kept - 1]:
                yield "below_quantile"
            elif self.temperature is not None and uniform >= math.exp((value - ordered[0]) / self.temperature):
                yield "rejection"
            else:
                yield None

    def _reward(self, row: Row) -> float | None:
        if self.reward_by is not None:
            return score_of(row, self.reward_by)
        return {Standing.ACCEPTED: 1.0, Standing.REJECTED: 0.0}.get(standing(row))

    def _penalised(self, row: Row) -> float:
        reward = self._reward(row) or 0.0
        return reward - self.kl_beta * (self._kl(row.sample) or 0.0) if self.kl_beta else reward

    def _kl(self, sample: Sample) -> float | None:
        """The estimate, or None where log-probabilities (or the number of tokens to divide by) are missing."""
        if sample.logprob_sum is None or sample.ref_logprob_sum is None:
            return None
        ratio = sample.ref_logprob_sum - sample.logprob_sum
        if self.kl_per_token:
            if not sample.tokens:
                return None
            ratio /= sample.tokens
        if not math.isfinite(ratio):
            return None
        if self.kl_estimator == "k1":
            return -ratio
        return math.expm1(min(ratio, 700.0)) - ratio

    def _shaped(self, row: Row) -> dict[str, Any]:
        return {
            "prompt": self.prompt(row.prompt),
            "completion": self.completion(row),
            "reward": self._reward(row),
            "penalised_reward": self._penalised(row),
            "kl": self._kl(row.sample),
            "logprob_sum": row.sample.logprob_sum,
            "ref_logprob_sum": row.sample.ref_logprob_sum,
            "standing": standing(row).value,
        }

    def _columns(self) -> list[Column]:
        import pyarrow as pa

        kind, real = self.text_type(), pa.float64()
        return [
            ("prompt", kind, "what the model was asked"),
            ("completion", kind, "the sample"),
            ("reward", real, "the reward that its verdicts give"),
            ("penalised_reward", real, "the reward less kl_beta times kl"),
            ("kl", real, "estimate of the KL divergence from the reference, null without log-probabilities"),
            ("logprob_sum", real, "log-probability of the completion under the policy that wrote it"),
            ("ref_logprob_sum", real, "the same under the reference"),
            ("standing", pa.string(), "accepted, rejected or unproven"),
        ]
