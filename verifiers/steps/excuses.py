"""Why a relation that is false as it was read is not refuted all the same: hedges, cuts, units, the problem itself."""

import functools
import re

from verifiers.math.tokens import names
from verifiers.steps.arithmetic import UndefinedError, evaluate
from verifiers.steps.edges import JOINING
from verifiers.steps.hedges import sentence_hedged, step_hedged, step_tries
from verifiers.steps.readings import differ_by_factor, spoken_units
from verifiers.steps.records import Link, Solution, Step
from verifiers.steps.tree import bare

_OPERATION = re.compile(
    r"operation|\\(?:star|oplus|otimes|diamond|clubsuit|spadesuit|heartsuit|bigcirc|bowtie|nabla|odot)\b"
    r"|[\w)}$]\s*\\(?:circ|triangle)\s*[\d({$a-z]|[#@★◇☆]|\\ast\b|\\boxed"
    r"|[a-zA-Z]\)?\$?\s*(?:\*|x)\s*\$?\(?[a-zA-Z]\)?\$?\s*(?:=|is\b|means\b)|\bdefine\b[^.]{0,60}[*]"
    r"|replac\w+ each|stands? for|cryptarithm|digits? .{0,30}letter|letters? represent",
    re.IGNORECASE,
)
_BASE = re.compile(
    r"\bbase[\s-]*(?:\$|\\|\d|two|three|four|five|six|seven|eight|nine|ten\b|[bB]\b)"
    r"|\bbases\b|binary|octal|hexadecimal|\d_\{?\w",
    re.IGNORECASE,
)
_MOD = re.compile(
    r"\bmod(?:ulo|ular)?\b|\\p?mod|\\bmod|\\equiv|≡|o['’]?clock|remainder|congruent\s+(?:to|mod)", re.IGNORECASE
)
_SCALE = re.compile(r"thousand|million|billion|dozen|hundred|cents?\b|\$|¢|percent|%|\b[kK]\b")
_DENIED = re.compile(
    r"\bnot\s+(?:true|equal|possible|the\s+case|correct|valid)|\bfalse\b|contradict|impossible|isn['’]t\s+true"
)
_ORDERED = frozenset(("<", ">", "<=", ">="))
# words directly before a left side that make it part of a larger expression
_BAD_BEFORE = names(
    "choose half twice thrice double triple quadruple third thirds quarter quarters fifth fifths of times over per than"
    " less more under between exceeding percent square squared cube cubed root power log base mod hundred thousand"
    " million billion dozen one two three four five six seven eight nine ten eleven twelve twenty thirty forty"
    " fifty sixty seventy eighty ninety pairs sum difference product quotient remaining additional extra the to up"
    " week weeks day days year years month months hour hours step part case page chapter round grade section"
    " number no question problem figure method option equation example level f divided by plus minus from gcd lcm"
    " max min gcf hcf mean average"
)
_BAD_AFTER = names(
    "choose times more less than percent thousand million billion trillion hundred hundreds thousands dozen dozens half"
    " halves quarter quarters squared cubed remainder r rem with mod modulo base of pairs over lakh crore fewer"
    " greater plus minus divided x"
)


def excuse(solution: Solution, step: Step, link: Link, rule: str) -> str:
    """Why a link that is false as read is not refuted; empty when it is."""
    return (
        _by_words(solution, step, link, rule)
        or _by_edges(link)
        or ("right side before '!'" if _FACTORIAL.match(solution.text, link.right.end) else "")
        or _by_units(step, link)
        or _by_problem(solution, link)
    )


def _by_words(solution: Solution, step: Step, link: Link, rule: str) -> str:
    if is_hedged(step):
        return "hedged step"
    if sentence_hedged(solution.text, link.left.start, link.right.end):
        return "hedged sentence"
    if step_tries(step.text) and not (link.index and rule == "numeric"):
        return "trial"
    return "denied" if _DENIED.search(solution.text, link.right.end, link.right.end + 100) else ""


