"""Where the answer stands: every rule, their order, spans, truncation."""

import pickle

import pytest

from engine.errors import ConfigError
from engine.protocols import Verifier
from engine.records import FinishReason, Message, Problem, Sample, Status
from verifiers.math import LENIENT, Equality, Extraction, MathOptions, MathVerifier, verify_answer

FOUND = [
    ("so \\boxed{18} eggs", "18", "boxed"),
    ("\\boxed{17} no, wait: \\boxed{18}", "18", "boxed"),
    ("\\boxed{\\frac{1}{2}}", "\\frac{1}{2}", "boxed"),
    ("\\boxed{\\{1,2\\}}", "\\{1,2\\}", "boxed"),
    ("\\fbox{18}", "18", "boxed"),
    ("\\boxed 18", "18", "boxed"),
    ("put it in \\boxed{}: \\boxed{18}, as \\boxed{}", "18", "boxed"),
    ("\\boxed{17} then \\boxed{18", "17", "boxed"),
    ("work\n#### 18", "18", "hash"),
    ("#### 17\nno\n#### 18\nthanks", "18", "hash"),
    ("The answer is 18.", "18", "phrase"),
    ("The answer is 18. I checked it.", "18", "phrase"),
    ("The final answer is: $\\frac{3}{4}$.", "$\\frac{3}{4}$", "phrase"),
    ("**Answer:** 18", "18", "phrase"),
    ("Answer: 3.5 miles\n\nDone", "3.5 miles", "phrase"),
    ("The final answer is\n\\[ 18 \\]", "\\[ 18 \\]", "phrase"),
    ("The answer to the question is 18", "18", "phrase"),
    ("She has 26 left\nA: 26", "26", "phrase"),
    ("The answer is 17. Wait, that is wrong. The answer is 18.", "18", "phrase"),
    ("The answer is **18**.", "18", "phrase"),
    ("**Final Answer: 18**", "18", "phrase"),
    ("The answer is $0.5$.", "$0.5$", "phrase"),
    ("Answer:\n```\n18\n```\n", "18", "phrase"),
    ("The answer is\n$$\n18\n$$", "18", "phrase"),
    ("The correct option is (C).", "(C)", "phrase"),
    ("So option B is correct.", "B", "phrase"),
    ("**(D)** is the correct answer", "(D)", "phrase"),
    ("Option A is correct? No. The answer is B.", "B", "phrase"),
    ("The answer is A? No: option B is the right one.", "B", "phrase"),
    ("Answer: (B) 12", "(B) 12", "phrase"),
    ("```\n\\boxed{18}\n```", "18", "boxed"),
    ('{"reasoning": "9 * 2", "answer": "18"}', "18", "json"),
    ('```json\n{\n  "reasoning": "x",\n  "answer": "18"\n}\n```\nDone.', "18", "json"),
    ('{"answer": 18, "reasoning": "x"}', "18", "json"),
    ('{"answer": 18}', "18", "json"),
    ('{"final_answer": "18"}', "18", "json"),
    ('{"Answer": "18"}', "18", "json"),
    ("{'answer': '18'}", "18", "json"),
    ('{"answer": "\\\\frac{1}{2}"}', "\\frac{1}{2}", "json"),
    ('{"answer": "\\frac{1}{2}"}', "\\frac{1}{2}", "json"),
    ('{"answer": "the \\"big\\" one"}', 'the "big" one', "json"),
    ('{"reasoning": "so \\boxed{17}", "answer": "18"}', "18", "json"),
    ('{"answer": "17"} Apologies. {"answer": "18"}', "18", "json"),
    ('{"answer": "18"}\nAnd the form is {"answer": "___"}', "18", "json"),
    ('{"answer": "18"', "18", "json"),
    ('{\n"answer": "18\n}', "18", "json"),
]


@pytest.mark.parametrize(("text", "answer", "rule"), FOUND, ids=[row[0][:30] for row in FOUND])
def test_rule(text, answer, rule):
    verdict = verify_answer("18", text)
    assert (verdict.answer, verdict.evidence["rule"]) == (answer, rule)
    start, end = verdict.evidence["span"]
    assert text[start:end].replace("\\\\", "\\").replace('\\"', '"') == answer


LENIENT_FOUND = [
    ("**Step 1:** add\n\nso it is **18**", "18", "bold"),
    ("**Result: 18**\n\n**Check:**\nfine", "18", "bold"),
    ("\\textbf{18} is what we get", "18", "bold"),
    ("Work:\n```\nx = 9 * 2\n18\n```\nDone, x * 1", "18", "fence"),
    ("```python\nprint(9 * 2)\n```\ngives\n```\n18\n```", "18", "fence"),
    ("it costs $18 a day", "$18", "trailing"),
    ("thus we get $x + 1$.", "x + 1", "trailing"),
    ("12 + 6 = 18", "18", "trailing"),
    ("**17**, no: \\boxed{18}", "18", "boxed"),
]


@pytest.mark.parametrize(("text", "answer", "rule"), LENIENT_FOUND, ids=[row[0][:30] for row in LENIENT_FOUND])
def test_lenient_rules(text, answer, rule):
    verdict = verify_answer("18", text, LENIENT)
    assert (verdict.answer, verdict.evidence["rule"]) == (answer, rule)
    start, end = verdict.evidence["span"]
    assert text[start:end] == answer
    if rule != "boxed":
        assert verify_answer("18", text).status == Status.NO_ANSWER


