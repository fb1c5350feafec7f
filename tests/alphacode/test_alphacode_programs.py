"""Identity and mutants of programs: parsing only."""

import ast

import pytest

from verifiers.code.alphacode.mutants import mutants
from verifiers.code.alphacode.normal import identity, normalise

PROGRAM = '''
def best(values, floor=2):
    """Sum of the large even values."""
    total = 0
    for i in range(len(values)):
        if values[i] > floor and values[i] % 2 == 0:
            total += values[i]
        else:
            continue
    return total
'''


@pytest.mark.parametrize(
    "other",
    [
        PROGRAM.replace("    total = 0\n", "    # start\n    total   =  0\n"),
        PROGRAM.replace('    """Sum of the large even values."""\n', ""),
        PROGRAM.replace("total += values[i]", "total += (values[i])"),
    ],
)
def test_layout_and_comments_do_not_count(other):
    assert identity(other) == identity(PROGRAM)


@pytest.mark.parametrize(
    "other", [PROGRAM.replace("total = 0", "total = 1"), PROGRAM.replace("total", "sum_"), PROGRAM + "\nprint(1)"]
)
def test_other_programs_are_others(other):
    assert identity(other) != identity(PROGRAM)


def test_docstrings_stay_where_the_program_reads_them():
    assert '"""' in normalise('def f():\n    """a"""\n    return f.__doc__\n')


HOSTILE = {
    "no Python": "def f(:",
    "null byte": "x\0",
    "surrogate": "x = '\ud800'",
    "deep parentheses": "x = " + "(" * 50_000 + ")" * 50_000,
    "deep attributes": "x = a" + ".b" * 50_000,
    "long sum": "x = " + "+".join(["1"] * 50_000),
    "long number": "x = " + "9" * 50_000,
    "deep blocks": "\n".join(" " * i + "if 1:" for i in range(300)),
}


@pytest.mark.parametrize("source", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_has_an_identity_and_at_most_mutants(source):
    assert len(identity(source)) == 16
    assert isinstance(mutants(source, 5, 0), list)


def test_mutants_are_distinct_programs_one_step_away():
    made = mutants(PROGRAM, 1000, 0)
    assert len(made) == len(set(made)) > 15
    assert normalise(PROGRAM) not in made
    for mutant in made:
        ast.parse(mutant)
    for change in ("values[i] >= floor", "% 2 != 0", "or values[i]", "total = 1", "total -= values[i]", "return None"):
        assert any(change in mutant for mutant in made), change
    assert any("range(len(values) - 1)" in mutant for mutant in made)
    assert any("pass\n    for" in mutant for mutant in made), "a statement left out"


def test_annotations_and_the_main_guard_are_not_mutated():
    source = 'def f(x: "int" = 3) -> "int":\n    return x\n\nif __name__ == "__main__":\n    f()\n'
    made = mutants(source, 1000, 0)
    assert made
    assert all("x: 'int'" in mutant and "__name__ == '__main__'" in mutant for mutant in made)


def test_a_sample_of_mutants_depends_on_the_seed_alone():
    assert mutants(PROGRAM, 7, 1) == mutants(PROGRAM, 7, 1)
    assert mutants(PROGRAM, 7, 1) != mutants(PROGRAM, 7, 2)
    assert len(mutants(PROGRAM, 7, 1)) == 7
    assert set(mutants(PROGRAM, 7, 1)) <= set(mutants(PROGRAM, 1000, 0))
