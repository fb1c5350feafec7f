"""The clean-reasoning filter through the console script: `verify`, and a run that exports only what is clean."""

import json

import pytest
import yaml

WORK = "We add the parts one by one and then look at what the problem asks for. So the result follows.\n\n"
LOOP = "But then we add the parts again. " * 30
BOX = "\\boxed{{answer}}"  # {answer} stands for the problem's, as in the scripted sampler
RESPONSES = {
    "clean": f"{WORK}The answer is {BOX}.",
    "clean_thought": f"<think>{WORK}</think>The answer is {BOX}.",
    "loop_end": f"{WORK}The answer is {BOX}. {LOOP}",
    "unclosed_thought": f"<think>{WORK}The answer is {BOX}.",
    "leaked_token": f"{WORK}The answer is {BOX}.<|im_end|>",
    "stray_think_tag": f"<think>{WORK}</think>So {BOX}.</think>",
    "next_turn": f"{WORK}The answer is {BOX}.\nUser: Thanks, {BOX}",
    "refusal": f"I'm sorry, but I do not like this. {WORK}{BOX}",
    "foreign_script": f"{WORK}所以答案是 {BOX}.",
    "no_reasoning": BOX,
    "answer_first": f"{BOX} is the answer. {WORK}",
    "conflict": f"{WORK}The answer is 123456789.\n\nThe answer is {{answer}}.",
}


def test_verify_names_every_fault(proofstill, tmp_path):
    rows = [
        {"id": name, "answer": "7", "response": response.replace("{answer}", "7")}
        for name, response in RESPONSES.items()
    ]
    (tmp_path / "in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    done = proofstill("verify", "samples=in.jsonl", "verifier=reasoning", "out=out.jsonl")
    assert done.returncode == 0, done.stderr
    verdicts = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    told = {verdict["id"]: (verdict["status"], verdict["reason"]["code"]) for verdict in verdicts}
    assert told.pop("clean") == told.pop("clean_thought") == ("PASS", "clean")
    assert told.pop("unclosed_thought") == ("NO_ANSWER", "unclosed_thought")
    assert told == {name: ("FAIL", name) for name in told}


@pytest.mark.slow
def test_a_run_exports_only_what_is_clean(proofstill, tmp_path):
    settings = tmp_path / "conf/local/default.yaml"
    settings.parent.mkdir(parents=True)
    settings.write_text("# @package _global_\n" + yaml.dump({"sampler": {"responses": list(RESPONSES.values())}}))
    number = len(RESPONSES)
    command = ("run", "sampler=scripted", "problems.n_problems=3", f"budget.n_samples={number}", "select=[]")
    done = proofstill(*command, "verifier=[math,reasoning]")
    assert done.returncode == 0, done.stderr
    path = tmp_path / "runs/demo/products/sft/messages/train-00000.jsonl"
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    assert sorted(row["index"] for row in rows) == [0] * 3 + [1] * 3
    assert all(row["accepted_by"] == ["math", "reasoning"] for row in rows)
    # the answers are right: without the filter, the rest is exported too, but for what has no answer
    done = proofstill(*command, "verifier=[math]", "run.name=unfiltered")
    assert done.returncode == 0, done.stderr
    stats = json.loads((tmp_path / "runs/unfiltered/stats.json").read_text())
    assert stats["selected"]["kept"] == 3 * (number - 1)
