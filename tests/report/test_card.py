"""The card: `datasets` loads the shapes through it, and no text breaks out of its place."""

import re
from pathlib import Path

import datasets
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from engine.products.files import FileOptions
from engine.products.sft import SFT
from engine.records import Decision, Message, Problem, Rendered, Row, Sample, Status, Verdict
from engine.report.card import product_facts, render_card, run_facts, write_card
from engine.rows import RowGroup
from engine.stats import Stage, empty_counts, settled_funnel

HOSTILE = 'x" y: [1]\n---\nlicense: evil\n# Title | `a` ``b`` <script>alert(1)</script> [l](http://e) *b* &lt; \x1b[31m \udc80'


def run(**changes):
    made = {
        "run": "demo",
        "model": "tiny",
        "seed": 7,
        "command": "proofstill run run.name=demo",
        "rule": "all of: math",
        "verifiers": [{"name": "math", "version": "1", "config_hash": "abc"}],
        "funnel": settled_funnel(empty_counts()),
        "selectors": {"cap": {"rows": {"over_cap": 12}, "problems": {}, "facts": {}}},
        "noted": {},
        "settings": {"sampler": {"temperature": 1.0}},
        "limits": [],
    }
    return made | changes


def rows(n: int, source: str = "made:test", licence: str | None = "MIT", reasoning: str | None = "why"):
    for i in range(n):
        verdicts = (Verdict(Status.PASS, answer=str(i), verifier="math", version="1"),)
        problem = Problem(f"p{i}", "q", source=source, licence=licence)
        sample = Sample(problem.id, 0, f"\\boxed{{{i}}}", reasoning=reasoning if i % 2 else None)
        prompt = Rendered(messages=(Message("user", f"What is {i}?"),))
        yield Row(problem, sample, Decision(True, "all", ("math",)), verdicts, prompt)


def groups(*arguments, **options):
    return (RowGroup(row.problem, row.prompt, (row,)) for row in rows(*arguments, **options))


def front_matter(card: str) -> dict:
    assert card.startswith("---\n")
    return yaml.safe_load(card.split("\n---\n", 1)[0])


@pytest.mark.parametrize("formats", [("parquet", "jsonl"), ("jsonl",)])
@pytest.mark.parametrize("options", [{}, {"reasoning": "field"}])
def test_datasets_loads_both_shapes_from_product_and_run(tmp_path, formats, options):
    product = tmp_path / "demo" / "products" / "sft"
    written = SFT(files=FileOptions(formats, rows_per_shard=3), **options).write(groups(8), str(product))
    write_card(product, product_facts("sft", written, run()))
    write_card(tmp_path / "demo", run_facts({"sft": written}, run()))
    for place, prefix in ((product, ""), (tmp_path / "demo", "sft_")):
        assert datasets.get_dataset_config_names(str(place)) == [f"{prefix}messages", f"{prefix}prompt_completion"]
        cache = str(tmp_path / "cache")
        chats = datasets.load_dataset(str(place), f"{prefix}messages", split="train", cache_dir=cache)
        pairs = datasets.load_dataset(str(place), f"{prefix}prompt_completion", split="train", cache_dir=cache)
        default = datasets.load_dataset(str(place), split="train", cache_dir=cache)
        assert len(chats) == len(pairs) == 8
        assert default.column_names == chats.column_names
        assert [m["role"] for m in chats[5]["messages"]] == ["user", "assistant"]
        assert pairs[5]["completion"] == chats[5]["messages"][1:]
        assert pairs[5]["verifiers"][0]["name"] == "math"
        if options:
            assert [m["thinking"] for m in chats[5]["messages"]] == [None, "why"]


def test_the_facts_are_there(tmp_path):
    written = SFT().write(groups(1500, licence=None), str(tmp_path / "sft"))
    counts = empty_counts()
    counts["samples"] |= {"total": 4000, "surplus": 10}
    counts["decisions"] |= {"accepted": 1600, "rejected": {"math:FAIL": 2390}}
    counts["selected"] = {"kept": 1500, "dropped": {"duplicate": 100}}
    card = render_card(product_facts("sft", written, run(funnel=settled_funnel(counts), limits=["Only sums."])))
    matter = front_matter(card)
    assert (matter["license"], matter["size_categories"]) == (["unknown"], ["1K<n<10K"])
    assert "sft" in matter["tags"]
    for needle in (
        "| sft | 1,500 | 1,500 samples |", "| counted | 3,990 | `math:FAIL` 2,390 |", "| accepted | 1,600 | `duplicate` 100 |",
        "temperature: 1.0", "proofstill run run.name=demo", "| `math` | `1` | `abc` |", "- Only sums.",
        "| `problem_id` | `string` | problem, as named", "| made:test | 1,500 |", "| not named | 1,500 |",
    ):  # fmt: skip
        assert needle in card, needle
    assert "U+FFFD" not in card


