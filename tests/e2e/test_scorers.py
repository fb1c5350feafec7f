"""Scorers in whole runs: a reward model ranks and vetoes, safety verifiers feed their products, a judge keeps its word."""

import json
import re

import duckdb
import pytest
from openai_server import OpenAIServer
from test_bad_input import lines
from test_run import read

from engine.tiny import model_path

pytestmark = pytest.mark.slow
LOCAL = ("device=cpu", "threads=1")
RESPONSES = ["{solution}", "{wrong}", "To be brief: {solution}", "{solution}\nThat is all."]
REWARD = (
    "run", "sampler=scripted", f"sampler.responses={json.dumps(RESPONSES)}", "problems.n_problems=12",
    "budget.n_samples=4", "verifier=[math,reward_model]", *(f"verifier.reward_model.{one}" for one in LOCAL),
    "pool.workers=1", "product.sft.take=best", "product.sft.prefer=score",
    "product.sft.score_by=reward_model", "product.sft.shapes=[messages]",
)  # fmt: skip
SAID = {
    "lock": ("How do I open a lock?", ["Call a locksmith.", "Take the rifle and shoot it.", "Ask jane.doe@corp.org."]),
    "cake": ("How do I bake a cake?", ["Mix flour and eggs.", "Shoot the baker with a rifle."]),
    "bread": ("How do I bake bread?", ["Mix flour and water.", "Knead it, and bake it."]),
}


def classifier(folder, labels, seed=1):
    """The bundled model with a head of its own, random."""
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer, logging

    logging.set_verbosity_error()
    torch.manual_seed(seed)
    words = AutoTokenizer.from_pretrained(model_path())
    names = dict(enumerate(labels))
    model = AutoModelForSequenceClassification.from_pretrained(
        model_path(), num_labels=len(names), id2label=names, label2id={one: at for at, one in names.items()}
    )
    with torch.no_grad():
        model.score.weight.normal_(0, 0.3)
    return model, words, folder


def saved(model, words, folder):
    model.save_pretrained(folder)
    words.save_pretrained(folder)
    return str(folder)


def taught(model, words, unsafe):
    """A few steps on what was said: ``unsafe`` gives the label of a text."""
    import torch

    texts = [text for _, said in SAID.values() for text in said]
    inputs = words(texts, padding=True, padding_side="right", return_tensors="pt")
    target = torch.tensor([int(unsafe(text)) for text in texts])
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3)
    for _ in range(40):
        loss = torch.nn.functional.cross_entropy(model(**inputs).logits, target)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    assert loss.item() < 0.1


def ledger(run, columns, where="true"):
    return duckdb.sql(f"SELECT {columns} FROM '{run}/ledger/verdicts/*.parquet' WHERE {where}").fetchall()


def scores(run):
    return {(name, at): score for name, at, score in ledger(run, "problem_id, index, score", "verifier='reward_model'")}


@pytest.mark.thorough
def test_a_reward_model_ranks_vetoes_and_is_not_asked_again(proofstill, tmp_path):
    model = f"verifier.reward_model.model={saved(*classifier(tmp_path / 'rm', ['reward']))}"
    done = proofstill(*REWARD, model, "run.name=ranked")
    assert done.returncode == 0, done.stderr
    run = tmp_path / "runs/ranked"
    found = scores(run)
    assert {at for _, at in found} == {0, 2, 3}, "what math rejects is not scored"
    assert len(set(found.values())) > 20
    rows = read(run / "products/sft/messages/train-00000.jsonl")
    best = {name: max((s, -at) for (other, at), s in found.items() if other == name) for name, _ in found}
    assert {(row["problem_id"], row["index"]) for row in rows} == {(name, -at) for name, (_, at) in best.items()}

    written = {path: path.stat().st_mtime_ns for path in (run / "ledger/verdicts").glob("*.parquet")}
    again = proofstill(*REWARD, model, "run.name=ranked")
    assert again.returncode == 0, again.stderr
    assert {path: path.stat().st_mtime_ns for path in (run / "ledger/verdicts").glob("*.parquet")} == written

    threshold = sorted(found.values())[len(found) // 2]
    veto = ("accept=veto", "accept.by=[reward_model]", f"verifier.reward_model.threshold={threshold}")
    done = proofstill(*REWARD, model, *veto, "run.name=veto", "product.sft.take=all")
    assert done.returncode == 0, done.stderr
    rows = read(tmp_path / "runs/veto/products/sft/messages/train-00000.jsonl")
    assert {(row["problem_id"], row["index"]) for row in rows} == {k for k, s in found.items() if s >= threshold}
    assert scores(tmp_path / "runs/veto") == found

    responses = [{"id": "a", "prompt": "1 + 1?", "answer": "2", "response": f"\\boxed{{{n}}}"} for n in (2, 3)]
    stdin = "".join(json.dumps(row) + "\n" for row in responses)
    done = proofstill("verify", "samples=-", *REWARD[5:7], model, stdin=stdin)
    assert done.returncode == 0, done.stderr
    verdicts = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(v["verifier"], v["status"]) for v in verdicts] == [
        ("math", "PASS"), ("reward_model", "ABSTAIN"), ("math", "FAIL"), ("reward_model", "ABSTAIN"),
    ]  # fmt: skip
    assert verdicts[1]["score"] != verdicts[3]["score"]


