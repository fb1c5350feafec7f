"""Pairs: who may win and lose, in what order pairs are tried, and what they must not be."""

from functools import partial

import pytest
from product_rows import group, made, marks, write

from engine.errors import ConfigError
from engine.products.preference import Preference
from engine.records import FinishReason, Reason, Rendered, Status, Verdict

P, F, N, T, A, E = Status.PASS, Status.FAIL, Status.NO_ANSWER, Status.TIMEOUT, Status.ABSTAIN, Status.ERROR


def row(index, status=P, text=None, **more):
    return lambda problem: made(problem, index, status, text, **more)


def program(index, accepted, total, *, ran=None, status=F, text=None):
    """A program that passes ``accepted`` of ``total`` tests."""
    tests = {"total": total, "ran": total if ran is None else ran, "accepted": accepted}
    verdict = Verdict(
        status, score=accepted / total, verifier="code", version="1", reason=Reason("wrong"), evidence={"tests": tests}
    )
    return row(index, status, text, verdicts=(verdict,), by=("code",))


def sides(rows):
    return [(r["chosen_from"]["index"], r["rejected_from"]["index"]) for r in rows]


def test_columns_are_those_of_trl(tmp_path):
    facts, rows = write(Preference(), tmp_path, group("a", row(0, reasoning="so"), row(1, F, "It is 9.")))
    assert rows[0]["prompt"] == [{"role": "user", "content": "What is a?"}]
    assert rows[0]["chosen"] == [{"role": "assistant", "content": "<think>\nso\n</think>\n\nIt is \\boxed{0}."}]
    assert rows[0]["rejected"] == [{"role": "assistant", "content": "It is 9."}]
    assert (facts["unit"], facts["taken"], facts["rows"]) == ("pairs", 1, 1)
    assert rows[0]["rejected_from"]["reason"] == "math FAIL: r"
    assert rows[0]["rejected_from"]["standing"] == "rejected"
    assert rows[0]["rejected_from"]["accepted_by"] == []
    assert rows[0]["chosen_from"]["verifiers"] == [
        {"name": "math", "version": "1", "config_hash": "", "status": "PASS"}
    ]


def test_strings_are_the_continuation_alone(tmp_path):
    text = Rendered(text="Q: 2+2\nA:")
    pair = group("a", row(0, text=" 4", prompt=text), row(1, F, " 5", prompt=text))
    _, rows = write(Preference(completion_form="strings"), tmp_path, pair)
    assert [rows[0][key] for key in ("prompt", "chosen", "rejected")] == ["Q: 2+2\nA:", " 4", " 5"]


def test_what_no_verdict_supports_never_loses(tmp_path):
    """ERROR, ABSTAIN and an undecided accept rule leave no loser; FAIL and the program's own TIMEOUT do."""
    abstained = row(1, A, verdicts=(Verdict(A, verifier="math", version="1"),))
    supporting = row(2, F, verdicts=(Verdict(P, verifier="steps", version="1"),), by=("steps",))
    other_failed = row(3, F, verdicts=(Verdict(F, verifier="style", version="1"),), by=("math",))
    groups = (
        group("error", row(0), row(1, E, "x")),
        group("abstain", row(0), abstained),
        group("nobody vouches", row(0), supporting),
        group("another's fail", row(0), other_failed),
    )
    facts, rows = write(Preference(losers=("FAIL", "NO_ANSWER", "TIMEOUT")), tmp_path, *groups)
    assert rows == []
    assert facts["dropped"] == {"no_rejected": 4}


@pytest.mark.parametrize(
    ("losers", "reason", "written"),
    [(("FAIL", "TIMEOUT"), None, 1), (("FAIL",), "no_such_loser", 0)],
)
def test_a_program_that_ran_too_long_may_lose(tmp_path, losers, reason, written):
    facts, _ = write(Preference(losers=losers), tmp_path, group("a", row(0), row(1, T, "loop")))
    assert facts["rows"] == written
    assert list(facts["dropped"]) == ([reason] if reason else [])


def test_no_answer_loses_only_when_asked_to(tmp_path):
    cut = group("a", row(0), row(1, N, "Let me", finish=FinishReason.LENGTH))
    assert write(Preference(), tmp_path, cut)[0]["dropped"] == {"no_such_loser": 1}
    assert write(Preference(losers=("NO_ANSWER",)), tmp_path, cut)[0]["rows"] == 1


def test_rows_that_selection_dropped_win_nothing(tmp_path):
    facts, _ = write(Preference(), tmp_path, group("a", row(0, dropped="duplicate"), row(1, F, "x")))
    assert facts["dropped"] == {"no_selected": 1}
    facts, _ = write(Preference(), tmp_path, group("a", row(0, F, "x")), group("b", row(0)))
    assert facts["dropped"] == {"no_accepted": 1, "no_rejected": 1}


