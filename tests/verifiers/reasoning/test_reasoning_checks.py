"""What each check finds, and what it must leave alone: one table, a row per text."""

import pytest

from engine.records import Problem, Sample, Status
from verifiers.reasoning import Checks, ReasoningVerifier, Thresholds

WORK = "Tom has 3 * 4 = 12 apples. He eats 2 of them, so 12 - 2 = 10 are left.\n\n"
END = "The answer is \\boxed{10}."
PROMPT = "Tom has 3 bags of 4 apples and eats 2. How many are left?"
TRIAL = "".join(f"If k = {k}, then r = {6 * k - 130}, which is not an integer that we want. " for k in range(10))

FOUND = {
    "loop_end": [
        WORK + "and again " * 40,
        WORK + "I add 1 and subtract 1, which gives the same number as before.\n" * 6 + "I add 1 and subt",
        WORK + END + "</s>" * 60,
    ],
    "loop_compression": [WORK + "So the sum of the two numbers is twelve again. " * 60 + END],
    "loop_ngram": [WORK + "So the sum of the two numbers is twelve again, and we go on to the next. " * 12 + END],
    "loop_line": [WORK + "No, that's still not correct. Let me try again.\n12 - 2 = 10\n\n" * 5 + END],
    "leaked_token": [
        f"{WORK}{END}<|im_end|>",
        f"{WORK}{END}</s>",
        f"{WORK}[/INST]{END}",
        f'{WORK}<tool_call>{{"name": "add"}}</tool_call>{END}',
        f"{WORK}{END}<|im_end|>\n<|im_start|>user\nThanks!",
    ],
    "think_tags": [
        f"{WORK}</think>{END}",
        f"{WORK}<think>{END}",
        f"<think>{WORK}</think>{END}</think>",
        f"<think>{WORK}<think>no</think>{END}",
        f"<thinking>{WORK}</thinking>{END} <thinking>or not</thinking>",
    ],
    "next_turn": [
        f"{WORK}{END}\n\nUser: And with 5 bags?",
        f"{WORK}#### 10\n\nQuestion: Ann has 5 pens. How many?\nAnswer: 5",
        f"{WORK}{END}\n### Instruction\nAdd 2 and 3.",
    ],
    "refusal": [
        "I'm sorry, but I can't help with that request.",
        "As an AI language model, I do not have apples.",
        "Sorry, but I am not able to see the picture.",
        f"I\u2019m unable to solve this. {WORK}",
    ],
    "foreign_script": [
        f"{WORK}\u6240\u4ee5\u7b54\u6848\u662f {END}",
        f"{WORK}\u0421\u043b\u0435\u0434\u043e\u0432\u0430\u0442\u0435\u043b\u044c\u043d\u043e. {END}",
        f"{WORK}\u3042\u308b\u3044\u306f {END}",
    ],
    "no_reasoning": ["\\boxed{10}", "10", "The answer is \\boxed{10}.", "#### 10"],
    "answer_first": [
        f"\\boxed{{10}}. {WORK}",
        f"The answer is 10.\n\n{WORK}",
        "Tom has \\boxed{10} apples left now.",
        f"**Answer: 10**\n\nExplanation: {WORK}",
        '{"answer": "10", "reasoning": "Tom has 3 * 4 = 12 apples and eats 2 of them."}',
    ],
    "conflict": [
        f"{WORK}The answer is 10.\n\nThe final answer is 12.",
        f"{WORK}\n\\[ \\boxed{{10}} \\]\n\nSimplifying, we get the final result:\n\\[ \\boxed{{12}} \\]",
        f"{WORK}#### 10\n\nThe answer is \\boxed{{11}}.".replace("\\boxed{11}", "11"),
        f"{WORK}So there are \\boxed{{10}} apples. Wait, he eats two more. So there are \\boxed{{8}} apples.",
    ],
}
CLEAN = [
    WORK + END,
    WORK + "#### 10",
    f"<think>{WORK}</think>{END}",
    f"<think>{WORK}</think>The answer is 10. {WORK}",
    f"<think>\n\n</think>{WORK}{END}",
    f"{WORK}So x = \\boxed{{1}} or x = \\boxed{{2}}.",
    f"{WORK}(a) The answer is 10.\n\n(b) The answer is 12.",
    f"{WORK}First, 3 * 4 = \\boxed{{12}} apples are there.\n\nThen 12 - 2 = \\boxed{{10}} are left.",
    f"{WORK}One might think that the answer is 12.\n\nThe answer is 10.",
    f"{WORK}The answer is 1/2.\n\nSo the answer is \\boxed{{0.5}}.",
    f"{WORK}The answer is 10 apples.\n\nThe answer is 10.",
    f"{WORK}{TRIAL}{END}",
    f"{WORK}| A | A | B |\n|---|---|---|\n| 1 | 2 | 3 |\n| 1 | 2 | 4 |\n{END}",
    f"{WORK}The angle \u03b1 is \u2220ABC, \U0001d465 \u2208 \u211d, \u2135 and \u00bd. {END}",
    f"{WORK}1/81 = 0.012345679012345679012345679... and so on. {END}",
    f"Problem: {PROMPT}\n\nSolution: {WORK}{END}",
    f"{WORK}We cannot divide by 0, and I cannot be negative. {END}",
    "We have $150 \\times 7 = \\boxed{1050}$ calories in all.",
    f"\\boxed{{{WORK.strip()} These are all that he still has.}}",
    "Since 53 is prime, $\\boxed{\\sqrt{53}}$ is in simplest radical form.",
]


