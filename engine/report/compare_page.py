"""A comparison as a page: static, no script at all."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from engine.errors import ProofstillError
from engine.ledger_reader import Group, groups
from engine.records import Problem, Verdict
from engine.report.compare import FAILED, PASSED, Comparison, Flip
from engine.report.compare_text import facts
from engine.report.embed import shortened
from engine.report.page import environment, hash_of, style


def write_comparison(made: Comparison, path: Path) -> None:
    """Write the page in one step. Raises ``ProofstillError`` when the disk refuses."""
    css = style()
    text = (
        environment()
        .get_template("compare.html.jinja")
        .render(
            policy=f"default-src 'none'; style-src {hash_of(css)}; base-uri 'none'; form-action 'none'",
            style=css,
            names=made.names,
            rows=facts(made),
            sections=[
                {"title": "Newly passed", "n": made.changed(PASSED), "why": made.why["passed"]}
                | {"flips": _told(made, made.newly_passed)},
                {"title": "Newly failed", "n": made.changed(FAILED), "why": made.why["failed"]}
                | {"flips": _told(made, made.newly_failed)},
            ],
            solved=made.newly_solved,
            unsolved=made.newly_unsolved,
            outcomes=[(x, y, n) for (x, y), n in sorted(made.outcomes.items(), key=lambda item: -item[1]) if x != y],
        )
    )
    fresh = path.with_name(f".{path.name}.new")
    try:
        fresh.write_text(text, "utf-8", errors="replace")
        fresh.replace(path)
    except OSError as error:
        raise ProofstillError(f"{path}: cannot write it ({error.strerror}); give another page=FILE.html") from error


def _told(made: Comparison, flips: list[Flip]) -> list[dict[str, Any]]:
    assert made.sides is not None
    before, after = made.sides
    old = _by_ordinal(groups(before.directory.ledger, before.versions, only=[flip.before for flip in flips]))
    new = _by_ordinal(groups(after.directory.ledger, after.versions, only=[flip.after for flip in flips]))
    return [
        {
            "name": f"{flip.problem_id}#{flip.index}",
            "why": flip.why,
            "prompt": shortened(_prompt(new[flip.after].problem), 2000)[0],
            "text": _text(new[flip.after], flip.index),
            "sides": (_verdicts(old[flip.before], flip.index), _verdicts(new[flip.after], flip.index)),
        }
        for flip in flips
    ]


def _by_ordinal(found: Iterable[Group]) -> dict[int, Group]:
    return {group.ordinal: group for group in found}


def _text(group: Group, index: int) -> str:
    sample = group.samples[index]
    return shortened(f"{sample.reasoning}\n\n{sample.text}" if sample.reasoning else sample.text, 4000)[0]


def _verdicts(group: Group, index: int) -> list[Verdict]:
    return list(group.verdicts.get(index, {}).values())


def _prompt(problem: Problem) -> str:
    if isinstance(problem.prompt, str):
        return problem.prompt
    return "\n".join(message.content for message in problem.prompt)
