"""The form and the length of a response. Neither says that an answer is right: see ``accept.supporting``."""

import functools
import re
import typing
import unicodedata
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

from engine.errors import ConfigError, VerifierError
from engine.protocols import Resource
from engine.records import FinishReason, Problem, Reason, Sample, Status, Verdict
from verifiers.steps import judged_text

Read = Literal["text", "reasoning", "both"]
MAX_CHARS = 100_000
"""The form of a longer text is not judged."""
_TAG = re.compile(r"[A-Za-z][\w-]*")


@dataclass
class FormatVerifier:
    """PASS for a response that has the form asked for, FAIL with the first thing that is amiss.

    A text that was cut off at the token limit is NO_ANSWER, one that is too long to look at ABSTAIN. A template that
    backtracks for longer than the pool's deadline is ERROR.
    """

    tags: tuple[str, ...] = ()
    """Each once, as ``<tag>…</tag>``, in this order, not one within another, and not empty."""
    template: str | None = None
    """Regular expression that the whole response must match; a dot matches line breaks."""
    scripts: tuple[str, ...] = ()
    """First words of the Unicode names of its letters: LATIN, CYRILLIC, ARABIC, HIRAGANA, CJK, …"""
    script_share: float = 0.95
    """Least share of the letters that are of these scripts."""
    read: Read = "text"

    name: ClassVar[str] = "format"
    version: ClassVar[str] = "1"
    resource: ClassVar[Resource] = "cpu"

    def __post_init__(self) -> None:
        check_read(self.read)
        if not (self.tags or self.template or self.scripts):
            raise ConfigError("format checks nothing: give tags, template or scripts")
        if bad := [tag for tag in self.tags if not _TAG.fullmatch(tag)]:
            raise ConfigError(f"tags: {bad[0]!r} is no name of a tag; give it without brackets")
        if bad := [name for name in self.scripts if name != name.upper() or not name.isalpha()]:
            raise ConfigError(f"scripts: {bad[0]!r} is not the first word of a Unicode name, such as LATIN")
        if not 0 < self.script_share <= 1:
            raise ConfigError(f"script_share: {self.script_share} is no share above 0; give one up to 1")
        try:
            re.compile(self.template or "", re.DOTALL)
        except re.error as error:
            raise ConfigError(f"template: {self.template!r} is no regular expression ({error})") from None

    def gold(self, _problem: Problem) -> tuple[None, str]:
        """No gold: reference solutions seldom have the form that is asked of a model."""
        return None, ""

    def verify(self, _problem: Problem, sample: Sample) -> Verdict:
        """Judge one sample."""
        text = read_of(sample, self.read)
        if not text.strip():
            return Verdict(Status.NO_ANSWER, reason=Reason("empty", "no text"))
        if sample.finish_reason == FinishReason.LENGTH:
            return Verdict(Status.NO_ANSWER, reason=Reason("truncated", "cut off at the token limit"))
        if len(text) > MAX_CHARS:
            told = f"{len(text)} characters are more than the {MAX_CHARS} that are read"
            return Verdict(Status.ABSTAIN, reason=Reason("too_long", told))
        amiss = self._tags(text) or self._template(text) or self._scripts(text)
        if amiss is not None:
            return Verdict(Status.FAIL, reason=amiss)
        return Verdict(Status.PASS, reason=Reason("formed", "the form is the one asked for"))

    def _tags(self, text: str) -> Reason | None:
        end = 0
        for tag in self.tags:
            opening, closing = f"<{tag}>", f"</{tag}>"
            counts = text.count(opening), text.count(closing)
            if counts != (1, 1):
                return Reason("tags", f"{opening} comes {counts[0]} times and {closing} {counts[1]} times, not once")
            at, after = text.index(opening), text.index(closing)
            if at < end or after < at:
                return Reason("tags", f"{opening}…{closing} does not stand where it must: {', '.join(self.tags)}")
            if not text[at + len(opening) : after].strip():
                return Reason("tags", f"there is nothing between {opening} and {closing}")
            end = after
        return None

    def _template(self, text: str) -> Reason | None:
        if self.template is None or re.fullmatch(self.template, text, re.DOTALL):
            return None
        return Reason("template", "the response does not match the template as a whole")

    def _scripts(self, text: str) -> Reason | None:
        if not self.scripts:
            return None
        counts: Counter[str] = Counter()
        for letter, count in Counter(text).items():
            if letter.isalpha():
                counts[_script(letter)] += count
        if not counts:
            return None  # figures and signs belong to every script
        share = sum(counts[name] for name in self.scripts) / counts.total()
        if share >= self.script_share:
            return None
        told = ", ".join(f"{name} {count}" for name, count in counts.most_common(3))
        return Reason("script", f"{share:.1%} of the letters are {' or '.join(self.scripts)} (letters: {told})")


