"""What a majority of samples says: the vote, its limits, and what hostile answers do to it."""

import importlib.util
import random
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from omegaconf import OmegaConf

from engine.build import build
from engine.contract import Case, check_verifier
from engine.errors import ConfigError
from engine.protocols import Verifier
from engine.records import FinishReason, Problem, Sample, Status, TestCase, TestKind, Tests
from verifiers.consensus import ConsensusVerifier
from verifiers.consensus.clusters import MAX_COMPARED, Clusters, is_placeholder
from verifiers.consensus.values import agreements, derived, rounded
from verifiers.math.options import Equality
from verifiers.math.outcome import Asked

_SPEC = importlib.util.spec_from_file_location(
    "math_hostile_cases", Path(__file__).parents[1] / "cases" / "math_hostile.py"
)
_TABLE = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(_TABLE)
HOSTILE = _TABLE.HOSTILE
CONF = Path(__file__).parents[2] / "conf" / "verifier" / "consensus.yaml"
PROBLEM = Problem("p", "What is x?")


def judged(*texts, problem=PROBLEM, **options):
    samples = [text if isinstance(text, Sample) else Sample("p", i, text) for i, text in enumerate(texts)]
    return ConsensusVerifier(**options).verify_group(problem, samples)


def boxed(*answers):
    return [f"so it is \\boxed{{{answer}}}" if answer else "I do not know." for answer in answers]


def told(*answers, **options):
    """One letter per sample: P, F, A, N."""
    return "".join(verdict.status.value[0] for verdict in judged(*boxed(*answers), **options))


@pytest.mark.parametrize(
    ("answers", "options", "expected"),
    [
        (["4", "4", "4", "5"], {}, "PPPF"),
        (["4", "4", "4", ""], {}, "PPPN"),
        (["1/2", "0.5", "\\frac{1}{2}", "\\frac{2}{3}"], {}, "PPPF"),
        (["x = 3", "3", "3.0", "\\text{three}"], {}, "PPPP"),
        (["4", "4", "5", "5"], {}, "AAAA"),
        (["4", "4", "5", "5"], {"agreement": 0.0, "margin": 0.0}, "AAAA"),  # a tie is no winner, whatever is asked
        (["4", "4", "5", "6"], {}, "PPFF"),
        (["4", "4", "5", "6"], {"agreement": 0.6}, "AAAA"),
        (["4", "4", "5", "6"], {"margin": 0.3}, "AAAA"),
        (["4", "4", "5", "6"], {"margin": 0.25}, "PPFF"),
        (["4", "4", "", "", ""], {}, "AANNN"),  # those without an answer vote for nothing
        (["4", "4", "", "", ""], {"agreement": 0.4, "min_votes": 2}, "PPNNN"),
        (["4", "4"], {}, "AA"),  # too few for a vote
        (["4"] * 11 + [""] * 9, {"agreement": 0.55}, "P" * 11 + "N" * 9),
        (["answer", "answer", "answer", "4"], {}, "NNNA"),  # a copied template is no answer
        (["4", "4", "4", "\\foo\\bar["], {}, "PPPA"),  # what cannot be read may be right
        (["\\foo\\bar["] * 3 + ["4"], {}, "PPPA"),
        ([""] * 3, {}, "NNN"),
    ],
)
def test_vote(answers, options, expected):
    assert told(*answers, **options) == expected


def test_verdicts_say_what_they_rest_on():
    first, *_, other, none = judged(*boxed("0.5", "1/2", "1/2", "0.5", "3", ""))
    assert (first.score, first.answer, first.expected) == (4 / 6, "0.5", "0.5")
    assert first.reason.text == "4 of 6 samples (67%) give this answer"
    assert first.evidence == {
        "samples": 6,
        "answers": 5,
        "different_answers": 2,
        "clusters": [{"answer": "0.5", "votes": 4}, {"answer": "3", "votes": 1}],
        "winner": "0.5",
        "margin": 0.5,
        "share": 0.6667,
    }
    assert (other.reason.code, other.score) == ("minority", 1 / 6)
    assert other.reason.text == "4 of 6 samples (67%) give another answer, 1 this one"
    assert (none.status, none.reason.code, none.score) == (Status.NO_ANSWER, "no_answer_found", None)


