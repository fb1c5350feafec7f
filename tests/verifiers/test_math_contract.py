"""The built-in math verifier keeps the contract, built as a run builds it: from its YAML."""

from pathlib import Path

from omegaconf import OmegaConf

from engine.build import build
from engine.contract import Case, check_verifier
from engine.protocols import Verifier
from engine.records import Problem, Status
from verifiers.math import Equality, Extraction, MathVerifier

CONF = Path(__file__).parents[2] / "conf" / "verifier" / "math.yaml"


def _configured():
    return build(OmegaConf.load(CONF).math, Verifier, "verifier.math")


def test_yaml_states_the_defaults():
    assert _configured() == MathVerifier(Extraction(), Equality())


def test_contract():
    half = Problem("half", "What is 1 / 2?", answer="\\frac{1}{2}")
    ducks = Problem("ducks", "How many dollars?", answer="work\n#### 18")
    cases = [
        Case(half, "\\boxed{0.5}", Status.PASS),
        Case(half, "\\boxed{2}", Status.FAIL),
        Case(ducks, "She makes \\boxed{\\$18}.", Status.PASS),
        Case(ducks, "The answer is 17.", Status.FAIL),
        Case(ducks, "She makes money.", Status.NO_ANSWER),
        Case(ducks, "\\boxed{9^{9^{9^9}}}", Status.ABSTAIN),
    ]
    assert check_verifier(_configured(), cases) == []
