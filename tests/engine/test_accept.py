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
