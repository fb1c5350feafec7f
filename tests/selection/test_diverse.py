"""Diversity: one row for every way to solve a problem."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import ConfigError
from engine.records import Decision, Problem, Rendered, Row, Sample, Status, TestKind, Tests, Verdict
from engine.rows import Finding, RowGroup
from engine.selection.approach import MAX_CHARS, computations, normal_program
from engine.selection.diverse import Diverse

PROMPT = Rendered(text="?")
LOOP = "def total(xs):\n    s = 0\n    for x in xs:\n        s += x\n    return s\n"
RENAMED = (
    '"""Sums."""\ndef  total( numbers: list) -> int:  # adds\n  "Adds."\n  t=0\n  for n in numbers: t += n\n  return t'
)
SUM = "def total(xs):\n    return sum(xs)\n"


def group(texts, *, programs=False, scores=None):
    problem = Problem("a", "?", tests=Tests(TestKind.ASSERT, ()) if programs else None)
    rows = []
    for i, text in enumerate(texts):
        verdict = Verdict(
            Status.PASS, answer=text if programs else "4", verifier="code", score=scores[i] if scores else None
        )
        rows.append(
            Row(problem, Sample("a", i, f"sample {i} {text}"), Decision(True, "all", ("code",)), (verdict,), PROMPT)
        )
    return RowGroup(problem, PROMPT, tuple(rows))


def same(cluster, of):
    return Finding("same_approach", {"cluster": cluster, "of": f"a#{of}"})


def test_programs_that_differ_in_names_and_comments_are_one_approach():
    found = Diverse(rows=2).select(group([LOOP, RENAMED, SUM, LOOP, "int x;"], programs=True))
    assert found == [None, same(0, 0), None, same(0, 0), Finding("over_k", {"cluster": 2, "of": "a#4"})]


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        (LOOP, RENAMED, True),
        (LOOP, SUM, False),
        (LOOP, LOOP.replace("s = 0", "s = 1"), False),
        (LOOP, LOOP.replace("+=", "-="), False),
        ("def f(a, b):\n return a - b", "def f(a, b):\n return b - a", False),
        ("def f(a, b):\n return a - b", "def f(b, a):\n return b - a", True),
        ("def f(x):\n return x.upper()", "def f(x):\n return x.lower()", False),
        ("def f(x):\n return max(x)", "def f(x):\n return min(x)", False),
        ("def f(x):\n return 1\n", "def f(x):\n return True\n", False),
        ('def f():\n "only a docstring"', "def f():\n 'another one'", True),
        ("int f(){ return 1; } // one", "int f() {\n  /* two * */ return 1;\n}", True),
        ("int f(){ return 1; }", "int f(){ return 2; }", False),
        ('s = "http://a"; int', 's = "http://b"; int', False),
    ],
)
def test_what_makes_programs_the_same(one, other, equal):
    assert (normal_program(one) == normal_program(other)) is equal


@pytest.mark.parametrize(
    "source",
    [
        "-" * (MAX_CHARS - 1) + "1",
        "a" + ".a" * 9_000,
        "1" + "+1" * 9_000,
        "(" * 9_000,
        "[" * 90 + "]" * 90,
        "not " * 4_000 + "x",
        "lambda:" * 2_500 + "1",
        "f(" * 190 + ")" * 190,
        "x if x else " * 1_500 + "x",
        "'\\d'\nassert (1, 2)\n1 is 1",  # warnings are errors here
        "x = '\0'",
        "\ud800 = 1",
        "9" * 15_000,
        "/*" * 9_000,
        '"' + "\\" * 18_000,
        "x" * 300_000,
        "/* " + "*" * 300_000,
    ],
    ids=range(17),
)
def test_hostile_programs_are_read_in_bounds(source):
    begun = time.process_time()
    assert normal_program(source) == normal_program(source)
    assert time.process_time() - begun < 2


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("3 * 4 = 12, so 12 - 5 = 7.", {"3*4", "12-5"}),
        ("$4 \\times 3$ is 12; then $\\frac{12}{2}$", {"3*4", "12/2"}),
        ("<<48/2=24>>24 and <<24+48=72>>", {"48/2", "24+48"}),
        ("It costs $1,200 + $30.", {"1200+30"}),
        ("2x + 3 = 7, x = 2", {"2x+3"}),
        ("a well-known one of 12 apples", set()),
        ("1 - 2", {"1-2"}),
        ("2 - 1", {"2-1"}),
    ],
)
def test_computations_are_what_a_text_works_out(text, expected):
    assert computations(text) == expected


def test_hostile_text_takes_linear_time():
    begun = time.process_time()
    for text in (
        "1" * 300_000,
        "1." * 100_000,
        "1+" * 100_000,
        "1 + " * 50_000 + "ab",
        "\\frac{" * 50_000,
        "1 " * 99_999,
    ):
        computations(text)
    assert time.process_time() - begun < 3


def test_reasoning_is_compared_by_what_it_computes():
    texts = [
        "First 3 * 4 = 12. Then 12 + 5 = 17.",
        "He pays 4 * 3 = 12 for pens; with the book, 5 + 12 = 17 in all.",
        "3 + 5 = 8 and 8 * 2 = 16 and so on",
        "It is plainly seventeen, as anyone can see.",
    ]
    assert Diverse().select(group(texts)) == [None, same(0, 0), None, None]


def test_the_preferred_row_stands_for_its_approach():
    texts = ["3 * 4 = 12 with many words about it", "4 * 3", "7 - 2", "7 - 2 and so on"]
    assert Diverse(rows=1, prefer="shortest").select(group(texts)) == [
        same(0, 1),
        None,
        Finding("over_k", {"cluster": 1, "of": "a#2"}),
        Finding("over_k", {"cluster": 1, "of": "a#2"}),
    ]
    assert Diverse(prefer="longest").select(group(texts)) == [None, same(0, 0), same(1, 3), None]
    by_score = Diverse(prefer="score", score_by="code").select(group(texts, scores=[0.1, 0.9, 0.2, 0.1]))
    assert by_score == [same(0, 1), None, None, same(1, 2)]


@pytest.mark.parametrize("key", [{"rows": 0}, {"alike": 0}, {"alike": 1.5}, {"prefer": "best"}])
def test_settings_that_do_not_fit_are_named(key):
    with pytest.raises(ConfigError, match=next(iter(key))):
        Diverse(**key)


TEXTS = st.lists(st.lists(st.sampled_from(["1+2", "2+1", "3*4", "7-5", "so"]), max_size=4).map(" ".join), max_size=12)


@given(TEXTS, st.integers(1, 4), st.sampled_from(["first", "shortest", "longest"]))
@settings(deadline=None, max_examples=100)
def test_kept_rows_differ_and_every_drop_names_a_row_of_its_cluster(texts, rows, prefer):
    one = group(texts)
    selector = Diverse(rows=rows, prefer=prefer)
    found = selector.select(one)
    assert found == selector.select(one)
    kept = [i for i, finding in enumerate(found) if finding is None]
    assert len(kept) <= rows
    assert bool(kept) == bool(texts)
    sets = [computations(text) for text in texts]
    for i in kept:
        assert not any(len(sets[i] & sets[j]) >= 0.6 * len(sets[i] | sets[j]) for j in kept if j != i and sets[i])
    for finding in found:
        if finding is not None and finding.reason == "same_approach":
            assert int(finding.evidence["of"].removeprefix("a#")) in kept
        elif finding is not None:
            assert len(kept) == rows
