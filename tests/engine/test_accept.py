import pytest

from engine.accept import AcceptAll
from engine.records import Status, Verdict

P, F, N, T, A, E = Status.PASS, Status.FAIL, Status.NO_ANSWER, Status.TIMEOUT, Status.ABSTAIN, Status.ERROR


@pytest.mark.parametrize(
    ("statuses", "accepted", "by", "drop_reason", "error"),
    [
        ([P, P], True, ("a", "b"), None, False),
        ([P, F], False, ("b",), "b:FAIL", False),
        ([F, None], False, ("a",), "a:FAIL", False),  # the cascade stops here
        ([N, None], False, ("a",), "a:NO_ANSWER", False),
        ([T, None], False, ("a",), "a:TIMEOUT", False),
        ([P, A], True, ("a",), None, False),
        ([A, A], False, (), "no verifier could judge it", False),
        ([P, E], False, ("b",), "b:ERROR", True),
        ([E, F], False, ("b",), "b:FAIL", False),  # wrong whatever the other would say
        ([E, A], False, ("a",), "a:ERROR", True),
    ],
)
def test_all(statuses, accepted, by, drop_reason, error):
    verdicts = {name: Verdict(s) for name, s in zip("ab", statuses, strict=True) if s is not None}
    decision = AcceptAll().decide(("a", "b"), verdicts)
    assert (decision.accepted, decision.by, decision.drop_reason, decision.error) == (accepted, by, drop_reason, error)


@pytest.mark.parametrize("statuses", [[], [P], [A], [E]])
def test_undecided_while_a_verifier_is_missing(statuses):
    verdicts = {name: Verdict(s) for name, s in zip("ab", statuses, strict=False)}
    assert AcceptAll().decide(("a", "b"), verdicts) is None


@pytest.mark.parametrize(
    ("statuses", "accepted", "drop_reason"),
    [
        ({"math": P, "steps": P}, True, None),
        ({"math": P, "steps": A}, True, None),
        ({"math": A, "steps": P}, False, "nobody vouches for the answer"),
        ({"math": A, "steps": A}, False, "no verifier could judge it"),
        ({"math": P, "steps": F}, False, "steps:FAIL"),
        ({"steps": P, "form": A}, True, None),  # nobody else was asked
        ({"steps": A, "form": A}, False, "no verifier could judge it"),
    ],
)
def test_how_is_not_whether(statuses, accepted, drop_reason):
    """What judges the way to an answer does not vouch for the answer."""
    rule = AcceptAll(supporting=("steps", "form"))
    decision = rule.decide(tuple(statuses), {name: Verdict(s) for name, s in statuses.items()})
    assert (decision.accepted, decision.drop_reason) == (accepted, drop_reason)
