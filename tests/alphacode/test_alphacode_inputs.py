"""Inputs made from known ones: the shape of text inputs, the types of arguments, and what is kept of them."""

import random

import pytest

from engine.records import Message, Problem, TestCase, TestKind, Tests
from verifiers.code.alphacode.grammar import Line, Repeat, Row, Text, learn, read, write
from verifiers.code.alphacode.inputs import mutated
from verifiers.code.alphacode.subject import subject_of
from verifiers.code.alphacode.texts import Texts
from verifiers.code.alphacode.values import Arguments


def outline(items):
    """A shape in a few characters: L2 a line of two, R a counted row, r a free one, T a word, *(…) a repetition."""
    parts = []
    for item in items:
        if isinstance(item, Line):
            parts.append(f"L{item.width}")
        elif isinstance(item, Row):
            parts.append("R" if item.count else "r")
        elif isinstance(item, Text):
            parts.append("T")
        elif isinstance(item, Repeat):
            parts.append(f"*({outline(item.items)})")
    return " ".join(parts)


SHAPES = {
    "L1 R": ["3\n1 2 3\n", "5\n5 4 3 2 1\n"],
    "L1 *(L1 R)": ["2\n3\n1 2 3\n1\n7\n", "3\n2\n1 2\n2\n3 4\n4\n1 2 3 4\n"],
    "L2 *(L2)": ["4 3\n1 2\n2 3\n3 4\n", "3 1\n1 3\n"],
    "L2 *(T)": ["2 3\n#.#\n..#\n", "3 2\n#.\n..\n##\n"],
    "L2 *(R)": ["2 3\n1 2 3\n4 5 6\n", "3 2\n1 2\n3 4\n5 6\n"],
    "L1 T": ["3\nabc\n", "5\nhello\n"],
    "L1 *(L2 *(L2))": ["2\n3 2\n1 2\n2 3\n2 1\n1 2\n", "1\n1 0\n"],
    "L2": ["3 4\n", "5 6\n"],
    "L1 R R": ["3\n1 2 3\n4 5 6\n", "2\n1 2\n3 4\n"],
    "L1 R L1 *(L2)": ["4\n1 2 3 4\n2\n1 3\n2 4\n"],
    "L1 *(L1 T)": ["2\n3\nabc\n2\nab\n", "1\n4\nabcd\n"],
    "L2 R *(L2)": ["3 2\n1 2 3\n1 2\n2 3\n", "4 3\n1 1 1 1\n1 2\n2 3\n1 4\n"],
    "r": ["a b c\n", "x y\n"],
}


@pytest.mark.parametrize(("shape", "known"), SHAPES.items(), ids=SHAPES)
def test_shapes_are_learnt_and_kept(shape, known):
    items = learn(known)
    assert items is not None
    assert outline(items) == shape
    for text in known:
        assert write(items, read(items, text)) == text
    texts, rng, made = Texts(known), random.Random(7), set()
    for _ in range(200):
        text = rng.choice(known)
        for _ in range(rng.randint(1, 3)):
            text = texts.mutate(text, rng)
        assert read(items, text) is not None, text
        made.add(text)
    assert len(made) > 20


def test_counts_follow_and_ranges_stay_near():
    known = ["3\n10 20 30\n", "5\n15 14 13 12 11\n"]
    texts, rng, sizes, values = Texts(known), random.Random(1), set(), []
    for _ in range(300):
        lines = texts.mutate(rng.choice(known), rng).split("\n")
        assert int(lines[0]) == len(lines[1].split())
        values += map(int, lines[1].split())
        sizes.add(int(lines[0]))
    assert {1, 2, 4, 6} <= sizes
    assert min(values) >= 1, "no sign that none of the known values has"
    assert sum(10 <= value <= 30 for value in values) > 0.7 * len(values)
    assert max(values) > 30


def test_indices_and_permutations_stay_what_they_are():
    edges = ["4 3\n1 2\n2 3\n3 4\n", "5 4\n1 5\n2 5\n3 5\n4 5\n"]
    texts, rng = Texts(edges), random.Random(2)
    for _ in range(300):
        first, *rest = texts.mutate(rng.choice(edges), rng).split("\n")[:-1]
        n = int(first.split()[0])
        assert all(1 <= int(token) <= max(n, 1) for line in rest for token in line.split())
    orders = ["4\n2 4 1 3\n", "5\n5 1 4 2 3\n"]
    texts = Texts(orders)
    for _ in range(300):
        row = sorted(map(int, texts.mutate(rng.choice(orders), rng).split("\n")[1].split()))
        assert row == list(range(1, len(row) + 1))


