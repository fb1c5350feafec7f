import asyncio
import json
import time
from contextlib import aclosing
from dataclasses import fields, replace
from pathlib import Path

import pytest
import yaml
from openai_server import OpenAIServer

import conf
from engine.build import build
from engine.errors import ConfigError, SamplerError
from engine.protocols import Sampler
from engine.records import FinishReason, Message, Problem, Rendered, SampleRequest, SamplingParams
from engine.samplers.openai import OpenAISampler

CHAT = Rendered(messages=(Message("user", "1+1?"),), template_kwargs={"enable_thinking": False}, mode="no_think")


def request(n=1, prompt=CHAT):
    return SampleRequest(Problem("p", "1+1?"), prompt, tuple(range(n)), tuple(range(100, 100 + n)), "hash")


def collect(sampler, *requests):
    async def run():
        try:
            streams = await asyncio.gather(*(_all(sampler.stream(request)) for request in requests))
            return [sample for stream in streams for sample in sorted(stream, key=lambda sample: sample.index)]
        finally:
            await sampler.close()
            await sampler.close()

    return asyncio.run(run())


async def _all(stream):
    return [sample async for sample in stream]


def sampler_for(server, **options):
    return OpenAISampler(**{"model": "tiny", "base_url": server.base_url, "timeout_s": 5.0} | options)


def test_each_sample_has_its_own_seed_and_all_parameters_are_sent(monkeypatch):
    monkeypatch.setenv("A_KEY", "secret")
    params = SamplingParams(temperature=0.7, top_p=0.9, top_k=20, max_tokens=50, stop=("\n\n",))
    with OpenAIServer() as server:
        sampler = sampler_for(server, params=params, api_key_env="A_KEY", extra_body={"min_p": 0.1, "max_tokens": None})
        assert isinstance(sampler, Sampler)
        samples = collect(sampler, request(3))
        sent = sorted(server.requests, key=lambda body: body["seed"])
    assert [(s.index, s.seed, s.text) for s in samples] == [(i, 100 + i, f"It is {100 + i}.") for i in range(3)]
    assert all(
        (s.tokens, s.prompt_tokens, s.model, s.params_hash, s.mode) == (3, 11, "tiny", "hash", "no_think")
        for s in samples
    )
    assert all(s.seconds > 0 for s in samples)
    assert sent[0] == {
        "model": "tiny", "messages": [{"role": "user", "content": "1+1?"}], "temperature": 0.7, "top_p": 0.9, "top_k": 20,
        "stop": ["\n\n"], "n": 1, "seed": 100, "chat_template_kwargs": {"enable_thinking": False}, "min_p": 0.1,
    }  # fmt: skip
    assert server.headers[0]["authorization"] == "Bearer secret"


def test_text_prompts_use_the_completions_endpoint():
    with OpenAIServer(text="{seed} is it") as server:
        (sample,) = collect(
            sampler_for(server, params=SamplingParams(logprobs=True)), request(1, Rendered(text="1+1="))
        )
    assert (sample.text, sample.tokens, sample.logprob_sum) == ("100 is it", 3, -1.5)
    assert (server.requests[0]["prompt"], server.requests[0]["logprobs"]) == ("1+1=", 1)


def test_several_samples_per_request():
    with OpenAIServer() as server:
        samples = collect(sampler_for(server, max_n=4, params=SamplingParams(logprobs=True)), request(10))
        assert sorted(body["n"] for body in server.requests) == [2, 4, 4]
        assert [s.index for s in samples] == list(range(10))
        assert {(s.tokens, s.logprob_sum) for s in samples} == {(3, -1.5)}
        server.requests.clear()
        collect(sampler_for(server, max_n=4, params=SamplingParams(temperature=0)), request(4))
        assert [body["n"] for body in server.requests] == [1] * 4
        server.plan = ["single", "single"]
        assert [s.index for s in collect(sampler_for(server, max_n=4), request(4))] == [0, 1, 2, 3]


def test_usage_is_shared_among_the_choices_without_logprobs():
    with OpenAIServer(text="a b c d e") as server:
        samples = collect(sampler_for(server, max_n=4), request(4))
    assert sum(s.tokens for s in samples) == 20


def test_the_window_bounds_the_requests_in_flight():
    with OpenAIServer(delay_s=0.05) as server:
        samples = collect(sampler_for(server, concurrency=3), request(8), request(8))
        assert len(samples) == 16
        assert server.most_running == 3


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"reasoning": {"reasoning_content": "so"}}, ("so", "It is 100.", FinishReason.STOP)),
        ({"reasoning": {"reasoning": "so"}}, ("so", "It is 100.", FinishReason.STOP)),
        ({"reasoning": {"reasoning_content": None}}, (None, "It is 100.", FinishReason.STOP)),
        ({"text": "<think>so</think>it {seed}"}, ("so", "it 100", FinishReason.STOP)),
        ({"text": "<think>so it {seed}"}, ("so it 100", "", FinishReason.LENGTH)),
        ({"text": "so </think> it {seed}"}, ("so", "it 100", FinishReason.STOP)),
        ({"text": "one two three four five six"}, (None, "one two three four", FinishReason.LENGTH)),
        ({"text": "lone \ud800"}, (None, "lone ?", FinishReason.STOP)),
    ],
)
def test_reasoning_is_kept_apart(options, expected):
    with OpenAIServer(**options) as server:
        (sample,) = collect(sampler_for(server, params=SamplingParams(max_tokens=4)), request())
    assert (sample.reasoning, sample.text, sample.finish_reason) == expected


