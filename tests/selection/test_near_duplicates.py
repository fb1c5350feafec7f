"""Near duplicates: the first stays, numbers matter, and nothing kept is too like another kept row."""

import os
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import ConfigError
from engine.records import Decision, Problem, Rendered, Row, Sample
from engine.rows import Finding, RowGroup
from engine.selection.near_duplicates import PERMUTATIONS, NearDuplicates, bands

STORY = "Tom buys 3 pens for 4 dollars each so he pays 3 * 4 = 12 dollars and the answer is 12 dollars in all for him"
PROMPT = Rendered(text="?")


def group(problem, *texts, reasoning=None):
    samples = [Sample(problem, i, text, reasoning=reasoning and reasoning[i]) for i, text in enumerate(texts)]
    rows = tuple(Row(Problem(problem, "?"), sample, Decision(True, "all"), (), PROMPT) for sample in samples)
    return RowGroup(Problem(problem, "?"), PROMPT, rows)


def reasons(selector, *groups):
    return [found and found.reason for one in groups for found in selector.select(one)]


def jaccard(one, other, shingle=3):
    sets = []
    for text in (one, other):
        words = text.split()
        sets.append({tuple(words[i : i + shingle]) for i in range(max(1, len(words) - shingle + 1))})
    return len(sets[0] & sets[1]) / len(sets[0] | sets[1])


def test_the_first_stays_and_the_evidence_names_it():
    other = STORY.replace("in all", "overall")
    found = NearDuplicates(threshold=0.7).select(group("a", STORY, other, "Something else."))
    similarity = found[1].evidence["similarity"]
    assert found == [None, Finding("near_duplicate", {"of": "a#0", "similarity": similarity}), None]
    assert similarity == pytest.approx(jaccard(STORY, other), abs=0.001)


@pytest.mark.parametrize(
    ("other", "numbers", "near"),
    [
        (STORY.replace("pens", "pencils", 1), True, True),
        (STORY + " .", True, True),
        (STORY.replace(" 12 dollars in", " 13 dollars in"), True, False),
        (STORY.replace(" 12 dollars in", " 13 dollars in"), False, True),
        (STORY + " 7", True, False),
        (STORY + " 12", True, True),  # a number that is there already
    ],
)
def test_rows_with_different_numbers_are_different(other, numbers, near):
    found = reasons(NearDuplicates(threshold=0.7, numbers=numbers), group("a", STORY, other))
    assert found == [None, "near_duplicate" if near else None]


def test_short_equations_differ_by_one_sign_or_number():
    texts = ("x = 3", "x = 4", "x = -3", "x + 3", "", "x  =\n3", " ")
    expected = [None, None, None, None, None, "near_duplicate", "near_duplicate"]
    assert reasons(NearDuplicates(), group("a", *texts)) == expected


def test_thousands_are_the_same_number():
    one = STORY + " from 1,200"
    assert reasons(NearDuplicates(threshold=0.6), group("a", one, one.replace(",", ""))) == [None, "near_duplicate"]


def test_elsewhere_only_when_asked_and_by_the_first_kept():
    near = STORY + " ."
    groups = (group("a", STORY), group("b", near, STORY), group("c", "y", STORY))
    assert reasons(NearDuplicates(), *groups) == [None, None, "near_duplicate", None, None]
    selector = NearDuplicates(within="everywhere")
    found = [f for one in groups for f in selector.select(one)]
    assert [f and (f.reason, f.evidence["of"]) for f in found] == [
        None,
        ("near_duplicate_elsewhere", "a#0"),
        ("near_duplicate_elsewhere", "a#0"),
        None,
        ("near_duplicate_elsewhere", "a#0"),
    ]
    assert found[2].evidence["similarity"] == 1


def test_the_reasoning_counts_unless_only_the_text_is_compared():
    one = group("a", "4", "4", reasoning=(STORY, "Two and two."))
    assert reasons(NearDuplicates(numbers=False), one) == [None, None]
    assert reasons(NearDuplicates(compare="text"), one) == [None, "near_duplicate"]


def test_hostile_text_is_only_text():
    texts = ("\ud800 lone", "\udfff other", "\0" * 10, "9" * 10_000, "a" * 100_000, "{} " * 20_000)
    assert reasons(NearDuplicates(within="everywhere"), group("a", *texts)) == [None] * len(texts)


@pytest.mark.parametrize("key", [{"within": "run"}, {"compare": "prompt"}, {"threshold": 0}, {"shingle": 0}])
def test_settings_that_do_not_fit_are_named(key):
    with pytest.raises(ConfigError, match=next(iter(key))):
        NearDuplicates(**key)


@pytest.mark.parametrize("threshold", [0.3, 0.5, 0.7, 0.8, 0.9, 0.95])
def test_bands_are_the_fewest_that_find_what_is_at_the_threshold(threshold):
    def missed(count):
        return (1 - threshold ** (PERMUTATIONS // count)) ** count

    chosen = bands(threshold)
    assert missed(chosen) <= 0.01
    assert all(missed(count) > 0.01 for count in range(1, chosen) if PERMUTATIONS % count == 0)


WORDS = st.lists(st.sampled_from(["a", "b", "c", "1"]), max_size=9).map(" ".join)


@given(st.lists(WORDS, max_size=12), st.sampled_from([0.3, 0.6, 0.8, 1.0]), st.integers(1, 4))
@settings(deadline=None, max_examples=150)
def test_kept_rows_of_a_problem_are_unlike_and_dropped_ones_like_an_earlier_kept_one(texts, threshold, shingle):
    found = NearDuplicates(threshold=threshold, shingle=shingle, numbers=False).select(group("a", *texts))
    kept = [i for i, finding in enumerate(found) if finding is None]
    for i, finding in enumerate(found):
        like = [j for j in kept if j < i and jaccard(texts[i], texts[j], shingle) >= threshold]
        assert (finding is not None) == bool(like)
        assert finding is None or finding.evidence["of"] == f"a#{like[0]}"


@pytest.mark.parametrize("threshold", [0.5, 0.8, 0.9])
def test_the_index_finds_nearly_all_that_brute_force_finds(threshold):
    import random

    draw = random.Random(5)
    words = [f"w{i}" for i in range(400)]
    bases = [[draw.choice(words) for _ in range(80)] for _ in range(60)]
    selector = NearDuplicates(within="everywhere", threshold=threshold)
    for number, base in enumerate(bases):
        selector.select(group(f"base{number}", " ".join(base)))
    expected = missed = 0
    for number in range(600):
        base = draw.choice(bases)
        changed = {draw.randrange(80) for _ in range(draw.randrange(1, round(40 * (1 - threshold)) + 2))}
        text = " ".join("new" if i in changed else word for i, word in enumerate(base))
        (found,) = selector.select(group(f"probe{number}", text))
        like = jaccard(" ".join(base), text) >= threshold
        expected += like
        missed += like and found is None
        assert found is None or found.evidence["similarity"] >= threshold - 0.001
    assert expected > 50
    assert missed <= 0.01 * expected


def test_another_process_finds_the_same():
    code = (
        "from engine.selection.near_duplicates import *; from engine.selection.near_duplicates import _signature;"
        "print(_signature(['a b c', 'd e']).digest(), NearDuplicates()._content('a', __import__('engine.records', "
        "fromlist=['x']).Sample('a', 0, 'a b 3 d')))"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", code], env=os.environ | {"PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("1", "2")
    }
    assert len(said) == 1
