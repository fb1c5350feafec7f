r"""``\int 2x \, dx = x^2 + C``: the derivative of what is claimed is the integrand; definite ones by Simpson's rule."""

import math
import re

from verifiers.steps.arithmetic import UndefinedError, evaluate
from verifiers.steps.claims import MAX_CHAIN
from verifiers.steps.expression import Reader
from verifiers.steps.lexer import tokenize
from verifiers.steps.records import REFUTED, SUPPORTED, Claim, Solution, Step
from verifiers.steps.rules.derivative import agree
from verifiers.steps.tree import Node, UnreadableError, variables

RULE = "integral"
_LIMIT = r"(?:\{([^{}]{1,40})\}|(\w|\\pi))"
_INTEGRAL = re.compile(
    r"\\int(?:\\limits)?(?:_" + _LIMIT + r"\s*\^" + _LIMIT + r")?(?![_^A-Za-z])((?:(?!\\int)[^=\n&]){1,200}?)"
    r"(?:\\[,;:! ])?\s*(?:\\mathrm\{d\}|\\text\{d\}|d)\s*([a-z])\s*&?\s*((?:=[^=]{1,300})+)"
)
_END = re.compile(
    r"\\\]|\\\)|\$|\\\\|\\end|\n\s*\n|\\(?:text|quad|implies|Rightarrow)|[.;]\s|,\s*\\?(?:quad|text|where)"
)
_CONSTANT = re.compile(r"\s*\+\s*[CcK]\s*$")
_BEGINS = ("\\[", "\\(", "$", "=", "&", "\\\\", ":", ",")
_PANELS = 64


def find(step: Step, _solution: Solution) -> list[Claim]:
    """Every integral of the step with what is said to be its value."""
    if "\\int" not in step.text:
        return []
    found = []
    for match in _INTEGRAL.finditer(step.text):
        end = _END.search(step.text, match.start(7))
        stop = min(end.start() if end else match.end(), match.end())
        name, integrand = match.group(6), _read(match.group(5))
        before = step.text[: match.start()].rstrip()[-2:]
        if before and not before.endswith(_BEGINS):
            continue  # a part of something
        if integrand is None or not variables(integrand) <= {name, "e"}:
            continue
        limits = [_read(match.group(i) or match.group(i + 1) or "") for i in (1, 3)]
        for side in step.text[match.start(7) : stop].replace("&", "").split("=")[1 : MAX_CHAIN + 1]:
            definite = match.group(1) or match.group(2)
            verdict = _area(integrand, name, limits, side) if definite else _anti(integrand, name, side)
            if verdict is not None:
                evidence = {"integrand": match.group(5).strip(), "variable": name}
                found.append(Claim(step.start + match.start(), step.start + stop, RULE, verdict, evidence))
    return found


def _read(text: str) -> Node | None:
    """A piece of LaTeX as an expression."""
    tokens = [token for token in tokenize(f"${text.strip()}$", bullets=False) if token.kind != "d"]
    try:
        return Reader(tokens).read() if tokens and all(token.kind != "x" for token in tokens) else None
    except UnreadableError:
        return None


def _anti(integrand: Node, name: str, side: str) -> str | None:
    """Whether ``side`` is an antiderivative; only where it ends in the constant."""
    constant = _CONSTANT.search(side)
    claimed = _read(side[: constant.start()]) if constant else None
    if claimed is None or not variables(claimed) <= {name, "e"}:
        return None
    return agree(claimed, name, integrand)


def _area(integrand: Node, name: str, limits: list[Node | None], side: str) -> str | None:
    """The same for a definite integral: ``side`` is a number, and the integrand is smooth between finite limits."""
    claimed = _read(side)
    if claimed is None or None in limits or variables(claimed) - {"e"}:
        return None
    try:
        low, high = (float(evaluate(limit, {"e": math.e})) for limit in limits if limit is not None)
        said = float(evaluate(claimed, {"e": math.e}))
        coarse, fine = (_simpson(integrand, name, low, high, panels) for panels in (_PANELS, 2 * _PANELS))
    except (UndefinedError, OverflowError, TypeError, ValueError):
        return None
    size = max(abs(fine), abs(said), 1e-3)
    if abs(coarse - fine) > 1e-5 * size:
        return None
    if abs(fine - said) <= 1e-5 * size:
        return SUPPORTED
    return REFUTED if abs(fine - said) > 0.01 * size else None


def _simpson(integrand: Node, name: str, low: float, high: float, panels: int) -> float:
    """Simpson's rule. Raises ``UndefinedError``."""
    width = (high - low) / (2 * panels)
    values = [float(evaluate(integrand, {name: low + i * width, "e": math.e})) for i in range(2 * panels + 1)]
    return width / 3 * (values[0] + values[-1] + 4 * sum(values[1::2]) + 2 * sum(values[2:-1:2]))
