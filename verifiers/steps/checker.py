"""Reads the steps of one solution in order and judges every claim in them."""

import functools
import re

from verifiers.steps.claims import Chain, chains
from verifiers.steps.excuses import excuse, is_hedged
from verifiers.steps.lexer import tokenize
from verifiers.steps.readings import Known
from verifiers.steps.records import REFUTED, SUPPORTED, UNCHECKED, Claim, Link, Solution, Step
from verifiers.steps.rules import (
    compare,
    congruence,
    conversions,
    derivative,
    divisors,
    equations,
    functions,
    identity,
    integral,
    marks,
    named,
    numeric,
    spoken,
    substitution,
    system,
)
from verifiers.steps.state import learn

MAX_STEP = 20_000
"""Characters of one step that are read."""
_LINK_RULES = {
    module.RULE: module
    for module in (numeric, compare, derivative, identity, functions, substitution, equations, system)
}
_STEP_RULES = {module.RULE: module for module in (marks, congruence, integral, spoken, conversions, named, divisors)}
ALL = frozenset(_LINK_RULES) | frozenset(_STEP_RULES)
_FENCE = re.compile(r"```[^`]*(?:```|\Z)|\[asy\].*?\[/asy\]", re.DOTALL)
_RELATION = re.compile(r"[=<>≤≥≠≈≅]|\\(?:l[et]|g[et]|ne|approx|sim|doteq|equiv)")
_NUMBER = re.compile(r"\d+\.\d+|\.\d+")


def check_steps(text: str, spans: list[tuple[int, int]], problem: str, rules: frozenset[str]) -> list[list[Claim]]:
    """The claims of each step of ``text``; a span is one step."""
    return check_solution(text, spans, problem, rules)[0]


def check_solution(
    text: str, spans: list[tuple[int, int]], problem: str, rules: frozenset[str]
) -> tuple[list[list[Claim]], Solution]:
    """The claims of each step, and all that was learned while they were judged."""
    text = _FENCE.sub(lambda match: " " * len(match.group()), text)
    solution = Solution(text, problem, Known(frozenset(str(float(m)) for m in _NUMBER.findall(problem))))
    steps: list[Step] = []
    for index, (start, end) in enumerate(spans):
        steps.append(_read(text, index, start, min(end, start + MAX_STEP), steps[-1] if steps else None))
    solution.chains = [chain for step in steps for chain in step.chains]
    for chain in _problem_chains(_FENCE.sub(" ", problem[:MAX_STEP])):
        learn(solution, chain)
        if len(chain.relations) == 1:
            system.check(Link(chain, 0, chain.sides[0], chain.sides[1], chain.relations[0]), solution)
    return [_judge(solution, step, rules) for step in steps], solution


@functools.lru_cache(maxsize=64)
def _problem_chains(problem: str) -> list[Chain]:
    """The chains of a problem, kept because its samples come together."""
    return chains(tokenize(problem))


def _read(text: str, index: int, start: int, end: int, before: Step | None) -> Step:
    part = text[start:end]
    tokens = tokenize(text, start, end) if _RELATION.search(part) else []
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
    return chain.relations[0] == "=" and not re.search(r"[\d=<>^_]|[.;!?]\s", gap) and len(gap) <= 120


def _judge(solution: Solution, step: Step, rules: frozenset[str]) -> list[Claim]:
    claims: list[Claim] = []
    for chain in step.chains:
        claims += _chain(solution, step, chain, rules)
    for name, rule in _STEP_RULES.items():
        if name not in rules:
            continue
        for claim in rule.find(step, solution):
            if claim.verdict == REFUTED and is_hedged(step):
                claim.verdict, claim.evidence["excuse"] = UNCHECKED, "hedged step"
            claims.append(claim)
    return settle(claims)


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
    solution.previous = chain
    return found


def settle(claims: list[Claim]) -> list[Claim]:
    """Refuted claims whose left side gets its true value later in the step are trials."""
    for i, claim in enumerate(claims):
        if claim.verdict == REFUTED and any(
            later.verdict == SUPPORTED and later.key == claim.key for later in claims[i + 1 :]
        ):
            claim.verdict = UNCHECKED
            claim.evidence["excuse"] = "corrected in the same step"
    return claims