def test_a_block_that_the_prompt_opened():
    with OpenAIServer(text="so far") as server:
        (chat,) = collect(sampler_for(server, thinking_started=True), request())
        (text,) = collect(sampler_for(server), request(1, Rendered(text="1+1?\n<think>\n")))
    for sample in (chat, text):
        assert (sample.reasoning, sample.text, sample.finish_reason) == ("so far", "", FinishReason.LENGTH)


@pytest.mark.parametrize("trouble", ["429", "500", "503", "drop"])
def test_passing_troubles_are_retried(trouble):
    with OpenAIServer(retry_after="0.9") as server:
        server.plan = [trouble, "ok"]
        (sample,) = collect(sampler_for(server), request())
        first, second = server.times
    assert sample.text == "It is 100."
    assert second - first >= (
        0.9 if trouble == "429" else 0.3
    )  # Retry-After, else the back-off of 0.5 s less its jitter


def test_a_request_refused_for_its_content_is_a_sample_with_an_error():
    with OpenAIServer() as server:
        server.plan = ["context", "filter", "filtered", "ok", "params"]
        samples = collect(sampler_for(server, concurrency=1), request(6))
    assert sorted(s.finish_reason for s in samples) == [*["error"] * 4, *["stop"] * 2]
    assert all(s.text == "" for s in samples if s.finish_reason is FinishReason.ERROR)


@pytest.mark.parametrize(
    ("plan", "options", "words"),
    [
        (["ok"], {"model": "other"}, r"knows no model 'other'.*sampler\.model"),
        (["401"], {"api_key_env": "MY_KEY"}, r"\$MY_KEY.*Incorrect API key"),
        (["params"], {}, r"status 400 \(.*top_p must be at most 1.*sampler\.params"),
        (["429"] * 2, {"max_retries": 1}, r"after 2 attempts, status 429.*sampler\.concurrency"),
        (["500"], {"max_retries": 0}, r"after 1 attempt, status 500"),
        (
            ["hang"] * 2,
            {"max_retries": 1, "timeout_s": 0.2},
            r"did not answer within 0\.2 s in 2 attempts.*sampler\.timeout_s",
        ),
        (["drop"], {"max_retries": 0}, r"cannot be reached in 1 attempt"),
        (["garbage"], {}, r"something else than JSON"),
        (["html"], {}, r"did not answer with a completion.*/v1"),
    ],
)
def test_what_no_retry_mends_is_one_sentence(plan, options, words):
    with OpenAIServer() as server:
        server.plan = plan * 4
        with pytest.raises(SamplerError, match=words) as caught:
            collect(sampler_for(server, **options), request(3))
        assert server.base_url in str(caught.value)
        assert "\n" not in str(caught.value)


def test_no_server_at_all():
    with OpenAIServer() as server:
        url = server.base_url
    with pytest.raises(SamplerError, match=r"cannot be reached in 1 attempt.*sampler\.base_url"):
        collect(OpenAISampler("tiny", url, max_retries=0), request())


def test_closing_the_iterator_cancels_the_requests_in_flight():
    async def run(sampler, server):
        started = time.monotonic()
        async with aclosing(sampler.stream(request(6))) as stream:
            first = await anext(stream)
        while server.disconnected < 5:
            assert time.monotonic() - started < 5
            await asyncio.sleep(0.01)
        await sampler.close()
        return first

    with OpenAIServer() as server:
        server.plan = ["hang"] * 5
        assert asyncio.run(run(sampler_for(server), server)).text
        assert server.running == 0


@pytest.mark.parametrize("field", ["concurrency", "max_n", "timeout_s", "max_retries"])
def test_values_out_of_range_are_refused(field):
    with pytest.raises(ConfigError, match=f"^{field}"):
        OpenAISampler("tiny", **{field: -1})
    with pytest.raises(ConfigError, match=r"^base_url"):
        OpenAISampler("tiny", "127.0.0.1:8000")


def test_the_preset_lists_every_option_and_no_key_reaches_the_configuration(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "secret")
    options = yaml.safe_load((Path(conf.__file__).parent / "sampler" / "openai.yaml").read_text())
    assert set(options) - {"_target_"} == {field.name for field in fields(OpenAISampler)}
    with OpenAIServer() as server:
        sampler = build(options | {"model": "tiny", "base_url": server.base_url}, Sampler, "sampler")
        assert len(collect(sampler, request(2))) == 2
    assert "secret" not in json.dumps(options) + repr(sampler)


def test_going_on_from_a_prefix_and_ending_at_a_step():
    asked = SampleRequest(Problem("p", "?"), CHAT, (0,), (7,), "hash", prefix="<think>\nSo.\n", until=("\n",))
    params = SamplingParams(stop=("END",))
    with OpenAIServer(text="It is {seed}END.\n") as server:
        sampler = sampler_for(server, params=params)
        chat, text = collect(sampler, asked, replace(asked, prompt=Rendered(text="1+1=<think>")))
        sent = sorted(server.requests, key=lambda body: "messages" in body)
    assert [chat.text, text.text] == ["<think>\nSo.\nIt is 7"] * 2
    assert (chat.reasoning, chat.finish_reason, chat.tokens) == (None, FinishReason.STOP, 3)
    for body in sent:
        assert (body["stop"], body["include_stop_str_in_output"]) == (["END", "\n"], True)
    assert sent[0]["prompt"] == "1+1=<think>\nSo.\n"  # the prompt's own tag is not doubled
    assert sent[1]["messages"][-1] == {"role": "assistant", "content": "<think>\nSo.\n"}
    assert (sent[1]["continue_final_message"], sent[1]["add_generation_prompt"]) == (True, False)