def test_a_text_of_no_shape_changes_within_its_lines():
    known = ["a b\n\n1 x 2\nzz\n", "q\n\n\n5\n6 7\n8\n9 9 9\n"]
    texts, rng = Texts(known), random.Random(3)
    made = {texts.mutate(known[0], rng) for _ in range(100)}
    assert len(made) > 5
    assert {tuple(len(line.split()) for line in text.split("\n")) for text in made} == {(2, 0, 3, 1, 0)}


def same_types(left, right):
    if type(left) is not type(right):
        return False
    if isinstance(left, tuple):
        return all(map(same_types, left, right))
    if isinstance(left, list):
        return all(same_types(left[0], item) for item in right) if left and right else True
    return True


def test_arguments_keep_their_types():
    known = [[[1, 2, 3], "ab", 2.5, True, (1, "x"), {"k": 1}, None], [[4], "c", 0.5, False, (2, "y"), {"z": 2}, None]]
    rules, rng, made = Arguments(known), random.Random(4), []
    for _ in range(400):
        value = rules.mutate(rng.choice(known), rng)
        assert all(map(same_types, known[0], value)), value
        assert len(value[4]) == 2
        made.append(value)
    assert known[0][0] == [1, 2, 3], "the known inputs are not touched"
    for place in range(6):
        assert len({repr(value[place]) for value in made}) > 2 - (place == 3)


def test_relations_between_arguments_are_kept():
    known = [[[1, 2, 3], [4, 5, 6], 3], [[1], [2], 1]]
    rules, rng = Arguments(known), random.Random(5)
    for _ in range(300):
        first, second, size = rules.mutate(rng.choice(known), rng)
        assert len(first) == len(second) == size


def test_calls_of_methods_keep_the_constructor_first():
    known = [[["Stack", "push", "pop"], [[3], [1], []]], [["Stack", "push", "push"], [[2], [5], [6]]]]
    rules, rng = Arguments(known, "Stack"), random.Random(6)
    lengths = set()
    for _ in range(200):
        methods, given = rules.mutate(rng.choice(known), rng)
        assert methods[0] == "Stack"
        assert set(methods[1:]) <= {"push", "pop"}
        assert len(methods) == len(given)
        assert all(len(arguments) == (method != "pop") for method, arguments in zip(methods, given, strict=True))
        lengths.add(len(methods))
    assert lengths == {2, 3, 4}


HUMANEVAL = '''
def pairs(values, k):
    """ Count pairs.
    >>> pairs([1, 2, 3], 3)
    1
    >>> pairs((1, 1), 2)
    1
    >>> other(3)
    4
    """
'''


def test_public_examples_of_a_prompt_become_tests_and_inputs():
    tests = Tests(
        TestKind.ASSERT,
        (TestCase(code="def check(candidate):\n    assert candidate([9], 1) == 0", hidden=True),),
        "pairs",
    )
    subject = subject_of(Problem("p", (Message("user", HUMANEVAL),), "code", tests=tests))
    assert subject.blocks == ("assert pairs([1, 2, 3], 3) == 1", "assert pairs((1, 1), 2) == 1")
    assert subject.known == ("[[1, 2, 3], 3]", "[(1, 1), 2]"), "hidden inputs are not known"


def test_the_entry_point_is_found_inside_builtins():
    cases = (TestCase(code="assert set(similar((1, 2), (2, 3))) == set((2,))"),)
    subject = subject_of(Problem("p", "", "code", tests=Tests(TestKind.ASSERT, cases)))
    assert subject.entry == "similar"
    assert subject.known == ("[(1, 2), (2, 3)]",)


@pytest.mark.parametrize(
    ("kind", "cases", "entry"),
    [
        (TestKind.STDIN, (TestCase("2\n1 2\n", "3\n"), TestCase("1\n4\n", "4\n")), None),
        (TestKind.CALL, (TestCase([[1, 2], 3], 6), TestCase([[5], 1], 6)), "add"),
        (TestKind.ASSERT, (TestCase(code="assert add((1, 2), {3}) == 6"),), "add"),
    ],
)
def test_inputs_are_new_and_the_same_for_a_seed(kind, cases, entry):
    subject = subject_of(Problem("p", "", "code", tests=Tests(kind, cases, entry)))
    made = mutated(subject, subject.known, 40, random.Random(0), ["old"])
    assert made == mutated(subject, subject.known, 40, random.Random(0), ["old"])
    assert made != mutated(subject, subject.known, 40, random.Random(1), ["old"])
    assert len(made) == len(set(made)) == 40
    assert not set(made) & {*subject.known, "old"}
    for text in made:
        subject.decode(text)
