"""The transformers sampler, on the bundled model: what decides a sample, what ends one, what fails."""

import asyncio
import functools
import logging
import shutil
import sys
import threading
import time
from contextlib import aclosing
from dataclasses import replace

import pytest

from engine.codec import derive_seed
from engine.errors import ConfigError, SamplerError
from engine.problems.word_problems import WordProblems
from engine.protocols import Sampler
from engine.records import FinishReason, Message, Problem, Rendered, SampleRequest, SamplingParams
from engine.samplers import local_worker
from engine.samplers.transformers import TransformersSampler
from engine.tiny import model_path

PARAMS = SamplingParams(max_tokens=96)


@functools.cache
def problems(count: int = 8) -> tuple[Problem, ...]:
    return tuple(WordProblems(count).problems())


def sampler(**options) -> TransformersSampler:
    options = {"model": "bundled:tiny", "params": PARAMS, "device": "cpu", "dtype": "float64", "threads": 1} | options
    return TransformersSampler(**options)


def request(problem: Problem, indices=range(4), prompt: Rendered | None = None) -> SampleRequest:
    prompt = prompt or Rendered(messages=(Message("user", str(problem.prompt)),), mode="no_think")
    seeds = tuple(derive_seed(0, problem.id, index) for index in indices)
    return SampleRequest(problem, prompt, tuple(indices), seeds, "hash")


def sample(made: TransformersSampler, *requests: SampleRequest) -> list:
    """All samples of all requests, streamed at once, by problem and index, without their times."""

    async def one(wanted):
        return [found async for found in made.stream(wanted)]

    async def run():
        try:
            return await asyncio.gather(*map(one, requests))
        finally:
            await made.close()

    found = [replace(item, seconds=0.0) for group in asyncio.run(run()) for item in group]
    return sorted(found, key=lambda item: (item.problem_id, item.index))


def test_is_a_sampler():
    assert isinstance(sampler(), Sampler)


def test_fields_are_filled():
    (made,) = sample(sampler(), request(problems()[0], [3]))
    assert (made.problem_id, made.index, made.model) == (problems()[0].id, 3, "bundled:tiny")
    assert (made.params_hash, made.mode, made.seed) == ("hash", "no_think", derive_seed(0, made.problem_id, 3))
    assert "The answer is \\boxed{" in made.text
    assert "<|" not in made.text
    assert made.reasoning is None
    assert made.logprob_sum is None
    assert made.finish_reason == FinishReason.STOP
    assert 20 < made.prompt_tokens < 60
    assert 10 < made.tokens < 90


def test_neither_batches_nor_order_decide_a_sample():
    wanted = [request(problem, range(4)) for problem in problems()]
    together = sample(sampler(batch_size=64), *wanted)
    assert len(together) == 32
    assert len({made.text for made in together}) > 15
    assert sample(sampler(batch_size=12), *reversed(wanted)) == together
    split = [request(problem, indices) for problem in problems() for indices in ([3, 0], [1, 2])]
    assert sample(sampler(batch_size=16), *split) == together


def test_the_seed_decides_a_sample():
    problem = problems()[0]
    first = request(problem, range(8))
    assert sample(sampler(), first) != sample(sampler(), replace(first, seeds=tuple(range(8))))
    same = sample(sampler(), replace(first, seeds=(7,) * 8))
    assert len({made.text for made in same}) == 1


def test_temperature_zero_is_greedy():
    greedy = SamplingParams(temperature=0.0, max_tokens=96, logprobs=True)
    made = sample(sampler(params=greedy), *(request(problem, range(3)) for problem in problems()))
    assert len({item.text for item in made}) == len(problems())
    only = sample(
        sampler(params=replace(greedy, temperature=1.0, top_k=1)),
        *(request(problem, range(3)) for problem in problems()),
    )
    assert [item.text for item in only] == [item.text for item in made]


