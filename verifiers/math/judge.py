"""Judges one extracted answer against one gold: text, rational, then whatever the parse allows."""

import re
from dataclasses import dataclass

from verifiers.math.clean import clean, notation_key, plain_number, text_key
from verifiers.math.compare import compare
from verifiers.math.exact import is_computation
from verifiers.math.families import aligned
from verifiers.math.grammar import read
from verifiers.math.outcome import Context, Outcome
from verifiers.math.tree import MAX_CHARS, Node, TooLargeError, UnreadableError
from verifiers.math.words import canonical, choice, compare_choices, compare_words, in_digits, is_words, number_in_prose

_DECIMAL_COMMA = re.compile(r"(-?\d{1,15}),(\d{1,15})")


@dataclass(frozen=True, slots=True)
class Gold:
    """A gold answer, read once."""

    text: str
    """As extracted."""
    cleaned: str
    tree: Node | None
    problem: str = ""
    """Why there is no tree."""

    @property
    def parts(self) -> int:
        """How many values it lists."""
        return len(self.tree.args) if self.tree is not None and self.tree.op in ("list", "set", "tuple") else 1

    @property
    def usable(self) -> bool:
        """Whether answers can be judged against it by more than their spelling."""
        if self.tree is not None:
            return True
        return is_words(self.cleaned) or canonical(self.cleaned) is not None or choice(self.cleaned) is not None


def read_gold(text: str) -> Gold:
    """Never raises: what cannot be read is compared as text only, and says why."""
    text = text.strip()
    if len(text) > MAX_CHARS:
        return Gold(text, text, None, f"it has {len(text)} characters")
    cleaned = in_digits(clean(text))
    try:
        return Gold(text, cleaned, read(cleaned))
    except (UnreadableError, TooLargeError) as error:
        return Gold(text, cleaned, None, str(error))


def judge(gold: Gold, answer: str, context: Context) -> Outcome:
    """Compare by stages; every stage passed is noted in ``context.stages``."""
    if len(answer) > MAX_CHARS:
        return context.decide("unsure", "text", "too_long")
    answer, outcome = _decimal_point(gold, answer, context)
    if outcome is not None:
        return outcome
    left, right = plain_number(gold.text), plain_number(answer)
    if left is not None and right is not None and (left == right or ("." not in gold.text and len(answer) < 12)):
        return context.decide("equal" if left == right else "different", "number")
    cleaned = in_digits(clean(answer))
    if not cleaned:
        return context.decide("unsure", "text", "empty")
    separated = (plain_number(gold.cleaned) is None) != (plain_number(cleaned) is None)  # 1,234 and the pair 1, 234
    if text_key(gold.cleaned) == text_key(cleaned) and not separated:
        return context.decide("equal", "text")
    outcome = compare_words(gold.cleaned, cleaned, context) or compare_choices(gold.cleaned, cleaned, context)
    if outcome is not None:
        return outcome
    if gold.tree is None:
        if len(gold.cleaned) > 2 and notation_key(gold.cleaned) == notation_key(cleaned):
            return context.decide("equal", "notation")
        return context.decide("unsure", "parse", "gold_unparsed")
    return _parsed(gold.tree, cleaned, context)


def _decimal_point(gold: Gold, answer: str, context: Context) -> tuple[str, Outcome | None]:
    """``3,14`` for 3.14, by convention: the answer as it is to be read, or that it cannot be decided."""
    if "," not in answer or "." in answer or "." not in gold.text:
        return answer, None
    match = _DECIMAL_COMMA.fullmatch(answer.strip(" $"))
    if match is None or plain_number(gold.text) != plain_number(f"{match.group(1)}.{match.group(2)}"):
        return answer, None
    if context.equality.decimal_comma:
        return f"{match.group(1)}.{match.group(2)}", None
    return answer, context.decide("unsure", "number", "decimal_comma")


def _parsed(gold: Node, cleaned: str, context: Context) -> Outcome:
    try:
        tree = read(cleaned)
    except TooLargeError:
        return context.decide("unsure", "parse", "too_large")
    except UnreadableError:
        return _prose(gold, cleaned, context)
    if not context.equality.arithmetic and is_computation(tree) and not is_computation(gold):
        return context.decide("different", "form", "not_carried_out")
    return compare(*aligned(gold, tree, context), context)


def _prose(gold: Node, cleaned: str, context: Context) -> Outcome:
    number = number_in_prose(cleaned) if context.equality.prose else None
    if number is None:
        # A text that we cannot read may still be right: ABSTAIN, unless it is words where a number belongs.
        return context.decide("unsure", "parse", "unparsed")
    outcome = compare(gold, read(clean(number)), context)
    if outcome.result == "equal":
        return context.decide("equal", "prose")
    return context.decide("unsure", "prose", "unparsed")
