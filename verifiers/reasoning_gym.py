"""reasoning-gym's own scorers as a verifier, kept from evaluating model output."""

import ast
import builtins
import contextlib
import functools
import json
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from engine.errors import ConfigError
from engine.protocols import Resource
from engine.records import Problem, Reason, Sample, Status, Verdict
from verifiers.math.extract import extract

_ARITHMETIC = re.compile(r"(?!.*\*\s*\*)[0-9+\-*/() ]{1,200}")
_HUGE_EXPONENT = re.compile(r"[eE][+-]?[0-9]{4}")
_LONGEST, _DEEPEST = 100_000, 50


_UNSOUND = {"puzzle24": "it accepts other numbers than the given ones, and rounds 24.5 down"}
_NONSENSE = "?!"


class _RefusedError(Exception):
    """A scorer wanted to evaluate text."""


@dataclass
class ReasoningGymVerifier:
    """Scores a sample of a ``ReasoningGym`` problem as the task itself does: PASS from ``threshold`` on.

    The answer is what stands in the last ``<answer>`` tags, else in the last box, else the whole text.

    Scorers run in a worker process without a sandbox, and some call ``eval`` or sympy's ``parse_expr``, which
    evaluates too, on the answer. Here ``eval`` reads Python literals only, which is what those scorers look for,
    and ``parse_expr`` gets nothing but short integer arithmetic without powers; for the rest (integrals,
    polynomials) the verdict is ABSTAIN. Text that the task itself generated is evaluated as usual.

    The verdict is ABSTAIN as well where a scorer crashes, and instead of PASS where it is known to pass wrong answers
    (``puzzle24``) or passes nonsense (``game_of_life_halting``). The gold answer to the letter always passes.
    """

    threshold: float = 1.0
    """Least score that passes. Scorers give 1.0 for right answers and less for near misses or mere form."""

    name: ClassVar[str] = "reasoning_gym"
    version: ClassVar[str] = "1"
    resource: ClassVar[Resource] = "cpu"

    def __post_init__(self) -> None:
        if not 0 < self.threshold <= 1:
            raise ConfigError(f"threshold is {self.threshold}: it must be above 0 and at most 1")

    def verify(self, problem: Problem, sample: Sample) -> Verdict:
        """Judge the sample's answer text."""
        packed = problem.meta.get("reasoning_gym")
        if packed is None:
            return Verdict(Status.ABSTAIN, reason=Reason("other_source", "the problem is not from reasoning-gym"))
        answer, rule = _extract(sample.text)
        if not answer:
            return Verdict(Status.NO_ANSWER, reason=Reason("no_answer", "the response has no answer"))
        verdict = functools.partial(
            Verdict, answer=answer, expected=problem.answer, evidence={"task": packed["task"], "found_by": rule}
        )
        if answer == problem.answer:
            return verdict(Status.PASS, score=1.0, reason=Reason("equal", "the answer is the task's own"))
        if len(answer) > _LONGEST or _HUGE_EXPONENT.search(answer):
            return verdict(Status.ABSTAIN, reason=Reason("refused", "the answer is too large to score safely"))
        try:
            score = _score(packed, answer)
            doubt = _doubt(packed, self.threshold) if score >= self.threshold else None
        except _RefusedError:
            reason = Reason(
                "refused", "the task's scorer would evaluate the answer, which is not done outside a sandbox"
            )
            return verdict(Status.ABSTAIN, reason=reason)
        except Exception as error:  # noqa: BLE001 - what a scorer raises on odd text is no fault of ours
            return verdict(Status.ABSTAIN, reason=Reason("scorer_crashed", f"the task's scorer raised {error!r}"[:300]))
        if doubt is not None:
            return verdict(Status.ABSTAIN, reason=Reason("unsound", f"the task's scorer cannot be trusted: {doubt}"))
        passed = score >= self.threshold
        reason = Reason("scored", f"the task's scorer gives {score:g}, {self.threshold:g} passes")
        return verdict(Status.PASS if passed else Status.FAIL, score=score, reason=reason)


def unpack(value: Any) -> Any:
    """Inverse of ``engine.problems.reasoning_gym.pack``."""
    if isinstance(value, list):
        return [unpack(item) for item in value]
    if not isinstance(value, dict):
        return value
    if value.keys() == {"()"}:
        return tuple(unpack(item) for item in value["()"])
    if value.keys() == {"{}"}:
        return {unpack(key): unpack(item) for key, item in value["{}"]}
    return {key: unpack(item) for key, item in value.items()}


