"""Each contested convention, both ways, and the presets that gather them."""

from dataclasses import fields, replace
from pathlib import Path

import pytest
from omegaconf import OmegaConf

from engine.build import build
from engine.errors import ConfigError
from engine.protocols import Verifier
from engine.records import Status
from verifiers.math import LENIENT, STRICT, Equality, MathOptions, MathVerifier, verify_answer

P, F, A = Status.PASS, Status.FAIL, Status.ABSTAIN
CONF = Path(__file__).parents[2] / "conf" / "verifier"

CONVENTIONS = [
    # option, gold, answer, verdict by value
    ("percent", "50\\%", "50", {"always": P, "asked": A, "never": F}),
    ("percent", "50\\%", "0.5", {"always": P, "asked": P, "never": P}),
    ("rounding", "6.46", "\\frac{84}{13}", {"always": P, "gold": P, "never": F}),
    ("rounding", "3.5", "3.52", {"always": P, "gold": F, "never": F}),
    ("coarse", "2.653\\text{ m}", "2.65", {"always": P, "measured": P, "never": A}),
    ("coarse", "2.653", "2.65", {"always": P, "measured": A, "never": A}),
    ("coarse", "2.653\\text{ m}", "2.64", {"always": F, "measured": F, "never": F}),
    ("units", "5\\text{ m}", "5", {"optional": P, "required": F}),
    ("units", "5\\text{ m}", "500\\text{ cm}", {"optional": P, "required": P}),
    ("units", "5\\text{ m}", "5\\text{ kg}", {"optional": F, "required": F}),
    ("assignment", "x=5", "5", {True: P, False: F}),
    ("assignment", "x=5", "x=5.0", {True: P, False: P}),
    ("assignment", "xy=6", "6/x", {True: P, False: A}),
    ("order", "1, 2", "2, 1", {"brackets": P, "written": F, "any": P}),
    ("order", "1, 2", "(2, 1)", {"brackets": A, "written": A, "any": P}),
    ("order", "(1, 2)", "(2, 1)", {"brackets": F, "written": F, "any": F}),
    ("order", "\\{1, 2\\}", "\\{2, 1\\}", {"brackets": P, "written": P, "any": P}),
    ("arithmetic", "101", "10*6.50+6*6", {True: P, False: F}),
    ("arithmetic", "720", "6!", {True: P, False: F}),
    ("arithmetic", "1500", "1.5 \\times 10^3", {True: P, False: P}),
    ("arithmetic", "3.5", "3\\frac12", {True: P, False: P}),
    ("arithmetic", "2 \\cdot 3", "6", {True: P, False: P}),
    ("decimal_comma", "3.14", "3,14", {True: P, False: A}),
    ("decimal_comma", "3.14", "3,15", {True: F, False: F}),
    ("prose", "Petya will win", "Petya", {True: P, False: A}),
    ("prose", "20", "She pays 20 dollars for it.", {True: P, False: A}),
    ("interval_ends", "[0, 1]", "(0, 1)", {"asked": P, "exact": A}),
    ("interval_ends", "[0, 1)", "[0, 1]", {"asked": P, "exact": F}),
]
ROWS = [(o, g, a, value, status) for o, g, a, table in CONVENTIONS for value, status in table.items()]


@pytest.mark.parametrize(("option", "gold", "answer", "value", "status"), ROWS)
def test_convention(option, gold, answer, value, status):
    options = MathOptions(equality=replace(Equality(), **{option: value}))
    problem = "Where is f increasing?" if option == "interval_ends" else ""
    verdict = verify_answer(gold, f"\\boxed{{{answer}}}", options, problem)
    assert verdict.status == status, (verdict.reason, verdict.evidence)


def test_every_option_has_a_row_for_every_value():
    assert {row[0] for row in CONVENTIONS} == {field.name for field in fields(Equality)}


@pytest.mark.parametrize(
    ("gold", "answer", "strict", "default", "lenient"),
    [
        ("50\\%", "50", F, A, P),
        ("3.5", "3.52", F, F, P),
        ("2.653", "2.65", F, A, P),
        ("5\\text{ m}", "5", F, P, P),
        ("x=5", "5", F, P, P),
        ("1, 2", "2, 1", F, P, P),
        ("101", "10*6.50+6*6", F, P, P),
        ("3.14", "3,14", A, A, P),
        ("Petya will win", "Petya", A, P, P),
        ("18", "18.0", P, P, P),
        ("18", "19", F, F, F),
        ("4", "4i", F, F, F),
    ],
)
def test_presets(gold, answer, strict, default, lenient):
    response = f"\\boxed{{{answer}}}"
    statuses = [verify_answer(gold, response, options).status for options in (STRICT, MathOptions(), LENIENT)]
    assert statuses == [strict, default, lenient]


@pytest.mark.parametrize(
    ("name", "options"), [("math", MathOptions()), ("math_strict", STRICT), ("math_lenient", LENIENT)]
)
def test_yaml_of_a_preset_says_the_same(name, options):
    built = build(OmegaConf.load(CONF / f"{name}.yaml").math, Verifier, "verifier.math")
    assert built == MathVerifier(options.extraction, options.equality)


@pytest.mark.parametrize("key", ["order", "coarse", "interval_ends"])
def test_bad_value_names_its_key(key):
    with pytest.raises(ConfigError, match=f"equality.{key}"):
        replace(Equality(), **{key: "perhaps"})
