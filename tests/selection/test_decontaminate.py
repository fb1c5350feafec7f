"""Decontamination: exact against a naive matcher, a table of edits, evidence, review, and hostile texts."""

import gzip
import json
import time
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.build import build
from engine.errors import ConfigError, DataError
from engine.protocols import Selector
from engine.records import Decision, Message, Problem, Rendered, Row, Sample
from engine.rows import Finding, RowGroup
from engine.selection.chain import Chain
from engine.selection.decontaminate import Benchmark, Decontaminate
from engine.selection.passages import Passage, Passages
from engine.selection.words import places, words

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "problems"
ITEM = (
    r"A baker sells $24$ loaves of rye bread on Monday and $\frac{1}{2}$ as many on Tuesday. "
    "How many loaves did the baker sell altogether during these two days of the week?"
)
SHORT = "What is the cube root of 1,728?"
TINY = "7 * 8"


@pytest.fixture
def benchmark(tmp_path):
    """A file of questions, and a selector against it."""

    def made(*questions: str, **options: object) -> Decontaminate:
        path = tmp_path / "held_out.jsonl"
        path.write_text("".join(json.dumps({"id": f"t{i}", "question": q}) + "\n" for i, q in enumerate(questions)))
        return Decontaminate(against={"held_out": Benchmark(str(path))}, **options)

    return made


def group(prompt, *samples: str, problem_id: str = "p") -> RowGroup:
    problem, rendered = Problem(problem_id, prompt), Rendered(text="?")
    rows = (
        Row(problem, Sample(problem_id, i, text, reasoning="Well."), Decision(True, "all"), (), rendered)
        for i, text in enumerate(samples)
    )
    return RowGroup(problem, rendered, tuple(rows))


def reason(selector: Decontaminate, prompt) -> str | None:
    found = selector.select(group(prompt, "4"))
    return found.reason if isinstance(found, Finding) else found[0]


# words


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Hello, World!", "hello   world"),
        (r"$\dfrac{1}{2} \times x$", r"\( \frac {1} {2}\cdot x \)"),
        (r"\left( 3x + 1 \right)", "(3 x+1)"),
        ("1,234,567.5 days", "1234567.5 DAYS"),
        ("\uff21\uff22\uff23 \uff11\uff12 \ufb01nd", "abc 12 find"),
        ("caf\u00e9 \u2212 1", "cafe\u0301 - 1"),
        ("in\u200bvisible co\u00adoperate", "invisible cooperate"),
        ("well-known", "well known"),
        (r"x \leq 3", "x \u2264 3"),
    ],
)
def test_what_makes_no_difference(one, other):
    assert words(one) == words(other)


@pytest.mark.parametrize(("one", "other"), [("x + 1", "x - 1"), ("1.5", "15"), ("12", "1 2"), (r"\sin x", "s in x")])
def test_what_makes_a_difference(one, other):
    assert words(one) != words(other)


def test_signs_of_scripts_without_spaces_are_words():
    assert words("\u6c42\u548c 12") == ["\u6c42", "\u548c", "12"]


@given(st.text() | st.text(alphabet="aB1,.- \\{}$\u0301\ud800\u4e2d\u2212\u00bd\ufb01"))
def test_every_word_has_its_place(text):
    found = list(places(text))
    assert [words(text[start:end]) for start, end in found] == [[word] for word in words(text)]
    assert all(a[1] <= b[0] for a, b in pairwise(found))


# passages, against a naive matcher


def naive(passages: list[list[str]], ours: list[str], n: int, common: int) -> list[float]:
    """Coverage of every passage, by trying everything."""

    def grams(tokens):
        return [tuple(tokens[i : i + n]) for i in range(len(tokens) - n + 1)]

    firsts = [p for i, p in enumerate(passages) if p not in passages[:i]]
    result = []
    for passage in passages:
        if len(passage) < n:
            inside = any(ours[i : i + len(passage)] == passage for i in range(len(ours)))
            whole = ours == passage
            result.append(float(whole or (inside and 2 * len(passage) >= n)))
            continue
        counted = [sum(gram in grams(p) for p in firsts) <= common for gram in grams(passage)]
        can = {i + k for i, ok in enumerate(counted) if ok for k in range(n)}
        shared = {
            i + k for i, gram in enumerate(grams(passage)) if counted[i] and gram in grams(ours) for k in range(n)
        }
        result.append(len(shared) / len(can) if can else 0.0)
    return result