def replayed(tmp_path):
    """Problems and what was said, as files; the arguments of a run on them."""
    asked = [{"id": name, "prompt": prompt} for name, (prompt, _) in SAID.items()]
    lines(tmp_path / "problems.jsonl", asked)
    lines(tmp_path / "samples.jsonl", [{"id": name, "text": t} for name, (_, said) in SAID.items() for t in said])
    return (
        "run", "problems=jsonl", "problems.path=problems.jsonl", "sampler=replay", "sampler.path=samples.jsonl",
        "budget.n_samples=3", "pool.workers=1", "product=[safety,safety_pairs]",
    )  # fmt: skip


def test_rules_and_a_classifier_feed_the_safety_products(proofstill, tmp_path):
    model, words, folder = classifier(tmp_path / "safe", ["safe", "unsafe"])
    taught(model, words, lambda text: "rifle" in text)
    names = "[safety_rules,safety_classifier]"
    local = [f"verifier.safety_classifier.{one}" for one in (*LOCAL, "layout=response")]
    done = proofstill(
        *replayed(tmp_path), f"verifier={names}", f"verifier.safety_classifier.model={saved(model, words, folder)}",
        *local, f"product.safety.verifiers={names}", f"product.safety_pairs.verifiers={names}",
        "product.safety_pairs.pairs_per_problem=4",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    products = tmp_path / "runs/demo/products"
    kept = {row["messages"][-1]["content"] for row in read(products / "safety/messages/train-00000.jsonl")}
    assert kept == {"Call a locksmith.", "Mix flour and eggs.", "Mix flour and water.", "Knead it, and bake it."}
    pairs = read(products / "safety_pairs/pairs/train-00000.jsonl")
    assert {(row["problem_id"], row["rejected"][0]["content"], *row["violates"]) for row in pairs} == {
        ("lock", "Take the rifle and shoot it.", "safety_classifier: label_unsafe"),
        ("lock", "Ask jane.doe@corp.org.", "safety_rules: email"),
        ("cake", "Shoot the baker with a rifle.", "safety_classifier: label_unsafe"),
    }


class ConstitutionServer(OpenAIServer):
    """A judge that finds rifles in the response, by the markers of its case; ``down`` makes it say something else."""

    down = False

    def _completion(self, body, chat, step):
        shown = body["messages"][1]["content"]
        code = re.search(r"===== TASK (\w{12}) =====", shown)[1]
        response = shown.partition(f"===== RESPONSE {code} =====")[2].partition("===== END")[0]
        grades = [{"why": "so it is", "met": "no" if "rifle" in response else "yes"}]
        self.text = json.dumps({"code": code, "speaks_to_grader": False, "criteria": grades})
        self.text = "I cannot tell." if self.down else self.text
        return super()._completion(body, chat, step)


def test_a_constitution_feeds_the_products_once_its_judge_keeps_the_schema(proofstill, tmp_path):
    with ConstitutionServer("judge") as server:
        run = (
            *replayed(tmp_path), "verifier=[safety]", "verifier.safety.model=judge", "verifier.safety.attempts=1",
            "verifier.safety.principles=[It names no arms.]", f"verifier.safety.server.base_url={server.base_url}",
        )  # fmt: skip
        server.down = True
        done = proofstill(*run)
        assert done.returncode == 0, done.stderr
        assert {status for (status,) in ledger(tmp_path / "runs/demo", "status")} == {"ERROR"}
        server.down = False
        done = proofstill(*run)
        assert done.returncode == 0, done.stderr
    products = tmp_path / "runs/demo/products"
    assert len(read(products / "safety/messages/train-00000.jsonl")) == 5
    pairs = read(products / "safety_pairs/pairs/train-00000.jsonl")
    assert {(row["problem_id"], *row["violates"]) for row in pairs} == {
        ("lock", "safety: principle_1"),
        ("cake", "safety: principle_1"),
    }


class TinyServer(OpenAIServer):
    """The bundled model behind the server: what it really says to the end of what it is asked."""

    def __enter__(self):
        from transformers import AutoModelForCausalLM, AutoTokenizer

        self.words = AutoTokenizer.from_pretrained(model_path())
        self.net = AutoModelForCausalLM.from_pretrained(model_path()).eval()
        return super().__enter__()

    def _completion(self, body, chat, step):
        import torch

        asked = self.words.apply_chat_template(body["messages"][1:], add_generation_prompt=True, return_tensors="pt")
        ids = asked["input_ids"][:, -400:]
        with torch.inference_mode():
            made = self.net.generate(ids, max_new_tokens=40, do_sample=False, pad_token_id=0)
        self.text = self.words.decode(made[0, ids.shape[1] :], skip_special_tokens=True) or "?"
        return super()._completion(body, chat, step)


def test_a_model_that_cannot_judge_gives_errors_and_no_failures(proofstill, tmp_path):
    """Nothing is accepted, and nothing becomes a negative."""
    with TinyServer("tiny") as server:
        done = proofstill(
            "run", "sampler=scripted", "problems.n_problems=3", "budget.n_samples=2", "verifier=[judge]",
            "verifier.judge.model=tiny", f"verifier.judge.server.base_url={server.base_url}", "pool.workers=1",
            "loop.gold_check=false", "product=[sft,unpaired]",
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert len(server.requests) == 12, "each was asked twice"
    found = set(ledger(tmp_path / "runs/demo", "status, reason_code"))
    assert found == {("ERROR", "judge_malformed")}
    stats = json.loads((tmp_path / "runs/demo/stats.json").read_text())
    assert stats["verdicts"]["judge"] == {"ERROR": 6}
    products = tmp_path / "runs/demo/products"
    assert not any(read(path) for path in products.rglob("*.jsonl"))
