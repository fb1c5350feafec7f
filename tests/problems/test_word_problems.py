"""Word problems: the reference solutions are right, draws are distinct, splits are disjoint, seeds decide."""

import itertools
import re

import pytest

from engine.errors import ConfigError, DataError
from engine.problems import word_problems
from engine.problems.word_problems import FAMILIES, LEVELS, WordProblems, split_of
from engine.records import Problem

EQUATION = re.compile(r"(\d+) ([-+*/]) (\d+) = (\d+)")
BOXED = re.compile(r"\\boxed\{(\d+)\}\Z")


def draw(**options) -> list[Problem]:
    return list(WordProblems(**options).problems())


def evaluate(left: int, op: str, right: int) -> float:
    match op:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
        case "/":
            return left / right
    raise AssertionError(op)


@pytest.mark.parametrize("steps", FAMILIES)
@pytest.mark.parametrize("split", ["train", "fresh"])
def test_every_equation_holds_and_the_boxed_answer_is_the_last_value(steps, split):
    problems = draw(n_problems=1000, seed=steps, difficulty=steps, split=split)
    for problem in problems:
        *lines, last = problem.reference_solution.split("\n")
        assert len(lines) == steps == problem.meta["steps"]
        known = {int(number) for number in re.findall(r"\d+", problem.prompt)} | {3}  # 3: the divisor of an average
        for line in lines:
            (equation,) = EQUATION.findall(line)
            left, right, value = int(equation[0]), int(equation[2]), int(equation[3])
            assert evaluate(left, equation[1], right) == value, line
            assert {left, right} <= known, f"{line!r} uses a number from nowhere: {problem.prompt!r}"
            known.add(value)
        assert BOXED.search(last).group(1) == str(value) == problem.answer
    assert {problem.meta["family"] for problem in problems} == {family.__name__ for family in FAMILIES[steps]}


def test_every_number_of_the_prompt_is_used():
    for problem in draw(n_problems=2000):
        solution = re.findall(r"\d+", problem.reference_solution)
        assert set(re.findall(r"\d+", problem.prompt)) <= set(solution), problem


def test_a_draw_is_distinct_stable_and_a_prefix_of_a_longer_one():
    problems = draw(n_problems=3000, seed=7)
    assert len({problem.prompt for problem in problems}) == len({problem.id for problem in problems}) == 3000
    assert draw(n_problems=500, seed=7) == problems[:500]
    assert problems[0].id == draw(n_problems=1, seed=7)[0].id
    other = draw(n_problems=500, seed=8)
    assert [problem.id for problem in other] != [problem.id for problem in problems[:500]]


def test_ids_never_change():
    """Ledgers keep them: a change here makes every old run stale."""
    assert draw(n_problems=1, seed=0)[0].id == "word-6697ec93098ee672"


def test_train_and_fresh_share_no_numbers_within_a_family():
    def numbers(split):
        pairs = set()
        for problem in draw(n_problems=8_000, seed=1, split=split):
            pairs.add((problem.meta["family"], tuple(map(int, re.findall(r"\d+", problem.prompt)))))
        return pairs

    train, fresh = numbers("train"), numbers("fresh")
    assert not train & fresh
    assert len(fresh) > 6_000


def test_split_depends_on_family_and_numbers_only():
    tuples = [(a, b) for a, b in itertools.product(range(50), range(50))]
    fresh = sum(split_of("together", pair) == "fresh" for pair in tuples)
    assert 0.2 < fresh / len(tuples) < 0.3
    assert any(split_of("together", pair) != split_of("change", pair) for pair in tuples)


@pytest.mark.parametrize("level", LEVELS)
def test_levels(level):
    assert {problem.meta["steps"] for problem in draw(n_problems=200, difficulty=level)} == set(LEVELS[level])


def test_a_number_may_come_as_text():
    assert draw(n_problems=20, difficulty="3") == draw(n_problems=20, difficulty=3)


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"difficulty": "brutal"}, "problems.difficulty must be easy, medium, hard, mixed or a number of steps"),
        ({"difficulty": 5}, "problems.difficulty"),
        ({"difficulty": 0}, "problems.difficulty"),
        ({"difficulty": "-1"}, "problems.difficulty"),
        ({"n_problems": 0}, "problems.n_problems"),
        ({"split": "test"}, "problems.split"),
    ],
)
def test_bad_options_are_named(options, named):
    with pytest.raises(ConfigError, match=named):
        WordProblems(**options)


def test_a_used_up_space_ends_with_a_sentence(monkeypatch):
    def one_story(_rng):
        return word_problems.Story((1, 1), "What is 1 + 1?", word_problems.word_families_short.Work())

    monkeypatch.setattr(word_problems, "FAMILIES", {1: (one_story,)})
    split = split_of("one_story", (1, 1))
    with pytest.raises(DataError, match=r"difficulty=1 has no more than about 1 different.*n_problems \(now 2\)"):
        draw(n_problems=2, difficulty=1, split=split)
