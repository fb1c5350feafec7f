"""Reads the steps of one solution in order and judges every claim in them."""

import functools
import re

from verifiers.math.tokens import names
from verifiers.steps.arithmetic import UndefinedError, evaluate
from verifiers.steps.claims import JOINING, Chain, chains
from verifiers.steps.expression import bare
from verifiers.steps.hedges import sentence_hedged, step_hedged, step_tries
from verifiers.steps.lexer import tokenize
from verifiers.steps.readings import Known, differ_by_factor, spoken_units
from verifiers.steps.records import REFUTED, SUPPORTED, UNCHECKED, Claim, Link, Solution, Step
from verifiers.steps.rules import (
    compare,
    congruence,
    equations,
    functions,
    identity,
    marks,
    numeric,
    substitution,
    system,
)
from verifiers.steps.state import learn

MAX_STEP = 20_000
"""Characters of one step that are read."""
_LINK_RULES = {
    module.RULE: module for module in (numeric, compare, identity, functions, substitution, equations, system)
}
_STEP_RULES = {module.RULE: module for module in (marks, congruence)}
ALL = frozenset(_LINK_RULES) | frozenset(_STEP_RULES)
_OPERATION = re.compile(
    r"operation|\\(?:star|oplus|otimes|diamond|clubsuit|spadesuit|heartsuit|bigcirc|bowtie|nabla|odot)\b|[\w)}$]\s*\\(?:circ|triangle)\s*[\d({$a-z]|[#@★◇☆]|\\ast\b"
    r"|\\boxed|[a-zA-Z]\)?\$?\s*(?:\*|x)\s*\$?\(?[a-zA-Z]\)?\$?\s*(?:=|is\b|means\b)|\bdefine\b[^.]{0,60}[*]|replac\w+ each|stands? for|cryptarithm"
    r"|digits? .{0,30}letter|letters? represent",
    re.IGNORECASE,
)
_BASE = re.compile(
    r"\bbase[\s-]*(?:\$|\\|\d|two|three|four|five|six|seven|eight|nine|ten\b|[bB]\b)|\bbases\b|binary|octal|hexadecimal|\d_\{?\w",
    re.IGNORECASE,
)
_MOD = re.compile(
    r"\bmod(?:ulo|ular)?\b|\\p?mod|\\bmod|\\equiv|≡|o['’]?clock|remainder|congruent\s+(?:to|mod)", re.IGNORECASE
)
_SCALE = re.compile(r"thousand|million|billion|dozen|hundred|cents?\b|\$|¢|percent|%|\b[kK]\b")
_DENIED = re.compile(r"\bnot\s+(?:true|equal|possible|the\s+case|correct|valid)|\bfalse\b|contradict|impossible|isn['’]t\s+true")
_FENCE = re.compile(r"```[^`]*(?:```|\Z)")
_NUMBER = re.compile(r"\d+\.\d+|\.\d+")
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


def check_steps(text: str, spans: list[tuple[int, int]], problem: str, rules: frozenset[str]) -> list[list[Claim]]:
    """The claims of each step of ``text``; a span is one step."""
    text = _FENCE.sub(lambda match: " " * len(match.group()), text)
    solution = Solution(text, problem, Known(frozenset(str(float(m)) for m in _NUMBER.findall(problem))))
    steps: list[Step] = []
    for index, (start, end) in enumerate(spans):
        steps.append(_read(text, index, start, min(end, start + MAX_STEP), steps[-1] if steps else None))
    solution.chains = [chain for step in steps for chain in step.chains]
    for chain in _problem_chains(problem[:MAX_STEP]):
        learn(solution, chain)
        if len(chain.relations) == 1:
            system.check(Link(chain, 0, chain.sides[0], chain.sides[1], chain.relations[0]), solution)
    return [_judge(solution, step, rules) for step in steps]


@functools.lru_cache(maxsize=64)
def _problem_chains(problem: str) -> list[Chain]:
    """The chains of a problem, kept because its samples come together."""
    return chains(tokenize(problem))


def squeeze(text: str) -> str:
    return re.sub(r"[\s$\\{}(),]|\\left|\\right", "", text)


_squeezed = functools.lru_cache(maxsize=64)(squeeze)


def _read(text: str, index: int, start: int, end: int, before: Step | None) -> Step:
    tokens = tokenize(text, start, end)
    part = text[start:end]
    found = chains(tokens)
    if before and before.chains and found and goes_on(text, before.chains[-1], before.end, start, found[0]):
        found[0].sides[0] = before.chains[-1].sides[-1]
        found[0].joined = True
    return Step(index, start, end, part, tokens, found)