TEXTS = st.lists(st.sampled_from(["a", "b", "c", "7"]), min_size=1, max_size=14)


@settings(max_examples=300, deadline=None)
@given(st.lists(TEXTS, min_size=1, max_size=6), TEXTS, st.integers(2, 5), st.integers(1, 3))
def test_same_as_the_naive_matcher(passages, ours, n, common):
    index = Passages(n, common)
    for number, passage in enumerate(passages, 1):
        index.add(" ".join(passage), Passage("b", number, "c"))
    found = index.find(" ".join(ours))
    expected = naive(passages, ours, n, common)
    best = max(expected)
    if not best:
        assert found is None
        return
    assert found is not None
    assert found.coverage == pytest.approx(best)
    assert found.passage.row == expected.index(best) + 1
    span = " ".join(ours)[found.start : found.end].split()
    theirs = passages[found.passage.row - 1]
    assert len(span) == found.run >= min(n, len(theirs))
    assert any(theirs[i : i + len(span)] == span for i in range(len(theirs)))


def test_the_whole_of_a_copy_is_the_span():
    index = Passages(8, 10)
    index.add(ITEM, Passage("b", 1, "c"))
    found = index.find(f"Solve this. {ITEM} Think.")
    assert (found.coverage, found.run) == (1.0, len(words(ITEM)))
    assert (found.start, found.end) == (12, 12 + len(ITEM) - 1)  # up to the question mark


# edits

EDITS = [
    ("copy", ITEM, "contaminated"),
    ("case", ITEM.upper().replace("FRAC", "frac"), "contaminated"),
    ("white space", ITEM.replace(" ", " \n\t"), "contaminated"),
    ("LaTeX", ITEM.replace("$24$", r"\( 24\, \)").replace(r"$\frac{1}{2}$", r"\(\dfrac {1} {2}\)"), "contaminated"),
    ("prefix and suffix", f"Solve the task below.\n{ITEM}\nGive one number.", "contaminated"),
    ("in a long text", f"{'Some other words go here. ' * 200}{ITEM}{' And so on.' * 200}", "contaminated"),
    ("names", ITEM.replace("baker", "grocer"), "contaminated"),
    ("numbers", ITEM.replace("24", "36").replace("{2}", "{3}"), "contaminated"),
    ("more than half", ITEM[-110:], "contaminated"),
    ("a part", ITEM[-70:], "maybe_contaminated"),
    ("a few words", ITEM[-35:], None),
    ("another", "A shepherd has 24 sheep and buys 5 more. How many sheep does the shepherd have now?", None),
    ("short item", f"Tell me: {SHORT.lower()}", "contaminated"),
    ("short item, changed", "What is the square root of 1,728?", None),
    ("tiny item", " 7 \\times 8.", "contaminated"),
    ("tiny item inside another", f"She packs 7 * 8 boxes. {'More of it. ' * 3}", None),
    ("empty", "", None),
]


@pytest.mark.parametrize(("name", "prompt", "expected"), EDITS, ids=[name for name, *_ in EDITS])
def test_edits(benchmark, name, prompt, expected):
    assert reason(benchmark(ITEM, SHORT, TINY), prompt) == expected


def test_boilerplate_does_not_count(benchmark):
    task = "Write a program that reads two numbers from standard input and prints their"
    stories = [f"{task} {word} after {i + 3} rounds of play" for i, word in enumerate("abcdefghijkl")]
    selector = benchmark(*stories)
    assert reason(selector, f"{task} average as a fraction") is None
    assert reason(selector, stories[4]) == "contaminated"
    assert reason(benchmark(*stories, common=12), f"{task} average as a fraction") == "contaminated"


def test_an_item_of_boilerplate_alone_is_told(benchmark):
    lines = "Answer the question below with one word from the list"
    found = benchmark(lines, *(f"{lines} {w}" for w in ("one", "two")), common=2).facts()["against"]["held_out"]
    assert (found["rows"], found["passages"], found["boilerplate"]) == (3, 2, 1)


# findings


def test_evidence_names_the_passage_and_the_place(benchmark):
    prompt = f"Please solve: {ITEM}"
    selector = benchmark("Something else entirely, about birds that fly south", ITEM)
    found = selector.select(group(prompt, "4"))
    assert found.drops
    told = dict(found.evidence)
    assert told == told | {"benchmark": "held_out", "row": 2, "id": "t1", "column": "question", "where": "prompt"}
    assert told["coverage"] == 1.0
    assert prompt[told["start"] : told["end"]] == told["span"]
    assert words(told["span"]) == words(ITEM)
    hits = selector.facts()["against"]["held_out"]["hits"]
    assert hits == {"contaminated": 1}