def test_samples_follow_the_models_distribution():
    """Frequencies of the first token against its probabilities, and what top_k and top_p leave."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from engine.samplers.local_batch import pick

    tokenizer, model = AutoTokenizer.from_pretrained(model_path()), AutoModelForCausalLM.from_pretrained(model_path())
    ids = tokenizer(f"<|user|>{problems()[0].prompt}<|assistant|>The", return_tensors="pt").input_ids
    with torch.inference_mode():
        scores = model(ids).logits[0, -1:].double() / 2
    probabilities = scores.softmax(-1)[0]
    draws = [(i + 0.5) / 20_000 for i in range(20_000)]
    counts = torch.bincount(
        pick(scores.expand(20_000, -1), draws, SamplingParams())[:, 0], minlength=len(probabilities)
    )
    assert torch.allclose(counts.double() / 20_000, probabilities, atol=1e-4)
    best = probabilities.argsort(descending=True)
    for params, left in [
        (SamplingParams(top_k=3), best[:3]),
        (SamplingParams(top_p=0.6), best[: int((probabilities[best].cumsum(0) < 0.6).sum()) + 1]),
        (SamplingParams(top_p=1e-9), best[:1]),
        (SamplingParams(temperature=1e-4), best[:1]),
    ]:
        chosen = pick(scores.expand(2_000, -1), draws[::10], params)
        assert set(chosen[:, 0].tolist()) == set(left.tolist()), params


def test_logprobs_are_the_models_own():
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    params = SamplingParams(temperature=0.7, max_tokens=96, logprobs=True)
    made = [
        item
        for item in sample(sampler(params=params), request(problems()[0]))
        if item.finish_reason == FinishReason.STOP
    ]
    tokenizer, model = AutoTokenizer.from_pretrained(model_path()), AutoModelForCausalLM.from_pretrained(model_path())
    prompt = tokenizer(f"<|user|>{problems()[0].prompt}<|assistant|>").input_ids
    for item in made:
        ids = [*tokenizer(item.text).input_ids, tokenizer.eos_token_id]
        assert len(ids) == item.tokens
        with torch.inference_mode():
            logprobs = model(torch.tensor([prompt + ids])).logits[0].log_softmax(-1)
        expected = sum(logprobs[len(prompt) - 1 + at, token].item() for at, token in enumerate(ids))
        assert item.logprob_sum == pytest.approx(expected, abs=1e-3)
    assert made


def test_max_tokens_cuts():
    made = sample(sampler(params=SamplingParams(max_tokens=5)), *map(request, problems()))
    assert {item.tokens for item in made} == {5}
    assert {item.finish_reason for item in made} == {FinishReason.LENGTH}


def test_stop_strings_end_a_sample_and_are_cut_off():
    wanted = [request(problem) for problem in problems()]
    whole = sample(sampler(), *wanted)
    stops = (" answer is", "s.\nThe")  # each spans tokens
    cut = sample(sampler(params=replace(PARAMS, stop=stops)), *wanted)
    assert [item.text for item in cut] == [
        item.text[: min((at for at in map(item.text.find, stops) if at >= 0), default=None)] for item in whole
    ]
    assert all(short.tokens < long.tokens for short, long in zip(cut, whole, strict=True) if short.text != long.text)
    assert sum(short.text != long.text for short, long in zip(cut, whole, strict=True)) > 20
    assert {item.finish_reason for item in cut if item.tokens < 96} == {FinishReason.STOP}


def test_reasoning_is_split_off_and_an_open_think_block_is_truncation():
    """The prompt's last words serve as the opening tag, so the block is open when the model begins."""
    tags = {"open_tag": "<|assistant|>", "close_tag": "The answer is"}
    wanted = [request(problem) for problem in problems()]
    whole, split = sample(sampler(), *wanted), sample(sampler(**tags), *wanted)
    for one, two in zip(whole, split, strict=True):
        if "The answer is" in one.text:
            assert f"{two.reasoning}\nThe answer is {two.text}" == one.text
            assert two.finish_reason == one.finish_reason
    assert sum("boxed" in item.text for item in split) > 20
    for item in sample(sampler(**tags, params=SamplingParams(max_tokens=6)), *wanted):
        assert (item.text, item.finish_reason) == ("", FinishReason.LENGTH)
        assert item.reasoning