def test_the_absence_of_a_winner_is_explained():
    even = judged(*boxed("4", "4", "5", "6"), agreement=0.75)[0]
    assert even.reason.code == "no_majority"
    assert even.reason.text == (
        "the most frequent answer is given by 2 of 4 samples (50%) and leads by 1; 75% and a lead of 20% are asked for"
    )
    few = judged(*boxed("4", "4", ""))[0]
    assert (few.reason.code, few.expected) == ("few_votes", None)
    assert few.reason.text == "2 of 3 samples have an answer; at least 3 are asked for"
    cut = judged(Sample("p", 0, "so", FinishReason.LENGTH), *boxed("4", "4", "4"))[0]
    assert cut.reason.code == "truncated"


def test_the_wording_of_the_problem_counts():
    asked = Problem("p", "What percent is it?")
    answers = boxed("50", "50\\%", "50", "50")
    assert {v.status for v in judged(*answers, problem=asked)} == {Status.PASS}
    assert judged(*answers)[1].status == Status.ABSTAIN


def test_a_list_in_as_many_boxes_is_not_refused():
    verdicts = judged(*boxed("1, 2", "2, 1", "1, 2"), "\\boxed{1} or \\boxed{2}", "\\boxed{2}")
    assert [v.status.value for v in verdicts] == ["PASS", "PASS", "PASS", "ABSTAIN", "FAIL"]


def test_programs_are_not_its_business():
    program = Problem("p", "Add.", tests=Tests(TestKind.STDIN, (TestCase("1", "1"),)))
    verdicts = judged("print(1)", "print(1)", "print(1)", problem=program)
    assert {(v.status.value, v.reason.code) for v in verdicts} == {("ABSTAIN", "not_applicable")}
    assert ConsensusVerifier().gold(program) is None


ANSWERS = st.sampled_from(
    ["1/2", "0.5", "\\frac12", "0.33", "1/3", "0.333", "3", "x=3", "3 cm", "30 mm", "(1,2)", "1, 2", "2, 1", "", "yes",
     "true", "\\pi", "3.14", "50", "50\\%", "\\foo[", "B", "(B) 3"]
)  # fmt: skip


@given(st.lists(ANSWERS, min_size=1, max_size=12), st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None, derandomize=True)
def test_the_order_of_the_samples_does_not_matter(answers, rng):
    """Equality is not transitive (0.33, 1/3, 0.333), so this needs the order of the votes and not of the samples."""
    texts = boxed(*answers)
    order = list(range(len(texts)))
    rng.shuffle(order)
    straight = judged(*texts, margin=0.0)
    assert judged(*(texts[i] for i in order), margin=0.0) == [straight[i] for i in order]


def test_every_answer_is_in_one_cluster_and_all_votes_are_counted():
    rng = random.Random(1)
    texts = Counter(str(rng.choice(["1/2", "0.5", "3", "3.0", "x=3", "7", "8"])) for _ in range(40))
    clusters = Clusters(texts, Equality(), Asked())
    assert sum(cluster.votes for cluster in clusters.ranked) == 40
    assert {cluster.gold.text in cluster.texts for cluster in clusters.ranked} == {True}
    assert clusters.of("1/2") is clusters.of("0.5")
    assert clusters.of("3") is clusters.of("x=3") is not clusters.of("7")


def test_comparisons_are_bounded(monkeypatch):
    calls = 0
    real = Clusters.relation

    def counted(self, one, two):
        nonlocal calls
        calls += 1
        return real(self, one, two)

    monkeypatch.setattr(Clusters, "relation", counted)
    clusters = Clusters(Counter(str(n) for n in range(300)), Equality(), Asked())
    assert calls <= 300 * MAX_COMPARED
    assert len(clusters.ranked) == 300


@pytest.mark.parametrize("text", ["answer", "Your final answer here.", "\\text{answer}", "N/A", "unknown", "[answer]"])
def test_placeholders(text):
    assert is_placeholder(text)


@pytest.mark.parametrize("text", ["4", "x", "answer is 4", "no solution", "\\text{none}", "DNE", "B"])
def test_answers_are_no_placeholders(text):
    assert not is_placeholder(text)


def test_hostile_answers_are_outvoted():
    """Every hostile answer once, in one group with a majority: each is judged, and none passes."""
    hostile = [f"\\boxed{{{answer}}}" for name, answer in HOSTILE[::4] if name != "cyrillic seven"]
    verdicts = judged(*boxed(*["1234567"] * (2 * len(hostile))), *hostile)
    statuses = Counter(v.status.value for v in verdicts[2 * len(hostile) :])
    assert set(statuses) <= {"FAIL", "ABSTAIN", "NO_ANSWER"}
    assert statuses.total() == len(hostile)
    assert {v.status for v in verdicts[: 2 * len(hostile)]} == {Status.PASS}