def _by_edges(link: Link) -> str:
    """Whether a side may be a part of something larger."""
    chain, left, right = link.chain, link.left, link.right
    if link.index == 0 and not chain.joined:
        if left.before in _BAD_BEFORE or left.before == "#cut":
            return f"left side after {left.before!r}"
        sign = left.tokens[0].text
        if sign in ("+", "-", "*", "/", "^") and (left.before not in ("", "\n") or sign != "-"):
            return "left side begins with a sign"
        if left.before not in JOINING and left.node is not None and bare(left.node) is not None:
            return "a name with a number"
    before, after = chain.relations[: link.index], chain.relations[link.index + 1 :]
    if link.relation in ("=", "~") and not (_ORDERED.isdisjoint(before) or _ORDERED.isdisjoint(after)):
        return "between inequalities"
    if right is chain.sides[-1] and (right.after in _BAD_AFTER or right.after == "#cut"):
        return f"right side before {right.after!r}"
    return ""


_FACTORIAL = re.compile(r"\s*\$\s*!(?!\s*=)")
"""``13$ !``, as scanned text has it."""
_WHOLE = re.compile(
    r"remainder|multiples?\b|whole|quotient|ignor\w*|floor|integer\s+(?:part|division)|round\w*\s+down",
    re.IGNORECASE,
)


def _is_whole_part(solution: Solution, link: Link) -> bool:
    """``42 / 25 = 1`` where multiples are counted."""
    left, right = link.left.node, link.right.node
    assert left is not None
    assert right is not None
    if left[0] != "/" or left[1][0] != "n" or left[2][0] != "n" or right[0] != "n" or not left[2][1]:
        return False
    if left[1][1] // left[2][1] != right[1]:
        return False
    around = solution.text[max(0, link.left.start - 300) : link.right.end + 150]
    return _WHOLE.search(around) is not None


def _by_units(step: Step, link: Link) -> str:
    if len(spoken_units(link.left) | spoken_units(link.right)) > 1:
        return "several units"
    return "thousands or cents" if _SCALE.search(step.text) and _is_scaled(link) else ""


def _by_problem(solution: Solution, link: Link) -> str:
    if link.relation == "=" and _is_whole_part(solution, link):
        return "the whole part of a quotient"
    if _other_arithmetic(solution, link):
        return f"the problem's {solution.odd_numbers}"
    claim = squeeze(solution.text[link.left.start : link.right.end])
    return "quoted from the problem" if claim in _squeezed(solution.problem) else ""


def is_hedged(step: Step) -> bool:
    if step.hedged is None:
        step.hedged = step_hedged(step.text)
    return step.hedged


def _other_arithmetic(solution: Solution, link: Link) -> bool:
    """Whether the claim may be true in the problem's own arithmetic."""
    if solution.odd_numbers is None:
        kinds = (("operation", _OPERATION), ("base", _BASE), ("mod", _MOD))
        solution.odd_numbers = next((name for name, pattern in kinds if pattern.search(solution.problem)), "")
    if solution.odd_numbers == "mod":
        assert link.left.node is not None
        assert link.right.node is not None
        try:
            difference = evaluate(link.left.node) - evaluate(link.right.node)
        except UndefinedError:
            return False
        if not isinstance(difference, int):
            return any(token.text == "^" for token in (*link.left.tokens, *link.right.tokens))  # an inverse
        moduli = {int(m) for m in re.findall(r"(?<!\d)\d{1,6}(?!\d)", solution.problem)} | {10, 12, 24, 7}
        return any(m > 1 and difference % m == 0 for m in moduli)
    if solution.odd_numbers == "base":
        return not any(token.text == "^" for token in (*link.left.tokens, *link.right.tokens))
    return bool(solution.odd_numbers)


def _is_scaled(link: Link) -> bool:
    assert link.left.node is not None
    assert link.right.node is not None
    if link.left.names or link.right.names:
        return False
    try:
        return differ_by_factor(evaluate(link.left.node), evaluate(link.right.node), (100, 1000, 10**6, 10**9, 12))
    except UndefinedError:
        return True


def squeeze(text: str) -> str:
    return re.sub(r"[\s$\\{}(),]|\\left|\\right", "", text)


_squeezed = functools.lru_cache(maxsize=64)(squeeze)
