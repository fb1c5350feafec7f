"""What a user may choose: what each check does, from which value on, and the strings that are looked for."""

import typing
from dataclasses import dataclass, fields
from typing import Literal

from engine.errors import ConfigError

Action = Literal["fail", "flag", "skip"]
"""``fail``: the sample fails. ``flag``: noted, ABSTAIN where nothing fails. ``skip``: not looked for."""


@dataclass(frozen=True)
class Checks:
    """What a finding of each check does. The order is that of seriousness: the first one names the verdict."""

    truncated: Action = "fail"
    """cut off by the token limit, or a think block that never ends; ``fail`` gives NO_ANSWER"""
    loop_end: Action = "fail"
    """the text ends in the same words over and over"""
    loop_compression: Action = "fail"
    """zlib shrinks the text too well"""
    loop_ngram: Action = "fail"
    """the same words in a row too often"""
    loop_line: Action = "fail"
    """the same line too often"""
    leaked_token: Action = "fail"
    """template tokens or tool calls in the text, or anything after an end of turn"""
    think_tags: Action = "fail"
    """a think tag that opens or closes nothing, a second block, an empty thought in think mode"""
    next_turn: Action = "fail"
    """the text goes on with somebody else's turn after its answer"""
    refusal: Action = "fail"
    """the model declines"""
    foreign_script: Action = "fail"
    """letters of a script that the prompt does not use"""
    no_reasoning: Action = "fail"
    """too few words beside the answer"""
    answer_first: Action = "fail"
    """the final answer stands in the first sentence, and no thought before it"""
    conflict: Action = "fail"
    """two final answers that differ"""
    thought_answer: Action = "flag"
    """the thought ends with another answer than the text"""
    too_short: Action = "fail"
    too_long: Action = "fail"

    def __post_init__(self) -> None:
        for item in fields(self):
            value = getattr(self, item.name)
            if value not in typing.get_args(Action):
                raise ConfigError(f"checks.{item.name}: {value!r} is none of {', '.join(typing.get_args(Action))}")


@dataclass(frozen=True)
class Thresholds:
    """From which value on a check finds something. Lengths: 0 is no bound."""

    compression: float = 6.0
    """UTF-8 bytes per byte of zlib (level 6)"""
    ngram_words: int = 12
    ngram_times: int = 6
    """occurrences that do not overlap"""
    ngram_share: float = 0.5
    """least share of the words that stand in such runs"""
    line_chars: int = 20
    """shorter lines may repeat"""
    line_times: int = 4
    line_share: float = 0.3
    """least share of the characters that stand in such lines"""
    ending_chars: int = 200
    """length of what repeats at the end, all together"""
    ending_times: int = 4
    foreign_share: float = 0.01
    """of all letters"""
    foreign_letters: int = 3
    """fewer are let pass"""
    reasoning_words: int = 5
    """least words beside the final answer"""
    lead_words: int = 6
    """an answer in the first sentence after at most so many words, nothing derived, leads the text"""
    final_chars: int = 1000
    """the end of the text in which final answers must agree"""
    min_chars: int = 0
    max_chars: int = 200_000
    min_words: int = 0
    max_words: int = 50_000
    min_steps: int = 0
    max_steps: int = 0

    def __post_init__(self) -> None:
        for item in fields(self):
            value = getattr(self, item.name)
            if not value >= 0:
                raise ConfigError(f"thresholds.{item.name}: {value} is negative")
        for name in ("ngram_words", "ngram_times", "line_times", "ending_times", "final_chars"):
            if getattr(self, name) < 1:
                raise ConfigError(f"thresholds.{name}: must be at least 1; skip the check to switch it off")
        for low in ("min_chars", "min_words", "min_steps"):
            high = low.replace("min", "max")
            if getattr(self, high) and getattr(self, low) > getattr(self, high):
                raise ConfigError(f"thresholds.{low}: {getattr(self, low)} is more than thresholds.{high}")


@dataclass(frozen=True)
class Strings:
    """What the checks on form look for, literally."""

    tokens: tuple[str, ...] = (
        "<|im_start|>", "<|im_end|>", "<|endoftext|>", "<|eot_id|>", "<|eom_id|>", "<|start_header_id|>",
        "<|end_header_id|>", "<|begin_of_text|>", "<|end_of_text|>", "<|user|>", "<|assistant|>", "<|system|>",
        "<|end|>", "<|python_tag|>", "<start_of_turn>", "<end_of_turn>", "[INST]", "[/INST]", "<<SYS>>", "</s>",
        "<tool_call>", "</tool_call>", "[TOOL_CALLS]", "<｜User｜>", "<｜Assistant｜>", "<｜end▁of▁sentence｜>",
    )  # fmt: skip
    """Never part of an answer, unless the prompt holds them."""
    think: tuple[tuple[str, str], ...] = (("<think>", "</think>"), ("<thinking>", "</thinking>"))
    """Pairs of tags."""
    turns: tuple[str, ...] = (
        "User:", "Human:", "### Instruction", "### Human", "### User", "Q:", "Question:", "Problem:",
    )  # fmt: skip
    """How a line of somebody else's turn begins."""
    refusals: tuple[str, ...] = (
        "As an AI", "As a language model", "As a large language model", "I am an AI", "I'm an AI", "I cannot",
        "I can't", "I can not", "I'm sorry", "I am sorry", "I apologize", "Sorry, but I", "I'm unable", "I am unable",
        "I'm not able", "I am not able", "I won't", "I will not",
    )  # fmt: skip
    """How a sentence of a refusal begins."""

    def __post_init__(self) -> None:
        for name in ("tokens", "turns", "refusals"):
            if not all(getattr(self, name)):
                raise ConfigError(f"strings.{name}: holds an empty text")
        if not all(len(pair) == 2 and all(pair) for pair in self.think):
            raise ConfigError("strings.think: each item is a pair such as [<think>, </think>]")
