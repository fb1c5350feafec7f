"""Preference pairs for DPO, IPO, SimPO, ORPO and reward models: a verified sample beside one that is worse.

Format: TRL ``dataset_formats.md``, preference with explicit prompt; ``chosen`` and ``rejected`` hold the continuation
alone. IPO, SimPO and ORPO are losses of the trainers, not other data.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar

from engine.errors import ConfigError
from engine.products import provenance
from engine.products.files import FileOptions
from engine.products.formats import Format, check_format, one_message
from engine.products.hygiene import Cut, Lengths, same_text
from engine.products.pairing import POLICIES, Pairing
from engine.products.rendering import Rendering
from engine.products.writer import Column, Writer, open_product
from engine.records import Row
from engine.rows import RowGroup

FORMATS = ("trl", "llama_factory", "axolotl", "openrlhf")
LOSERS = ("FAIL", "NO_ANSWER", "TIMEOUT")


@dataclass
class Preference(Rendering):
    """Pairs of a problem's samples.

    Drops, one per pair that was tried: ``identical``, ``truncation_identical``, ``tied``, ``not_verified``,
    ``length_balance``; and one per problem without a candidate: ``no_accepted``, ``no_selected``, ``no_rejected``,
    ``no_such_loser``, ``no_hard_negative``, ``no_nearness``, ``no_score``, ``gap_too_small``, ``one_accepted``,
    ``lengths_too_near``, ``too_few_drawn``.
    """

    policy: str = "best_worst"
    """``best_worst`` by score, ``nearly_right`` (verified against the nearest wrong one), ``hard_negative`` (fails one
    test), ``shortest_right`` (against the longest right one), ``score_gap`` (widest first) or ``rso``."""
    pairs_per_problem: int = 1
    """Pairs of one problem, at most."""
    losers: tuple[str, ...] = ("FAIL", "TIMEOUT")
    """Statuses that make a loser: FAIL, TIMEOUT (of the sample's program), NO_ANSWER (also truncated samples)."""
    score_by: str | None = None
    """Verifier whose score ranks; None: the mean of all that gave one, else 1 for accepted and 0 for rejected."""
    min_gap: float = 0.1
    """Least difference of scores under ``score_gap``."""
    min_length_ratio: float = 1.5
    """Under ``shortest_right``, how many times as long the longer one is at least."""
    rso_beta: float = 0.5
    """Temperature of statistical rejection sampling: the smaller, the more it draws the best."""
    rso_samples: int = 8
    """Samples that it draws; pairs are made of the first and second, third and fourth, …"""
    max_length: int | None = None
    """Length to which the trainer cuts prompt and completion; a pair that is the same then is dropped."""
    tokenizer: str | None = None
    """Directory or name of the trainer's tokenizer, which ``max_length`` counts with; None counts characters."""
    balance_length: bool = False
    """Whether as many pairs have the chosen sample longer as shorter; the rest is dropped."""
    seed: int = 0
    """Seed of the draws of ``rso``."""
    format: str = "trl"
    """``trl`` and ``openrlhf`` (lists or strings), ``llama_factory`` and ``axolotl`` (``messages``, two messages)."""
    files: FileOptions = field(default_factory=FileOptions)
    name: str = field(default="preference", init=False)
    about: ClassVar[str] = "Each row is a sample that the verifiers passed beside one that is worse."
    limits: ClassVar[tuple[str, ...]] = (
        "A loser that only gave a wrong answer may reason well up to one step, and a winner may reason badly.",
    )

    def __post_init__(self) -> None:
        """Raise ``ConfigError`` naming the key that does not fit."""
        super().__post_init__()
        check_format(self.format, FORMATS, self.files)
        if self.policy not in POLICIES:
            raise ConfigError(f"policy is {self.policy!r}: give one of {', '.join(POLICIES)}")
        if not self.losers or set(self.losers) - set(LOSERS):
            raise ConfigError(f"losers is {list(self.losers)}: give some of {', '.join(LOSERS)}")
        for key, value, least in (
            ("pairs_per_problem", self.pairs_per_problem, 1),
            ("max_length", self.max_length or 1, 1),
            ("min_length_ratio", self.min_length_ratio, 1),
            ("rso_samples", self.rso_samples, 2),
        ):
            if value < least:
                raise ConfigError(f"{key} is {value}: give {least} or more")
        if not (self.min_gap > 0 and self.rso_beta > 0):
            raise ConfigError(f"min_gap is {self.min_gap} and rso_beta {self.rso_beta}: both must be above 0")
        if one_message(self.format) and self.completion_form == "strings":
            raise ConfigError(f"completion_form=strings has no place in format={self.format}: set it to messages")

    def write(self, groups: Iterator[RowGroup], directory: str) -> dict[str, Any]:
        """See ``engine.protocols.Product``; adds ``lengths`` (see ``Lengths.facts``) and ``policy``."""
        shared = (self.losers, self.score_by, self.min_gap, self.min_length_ratio, self.rso_beta, self.rso_samples)
        pairing = Pairing(self.policy, *shared, self.seed)
        cut = Cut(self, self.max_length, self.tokenizer)
        lengths = Lengths(balance=self.balance_length)
        shapes = {"pairs": [*self._columns(), *provenance.pair_columns()]}
        with open_product(self, directory, "pairs", shapes, Format(self.format, "pair", self.name)) as writer:
            for group in groups:
                self._write_problem(writer, group, pairing, cut, lengths)
        return writer.facts() | {"policy": self.policy, "lengths": lengths.facts()}

    def _write_problem(self, writer: Writer, group: RowGroup, pairing: Pairing, cut: Cut, lengths: Lengths) -> None:
        candidates = pairing.of(group)
        if candidates.reason:
            writer.drop(candidates.reason)
        cuts: dict[int, list[int] | str] = {}
        written = 0
        for chosen, rejected in candidates.pairs:
            reason = self._reason(chosen, rejected, pairing, cut, cuts)
            if reason is None and not lengths.fits(chosen, rejected):
                reason = "length_balance"
            if reason is not None:
                writer.drop(reason)
                continue
            lengths.add(chosen, rejected)
            writer.add(
                {"pairs": self._shaped(chosen, rejected) | provenance.of_pair(chosen, rejected)}, chosen, rejected
            )
            written += 1
            if written == self.pairs_per_problem:
                return

    def _reason(
        self, chosen: Row, rejected: Row, pairing: Pairing, cut: Cut, cuts: dict[int, list[int] | str]
    ) -> str | None:
        """Why a pair is no good, or None."""
        if not chosen.decision.accepted:
            return "not_verified"
        if same_text(chosen, rejected):
            return "identical"
        if self.policy in ("score_gap", "rso") and pairing.reward(chosen) == pairing.reward(rejected):
            return "tied"
        for row in (chosen, rejected):
            if row.sample.index not in cuts:
                cuts[row.sample.index] = cut.of(row)
        return "truncation_identical" if cuts[chosen.sample.index] == cuts[rejected.sample.index] else None

    def _shaped(self, chosen: Row, rejected: Row) -> dict[str, Any]:
        if one_message(self.format):
            return {
                "messages": self.turns(chosen.prompt),
                "chosen": self.assistant(chosen.sample),
                "rejected": self.assistant(rejected.sample),
            }
        return {
            "prompt": self.prompt(chosen.prompt),
            "chosen": self.completion(chosen),
            "rejected": self.completion(rejected),
        }

    def _columns(self) -> list[Column]:
        import pyarrow as pa

        told = ("what the model was asked", "the verified sample", "the sample that is worse; see rejected_from")
        if one_message(self.format):
            one = self.turn_type()
            return [("messages", pa.list_(one), told[0]), ("chosen", one, told[1]), ("rejected", one, told[2])]
        kind = self.text_type()
        return [("prompt", kind, told[0]), ("chosen", kind, told[1]), ("rejected", kind, told[2])]