def test_a_prompt_beyond_the_context_is_one_failed_sample(caplog):
    prompt = Rendered(messages=(Message("user", "pens " * 600),))
    with caplog.at_level(logging.WARNING, "proofstill"):
        made = sample(sampler(), request(replace(problems()[0], id="a"), range(2), prompt), request(problems()[1]))
    assert [(item.finish_reason, item.text) for item in made[:2]] == [(FinishReason.ERROR, "")] * 2
    assert all("boxed" in item.text for item in made[2:])
    assert len(made) == 6
    assert (
        "problem a cannot be sampled: the prompt has 604 tokens, and the context of bundled:tiny is 512" in caplog.text
    )


def test_a_prompt_near_the_end_of_the_context_leaves_less_room():
    prompt = Rendered(text="pens" + " pens" * 500)
    (made,) = sample(sampler(), request(problems()[0], [0], prompt))
    assert made.prompt_tokens + made.tokens <= 512


def test_system_messages_and_turns_are_rendered():
    turns = (Message("system", "Be brief."), Message("user", "1"), Message("assistant", "2"), Message("user", "3"))
    (made,) = sample(
        sampler(params=SamplingParams(max_tokens=2)), request(problems()[0], [0], Rendered(messages=turns))
    )
    raw = Rendered(text="<|system|>Be brief.<|user|>1<|assistant|>2<|end|><|user|>3<|assistant|>")
    (same,) = sample(sampler(params=SamplingParams(max_tokens=2)), request(problems()[0], [0], raw))
    assert (made.text, made.prompt_tokens) == (same.text, same.prompt_tokens)


def test_closing_the_iterator_drops_rows_that_wait_and_ends_rows_in_flight(monkeypatch):
    seen = []
    generate = local_worker.generate

    def watched(model, rows, params):
        time.sleep(0.02)
        generate(model, rows, params)
        seen.append([(row.finish_reason, len(row.tokens)) for row in rows])

    monkeypatch.setattr(local_worker, "generate", watched)
    made = sampler(batch_size=4, params=SamplingParams(max_tokens=150, temperature=50.0))

    async def run():
        async with aclosing(made.stream(request(problems()[0], range(40)))) as stream:
            await anext(stream)
            await asyncio.sleep(0.1)  # the next batch is in flight
        done = len(seen)
        assert len([item async for item in made.stream(request(problems()[1], range(4)))]) == 4
        await made.close()
        return done

    done = asyncio.run(run())
    cancelled = [row for batch in seen[done:-1] for row in batch]
    assert len(seen) <= done + 2
    assert all(reason is None and tokens < 150 for reason, tokens in cancelled)
    assert all(reason is not None for reason, _ in seen[-1])


def test_close_ends_the_thread_and_may_be_called_twice():
    made = sampler()

    async def run():
        await anext(made.stream(request(problems()[0])))
        assert "transformers-sampler" in {thread.name for thread in threading.enumerate()}
        await made.close()
        await made.close()

    asyncio.run(run())
    assert "transformers-sampler" not in {thread.name for thread in threading.enumerate()}


def test_closing_with_samples_outstanding_tells_who_waits():
    made = sampler(params=SamplingParams(max_tokens=150, temperature=50.0))

    async def run():
        waiting = [asyncio.ensure_future(anext(made.stream(request(problem)))) for problem in problems()]
        await asyncio.sleep(0.2)
        await made.close()
        ended = await asyncio.gather(*waiting, return_exceptions=True)
        assert any(isinstance(item, SamplerError) and "was closed" in str(item) for item in ended)

    asyncio.run(asyncio.wait_for(run(), 60))


@pytest.mark.parametrize(
    ("model", "sentence"),
    [
        (
            "./no/such/model",
            r"^sampler.model=./no/such/model is not a directory: give a local model, a hub id or bundled",
        ),
        ("bundled:huge", r"^sampler.model=bundled:huge is not a directory"),
        ("nobody/nothing", r"^sampler.model=nobody/nothing cannot be loaded: check the name, .* the network"),
    ],
)
def test_a_model_that_is_not_there(monkeypatch, model, sentence):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(SamplerError, match=sentence) as caught:
        sample(sampler(model=model), request(problems()[0]), request(problems()[1]))
    assert "\n" not in str(caught.value)


