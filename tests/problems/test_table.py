import gzip
import io
import json
import os
import subprocess
import sys

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine.errors import ConfigError, DataError
from engine.problems.table import Table
from engine.protocols import ProblemSource
from engine.records import BadRow, Message, Problem, TestKind

ROWS = [
    {"q": "1+1?", "a": 2, "info": {"level": "easy", "ids": ["x1"]}, "note": "n"},
    {"q": "1/2?", "a": "0.5", "info": {"level": "hard", "ids": ["x2"]}, "note": None},
]
FIELDS = {"prompt": "q", "answer": "a", "id": "info.ids.0"}


def jsonl(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


def test_jsonl_with_a_field_map(tmp_path):
    source = Table(jsonl(tmp_path / "a.jsonl", ROWS), fields=FIELDS, keep=("info.level",), licence="MIT")
    assert isinstance(source, ProblemSource)
    first, second = source.problems()
    assert first == Problem("x1", "1+1?", answer="2", source="a.jsonl", licence="MIT", meta={"info.level": "easy"})
    assert (second.id, second.answer) == ("x2", "0.5")
    assert list(source.problems()) == [first, second]


@pytest.mark.parametrize("kind", ["jsonl.gz", "parquet", "csv", "csv.gz", "tsv"])
def test_every_format_gives_the_same_problems(tmp_path, kind):
    flat = [{"id": "p1", "prompt": 'a "b", c\nd é', "answer": "1"}, {"id": "p2", "prompt": "x\ty", "answer": None}]
    path = tmp_path / f"b.{kind}"
    if kind == "parquet":
        pq.write_table(pa.Table.from_pylist(flat), path)
    else:
        separator = {"c": ",", "t": "\t"}.get(kind[0])
        cells = [[cell or "" for cell in row.values()] for row in flat]
        if separator:
            table = [["id", "prompt", "answer"], *cells]
            lines = [separator.join('"' + cell.replace('"', '""') + '"' for cell in row) for row in table]
        else:
            lines = [json.dumps(row) for row in flat]
        data = "\n".join(lines).encode()
        path.write_bytes(gzip.compress(data) if kind.endswith("gz") else data)
    plain = Table(jsonl(tmp_path / "a.jsonl", flat), source="s").problems()
    assert list(Table(str(path), source="s").problems()) == list(plain)


def test_ids_without_a_column_are_content_hashes(tmp_path):
    rows = [
        {"prompt": "a", "answer": 1},
        {"prompt": "a", "answer": 2},
        {"prompt": "a", "answer": 1},
        {"prompt": "a", "id": 7},
    ]
    one, two, three, four = Table(jsonl(tmp_path / "a.jsonl", rows)).problems()
    assert one.id == three.id != two.id
    assert len(one.id) == 16
    assert four.id == "7"


@pytest.mark.parametrize(
    ("value", "form", "expected"),
    [
        (27.0, "raw", "27"), (-0.25, "raw", "-0.25"), (12, "raw", "12"), (" x ", "raw", "x"), (True, "raw", "True"),
        ("work\n#### 1,234", "gsm8k", "1,234"), ("#### 1\n#### 2 ", "gsm8k", "2"),
        (r"\boxed{1} and \boxed{\frac{1}{2}}.", "boxed", r"\frac{1}{2}"), (r"$\boxed 7$", "boxed", "7"),
        (r"\fbox{a \} b}", "boxed", r"a \} b"), (["3", "4"], "list", "3, 4"), (["x"], "list", "x"),
    ],
)  # fmt: skip
def test_answers_are_taken_out(tmp_path, value, form, expected):
    path = jsonl(tmp_path / "a.jsonl", [{"prompt": "a", "answer": value}])
    (problem,) = Table(path, answer_from=form).problems()
    assert problem.answer == expected


@pytest.mark.parametrize(
    ("row", "options", "code", "words"),
    [
        ({"answer": "1"}, {}, "missing_field", "'prompt'"),
        ({"prompt": " "}, {}, "bad_value", "'prompt'"),
        ({"prompt": 7}, {}, "bad_value", "'prompt'"),
        ({"prompt": [{"role": "user"}]}, {}, "bad_value", "'prompt'"),
        ({"prompt": "a"}, {"require": ("answer",)}, "missing_field", "'answer'"),
        ({"prompt": "a", "answer": ["1"]}, {}, "bad_value", "'answer' should be text or a number, not list"),
        ({"prompt": "a", "answer": "1"}, {"answer_from": "gsm8k"}, "bad_value", "####"),
        ({"prompt": "a", "answer": r"\boxed{1"}, {"answer_from": "boxed"}, "bad_value", "never closes"),
        ({"prompt": "a", "answer": "#### "}, {"answer_from": "gsm8k"}, "bad_value", "is empty"),
        ({"prompt": "a", "answer": []}, {"answer_from": "list"}, "bad_value", "list of answers"),
        ({"prompt": "a", "answer": float("nan")}, {}, "bad_value", "finite"),
        ({"prompt": "a", "tests": "{"}, {}, "bad_value", "'tests' is not the JSON"),
        ({"prompt": "a", "tests": {"kind": "stdin", "cases": []}}, {}, "bad_value", "no test case"),
        ({"prompt": "a", "tests": {"kind": "stdio", "cases": []}}, {}, "bad_value", "stdio"),
        (
            {"prompt": "a", "tests": {"kind": "stdin", "cases": [{"input": 1, "expected": "1"}]}},
            {},
            "bad_value",
            "case 1",
        ),
        (
            {"prompt": "a", "tests": {"kind": "call", "cases": [{"input": 1, "expected": "1"}]}},
            {},
            "bad_value",
            "case 1",
        ),
        ({"prompt": "a", "tests": {"kind": "assert", "cases": [{}]}}, {}, "bad_value", "case 1"),
    ],
)
def test_a_bad_row_is_set_aside_and_never_stops_the_rest(tmp_path, row, options, code, words):
    good = {
        "prompt": "fine",
        "answer": {"gsm8k": "#### 1", "boxed": r"\boxed{1}", "list": ["1"]}.get(options.get("answer_from"), "1"),
    }
    before, bad, after = Table(jsonl(tmp_path / "a.jsonl", [good, row, good]), **options).problems()
    assert isinstance(before, Problem)
    assert before == after
    assert isinstance(bad, BadRow)
    assert (bad.row, bad.code) == (2, code)
    assert words in bad.text
    assert "a.jsonl, row 2: " in bad.text


def test_broken_lines(tmp_path):
    good = b'{"prompt": "fine"}'
    lines = [
        b"\xef\xbb\xbf" + good,
        b"{",
        b"[1]",
        b'{"prompt": "\xff"}',
        b'{"prompt": "\\ud800"}',
        b"",
        b"[" * 99999,
        good,
    ]
    (tmp_path / "a.jsonl").write_bytes(b"\r\n".join(lines))
    items = list(Table(str(tmp_path / "a.jsonl")).problems())
    assert [item.code if isinstance(item, BadRow) else item.prompt for item in items] == [
        "fine", "bad_json", "bad_json", "bad_utf8", "bad_utf8", "bad_json", "fine",
    ]  # fmt: skip
    assert [item.row for item in items if isinstance(item, BadRow)] == [2, 3, 4, 5, 7]
    (tmp_path / "b.csv").write_bytes(b"prompt,answer\nfine,1\n\xff,2\na,b,c\nfine,3")
    items = list(Table(str(tmp_path / "b.csv")).problems())
    assert [item.code if isinstance(item, BadRow) else item.answer for item in items] == [
        "1",
        "bad_utf8",
        "bad_value",
        "3",
    ]


def test_tests_and_messages_columns(tmp_path):
    tests = {"kind": "call", "cases": [{"input": [1], "expected": None, "hidden": True}], "limits": {"cpu_s": 1}}
    rows = [
        {
            "prompt": [{"role": "system", "content": "s"}, {"role": "user", "content": "u"}],
            "tests": tests,
            "entry_point": "f",
        },
        {"prompt": "b", "tests": json.dumps(tests | {"entry_point": "g"}), "entry_point": "f"},
    ]
    first, second = Table(jsonl(tmp_path / "a.jsonl", rows), domain="code").problems()
    assert first.prompt == (Message("system", "s"), Message("user", "u"))
    assert (first.tests.kind, first.tests.entry_point, first.tests.limits.cpu_s) == (TestKind.CALL, "f", 1.0)
    assert second.tests.entry_point == "g"
    rows = [
        {
            "prompt": "b",
            "tests": {
                "kind": "stdin",
                "cases": [{"input": "1", "expected": "2"}, {"input": "", "expected": "", "hidden": True}],
            },
        }
    ]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "a.parquet")
    (problem,) = Table(str(tmp_path / "a.parquet")).problems()
    assert [case.hidden for case in problem.tests.cases] == [False, True]


