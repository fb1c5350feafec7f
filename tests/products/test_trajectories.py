"""Off-policy filtering: every filter by itself, in its order, with hand-computed estimates."""

import math

import pytest
from product_rows import group, made, write

from engine.errors import ConfigError
from engine.products.trajectories import Trajectories
from engine.records import Reason, Status, Verdict

P, F, A, E = Status.PASS, Status.FAIL, Status.ABSTAIN, Status.ERROR


def row(index, status=P, score=None, *, p=-10.0, q=-12.0, safe=None, step=None, **more):
    verdicts = [Verdict(status, score=score, verifier="math", version="1", reason=Reason("r"))]
    verdicts += [] if safe is None else [Verdict(safe, verifier="safety", version="1")]
    lineage = {} if step is None else {"policy_step": step}
    known = {"logprob_sum": p, "ref_logprob_sum": q, "lineage": lineage}
    return lambda problem: made(problem, index, status, f"r{index}", verdicts=tuple(verdicts), **known | more)


def test_rewards_come_from_verdicts(tmp_path):
    rows = [row(0, P, 0.75), row(1, F), row(2, F, 0.25), row(3, A), row(4, E)]
    facts, found = write(Trajectories(), tmp_path, group("a", *rows))
    assert [(r["index"], r["reward"], r["standing"]) for r in found] == [
        (0, 1.0, "accepted"),
        (1, 0.0, "rejected"),
        (2, 0.0, "rejected"),
    ]
    assert facts["dropped"] == {"no_reward": 1, "error": 1}
    assert facts["reward_mean"] == pytest.approx(1 / 3, abs=1e-6)
    facts, found = write(Trajectories(reward_by="math"), tmp_path, group("a", *rows))
    assert [(r["index"], r["reward"]) for r in found] == [(0, 0.75), (2, 0.25)]
    assert facts["dropped"] == {"no_reward": 2, "error": 1}


def test_repeated_draws_are_draws(tmp_path):
    """Selection drops accepted duplicates alone, so heeding it would bend the rewards."""
    rows = [row(0), row(1, dropped="duplicate"), row(2, dropped="contaminated"), row(3, F)]
    facts, _ = write(Trajectories(), tmp_path, group("a", *rows))
    assert (facts["reward_mean"], facts["dropped"]) == (pytest.approx(2 / 3, abs=1e-6), {"selection:contaminated": 1})


def test_estimators_of_the_divergence(tmp_path):
    """Per token of 7 tokens the log-ratio is 2 / 7; k3 is (q/p - 1) - log q/p."""
    expected = {
        ("k1", False): 2.0,
        ("k1", True): 2 / 7,
        ("k3", False): math.exp(-2) - 1 + 2,
        ("k3", True): math.exp(-2 / 7) - 1 + 2 / 7,
    }
    for (estimator, per_token), value in expected.items():
        product = Trajectories(kl_estimator=estimator, kl_per_token=per_token)
        assert write(product, tmp_path, group("a", row(0)))[1][0]["kl"] == pytest.approx(value)
    huge = Trajectories(kl_estimator="k3", kl_per_token=False, max_kl=5.0)
    facts, _ = write(huge, tmp_path, group("a", row(0, p=-5000.0, q=-1.0), row(1, p=-1.0, q=-5000.0)))
    assert facts["dropped"] == {"kl_above_cap": 2}


def test_k3_is_unbiased_and_steadier_than_k1(tmp_path):
    """On draws from a known policy both means come near the true divergence; k3 varies less and is never negative."""
    p, q = 0.7, 0.5
    truth = p * math.log(p / q) + (1 - p) * math.log((1 - p) / (1 - q))
    outcomes = [True] * 70 + [False] * 30
    sums = [(math.log(p if one else 1 - p), math.log(q if one else 1 - q)) for one in outcomes]
    rows = [row(i, p=own, q=ref) for i, (own, ref) in enumerate(sums)]
    spread = {}
    for estimator in ("k1", "k3"):
        product = Trajectories(kl_estimator=estimator, kl_per_token=False)
        facts, found = write(product, tmp_path, group("a", *rows))
        assert facts["kl_mean"] == pytest.approx(truth, abs=1e-6)
        values = [r["kl"] for r in found]
        spread[estimator] = max(values) - min(values)
        assert estimator == "k1" or min(values) >= 0
    assert spread["k3"] < spread["k1"]


