"""Inputs from a generator that a language model wrote. Its text is untrusted: it runs in the sandbox only."""

import json
from collections.abc import Sequence
from typing import Any

from engine.protocols import Sandbox
from engine.records import ExecResult, ExecStatus, Limits, Message, Problem, Program, Rendered, TestKind
from verifiers.code.alphacode.store import Outcome, Store, digest
from verifiers.code.alphacode.subject import Subject
from verifiers.code.checker import first
from verifiers.code.extract import extract
from verifiers.code.lines import Wanted

LONGEST = 100_000
"""Characters of an input; longer ones are left out."""
_PROMPT = """\
Below is a programming problem. Write a Python function `generate(seed)` that returns one valid input for it, as \
{form}. Seed `random.Random(seed)` with its argument and use nothing else that is random. Small seeds give small \
inputs; cover edge cases (smallest and largest sizes, equal, sorted and extreme values), and keep every input within \
the problem's constraints and below 1,000 elements. Use the standard library only. Answer with one code block.

{shown}The problem:

{problem}
"""
_FORMS = {
    TestKind.STDIN: "the text that the program reads from standard input",
    TestKind.CALL: "the list of its positional arguments",
    TestKind.ASSERT: "the list of its positional arguments",
}


def ask(problem: Problem, subject: Subject) -> Rendered:
    """What a model is asked for a generator: the problem and up to three known inputs."""
    shown = "".join(f"A known input:\n```\n{text[:1000]}\n```\n\n" for text in subject.known[:3])
    said = problem.prompt if isinstance(problem.prompt, str) else "\n\n".join(m.content for m in problem.prompt)
    return Rendered((Message("user", _PROMPT.format(form=_FORMS[subject.kind], shown=shown, problem=said)),))


def generated(
    subject: Subject, responses: Sequence[str], sandbox: Sandbox, limits: Limits, store: Store, *, seeds: int
) -> list[str]:
    """Inputs that the generators in ``responses`` give for the seeds 0, 1, …, each once.

    A generator ends with its first fault; what it gave until then is kept.
    """
    inputs: dict[str, None] = {}
    for response in responses:
        found = extract(response, Wanted("python", ("generate",), "generate"))
        if found is None:
            continue
        program, key = Program(found.program, entry_point="generate"), f"generator {digest(found.program)}"
        for seed in range(seeds):
            outcome = store.get(key, str(seed))
            if outcome is None:
                outcome = _outcome(subject, first(sandbox.run(program, [json.dumps([seed])], limits)))
                store.put(key, str(seed), outcome)
            if outcome.text is None:
                break
            inputs[outcome.text] = None
    store.flush()
    return list(inputs)


def _outcome(subject: Subject, result: ExecResult) -> Outcome:
    text = _input(subject, result.value) if result.status == ExecStatus.OK else None
    return Outcome(result.status.value, text=text)


def _input(subject: Subject, value: Any) -> str | None:
    """The input text of what a generator returned; None when it is of the wrong kind."""
    if subject.kind is TestKind.STDIN:
        return value if isinstance(value, str) and len(value) <= LONGEST else None
    if not isinstance(value, (list, tuple)):
        return None
    try:
        text = subject.encode(list(value))
        subject.decode(text)
    except (ValueError, TypeError, RecursionError):
        return None
    return text if len(text) <= LONGEST else None