@dataclass
class LengthVerifier:
    """PASS within the bounds, FAIL outside. Text cut off at the token limit is NO_ANSWER unless it is too long already.

    Tokens are those of ``tokenizer``, or the sampler's own count of the whole completion; where that is not known
    (0), a bound on tokens is ABSTAIN.
    """

    min_chars: int | None = None
    max_chars: int | None = None
    min_tokens: int | None = None
    max_tokens: int | None = None
    tokenizer: str | None = None
    """Directory or hub id."""
    read: Read = "both"

    name: ClassVar[str] = "length"
    version: ClassVar[str] = "1"
    resource: ClassVar[Resource] = "cpu"

    def __post_init__(self) -> None:
        check_read(self.read)
        bounds = {name: getattr(self, name) for name in ("min_chars", "max_chars", "min_tokens", "max_tokens")}
        if all(value is None for value in bounds.values()):
            raise ConfigError("length checks nothing: give one of " + ", ".join(bounds))
        for name, value in bounds.items():
            if value is not None and value < 1:
                raise ConfigError(f"{name}: {value} is no bound; give 1 or more, or null for none")
        for unit in ("chars", "tokens"):
            if (bounds[f"min_{unit}"] or 0) > (bounds[f"max_{unit}"] or float("inf")):
                raise ConfigError(f"min_{unit}: {bounds[f'min_{unit}']} is more than max_{unit}")
        if self.tokenizer is None and self.read != "both" and (self.min_tokens or self.max_tokens):
            raise ConfigError(
                f"read: the sampler counts reasoning and text together, not {self.read}; give a tokenizer"
            )

    def start(self) -> None:
        """Load the tokenizer. Raises ``VerifierError``."""
        if self.tokenizer is not None:
            _tokenizer(self.tokenizer)

    def gold(self, _problem: Problem) -> tuple[None, str]:
        """No gold: a reference solution may be shorter or longer than what is asked of a model."""
        return None, ""

    def verify(self, _problem: Problem, sample: Sample) -> Verdict:
        """Judge one sample."""
        text = read_of(sample, self.read)
        if not text.strip():
            return Verdict(Status.NO_ANSWER, reason=Reason("empty", "no text"))
        counts: dict[str, int] = {"chars": len(text)}
        if self.min_tokens or self.max_tokens:
            counts["tokens"] = self._tokens(text, sample)
        cut = sample.finish_reason == FinishReason.LENGTH
        bounds = {"chars": (self.min_chars, self.max_chars), "tokens": (self.min_tokens, self.max_tokens)}
        for unit, number in counts.items():
            least, most = bounds[unit]
            if most is not None and number > most:
                reason = Reason("too_long", f"{number} {unit}, at most {most} are allowed")
                return Verdict(Status.FAIL, reason=reason, evidence=counts)
            if least is not None and 0 < number < least and not cut:
                reason = Reason("too_short", f"{number} {unit}, at least {least} are asked for")
                return Verdict(Status.FAIL, reason=reason, evidence=counts)
        if cut:
            reason = Reason("truncated", "cut off at the token limit")
            return Verdict(Status.NO_ANSWER, reason=reason, evidence=counts)
        if counts.get("tokens") == 0:
            return Verdict(Status.ABSTAIN, reason=Reason("no_tokens", "the sampler did not count tokens"))
        return Verdict(Status.PASS, reason=Reason("within", "within the bounds"), evidence=counts)

    def _tokens(self, text: str, sample: Sample) -> int:
        if self.tokenizer is None:
            return sample.tokens
        whole = text.encode("utf-8", "replace").decode()
        return len(_tokenizer(self.tokenizer)(whole, add_special_tokens=False)["input_ids"])


def read_of(sample: Sample, read: Read) -> str:
    """The part of a sample that is looked at."""
    if read == "both":
        return judged_text(sample)
    return sample.text if read == "text" else sample.reasoning or ""


def check_read(read: str) -> None:
    """Raise ``ConfigError`` for a part that there is not."""
    if read not in typing.get_args(Read):
        raise ConfigError(f"read: {read!r} is none of {', '.join(typing.get_args(Read))}")


@functools.lru_cache(maxsize=4096)
def _script(letter: str) -> str:
    return unicodedata.name(letter, "unknown").removeprefix("FULLWIDTH ").removeprefix("HALFWIDTH ").partition(" ")[0]


@functools.lru_cache(maxsize=4)
def _tokenizer(name: str) -> Any:
    try:
        from transformers import AutoTokenizer

        return AutoTokenizer.from_pretrained(str(Path(name).expanduser()) if Path(name).expanduser().is_dir() else name)
    except Exception as error:
        told = next(iter(str(error).splitlines()), "")
        raise VerifierError(f"verifier.length.tokenizer={name} cannot be used: {told}") from error