def test_samples_are_looked_at_on_request(benchmark):
    rows = group("Another question", "4", f"As is known: {ITEM}", f"It ends: {ITEM[-70:]}")
    assert benchmark(ITEM).select(rows) == [None, None, None]
    selector = benchmark(ITEM, look_at="all")
    found = selector.select(rows)
    assert [f and (f.reason, f.drops) for f in found] == [
        None,
        ("contaminated_sample", True),
        ("maybe_contaminated_sample", False),
    ]
    assert found[1].evidence["where"] == "text"


def test_a_noted_prompt_is_told_with_its_samples(benchmark):
    selector = benchmark(ITEM, look_at="all")
    found = selector.select(group(ITEM[-70:], "4", ITEM))
    assert found[0] is None
    assert found[1].evidence["prompt"]["where"] == "prompt"
    alone = selector.select(group(ITEM[-70:], "4"))
    assert isinstance(alone, Finding)
    assert not alone.drops


def test_turns_of_a_conversation_are_looked_at(benchmark):
    turns = (Message("system", "Be brief."), Message("user", ITEM))
    assert reason(benchmark(ITEM), turns) == "contaminated"


def test_reviewed_lines_stay(benchmark, tmp_path):
    """What the chain writes is what a person marks and gives back."""
    path = tmp_path / "selection.jsonl"
    held_out = {"held_out": {"path": str(tmp_path / "held_out.jsonl")}}
    benchmark(ITEM)
    config = {"_target_": "engine.selection.decontaminate.Decontaminate", "against": held_out, "look_at": "all"}
    with Chain({"decontaminate": config}, path) as chain:
        assert chain.apply(group(ITEM, "4", problem_id="seen")).dropped == "contaminated"
        chain.apply(group("Another", "4", ITEM, ITEM, problem_id="other"))
    lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    assert [(line["problem_id"], line["index"]) for line in lines] == [("seen", None), ("other", 1), ("other", 2)]
    lines[0]["keep"] = lines[1]["keep"] = True
    path.write_text("\n".join(map(json.dumps, lines)))
    selector = build(config | {"reviewed": str(path)}, Selector, "select.decontaminate")
    assert selector.select(group(ITEM, "4", problem_id="seen")) == [None]
    assert [f and f.reason for f in selector.select(group("Another", "4", ITEM, ITEM, problem_id="other"))] == [
        None,
        None,
        "contaminated_sample",
    ]
    assert selector.facts()["kept_by_review"] == 2


# data sets


def test_columns_paths_and_kinds_of_file(tmp_path):
    csv, zipped = tmp_path / "a.csv", tmp_path / "b.jsonl.gz"
    csv.write_text(f'question,solution\n"{ITEM}",The baker sold 24 plus 12 which is 36 loaves of rye in all\n')
    turns = [{"role": "user", "content": "How many moons does the planet Saturn have in all?"}]
    with gzip.open(zipped, "wt") as out:
        out.write(json.dumps({"task": {"messages": turns}, "id": 5}) + "\n")
    against = {"a": Benchmark(str(csv), ("question", "solution")), "b": Benchmark(str(zipped), ("task.messages",))}
    selector = Decontaminate(against=against)
    found = selector.select(group("Note that the baker sold 24 plus 12 which is 36 loaves of rye in all.", "4"))
    assert (found.evidence["benchmark"], found.evidence["column"]) == ("a", "solution")
    found = selector.select(group("how many moons does the planet saturn have in all", "4"))
    assert (found.evidence["benchmark"], found.evidence["id"]) == ("b", "5")
    assert selector.facts()["against"]["a"]["passages"] == 2


def test_a_split_of_a_data_set(tmp_path):
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "test.jsonl").write_text(json.dumps({"problem": ITEM}) + "\n")
    selector = Decontaminate(against={"hub": Benchmark(str(tmp_path / "set"), split="test")})
    assert reason(selector, ITEM) == "contaminated"


def failure(against: object = None, **options: object) -> str:
    config = {"_target_": "engine.selection.decontaminate.Decontaminate", **options}
    with pytest.raises((ConfigError, DataError)) as error:
        build(
            config if against is None else config | {"against": {"held_out": against}}, Selector, "select.decontaminate"
        )
    assert "\n" not in str(error.value)
    return str(error.value)