def test_globs_limits_and_row_numbers_over_files(tmp_path):
    for name in "ab":
        jsonl(tmp_path / f"{name}.jsonl", [{"prompt": f"{name}1"}, {}, {"prompt": f"{name}2"}])
    items = list(Table((str(tmp_path / "*.jsonl"), str(tmp_path / "a.jsonl"))).problems())
    assert [item.row for item in items if isinstance(item, BadRow)] == [2, 5, 8]
    assert items[4].text.startswith("b.jsonl, row 2")
    items = list(Table(str(tmp_path / "*.jsonl"), limit=3).problems())
    assert [item.prompt for item in items if isinstance(item, Problem)] == ["a1", "a2", "b1"]


def test_standard_input(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b'{"prompt": "a"}\nx\n')))
    problem, bad = Table("-").problems()
    assert (problem.source, bad.text[:21]) == ("standard input", "standard input, row 2")


def test_errors_name_the_key_and_the_way_out(tmp_path):
    path = jsonl(tmp_path / "a.jsonl", [{"question": "a", "answer": "1"}])
    for options, error, words in [
        ({"path": str(tmp_path / "none.jsonl")}, DataError, r"problems\.path.*none\.jsonl"),
        ({"path": str(tmp_path / "*.parquet")}, DataError, r"a glob that matches"),
        ({"path": str(tmp_path)}, DataError, "is a directory"),
        ({"path": path, "fields": {"promt": "a"}}, ConfigError, r"fields\.promt.*did you mean 'prompt'"),
        ({"path": path, "answer_from": "box"}, ConfigError, r"answer_from.*did you mean 'boxed'"),
        ({"path": path, "shape": "human_eval"}, ConfigError, r"shape.*did you mean 'humaneval'"),
        ({"path": path, "require": ("tests", "foo")}, ConfigError, r"require.*foo"),
        ({"path": path, "limit": 0}, ConfigError, r"limit"),
    ]:
        with pytest.raises(error, match=words):
            Table(**options)
    with pytest.raises(
        DataError, match=r"'questions' of problems\.fields\.prompt; did you mean 'question'\?.*question, answer"
    ):
        list(Table(path, fields={"prompt": "questions"}).problems())
    with pytest.raises(DataError, match=r"no row has column 'prompt'"):
        list(Table(path).problems())
    with pytest.raises(DataError, match=r"no row has column 'anser'.*did you mean 'answer'"):
        list(Table(path, fields={"prompt": "question", "answer": "anser"}).problems())
    assert len(list(Table(path, fields={"prompt": "question"}).problems())) == 1
    for name, data, words in [
        ("empty.jsonl", b"", "empty"),
        ("blank.jsonl", b"\n\n", "empty"),
        ("bad.jsonl", b"{\n", "row 1: the line is not JSON"),
        ("array.json", b'[{"prompt": "a"}]', "jq"),
        ("cut.jsonl.gz", gzip.compress(b'{"prompt": "a"}\n' * 9000)[:-9], "cannot be read beyond row"),
        ("not.parquet", b"nothing", "cannot be read beyond row 0"),
    ]:
        (tmp_path / name).write_bytes(data)
        with pytest.raises(DataError, match=words):
            list(Table(str(tmp_path / name)).problems())
    (tmp_path / "a.xlsx").write_bytes(b"")
    with pytest.raises(ConfigError, match="unknown suffix"):
        Table(str(tmp_path / "a.xlsx"))


@pytest.mark.slow
def test_memory_is_constant(tmp_path):
    for name, count in (("small", 2_000), ("large", 60_000)):
        jsonl(tmp_path / f"{name}.jsonl", ({"prompt": f"{i} " + "x" * 1000} for i in range(count)))
    code = (
        "import resource, sys; from engine.problems.table import Table;"
        "print(sum(1 for _ in Table(sys.argv[1]).problems()), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )
    peak = {}
    for name, count in (("small", 2_000), ("large", 60_000)):
        command = [sys.executable, "-c", code, str(tmp_path / f"{name}.jsonl")]
        made, rss = subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ).stdout.split()
        assert int(made) == count
        peak[name] = int(rss)
    assert peak["large"] < peak["small"] + 8_000  # kilobytes; the file has 60 MB
