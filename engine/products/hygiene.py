"""What a pair must not be: the same text twice, tied, or the same once the trainer has cut it."""

import unicodedata
from collections import Counter
from typing import Any

from engine.products.choose import length_of
from engine.products.rendering import Rendering, prompt_text
from engine.records import Row


class Cut:
    """What is left of a sample after its trainer has cut prompt and completion to ``max_length``.

    With a ``tokenizer`` (directory or name, loaded through transformers) that is what TRL does: the tokens of the chat
    template, or of the text with its end token; without one, characters. ``max_length`` None cuts nothing.
    """

    def __init__(self, rendering: Rendering, max_length: int | None, tokenizer: str | None) -> None:
        self._rendering, self._max_length, self._name = rendering, max_length, tokenizer
        self._tokenizer: Any = None

    def of(self, row: Row) -> list[int] | str:
        """Tokens or characters that the trainer sees."""
        if self._max_length is None:
            return _normal(self._rendering.answer_text(row.sample))
        if self._name is None:
            text = prompt_text(row.prompt) + self._rendering.answer_text(row.sample)
            return text[: self._max_length]
        return self._tokens(row)[: self._max_length]

    def _tokens(self, row: Row) -> list[int]:
        if self._tokenizer is None:
            from transformers import AutoTokenizer

            self._tokenizer = AutoTokenizer.from_pretrained(self._name)
        if self._rendering.completion_form == "messages":
            turns = [*self._rendering.turns(row.prompt), self._rendering.assistant(row.sample)]
            made = self._tokenizer.apply_chat_template(
                turns, tokenize=True, return_dict=True, **row.prompt.template_kwargs
            )
            return list(made["input_ids"])
        text = prompt_text(row.prompt) + str(self._rendering.completion(row)) + (self._tokenizer.eos_token or "")
        return list(self._tokenizer(text)["input_ids"])


class Lengths:
    """The length bias of pairs: a trainer that only counts characters could learn what is chosen."""

    def __init__(self, *, balance: bool) -> None:
        self._balance = balance
        self._sides: Counter[str] = Counter()
        self._sums = [0, 0]

    def fits(self, chosen: Row, rejected: Row) -> bool:
        """Whether a pair may be added: under ``balance``, neither side leads by more than one pair."""
        side = _side(chosen, rejected)
        if not self._balance or side == "same":
            return True
        other = "rejected_longer" if side == "chosen_longer" else "chosen_longer"
        return self._sides[side] <= self._sides[other]

    def add(self, chosen: Row, rejected: Row) -> None:
        """Count a pair."""
        self._sides[_side(chosen, rejected)] += 1
        self._sums[0] += length_of(chosen)
        self._sums[1] += length_of(rejected)

    def facts(self) -> dict[str, Any]:
        """Mean characters of both sides, and how many pairs have the chosen sample longer, shorter or as long."""
        pairs = self._sides.total()
        means = [round(total / pairs, 1) if pairs else None for total in self._sums]
        sides = {name: self._sides[name] for name in ("chosen_longer", "rejected_longer", "same")}
        return {"chosen_mean": means[0], "rejected_mean": means[1], **sides}


def same_text(one: Row, other: Row) -> bool:
    """Whether reasoning and text agree, white space and Unicode form apart."""
    a, b = one.sample, other.sample
    return (_normal(a.reasoning or ""), _normal(a.text)) == (_normal(b.reasoning or ""), _normal(b.text))


def _side(chosen: Row, rejected: Row) -> str:
    more = length_of(chosen) - length_of(rejected)
    return "chosen_longer" if more > 0 else "rejected_longer" if more < 0 else "same"


def _normal(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())
