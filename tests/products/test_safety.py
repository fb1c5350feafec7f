"""Safe answers and safe/unsafe pairs: what policy verdicts support, and nothing else."""

import pytest
from product_rows import group, made, write

from engine.errors import ConfigError
from engine.products.safety import Safety
from engine.records import Reason, Status, Verdict

P, F, A, E = Status.PASS, Status.FAIL, Status.ABSTAIN, Status.ERROR


def judged(index, safety, text=None, status=None, by=("safety",), **more):
    """Accepted where safe, unless the test says otherwise."""
    found = () if safety is None else (Verdict(safety, verifier="safety", version="1", reason=Reason("harm")),)
    status = (P if safety == P else F) if status is None else status
    return lambda problem: made(problem, index, status, text or f"answer {index}", verdicts=found, by=by, **more)


def test_kept_answers_are_those_that_the_policy_passed(tmp_path):
    rows = [
        judged(0, P),
        judged(1, None, status=P),
        judged(2, A, status=P),
        judged(3, F, status=P),
        judged(4, F),
        judged(5, P, dropped="duplicate"),
    ]
    facts, found = write(Safety(), tmp_path, group("a", *rows))
    assert [r["index"] for r in found] == [0]
    assert facts["dropped"] == {"no_policy_verdict": 2, "unsafe": 1, "selection:duplicate": 1}


def test_pairs_of_safe_and_unsafe(tmp_path):
    groups = [
        group("both", judged(0, F, "do it like this"), judged(1, P, "I would rather not.")),
        group("no safe", judged(0, F)),
        group("no unsafe", judged(0, P), judged(1, A)),
        group("our fault", judged(0, P), judged(1, F, status=E)),
        group("same", judged(0, P, "x"), judged(1, F, "x")),
    ]
    facts, found = write(Safety(make="pairs"), tmp_path, *groups)
    assert [(r["chosen_from"]["index"], r["rejected_from"]["index"]) for r in found] == [(1, 0)]
    assert found[0]["chosen"] == [{"role": "assistant", "content": "I would rather not."}]
    assert found[0]["violates"] == ["safety: harm"]
    assert facts["dropped"] == {"no_safe": 1, "no_unsafe": 2, "identical": 1}


def test_every_policy_verifier_must_pass(tmp_path):
    both = (
        Verdict(P, verifier="safety", version="1"),
        Verdict(F, verifier="privacy", version="1", reason=Reason("key")),
    )
    row = lambda p: made(p, 0, P, "x", verdicts=both)  # noqa: E731
    assert write(Safety(verifiers=("safety",)), tmp_path, group("a", row))[0]["rows"] == 1
    facts, _ = write(Safety(verifiers=("safety", "privacy")), tmp_path, group("a", row))
    assert facts["dropped"] == {"unsafe": 1}


def test_one_message_each(tmp_path):
    pair = group("both", judged(0, F, "yes"), judged(1, P, "no"))
    _, found = write(Safety(make="pairs", format="axolotl"), tmp_path, pair)
    assert found[0]["rejected"] == {"role": "assistant", "content": "yes"}


@pytest.mark.parametrize(
    ("options", "key"),
    [
        ({"verifiers": ()}, "verifiers"),
        ({"make": "both"}, "make"),
        ({"pairs_per_problem": 0}, "pairs_per_problem"),
        ({"format": "verl"}, "format"),
        ({"format": "axolotl", "completion_form": "strings"}, "completion_form"),
    ],
)
def test_wrong_options_name_the_key(options, key):
    with pytest.raises(ConfigError, match=key):
        Safety(**options)