def test_mistakes_are_named(tmp_path):
    good, odd, bad = tmp_path / "problems.jsonl", tmp_path / "rows.txt", tmp_path / "bad.jsonl"
    good.write_text('{"statement": "x"}\n')
    odd.write_text("")
    bad.write_text('{"problem": "x"}\n{"problem"\n')
    key = "select.decontaminate.against.held_out"
    assert "select.decontaminate: against is empty" in failure()
    assert failure({"path": str(tmp_path / "none.jsonl")}).startswith(f"{key}.path: there is no file")
    assert failure({"path": str(odd)}).startswith(f"{key}.path: 'rows.txt' has an unknown suffix")
    assert "has text in 'problem' or 'question'" in failure({"path": str(good)})
    assert failure({"path": str(good), "columns": ["text"]}) == (
        f"{key}.columns: no row of {str(good)!r} has text in 'text'; it has 'statement'"
    )
    assert failure({"path": str(bad)}).startswith(f"{key}: row 2: the line is not JSON")
    assert failure({"path": ["a", "b"], "split": "test"}).startswith(f"{key}.path: give the name of one data set")
    assert failure({"path": str(tmp_path / "no_set"), "split": "test"}).startswith(f"{key}.path: data set")
    assert "column" in failure({"path": str(good), "column": "x"})
    for name, value in (("n", 1), ("drop_above", 1.0), ("review_above", 0.9), ("common", 0), ("look_at", "answer")):
        assert name in failure({"path": str(good)}, **{name: value})


@pytest.mark.parametrize("text", ["no json", "[]", '{"problem_id": "a"}', '{"problem_id": 1, "index": null}'])
def test_a_wrong_review_is_named(tmp_path, text):
    (tmp_path / "held_out.jsonl").write_text('{"problem": "x"}\n')
    (tmp_path / "review.jsonl").write_text(f"\n{text}\n")
    told = failure({"path": str(tmp_path / "held_out.jsonl")}, reviewed=str(tmp_path / "review.jsonl"))
    assert told.startswith("select.decontaminate.reviewed: line 2 of")
    told = failure({"path": str(tmp_path / "held_out.jsonl")}, reviewed=str(tmp_path / "none.jsonl"))
    assert told.startswith("select.decontaminate.reviewed: there is no file")


# hostile texts


def test_hostile_texts_take_linear_time(benchmark, tmp_path):
    megabyte = [
        "a " * 500_000,
        "1," * 500_000,
        "\\" * 1_000_000,
        "1,234" * 200_000,
        "a\u0301" * 500_000,
        "\ud800 " * 500_000,
        "-" * 1_000_000,
        f"{ITEM} " * 5_000,
    ]
    selector = benchmark(ITEM, "a " * 500_000, " ".join("ab"[i % 7 == 0] for i in range(300_000)))
    start = time.process_time()
    found = [reason(selector, text) for text in megabyte]
    assert time.process_time() - start < 20
    assert found[0] == found[-1] == "contaminated"


def test_a_span_can_always_be_written(benchmark, tmp_path):
    hostile = ITEM.replace(" loaves", "\ud800\u202e\x1b[31m loaves")
    benchmark(ITEM)
    config = {
        "_target_": "engine.selection.decontaminate.Decontaminate",
        "against": {"held_out": {"path": str(tmp_path / "held_out.jsonl")}},
    }
    with Chain({"decontaminate": config}, tmp_path / "selection.jsonl") as chain:
        assert chain.apply(group(hostile, "4")).dropped == "contaminated"
    (line,) = map(json.loads, (tmp_path / "selection.jsonl").read_text("utf-8").splitlines())
    assert "\x1b" not in line["evidence"]["span"]


@pytest.mark.shared_data
def test_real_questions():
    """Every question of GSM-hard is one of GSM8K's with another number; SVAMP's are its own."""
    if not DATA.exists():
        pytest.skip("no shared data beside the repository")
    selector = Decontaminate(against={"gsm8k": Benchmark(str(DATA / "gsm8k_test.jsonl.gz"))})

    def reasons(name):
        with gzip.open(DATA / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
            return [reason(selector, json.loads(line)["problem"]) for line in lines]

    assert set(reasons("gsm_hard")) == {"contaminated"}
    assert set(reasons("svamp")) == {None}