def _extract(text: str) -> tuple[str, str]:
    end = text.rfind("</answer>")
    start = text.rfind("<answer>", 0, max(end, 0))
    if start >= 0:
        return text[start + len("<answer>") : end].strip(), "answer tags"
    box = extract(text, ("boxed",))
    return (box.text, "boxed") if box is not None else (text.strip(), "whole text")


def _doubt(packed: dict[str, Any], threshold: float) -> str | None:
    """Why a passing score of this problem means nothing, or None."""
    with contextlib.suppress(Exception):  # to raise is another way not to pass
        if _score(packed, _NONSENSE) >= threshold:
            return f"it passes {_NONSENSE!r}"
    return _UNSOUND.get(packed["task"])


def _score(packed: dict[str, Any], answer: str) -> float:
    """The task's score. Raises ``_RefusedError`` when it takes evaluating the answer, or what the scorer raises."""
    dataset = _dataset(packed["task"], json.dumps(packed["config"], sort_keys=True))
    entry = unpack(packed["entry"])
    refused: list[str] = []
    with contextlib.redirect_stdout(sys.stderr), _guarded(dataset, _texts(entry), refused):
        score = float(dataset.score_answer(answer, entry))
    if refused:  # scorers swallow exceptions
        raise _RefusedError
    return score


@functools.lru_cache(maxsize=32)
def _dataset(task: str, config: str) -> Any:
    from reasoning_gym.factory import create_dataset

    return create_dataset(task, size=1, seed=0, **unpack(json.loads(config)))


def _texts(entry: dict[str, Any]) -> set[str]:
    """Texts that the task generated, which its scorer may evaluate."""
    found, rest = set(), [entry["answer"], entry["metadata"]]
    while rest:
        value = rest.pop()
        if isinstance(value, str):
            found.add(value)
        elif isinstance(value, (list, tuple)):
            rest += value
        elif isinstance(value, dict):
            rest += value.values()
    return found


@contextlib.contextmanager
def _guarded(dataset: Any, trusted: set[str], refused: list[str]) -> Iterator[None]:
    """Replace, while a scorer runs, what evaluates text in the modules of its classes and in sympy.

    What it was not given is noted in ``refused``.
    """
    import sympy
    from sympy.parsing import sympy_parser

    def literal(source: Any, *scope: Any) -> Any:
        return builtins.eval(source, *scope) if source in trusted else _literal(source)  # noqa: S307 - the task's own

    def arithmetic(text: Any, *args: Any, **options: Any) -> Any:
        if text in trusted or _ARITHMETIC.fullmatch(text):
            return parse_expr(text, *args, **options)
        return refuse(text)

    def refuse(source: Any, *_args: Any, **_options: Any) -> Any:
        refused.append(str(source)[:100])
        raise _RefusedError

    parse_expr = sympy.parse_expr
    guards: dict[str, Callable[..., Any]] = {"parse_expr": arithmetic, "sympify": refuse, "S": refuse}
    spaces = [vars(sys.modules[cls.__module__]) for cls in type(dataset).__mro__ if cls is not object]
    with contextlib.ExitStack() as stack:
        for name, guard in guards.items():
            own = [space for space in spaces if space.get(name) is getattr(sympy, name)]
            for space in [*own, vars(sympy)]:
                _swap(stack, space, name, guard)
        _swap(stack, vars(sympy_parser), "parse_expr", arithmetic)  # what sympy calls on text that it is handed
        for space in spaces:
            for name in ("eval", "exec", "compile"):
                _swap(stack, space, name, literal if name == "eval" else refuse)
        yield


def _swap(stack: contextlib.ExitStack, space: dict[str, Any], name: str, guard: Callable[..., Any]) -> None:
    if name in space:
        stack.callback(space.__setitem__, name, space[name])
    else:
        stack.callback(space.pop, name, None)
    space[name] = guard


def _literal(source: Any) -> Any:
    """Value of a Python literal. Raises ``ValueError`` or ``SyntaxError`` for anything else, as a scorer expects."""
    if sum(map(source.count, "([{")) > _DEEPEST and _depth(source) > _DEEPEST:
        raise ValueError("nested too deeply")
    return ast.literal_eval(source.strip())


def _depth(source: str) -> int:
    depth = deepest = 0
    for sign in source:
        depth += (sign in "([{") - (sign in ")]}")
        deepest = max(deepest, depth)
    return deepest