def test_best_against_worst_and_then_the_next(tmp_path):
    rows = [row(0, score=0.6), row(1, score=0.9), row(2, F, "x", score=0.4), row(3, F, "y", score=0.1)]
    assert sides(write(Preference(), tmp_path, group("a", *rows))[1]) == [(1, 3)]
    every = write(Preference(pairs_per_problem=9), tmp_path, group("a", *rows))[1]
    assert sides(every) == [(1, 3), (0, 2), (1, 2), (0, 3)]
    by_name = Preference(score_by="nobody")
    assert sides(write(by_name, tmp_path, group("a", *rows))[1]) == [(0, 2)]


def test_nearly_right_takes_the_nearest_wrong_one(tmp_path):
    rows = [
        program(0, 5, 5, status=P),
        program(1, 0, 5, text="a"),
        program(2, 4, 5, text="b"),
        program(3, 3, 5, text="c"),
    ]
    assert sides(write(Preference(policy="nearly_right"), tmp_path, group("a", *rows))[1]) == [(0, 2)]


def test_a_late_wrong_step_is_nearer_than_an_early_one(tmp_path):
    def stepped(index, *verdicts):
        text = "\n".join(f"line {index} {i}" for i in range(len(verdicts)))
        steps = Verdict(F, verifier="steps", version="1", steps=marks(text, *verdicts))
        return row(index, F, text, verdicts=(steps,), by=("steps",))

    rows = [row(0), stepped(1, "refuted", "unchecked", "unchecked"), stepped(2, "supported", "unchecked", "refuted")]
    assert sides(write(Preference(policy="nearly_right"), tmp_path, group("a", *rows))[1]) == [(0, 2)]
    facts, _ = write(Preference(policy="nearly_right"), tmp_path, group("a", row(0), row(1, F, "x")))
    assert facts["dropped"] == {"no_nearness": 1}


def test_a_hard_negative_fails_exactly_one_test_of_all(tmp_path):
    right = program(0, 5, 5, status=P)
    rows = [right, program(1, 3, 5, text="a"), program(2, 4, 5, text="b"), program(3, 4, 5, ran=5, text="c")]
    options = partial(Preference, policy="hard_negative")
    assert sides(write(options(), tmp_path, group("a", *rows))[1]) == [(0, 2)]
    stopped_early = group("a", right, program(1, 1, 5, ran=2, text="a"))  # of the others nothing is known
    assert write(options(), tmp_path, stopped_early)[0]["dropped"] == {"no_hard_negative": 1}


def test_shortest_right_against_longest_right(tmp_path):
    rows = [row(0, text="four words are here"), row(1, text="4"), row(2, text="4, that is"), row(3, F, "wrong" * 50)]
    facts, found = write(Preference(policy="shortest_right"), tmp_path, group("a", *rows))
    assert sides(found) == [(1, 0)]
    assert found[0]["rejected_from"]["standing"] == "accepted"
    assert facts["lengths"] == {
        "chosen_mean": 1.0, "rejected_mean": 19.0, "chosen_longer": 0, "rejected_longer": 1, "same": 0,
    }  # fmt: skip
    near = group("a", row(0, text="4444"), row(1, text="44444"))
    assert write(Preference(policy="shortest_right"), tmp_path, near)[0]["dropped"] == {"lengths_too_near": 1}


def test_score_gaps_widest_first_and_never_a_wrong_winner(tmp_path):
    rows = [row(0, score=0.5), row(1, score=0.75), row(2, F, "x", score=0.9), row(3, F, "y", score=0.125)]
    facts, found = write(Preference(policy="score_gap", pairs_per_problem=9), tmp_path, group("a", *rows))
    assert sides(found) == [(1, 3), (0, 3), (1, 0)]
    facts, _ = write(Preference(policy="score_gap", min_gap=0.7), tmp_path, group("a", *rows))
    assert facts["dropped"] == {"gap_too_small": 1}


def test_rso_draws_what_the_paper_says(tmp_path):
    """A small beta draws the best first; the draws depend on seed and problem alone."""
    rows = [row(i, P if i % 2 else F, f"text {i}", score=i / 20) for i in range(20)]
    few = Preference(policy="rso", rso_beta=0.01, rso_samples=4, pairs_per_problem=9)
    facts, found = write(few, tmp_path, group("a", *rows))
    drawn = {index for pair in sides(found) for index in pair}
    assert len(found) + facts["dropped"].get("not_verified", 0) == 2
    assert max(drawn) == 19
    assert min(drawn) >= 12
    flat = Preference(policy="rso", rso_beta=0.5, rso_samples=8, pairs_per_problem=20)
    spread = sides(write(flat, tmp_path, group("a", *rows))[1])
    assert {index for pair in spread for index in pair} - drawn
    assert spread == sides(write(flat, tmp_path, group("a", *rows))[1])
    other = Preference(policy="rso", rso_beta=0.5, rso_samples=8, pairs_per_problem=20, seed=1)
    assert spread != sides(write(other, tmp_path, group("a", *rows))[1])


