from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

import conf
from engine.build import build, locate
from engine.errors import ConfigError
from engine.prompts import ChatPrompt, TextPrompt
from engine.protocols import PromptTemplate
from engine.records import Message, Problem, Rendered

PRESETS = sorted((Path(conf.__file__).parent / "prompt").glob("*.yaml"))


def preset(name):
    options = yaml.safe_load((Path(conf.__file__).parent / "prompt" / f"{name}.yaml").read_text())
    return build(options, PromptTemplate, "prompt")


@pytest.mark.parametrize("path", PRESETS, ids=lambda path: path.stem)
def test_presets_list_every_option_and_show_the_problem_unchanged(path):
    options = yaml.safe_load(path.read_text())
    assert set(options) - {"_target_"} == set(locate(options["_target_"], "").__dataclass_fields__)
    rendered = preset(path.stem).render(Problem("p", "What is {x} + \\boxed{}?"))
    text = rendered.text if rendered.text is not None else rendered.messages[-1].content
    assert "What is {x} + \\boxed{}?" in text
    assert (rendered.text is None) == bool(rendered.messages)


def test_the_named_prompts():
    assert preset("chat").render(Problem("p", "1+1?")) == Rendered(messages=(Message("user", "1+1?"),))
    (turn,) = preset("zero_shot").render(Problem("p", "1+1?")).messages
    assert turn.content == "1+1?\n\nPlease reason step by step, and put your final answer within \\boxed{}."
    few = preset("few_shot").render(Problem("p", "1+1?")).messages
    assert [turn.role for turn in few] == ["system", *["user", "assistant"] * 3, "user"]
    for name, thinking in (("think", True), ("no_think", False)):
        rendered = preset(name).render(Problem("p", "1+1?"))
        assert (rendered.mode, rendered.template_kwargs) == (name, {"enable_thinking": thinking})


def test_messages_keep_their_own_turns_and_system():
    turns = (Message("system", "own"), Message("user", "a"), Message("assistant", "b"), Message("user", "c"))
    template = ChatPrompt("ours", "<", ">", (Message("user", "e"), Message("assistant", "f")))
    assert [(turn.role, turn.content) for turn in template.render(Problem("p", turns)).messages] == [
        ("system", "own"), ("user", "<e>"), ("assistant", "f"), ("user", "a"), ("assistant", "b"), ("user", "<c>"),
    ]  # fmt: skip
    assert template.render(Problem("p", turns[1:])).messages[0] == Message("system", "ours")
    assert TextPrompt("Q: {prompt} A:").render(Problem("p", turns[:2])).text == "Q: own\n\na A:"


@given(st.text())
def test_a_hostile_problem_is_only_text(prompt):
    assert TextPrompt("a {prompt} {other} b").render(Problem("p", prompt)).text == f"a {prompt} {{other}} b"


def test_bad_options_name_the_field():
    with pytest.raises(ConfigError, match=r"^examples"):
        ChatPrompt(examples=(Message("user", "a"),))
    with pytest.raises(ConfigError, match=r"^mode"):
        ChatPrompt(mode="thinking")
    with pytest.raises(ConfigError, match=r"^template"):
        TextPrompt("{problem}")