@pytest.mark.parametrize("text", ["**Step one:**", "```\n18", "```\n```", "** **", "\\textbf{}"])
def test_lenient_rules_find_nothing(text):
    assert verify_answer("18", text, LENIENT).status == Status.NO_ANSWER or text == "```\n18"


@pytest.mark.parametrize(
    "text", ["", "   ", "no number here", "18", "it is 18", "\\boxed{}", "\\boxed{18", "####", '{"answer": ""}']
)
def test_no_answer(text):
    verdict = verify_answer("18", text)
    assert verdict.status == Status.NO_ANSWER
    assert verdict.reason.code == ("empty" if not text.strip() else "no_answer_found")


@pytest.mark.parametrize("text", ["", "Let us see: 9 * 2 ="])
def test_truncated(text):
    verdict = MathVerifier().verify(Problem("p", "?", answer="18"), Sample("p", 0, text, FinishReason.LENGTH))
    assert (verdict.status, verdict.reason.code) == (Status.NO_ANSWER, "truncated")


def test_truncated_behind_its_answer_is_judged():
    sample = Sample("p", 0, "\\boxed{18} and", FinishReason.LENGTH)
    assert MathVerifier().verify(Problem("p", "?", answer="18"), sample).status == Status.PASS


def test_rules_are_configuration():
    text = "\\boxed{17}\n#### 18"
    assert verify_answer("18", text, MathOptions(Extraction(rules=("hash", "boxed")))).status == Status.PASS
    assert verify_answer("18", text, MathOptions(Extraction(rules=("boxed", "hash")))).status == Status.FAIL
    trailing = MathOptions(Extraction(rules=("trailing",)))
    assert verify_answer("18", "so she makes $18 a day.", trailing).status == Status.PASS
    assert verify_answer("\\frac12", "thus it is $\\frac{1}{2}$.", trailing).status == Status.PASS
    assert verify_answer("18", "so she makes $18 a day.").status == Status.NO_ANSWER


@pytest.mark.parametrize("gold", ["18", "\\boxed{18}", "9*2=18, so\n#### 18", "thus \\boxed{17}, no: \\boxed{18}"])
def test_gold_has_rules_of_its_own(gold):
    verdict = verify_answer(gold, "\\boxed{18}")
    assert (verdict.status, verdict.expected) == (Status.PASS, "18")


def test_several_boxes_answer_a_gold_of_as_many_parts():
    text = "either \\boxed{4} or \\boxed{0}"
    verdict = verify_answer("0,4", text)
    assert (verdict.status, verdict.evidence["rule"]) == (Status.PASS, "boxes")
    assert verify_answer("4", text).status == Status.FAIL
    assert verify_answer("0", text).status == Status.PASS
    assert verify_answer("0,4", text, MathOptions(Extraction(join_boxes=False))).status == Status.FAIL


def test_problem_without_gold_and_chat_prompt():
    verifier = MathVerifier()
    assert verifier.verify(Problem("p", "?"), Sample("p", 0, "\\boxed{1}")).reason.code == "no_gold"
    chat = (Message("user", "What percent of them?"),)
    assert verifier.verify(Problem("p", chat, answer="5"), Sample("p", 0, "\\boxed{5\\%}")).status == Status.PASS


@pytest.mark.parametrize(
    ("build", "key"),
    [
        (lambda: Extraction(rules=("box",)), "extraction.rules"),
        (lambda: Extraction(rules=()), "extraction.rules"),
        (lambda: Extraction(gold_rules=("x",)), "extraction.gold_rules"),
        (lambda: Equality(percent="maybe"), "equality.percent"),
        (lambda: Equality(rounding="no"), "equality.rounding"),
        (lambda: Equality(units="no"), "equality.units"),
        (lambda: MathVerifier(cache_size=-1), "cache_size"),
    ],
)
def test_bad_option_names_its_key(build, key):
    with pytest.raises(ConfigError, match=key):
        build()


def test_contract_pickle_cache_and_evidence():
    verifier = MathVerifier(equality=Equality(percent="never"), cache_size=2)
    assert isinstance(verifier, Verifier)
    problem = Problem("p", "?", answer="\\frac12")
    samples = [Sample("p", k, f"\\boxed{{{k}/2}}") for k in range(5)]
    first = [verifier.verify(problem, sample) for sample in samples]
    assert [verifier.verify(problem, sample) for sample in samples] == first
    assert len(verifier._judged) == 2
    data = pickle.dumps(verifier)
    copy = pickle.loads(data)
    assert copy == verifier
    assert not copy._judged
    assert len(data) < 1000
    assert [copy.verify(problem, sample) for sample in samples] == first
    assert [MathVerifier(cache_size=0).verify(problem, sample).status for sample in samples] == [
        v.status for v in first
    ]
    assert first[1].status == Status.PASS
    assert first[1].score == 1.0
    assert first[1].evidence == {"rule": "boxed", "span": [7, 10], "stage": "rational", "stages": ["rational:equal"]}