def test_a_majority_of_hostile_answers_is_judged_too():
    verdicts = judged(*[f"\\boxed{{{answer}}}" for answer in ("9^{9^{9^9}}", "9^{9^{9^9}}", "9^{9^{9^9}} + 1", "7")])
    assert [v.status.value for v in verdicts][:2] in (["PASS"] * 2, ["ABSTAIN"] * 2)
    assert all(len(str(v.evidence)) < 5_000 for v in judged(*boxed(*["7" * 100_000] * 3)))


# intermediate values

WAY = "He buys 3 * 4 = 12 apples.\n\nHe eats 2: 12 - 2 = 10.\n\nThe answer is 10"
OTHER_WAY = "There are 4 - 1 = 3 boxes.\n\nThen 3 + 7 = 10.\n\nThe answer is 10"
SILENT = "I guess. The answer is 10"


def test_values_are_what_supported_computations_give():
    text = "First 3 * 4 = 12.\n\nThen 10 / 4 = 2.5 and 10 / 3 ≈ 3.33.\n\nBut 2 + 2 = 5."
    assert derived(PROBLEM, Sample("p", 0, text)) == {"12", "2.5", "3.33333"}
    assert derived(PROBLEM, Sample("p", 0, "x", reasoning="3 * 4 = 12")) == {"12"}
    assert derived(PROBLEM, Sample("p", 0, "")) == frozenset()


@pytest.mark.parametrize(
    ("shown", "expected"), [("12", "12"), ("5/2 ≈ 2.5", "2.5"), ("1e+400", None), ("3 bits", "3"), ("(1+2j)", None)]
)
def test_rounded(shown, expected):
    assert rounded(shown) == expected


def test_agreement_is_the_share_of_the_others_that_have_the_value():
    sets = [frozenset(values) for values in ("ab", "a", "ac", "")]
    assert agreements(sets) == [0.5, 1.0, 0.5, None]
    assert agreements([frozenset("a")]) == [None]


def test_intermediate_values_are_reported_and_may_be_asked_for():
    texts = [WAY, WAY, WAY, OTHER_WAY, SILENT, "The answer is 7"]
    plain = judged(*texts)
    assert "intermediate" not in plain[0].evidence
    scored = judged(*texts, intermediate="score")
    assert scored[0].evidence["intermediate"] == {"values": 2, "agreement": 0.8333}
    assert scored[3].evidence["intermediate"] == {"values": 2, "agreement": 0.5}
    assert scored[4].evidence["intermediate"] == {"values": 0, "agreement": None}
    assert "intermediate" not in scored[5].evidence
    assert [round(v.score, 3) for v in scored] == [0.694, 0.694, 0.694, 0.417, 0.0, 0.167]
    assert [v.status for v in scored] == [v.status for v in plain]
    required = judged(*texts, intermediate="require", min_intermediate=0.6)
    assert [(v.status.value, v.reason.code) for v in required[2:]] == [
        ("PASS", "majority"),
        ("ABSTAIN", "another_way"),
        ("ABSTAIN", "no_values"),
        ("FAIL", "minority"),
    ]


# the component


def configured(**changes):
    return build(OmegaConf.merge(OmegaConf.load(CONF).consensus, changes), Verifier, "verifier.consensus")


def test_yaml_states_the_defaults():
    assert configured() == ConsensusVerifier()


@pytest.mark.parametrize("intermediate", ["ignore", "score"])
def test_contract(intermediate):
    other = Problem("q", "And y?")
    cases = [
        *(Case(PROBLEM, text, Status.PASS) for text in (WAY, WAY, OTHER_WAY, "\\boxed{10.0}")),
        Case(PROBLEM, "The answer is 11", Status.FAIL),
        Case(PROBLEM, "no idea", Status.NO_ANSWER),
        *(Case(other, text, Status.ABSTAIN) for text in boxed("1", "2", "3")),
        Case(other, " ", Status.NO_ANSWER),
    ]
    assert check_verifier(configured(intermediate=intermediate), cases) == []


@pytest.mark.parametrize(
    "options",
    [
        {"agreement": 1.5},
        {"margin": -0.1},
        {"min_votes": 1},
        {"min_intermediate": 2},
        {"intermediate": "always"},
        {"deadline_s": 0},
        {"rules": ("boxed", "guess")},
        {"rules": ()},
    ],
)
def test_bad_options(options):
    with pytest.raises(ConfigError, match=next(iter(options))):
        ConsensusVerifier(**options)
