"""Form and length: tags, templates, scripts, bounds."""

import pytest

from engine.contract import Case, check_verifier
from engine.errors import ConfigError, VerifierError
from engine.records import FinishReason, Problem, Sample, Status
from engine.tiny import model_path
from verifiers.format import FormatVerifier, LengthVerifier

PROBLEM = Problem("p", "Say it.")
BOXED = r"((?!\\boxed).)*\\boxed\s?\{((?!\\boxed).)+\}[^{}\n]*\s*"


def judged(made, text, **fields):
    return made.verify(PROBLEM, Sample("p", 0, text, **fields))


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("<plan>a</plan> so <answer>4</answer>", Status.PASS),
        ("<plan>a</plan><answer> </answer>", Status.FAIL),
        ("<answer>4</answer><plan>a</plan>", Status.FAIL),
        ("<plan>a<answer>4</answer></plan>", Status.FAIL),
        ("<plan>a</plan><answer>4</answer><answer>5</answer>", Status.FAIL),
        ("<plan>a</plan></answer>4<answer>", Status.FAIL),
        ("<plan>a</plan><answer>4", Status.FAIL),
        ("4", Status.FAIL),
        (" ", Status.NO_ANSWER),
    ],
)
def test_tags(text, status):
    assert judged(FormatVerifier(tags=("plan", "answer")), text).status == status


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("So it is \\boxed{4}.", Status.PASS),
        ("First\nthen \\boxed{\\frac{1}{2}}\n", Status.PASS),
        ("\\boxed{3} or \\boxed{4}", Status.FAIL),
        ("\\boxed{4}\nAnd more.", Status.FAIL),
        ("It is 4.", Status.FAIL),
    ],
)
def test_template(text, status):
    assert judged(FormatVerifier(template=BOXED), text).status == status


@pytest.mark.parametrize(
    ("scripts", "text", "status"),
    [
        (("LATIN",), "It is 4, naïvely.", Status.PASS),
        (("LATIN",), "Это четыре", Status.FAIL),
        (("CYRILLIC",), "Это четыре: x = 4, не пять и не шесть", Status.PASS),
        (("CYRILLIC",), "The answer is четыре", Status.FAIL),
        (("HIRAGANA", "KATAKANA", "CJK"), "答えは4です。", Status.PASS),
        (("LATIN",), "4", Status.PASS),
    ],
)
def test_scripts(scripts, text, status):
    verdict = judged(FormatVerifier(scripts=scripts), text)
    assert verdict.status == status
    assert status == Status.PASS or verdict.reason.code == "script"


def test_truncated_and_huge():
    made = FormatVerifier(tags=("answer",))
    assert judged(made, "<answer>4</answer>", finish_reason=FinishReason.LENGTH).reason.code == "truncated"
    assert judged(made, "a" * 100_001).status == Status.ABSTAIN
    thought = FormatVerifier(template="So.*", read="reasoning")
    assert judged(thought, "4", reasoning="So be it.").status == Status.PASS
    assert judged(thought, "So be it.").status == Status.NO_ANSWER


@pytest.mark.parametrize(
    ("options", "fields", "status", "code"),
    [
        ({"max_chars": 5}, {}, Status.PASS, "within"),
        ({"max_chars": 4}, {}, Status.FAIL, "too_long"),
        ({"min_chars": 6}, {}, Status.FAIL, "too_short"),
        ({"max_chars": 9}, {"reasoning": "thought"}, Status.FAIL, "too_long"),
        ({"max_chars": 9, "read": "text"}, {"reasoning": "thought"}, Status.PASS, "within"),
        ({"max_tokens": 3}, {"tokens": 3}, Status.PASS, "within"),
        ({"max_tokens": 2}, {"tokens": 3}, Status.FAIL, "too_long"),
        ({"max_tokens": 2}, {}, Status.ABSTAIN, "no_tokens"),
        ({"min_tokens": 2}, {}, Status.ABSTAIN, "no_tokens"),
        ({"min_chars": 6}, {"finish_reason": FinishReason.LENGTH}, Status.NO_ANSWER, "truncated"),
        ({"max_chars": 4}, {"finish_reason": FinishReason.LENGTH}, Status.FAIL, "too_long"),
    ],
)
def test_lengths(options, fields, status, code):
    verdict = judged(LengthVerifier(**options), "a b c", **fields)
    assert (verdict.status, verdict.reason.code) == (status, code)


def test_a_tokenizer_counts():
    path = str(model_path())
    from transformers import AutoTokenizer

    count = len(AutoTokenizer.from_pretrained(path)("Tom has 3 apples.", add_special_tokens=False)["input_ids"])
    assert judged(LengthVerifier(max_tokens=count, tokenizer=path), "Tom has 3 apples.").status == Status.PASS
    assert judged(LengthVerifier(max_tokens=count - 1, tokenizer=path), "Tom has 3 apples.").status == Status.FAIL
    with pytest.raises(VerifierError, match=r"verifier\.length\.tokenizer=/nowhere"):
        LengthVerifier(max_tokens=1, tokenizer="/nowhere").start()


@pytest.mark.slow
def test_contract():
    tags = [Case(PROBLEM, "<answer>4</answer>", Status.PASS), Case(PROBLEM, "4", Status.FAIL)]
    assert check_verifier(FormatVerifier(tags=("answer",)), tags) == []
    boxed = [Case(PROBLEM, "It is \\boxed{4}", Status.PASS), Case(PROBLEM, "4", Status.FAIL)]
    assert check_verifier(FormatVerifier(template=BOXED, scripts=("LATIN",)), boxed) == []
    assert check_verifier(LengthVerifier(min_chars=2), boxed) == []


@pytest.mark.parametrize(
    ("cls", "options", "told"),
    [
        (FormatVerifier, {}, "checks nothing"),
        (FormatVerifier, {"tags": ("<a>",)}, "tags: "),
        (FormatVerifier, {"template": "("}, "template: "),
        (FormatVerifier, {"scripts": ("latin",)}, "scripts: "),
        (FormatVerifier, {"tags": ("a",), "script_share": 0.0}, "script_share: "),
        (FormatVerifier, {"tags": ("a",), "read": "all"}, "read: "),
        (LengthVerifier, {}, "checks nothing"),
        (LengthVerifier, {"max_chars": 0}, "max_chars: "),
        (LengthVerifier, {"min_chars": 3, "max_chars": 2}, "min_chars: "),
        (LengthVerifier, {"max_tokens": 3, "read": "text"}, "read: "),
    ],
)
def test_config_errors(cls, options, told):
    with pytest.raises(ConfigError, match=told):
        cls(**options)