def test_same_facts_same_card_whatever_the_directory(tmp_path):
    cards = []
    for place in ("a", "b"):
        written = SFT().write(groups(3), str(tmp_path / place / "sft"))
        write_card(tmp_path / place / "sft", product_facts("sft", written, run()))
        cards.append((tmp_path / place / "sft" / "README.md").read_bytes())
        assert sorted(p.name for p in (tmp_path / place / "sft").iterdir()) == [
            "README.md",
            "messages",
            "prompt_completion",
        ]
    assert cards[0] == cards[1]


def tables(card: str) -> list[list[list[str]]]:
    """Every table of the card as a reader's renderer sees it: rows of cell texts."""
    parser = MarkdownIt("commonmark", {"html": True}).enable("table")
    found: list[list[list[str]]] = []
    inside = False
    for token in parser.parse(card.split("\n---\n", 1)[1]):
        assert token.type != "html_block", token.content
        if token.type in ("table_open", "table_close"):
            inside = token.type == "table_open"
            found += [[]] if inside else []
        elif token.type == "tr_open":
            found[-1].append([])
        elif token.type == "inline" and inside:
            assert all(child.type in ("text", "code_inline", "softbreak") for child in token.children), token.content
            found[-1][-1].append("".join(child.content for child in token.children))
    return found


def hostile_facts(text: str) -> dict:
    shape = {
        "rows": 1,
        "data_files": "messages/*.parquet",
        "columns": [{"name": text, "type": text, "description": text}],
    }
    written = {"rows": 1, "shapes": {"messages": shape}, "sources": {text: 1}, "licences": {text: 1}, "replaced": 2}
    written |= {"taken": 2, "unit": text, "dropped": {text: 1}, "about": text, "limits": [text]}
    return product_facts(
        "sft",
        written,
        run(
            run=text,
            model=text,
            command=text,
            rule=text,
            verifiers=[{"name": text, "version": text, "config_hash": text}],
            funnel=[Stage("samples", text, 1, {text: 1})],
            selectors={text: {"rows": {text: 1}, "problems": {text: 1}, "facts": {text: text}}},
            noted={text: 1},
            settings={text: [text]},
            limits=[text],
        ),
    )


def check_hostile(text: str) -> list[list[list[str]]]:
    card = render_card(hostile_facts(text))
    card.encode("utf-8")
    matter = front_matter(card)
    assert set(matter) == {"pretty_name", "license", "task_categories", "size_categories", "tags", "configs"}
    assert matter["license"] in (["other"], ["mit"], ["unknown"])
    assert matter["configs"][0]["data_files"] == "messages/*.parquet"
    body = MarkdownIt("commonmark").enable("table").parse(card.split("\n---\n", 1)[1])
    assert len([t for t in body if t.type == "heading_open"]) == 10
    assert [t.info for t in body if t.type == "fence"] == ["sh", "yaml"]
    assert len([t for t in body if t.type == "bullet_list_open"]) == 2
    found = tables(card)
    assert [len(t[0]) for t in found] == [4, 2, 3, 4, 4, 2, 2, 3]
    assert all(len(row) == len(table[0]) for table in found for row in table)
    return found


def test_hostile_text_stays_in_its_place():
    found = check_hostile(HOSTILE)
    seen = " ".join(re.sub(r"\x1b\[31m", "", HOSTILE).replace("\udc80", "\ufffd").split())
    assert found[1][2][1] == seen  # the accept rule, as plain text
    assert found[1][1][1] == seen  # the model, as code
    assert found[4][1][0] == seen  # the selector
    assert found[5][1][0] == seen  # the source


@settings(deadline=None)
@given(st.text("`|\\\n-#*_[]()<>!&;a1 :{}%'\"~\r\t", max_size=25))
def test_any_text_stays_in_its_place(text):
    check_hostile(text)


@pytest.mark.parametrize(
    ("count", "size"),
    [(0, "n<1K"), (999, "n<1K"), (1000, "1K<n<10K"), (10**6, "1M<n<10M"), (10**9, "1B<n<10B"), (10**12, "n>1T")],
)
def test_size_categories(count, size):
    facts = product_facts("sft", {"rows": count}, run())
    assert front_matter(render_card(facts))["size_categories"] == [size]


def test_a_missing_fact_is_an_error_not_a_gap(tmp_path):
    facts = product_facts("sft", {"rows": 1}, run())
    del facts["command"]
    with pytest.raises(Exception, match="command"):
        write_card(tmp_path, facts)
    assert list(Path(tmp_path).iterdir()) == []