def judged(text, prompt=PROMPT, **options):
    return ReasoningVerifier(**options).verify(Problem("p", prompt), Sample("p", 0, text))


@pytest.mark.parametrize(("check", "text"), [(check, text) for check, texts in FOUND.items() for text in texts])
def test_found(check, text):
    verdict = judged(text)
    assert check in [item["check"] for item in verdict.evidence["findings"]]
    assert verdict.status == Status.FAIL


@pytest.mark.parametrize("text", CLEAN)
def test_left_alone(text):
    verdict = judged(text)
    assert (verdict.status, verdict.evidence["findings"]) == (Status.PASS, [])


@pytest.mark.parametrize(
    ("prompt", "text"),
    [
        ("What does <|im_end|> mean?", f"{WORK}It is <|im_end|>. {END}"),
        (
            "\u041a\u0430\u043a \u0434\u0435\u043b\u0430?",
            "\u0422\u043e\u043c \u0441\u044a\u0435\u043b \u0434\u0432\u0430 \u044f\u0431\u043b\u043e\u043a\u0430, \u043e\u0441\u0442\u0430\u043b\u043e\u0441\u044c \u0434\u0435\u0441\u044f\u0442\u044c.",
        ),
        (
            "\u3044\u304f\u3064\uff1f",
            "\u6570\u5b66\u306e\u30c6\u30b9\u30c8\u306f\u7c21\u5358\u3067\u3059\u3002\u7b54\u3048\u306f\u5341\u3067\u3059\u3002",
        ),
    ],
)
def test_what_the_prompt_holds_is_no_fault(prompt, text):
    assert judged(text, prompt).status == Status.PASS


def thought(reasoning, text, **options):
    sample = Sample("p", 0, text, reasoning=reasoning, **options)
    return ReasoningVerifier().verify(Problem("p", PROMPT), sample)


def test_the_thought_concludes_another_answer():
    verdict = thought(f"{WORK}So \\boxed{{12}}.", "Hence the answer is \\boxed{10}.")
    assert (verdict.status, verdict.reason.code) == (Status.ABSTAIN, "thought_answer")
    (found,) = verdict.evidence["findings"]
    assert (found["value"], found["threshold"]) == ("12", "10")
    assert thought(f"{WORK}So \\boxed{{10}}.", "Hence the answer is \\boxed{10.0}.").status == Status.PASS


@pytest.mark.parametrize(("mode", "status"), [("think", Status.FAIL), ("no_think", Status.PASS), (None, Status.PASS)])
def test_an_empty_thought_is_a_fault_in_think_mode(mode, status):
    assert thought("\n", WORK + END, mode=mode).status == status


def test_a_thought_without_an_answer():
    verdict = thought(WORK, "  ")
    assert (verdict.status, verdict.reason.code) == (Status.NO_ANSWER, "no_answer")


def test_an_open_think_block():
    for verdict in (judged("<think>Tom has"), thought("Tom has", "", finish_reason="length")):
        assert (verdict.status, verdict.reason.code) == (Status.NO_ANSWER, "unclosed_thought")


@pytest.mark.parametrize(
    ("limits", "code"),
    [
        ({"min_chars": 500}, "too_short"),
        ({"min_words": 100}, "too_short"),
        ({"min_steps": 9}, "too_short"),
        ({"max_chars": 50}, "too_long"),
        ({"max_words": 9}, "too_long"),
        ({"max_steps": 1}, "too_long"),
    ],
)
def test_length_bounds(limits, code):
    assert judged(WORK + END).status == Status.PASS
    verdict = judged(WORK + END, thresholds=Thresholds(**limits))
    assert (verdict.status, verdict.reason.code) == (Status.FAIL, code)


def test_programs_have_no_final_answer():
    program = "```python\ndef f():\n    # the answer is 3.\n    # the answer is 4.\n    return 4\n```"
    verdict = ReasoningVerifier().verify(Problem("p", "Write f.", domain="code"), Sample("p", 0, program))
    assert verdict.status == Status.PASS


def test_every_check_can_be_skipped():
    for check, texts in FOUND.items():
        verdict = judged(texts[0], checks=Checks(**{check: "skip"}))
        assert check not in [item["check"] for item in verdict.evidence["findings"]]