def test_rso_acceptance_follows_the_rewards():
    """Over many problems the second candidate is drawn in the first round with probability exp(-gap / beta)."""
    import math

    from engine.products.pairing import Pairing

    pairing = Pairing("rso", ("FAIL",), None, 0.1, 1.5, 0.5, 1, 3)
    # one draw of two candidates in the order of their index: the worse comes first, and stays with exp(-0.5 / 0.5)
    first = [pairing._draw(f"p{i}", {0: 0.5, 1: 1.0})[0] for i in range(4000)]
    assert abs(first.count(0) / 4000 - math.exp(-1)) < 0.03


def test_identical_and_tied_pairs_are_dropped(tmp_path):
    same = group("a", row(0, text="It is  4"), row(1, F, "It is 4"))
    assert write(Preference(), tmp_path, same)[0]["dropped"] == {"identical": 1}
    tied = group("a", row(0, score=0.5), row(1, score=0.5))
    facts, _ = write(Preference(policy="rso"), tmp_path, tied)
    assert facts["dropped"] == {"tied": 1}


def test_pairs_that_are_the_same_once_cut_are_dropped(tmp_path):
    pair = group("a", row(0, text="x" * 50 + "4"), row(1, F, "x" * 50 + "5"))
    long_enough = len("What is a?\n\n") + 51
    for length, reason in ((long_enough, None), (long_enough - 1, "truncation_identical"), (3, "truncation_identical")):
        facts, _ = write(Preference(max_length=length), tmp_path, pair)
        assert list(facts["dropped"]) == ([reason] if reason else []), length


@pytest.mark.slow
@pytest.mark.parametrize("form", ["messages", "strings"])
def test_cut_as_the_trainer_cuts(tmp_path, form):
    """With the trainer's tokenizer the pair is dropped at exactly the length at which both sides are the same tokens."""
    from transformers import AutoTokenizer

    from engine.tiny import model_path

    tokenizer = AutoTokenizer.from_pretrained(model_path())
    pair = group("a", row(0, text="6 * 7 = 42"), row(1, F, "6 * 7 = 43"))
    made_by_hand = [
        tokenizer.apply_chat_template(
            [{"role": "user", "content": "What is a?"}, {"role": "assistant", "content": text}], return_dict=True
        )["input_ids"]
        if form == "messages"
        else tokenizer("What is a?\n\n" + text + tokenizer.eos_token)["input_ids"]
        for text in ("6 * 7 = 42", "6 * 7 = 43")
    ]
    differs = next(i for i, (a, b) in enumerate(zip(*made_by_hand, strict=True)) if a != b)
    options = {"tokenizer": model_path(), "completion_form": form}
    assert write(Preference(max_length=differs + 1, **options), tmp_path, pair)[0]["rows"] == 1
    assert write(Preference(max_length=differs, **options), tmp_path, pair)[0]["dropped"] == {"truncation_identical": 1}


def test_length_bias_is_reported_and_can_be_balanced(tmp_path):
    groups = [group(f"p{i}", row(0, text="short"), row(1, F, "long" * (i + 3))) for i in range(6)]
    groups += [group("q", row(0, text="a long one, and right"), row(1, F, "x"))]
    facts, _ = write(Preference(), tmp_path, *groups)
    assert [facts["lengths"][key] for key in ("chosen_longer", "rejected_longer")] == [1, 6]
    facts, _ = write(Preference(balance_length=True), tmp_path, *groups)
    assert [facts["lengths"][key] for key in ("chosen_longer", "rejected_longer")] == [1, 1]
    assert facts["dropped"] == {"length_balance": 5}


def test_another_pair_of_the_problem_may_keep_the_balance(tmp_path):
    first = group("p", row(0, text="short"), row(1, F, "long" * 9))
    second = group("q", row(0, text="short"), row(1, text="a long one, and right"), row(2, F, "middle one"))
    _, rows = write(Preference(balance_length=True), tmp_path, first, second)
    assert sides(rows) == [(0, 1), (1, 2)]


@pytest.mark.parametrize("trainer", ["llama_factory", "axolotl"])
def test_one_message_each_for_the_trainers_that_want_it(tmp_path, trainer):
    _, rows = write(Preference(format=trainer), tmp_path, group("a", row(0), row(1, F, "no")))
    assert rows[0]["messages"] == [{"role": "user", "content": "What is a?"}]
    assert rows[0]["rejected"] == {"role": "assistant", "content": "no"}


@pytest.mark.parametrize(
    ("options", "key"),
    [
        ({"policy": "best"}, "policy"),
        ({"losers": ()}, "losers"),
        ({"losers": ("ERROR",)}, "losers"),
        ({"losers": ("ABSTAIN",)}, "losers"),
        ({"pairs_per_problem": 0}, "pairs_per_problem"),
        ({"max_length": -1}, "max_length"),
        ({"min_length_ratio": 0.5}, "min_length_ratio"),
        ({"rso_samples": 1}, "rso_samples"),
        ({"rso_beta": 0.0}, "rso_beta"),
        ({"format": "verl"}, "format"),
        ({"format": "axolotl", "completion_form": "strings"}, "completion_form"),
        ({"reasoning": "keep"}, "reasoning"),
    ],
)
def test_wrong_options_name_the_key(options, key):
    with pytest.raises(ConfigError, match=key):
        Preference(**options)