def test_a_cap_wants_log_probabilities(tmp_path):
    rows = [row(0), row(1, p=-10.0, q=-30.0), row(2, q=None), row(3, tokens=0), row(4, p=math.nan)]
    facts, found = write(Trajectories(max_kl=1.0), tmp_path, group("a", *rows))
    assert [r["index"] for r in found] == [0]
    assert facts["dropped"] == {"kl_above_cap": 1, "no_logprobs": 3}
    facts, found = write(Trajectories(), tmp_path, group("a", row(2, q=None)))
    assert (found[0]["kl"], facts["kl_mean"]) == (None, None)


def test_threshold_penalty_and_quantile(tmp_path):
    scores = [0.9, 0.5, 0.7, 0.1, 0.7]
    rows = [row(i, P if s > 0.6 else F, s) for i, s in enumerate(scores)]
    facts, found = write(Trajectories(reward_by="math", min_reward=0.5), tmp_path, group("a", *rows))
    assert ([r["index"] for r in found], facts["dropped"]) == ([0, 1, 2, 4], {"reward_too_low": 1})
    facts, found = write(Trajectories(reward_by="math", top_share=0.4), tmp_path, group("a", *rows))
    assert [r["index"] for r in found] == [0, 2, 4]  # ties stay together
    assert facts["dropped"] == {"below_quantile": 2}
    penalised = Trajectories(min_reward=0.5, kl_beta=0.5, kl_per_token=False)
    facts, found = write(penalised, tmp_path, group("a", row(0, P, 1.0), row(1, P, 1.0, q=-10.5)))
    assert [(r["index"], r["penalised_reward"]) for r in found] == [(1, 0.75)]


def test_rejection_follows_the_penalised_reward(tmp_path):
    """A sample stays with probability exp((reward - greatest) / temperature)."""
    groups = [group(f"p{i}", row(0, P, 1.0), row(1, P, 0.5)) for i in range(1500)]
    facts, found = write(Trajectories(reward_by="math", temperature=0.5), tmp_path, *groups)
    best, other = (sum(r["index"] == i for r in found) for i in (0, 1))
    assert best == 1500
    assert abs(other / 1500 - math.exp(-1)) < 0.05
    assert facts["dropped"] == {"rejection": 1500 - other}
    again, _ = write(Trajectories(reward_by="math", temperature=0.5), tmp_path, *groups)
    assert again == facts


def test_veto_and_staleness(tmp_path):
    rows = [row(0, safe=P), row(1, safe=F), row(2, safe=A), row(3), row(4, safe=E)]
    facts, found = write(Trajectories(veto=("safety",)), tmp_path, group("a", *rows))
    assert [r["index"] for r in found] == [0]
    assert facts["dropped"] == {"veto:safety": 1, "veto_unknown:safety": 3}
    rows = [row(0, step=10), row(1, step=8), row(2, step=7), row(3), row(4, dropped="too_long")]
    facts, found = write(Trajectories(policy_step=10, max_staleness=2), tmp_path, group("a", *rows))
    assert [r["index"] for r in found] == [0, 1]
    assert facts["dropped"] == {"selection:too_long": 1, "stale": 1, "staleness_unknown": 1}


@pytest.mark.parametrize(
    ("options", "key"),
    [
        ({"kl_estimator": "k2"}, "kl_estimator"),
        ({"top_share": 0.0}, "top_share"),
        ({"temperature": 0.0}, "temperature"),
        ({"kl_beta": -1.0}, "kl_beta"),
        ({"max_staleness": -1}, "max_staleness"),
    ],
)
def test_wrong_options_name_the_key(options, key):
    with pytest.raises(ConfigError, match=key):
        Trajectories(**options)
