"""`build` and the identity of a configuration: one sentence for whatever is wrong with a class or its parameters."""

import dataclasses

import pytest
from omegaconf import OmegaConf

from engine.build import build
from engine.config import difference, identity, masked
from engine.errors import ConfigError, DataError
from engine.protocols import Budget, Verifier
from engine.records import SamplingParams, Status, Verdict

HERE = __name__


class Whatever:
    name, version, resource = "whatever", "1", "cpu"

    def __init__(
        self,
        number: int = 1,
        words: tuple[str, ...] = (),
        params: SamplingParams | None = None,
        ratio: float = 0.5,
        error: str | None = None,
    ) -> None:
        self.given = (number, words, params, ratio)
        if error == "config":
            raise ConfigError("error: config was asked for")
        if error == "data":
            raise DataError("no such file")
        if error:
            raise {"value": ValueError("must be even"), "silent": RuntimeError()}[error]

    def verify(self, problem, sample):
        return Verdict(Status.PASS)


class Unreadable(Whatever):
    def __init__(self, number: "NoSuchType") -> None:  # noqa: F821
        super().__init__(number)


@dataclasses.dataclass
class Required(Whatever):
    path: str
    operational = ("timeout_s",)
    timeout_s: float = 1.0


class Holder(Whatever):
    operational = ("part",)

    def __init__(self, part: Verifier) -> None:
        super().__init__()
        self.part = part


def made(target="Whatever", **params):
    return build({"_target_": f"{HERE}.{target}", **params}, Verifier, "verifier.mine")


def test_nested_mappings_and_lists_become_what_the_parameters_are_typed_as():
    cfg = OmegaConf.create({"_target_": f"{HERE}.Whatever", "words": ["a"], "params": {"stop": ["x"]}, "ratio": 2})
    assert build(cfg, Verifier, "v").given == (1, ("a",), SamplingParams(stop=("x",)), 2.0)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"number": "3"}, "verifier.mine.number: expected int, got str '3'"),
        ({"number": True}, "verifier.mine.number: expected int, got bool True"),
        ({"words": "abc"}, "verifier.mine.words: expected a list, got str 'abc'"),
        ({"words": [1]}, r"verifier.mine.words\[0\]: expected str, got int 1"),
        ({"params": {"top": 1}}, "verifier.mine.params: unknown field 'top'"),
        ({"nummber": 3}, "verifier.mine.nummber: unknown; did you mean 'number'"),
        ({"error": "config"}, "verifier.mine: error: config was asked for"),
        (
            {"error": "value"},
            r"verifier.mine: Whatever cannot be made: must be even \(ValueError in .*test_build.py, line",
        ),
        ({"error": "silent"}, "verifier.mine: Whatever cannot be made: RuntimeError"),
    ],
)
def test_wrong_parameters(params, message):
    with pytest.raises(ConfigError, match=f"^{message}"):
        made(**params)


def test_errors_of_the_class_that_say_what_to_do_are_kept():
    with pytest.raises(DataError, match="no such file"):
        made(error="data")


def test_missing_and_unreadable_parameters():
    with pytest.raises(ConfigError, match=r"verifier\.mine\.path: is required; give it a value"):
        made("Required")
    with pytest.raises(ConfigError, match=r"the parameters of Unreadable cannot be read: name 'NoSuchType'"):
        made("Unreadable", number=1)


def test_what_is_promised_is_checked():
    with pytest.raises(ConfigError, match=rf"b: {HERE}\.Whatever is no Budget, it lacks allocate, stop_index"):
        build({"_target_": f"{HERE}.Whatever"}, Budget, "b")
    with pytest.raises(ConfigError, match="b: needs a `_target_` naming a class"):
        build({}, Budget, "b")
    with pytest.raises(ConfigError, match="b: expected a mapping with `_target_`, got 'fixed'"):
        build("fixed", Budget, "b")


@pytest.mark.parametrize(
    "target", ["os.system", "subprocess.call", "builtins.eval", "engine.nowhere.Thing", "Thing", ""]
)
def test_targets_that_are_no_importable_class(target):
    with pytest.raises(ConfigError, match=r"budget\._target_: cannot import"):
        build({"_target_": target}, Budget, "budget")


def test_module_that_fails_without_a_word(tmp_path, monkeypatch):
    (tmp_path / "speechless_module.py").write_text("raise Exception()")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ConfigError, match=r"budget\._target_: cannot import 'speechless_module\.Thing'"):
        build({"_target_": "speechless_module.Thing"}, Budget, "budget")


def test_identity_leaves_out_what_decides_no_result():
    config = {
        "pool": {"workers": 3},
        "objective": "accepted",
        "sandbox": {"_target_": f"{HERE}.Required", "path": "p"},
        "loop": {"open_problems": 3, "gold_check": True},
        "verifier": {"mine": {"_target_": f"{HERE}.Required", "path": "p", "timeout_s": 5.0, "pool": {"kept": 1}}},
    }
    assert identity(config) == {
        "loop": {"gold_check": True},
        "verifier": {"mine": {"_target_": f"{HERE}.Required", "path": "p", "pool": {"kept": 1}}},
    }


def test_a_part_of_a_part_is_built_where_a_protocol_is_asked_for():
    inner = {"_target_": f"{HERE}.Required", "path": "p"}
    part = made("Holder", part=inner).part
    assert (type(part).__name__, part.path) == ("Required", "p")
    for given, message in {
        "text": r"verifier\.mine\.part: expected a mapping",
        None: r"verifier\.mine\.part: expected a mapping",
    }.items():
        with pytest.raises(ConfigError, match=message):
            made("Holder", part=given)
    with pytest.raises(ConfigError, match=r"verifier\.mine\.part\.pathh: unknown; did you mean 'path'"):
        made("Holder", part={"_target_": f"{HERE}.Required", "pathh": "p"})
    with pytest.raises(ConfigError, match=r"verifier\.mine\.part: .*SamplingParams is no Verifier"):
        made("Holder", part={"_target_": "engine.records.SamplingParams"})
    assert identity({"_target_": f"{HERE}.Holder", "part": inner}, "v") == {"_target_": f"{HERE}.Holder"}


def test_secrets_are_masked_wherever_they_stand():
    config = {"api_key": "s", "a": {"token": "s", "b": {"api_key": "s", "rest": 1, "password": None}}}
    clean = {"api_key": "***", "a": {"token": "***", "b": {"api_key": "***", "rest": 1, "password": None}}}
    assert masked(config) == clean
    assert config["api_key"] == "s"


def test_difference_tells_null_from_absent():
    lines = difference({"a": 1, "b": {"c": None}, "d": [1]}, {"a": None, "b": {"c": 2, "e": 3}, "d": [1]})
    assert lines == ["a: 1 -> null", "b.c: null -> 2", "b.e: (absent) -> 3"]
    assert difference({"a": None}, {}) == []  # an option that is not set is as good as absent