def goes_on(text: str, before: Chain, before_end: int, start: int, chain: Chain) -> bool:
    """Whether a step begins with the relation that continues the step before: ``= 3x + 6``."""
    if (
        chain.sides[0].tokens
        or chain.sides[0].before not in ("", "\n")
        or chain.joined
        or not before.sides[-1].tokens
        or before.sides[-1].after
    ):
        return False
    gap = text[before.end : before_end] + text[start : chain.start]
    return not re.search(r"[\d=<>^_]", gap) and len(gap) <= 120


def _judge(solution: Solution, step: Step, rules: frozenset[str]) -> list[Claim]:
    claims: list[Claim] = []
    for chain in step.chains:
        claims += _chain(solution, step, chain, rules)
    for name, rule in _STEP_RULES.items():
        if name not in rules:
            continue
        for claim in rule.find(step, solution):
            if claim.verdict == REFUTED and hedged(step):
                claim.verdict, claim.evidence["excuse"] = UNCHECKED, "hedged step"
            claims.append(claim)
    return settle(step, claims)


def _chain(solution: Solution, step: Step, chain: Chain, rules: frozenset[str]) -> list[Claim]:
    found = []
    true_links = set()
    for i, relation in enumerate(chain.relations):
        link = Link(chain, i, chain.sides[i], chain.sides[i + 1], relation)
        if link.left.node is None or link.right.node is None:
            continue
        for name, rule in _LINK_RULES.items():
            said = rule.check(link, solution) if name in rules else None
            if said is None:
                continue
            verdict, evidence = said
            if verdict == UNCHECKED and name == "identity":
                continue
            if verdict == REFUTED and (why := excuse(solution, step, link, name)):
                verdict, evidence = UNCHECKED, {**evidence, "excuse": why}
            key = "".join(token.text for token in link.left.tokens)
            if verdict == SUPPORTED and name == "identity":
                true_links.add(i)
            found.append(Claim(link.left.start, link.right.end, name, verdict, evidence, key))
            break
    learn(solution, chain, true_links)
    return found


def excuse(solution: Solution, step: Step, link: Link, rule: str) -> str:
    """Why a link that is false as read is not refuted; empty when it is."""
    chain, left, right = link.chain, link.left, link.right
    if hedged(step):
        return "hedged step"
    if sentence_hedged(solution.text, left.start, right.end):
        return "hedged sentence"
    if step_tries(step.text) and not (link.index and rule == "numeric"):
        return "trial"
    if _DENIED.search(solution.text, right.end, right.end + 100):
        return "denied"
    if _other_arithmetic(solution, link):
        return f"the problem's {solution.odd_numbers}"
    if link.index == 0 and not chain.joined:
        if left.before in _BAD_BEFORE or left.before == "#cut":
            return f"left side after {left.before!r}"
        if left.tokens[0].text in ("+", "-", "*", "/", "^") and (
            left.before not in ("", "\n") or left.tokens[0].text != "-"
        ):
            return "left side begins with a sign"
        if left.before not in JOINING and left.node is not None and bare(left.node) is not None:
            return "a name with a number"
    if (
        any(sign in "<=>=" and sign != "=" for sign in chain.relations)
        and link.relation in ("=", "~")
        and len(chain.relations) > 2
    ):
        return "between inequalities"
    if right is chain.sides[-1] and (right.after in _BAD_AFTER or right.after == "#cut"):
        return f"right side before {right.after!r}"
    if len(spoken_units(left) | spoken_units(right)) > 1:
        return "several units"
    if _SCALE.search(step.text) and _is_scaled(link):
        return "thousands or cents"
    claim = squeeze(solution.text[left.start : right.end])
    if claim in _squeezed(solution.problem):
        return "quoted from the problem"
    return ""


def hedged(step: Step) -> bool:
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
    try:
        return differ_by_factor(evaluate(link.left.node), evaluate(link.right.node), (100, 1000, 10**6, 10**9, 12))
    except UndefinedError:
        return True


def settle(step: Step, claims: list[Claim]) -> list[Claim]:
    """Refuted claims whose left side gets its true value later in the step are trials."""
    for i, claim in enumerate(claims):
        if claim.verdict == REFUTED and any(
            later.verdict == SUPPORTED and later.key == claim.key for later in claims[i + 1 :]
        ):
            claim.verdict = UNCHECKED
            claim.evidence["excuse"] = "corrected in the same step"
    return claims
