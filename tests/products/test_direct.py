"""The answer without the way to it: only what was graded, once per problem."""

import pytest
from product_rows import group, made, write

from engine.errors import ConfigError
from engine.products.direct import Direct
from engine.records import Rendered, Status, TestKind, Tests, Verdict

P, F = Status.PASS, Status.FAIL


def graded(index, answer, status=P, text="long way to it", reasoning=None, **more):
    verdict = Verdict(status, answer=answer, verifier="math", version="1")
    return lambda problem: made(problem, index, status, text, verdicts=(verdict,), reasoning=reasoning, **more)


def test_the_graded_answer_once_and_the_problems_own_words(tmp_path):
    asked = Rendered(text="Think step by step: a")
    rows = [
        graded(0, "42", prompt=asked),
        graded(1, "42", prompt=asked),
        graded(2, "41", F),
        graded(3, "42.0", prompt=asked),
    ]
    facts, found = write(Direct(), tmp_path, group("a", *rows))
    assert [r["completion"] for r in found] == [[{"role": "assistant", "content": "\\boxed{42}"}]]
    assert found[0]["prompt"] == [{"role": "user", "content": "What is a?"}]
    assert facts["dropped"] == {"same_answer": 1, "over_cap": 1}
    _, found = write(Direct(prompt="run", completion_form="strings"), tmp_path, group("a", *rows))
    assert (found[0]["prompt"], found[0]["completion"]) == ("Think step by step: a", "\\boxed{42}")


def test_programs_are_fenced_and_whole(tmp_path):
    tests = Tests(TestKind.STDIN, ())
    rows = [graded(0, "print(1)\n"), graded(1, "print({})"), graded(2, "a\n… 9 characters left out …\nb")]
    facts, found = write(Direct(max_per_problem=5), tmp_path, group("a", *rows, tests=tests, answer=None))
    assert [r["completion"][0]["content"] for r in found] == ["```python\nprint(1)\n```", "```python\nprint({})\n```"]
    assert facts["dropped"] == {"answer_cut": 1}


def test_the_text_alone_where_reasoning_is_apart(tmp_path):
    rows = [
        graded(0, "1", text="It is 1.\n", reasoning="so"),
        graded(1, "1", text="So it is 1."),
        graded(2, "1", text="\n", reasoning="x"),
    ]
    facts, found = write(Direct(what="text", max_per_problem=5), tmp_path, group("a", *rows))
    assert [r["completion"][0]["content"] for r in found] == ["It is 1."]
    assert facts["dropped"] == {"empty_text": 1, "no_separate_reasoning": 1}


def test_the_shortest_way_to_write_it_comes_first(tmp_path):
    rows = [graded(0, "$2 \\times 9 = 18"), graded(1, "18"), graded(2, "18.00")]
    _, found = write(Direct(max_per_problem=2), tmp_path, group("a", *rows))
    assert [r["completion"][0]["content"] for r in found] == ["\\boxed{18}", "\\boxed{18.00}"]


def test_no_answer_kept_and_wrong_options(tmp_path):
    assert write(Direct(), tmp_path, group("a", graded(0, None)))[0]["dropped"] == {"no_answer_kept": 1}
    for options, key in (
        ({"what": "all"}, "what"),
        ({"prompt": "mine"}, "prompt"),
        ({"max_per_problem": 0}, "max_per_problem"),
        ({"answer_template": "{"}, "answer_template"),
        ({"program_template": "none"}, "program_template"),
        ({"format": "nemo"}, "format"),
    ):
        with pytest.raises(ConfigError, match=key):
            Direct(**options)