def test_a_damaged_model_fails_every_request_with_one_sentence(tmp_path):
    shutil.copytree(model_path(), tmp_path / "m")
    (tmp_path / "m" / "model.safetensors").write_bytes(b"\x10")
    made = sampler(model=str(tmp_path / "m"))

    async def run():
        for _ in range(2):
            with pytest.raises(
                SamplerError, match=r"cannot be loaded: check that the directory holds a complete model"
            ):
                await anext(made.stream(request(problems()[0])))
        await made.close()

    asyncio.run(run())


def test_a_model_without_chat_template(tmp_path):
    shutil.copytree(model_path(), tmp_path / "m")
    (tmp_path / "m" / "chat_template.jinja").unlink()
    with pytest.raises(SamplerError, match="has no chat template"):
        sample(sampler(model=str(tmp_path / "m")), request(problems()[0]))
    assert sample(sampler(model=str(tmp_path / "m")), request(problems()[0], [0], Rendered(text="Ada has 3")))


def test_a_model_that_breaks_while_sampling(monkeypatch):
    def broken(*_args):
        raise RuntimeError("out of memory\nlong trace")

    monkeypatch.setattr(local_worker, "generate", broken)
    with pytest.raises(SamplerError, match=r"failed while sampling .*batch_size=32: RuntimeError: out of memory\Z"):
        sample(sampler(), request(problems()[0]), request(problems()[1]))


def test_without_torch_the_sentence_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(SamplerError, match=r"pip install 'proofstill\[local\]'"):
        sample(sampler(), request(problems()[0]))


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"dtype": "int8"}, "sampler.dtype must be one of auto, float64"),
        ({"batch_size": 0}, "sampler.batch_size"),
        ({"threads": -1}, "sampler.threads"),
    ],
)
def test_bad_options_are_named(options, named):
    with pytest.raises(ConfigError, match=named):
        sampler(**options)


def test_a_response_goes_on_from_any_prefix():
    """Greedy: the model's own text, cut anywhere, is completed to the same text."""
    greedy = replace(PARAMS, temperature=0.0)
    (whole,) = sample(sampler(params=greedy), request(problems()[0], [0]))
    cuts = [at + (letter == "\n") for at, letter in enumerate(whole.text) if letter in " \n"]  # a word owns its space
    assert len(cuts) > 5
    made = sample(
        sampler(params=greedy),
        *(replace(request(problems()[0], [cut]), prefix=whole.text[:cut]) for cut in cuts),
    )
    assert [item.text for item in made] == [whole.text] * len(cuts)
    assert all(item.tokens < whole.tokens and item.reasoning is None for item in made)
    assert made[-1].prompt_tokens > made[0].prompt_tokens


def test_a_step_ends_with_its_string_while_its_neighbours_go_on():
    asked = request(problems()[0], range(6))
    whole = sample(sampler(), asked)
    other = replace(request(problems()[1]), until=(".", "\n"))
    steps = sample(sampler(), replace(asked, until=("\n",)), other)
    mine = [step for step in steps if step.problem_id == problems()[0].id]
    for step, full in zip(mine, whole, strict=True):
        assert step.text == full.text[: full.text.index("\n") + 1]
        assert step.finish_reason == FinishReason.STOP
        assert step.tokens < full.tokens
    others = [step.text for step in steps if step not in mine]
    assert len(others) == 4
    assert all(text.endswith(".") and text.count(".") == 1 for text in others)


def test_a_prefix_keeps_its_think_tags_and_repeats_none():
    asked = replace(request(problems()[0], [0]), prefix="<think>\nWe add.\n</think>\n\n")
    (made,) = sample(sampler(), asked)
    assert made.text.startswith(asked.prefix)
    assert made.reasoning is None
    opened = replace(asked, prompt=Rendered(text="What is 1 + 1?\n<think>"))
    (other,) = sample(sampler(), opened)
    (first,) = sample(sampler(), replace(opened, prefix="", until=("\n",)))
    assert first.text.startswith("<think>")  # else nobody could tell that the rest is a thought
    assert other.text.startswith(asked.prefix)
    # the prompt opens the block itself, so the model does not meet the tag twice
    (bare,) = sample(sampler(), replace(opened, prefix=asked.prefix.removeprefix("<think>")))
    assert other.text == "<think>" + bare.text
