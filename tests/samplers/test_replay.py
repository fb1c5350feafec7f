import asyncio
import gzip
import json
import logging
import os
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

import conf
from engine.build import build
from engine.errors import ConfigError, DataError, SamplerError
from engine.protocols import Sampler
from engine.records import FinishReason, Problem, Rendered, SampleRequest
from engine.samplers.replay import FIELDS as FIELD_NAMES
from engine.samplers.replay import ReplaySampler
from engine.samplers.scripted import ScriptedSampler


def write(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


def request(problem_id, *indices):
    return SampleRequest(Problem(problem_id, "?"), Rendered(text="?"), indices, tuple(i + 100 for i in indices), "hash")


def replay(sampler, *requests):
    async def run():
        samples = [sample for request in requests for sample in [s async for s in sampler.stream(request)]]
        await sampler.close()
        await sampler.close()
        return samples

    return asyncio.run(run())


ROWS = [{"id": f"p{i % 3}", "text": f"sample {i}", "tokens": i} for i in range(9)]
FIELDS = {"problem_id": "id", "text": "text", "tokens": "tokens"}


def test_one_per_line_in_order_of_appearance(tmp_path):
    sampler = ReplaySampler(write(tmp_path / "a.jsonl", ROWS), FIELDS, model="old")
    assert isinstance(sampler, Sampler)
    assert [sampler.available(name) for name in ("p0", "p2", "nobody")] == [3, 3, 0]
    samples = replay(sampler, request("p1", 0, 2, 3, 7))
    assert [(s.index, s.text, s.tokens, s.seed) for s in samples] == [(0, "sample 1", 1, 100), (2, "sample 7", 7, 102)]
    assert all(s.problem_id == "p1" and s.model == "old" and s.params_hash == "hash" for s in samples)


@pytest.mark.parametrize("kind", ["gz", "parquet"])
def test_compressed_and_parquet_files_read_alike(tmp_path, kind):
    plain = write(tmp_path / "a.jsonl", ROWS)
    if kind == "gz":
        other = tmp_path / "b.jsonl.gz"
        other.write_bytes(gzip.compress((tmp_path / "a.jsonl").read_bytes()))
    else:
        other = tmp_path / "b.parquet"
        pq.write_table(pa.Table.from_pylist(ROWS), other)
    requests = [request(f"p{i}", 0, 1, 2) for i in range(3)]
    assert replay(ReplaySampler(str(other), FIELDS), *requests) == replay(ReplaySampler(plain, FIELDS), *requests)


def test_unpacked_copies_are_removed(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "scratch"))
    (tmp_path / "scratch").mkdir()
    source = tmp_path / "b.jsonl.gz"
    source.write_bytes(gzip.compress(json.dumps(ROWS[0]).encode()))
    sampler = ReplaySampler(str(source), FIELDS)
    assert sampler.available("p0") == 1
    assert len(list((tmp_path / "scratch").rglob("*.jsonl"))) == 1
    replay(sampler, request("p0", 0))
    assert not list((tmp_path / "scratch").iterdir())
    source.write_bytes(gzip.compress(b"x" * 1000)[:-12])
    with pytest.raises(DataError, match=r"b\.jsonl\.gz"):
        ReplaySampler(str(source), FIELDS).available("p0")
    assert not list((tmp_path / "scratch").iterdir())


def test_k_per_row_of_strings_and_objects(tmp_path):
    rows = [
        {"task": 1, "out": ["a", {"code": "b", "by": "m"}]},
        {"task": 2, "out": []},
        {"task": 1, "out": [{"code": "c", "by": None}]},
    ]
    fields = {"problem_id": "task", "samples": "out", "text": "code", "model": "by"}
    sampler = ReplaySampler(write(tmp_path / "a.jsonl", rows), fields)
    assert (sampler.available("1"), sampler.available("2")) == (3, 0)
    assert [(s.index, s.text, s.model) for s in replay(sampler, request("1", 0, 1, 2, 3))] == [
        (0, "a", "replay"), (1, "b", "m"), (2, "c", "replay"),
    ]  # fmt: skip


def test_many_files_are_read_in_order(tmp_path):
    for number in range(80):
        write(tmp_path / f"part-{number:03}.jsonl", [{"id": "p", "text": f"{number}"}])
    before = len(os.listdir("/proc/self/fd"))
    sampler = ReplaySampler((str(tmp_path / "part-*.jsonl"),), FIELDS)
    samples = replay(sampler, request("p", *range(80)), request("p", 0, 1))
    assert [s.text for s in samples] == [str(i) for i in (*range(80), 0, 1)]
    assert len(os.listdir("/proc/self/fd")) == before


def test_reasoning_finish_reason_and_logprob(tmp_path):
    rows = [
        {"id": "p", "text": "<think>t</think>a", "finish_reason": "stop", "logprob_sum": -1},
        {"id": "p", "text": "<think>t", "finish_reason": "stop", "logprob_sum": -1.5},
        {"id": "p", "text": "a <think>", "reasoning": "own", "finish_reason": "length"},
        {"id": "p", "text": "lone \ud800", "reasoning": None, "finish_reason": 7},
    ]
    fields = {name: name for name in ("text", "reasoning", "finish_reason", "logprob_sum")} | {"problem_id": "id"}
    first, second, third, fourth = replay(
        ReplaySampler(write(tmp_path / "a.jsonl", rows), fields), request("p", 0, 1, 2, 3)
    )
    assert (first.reasoning, first.text, first.logprob_sum) == ("t", "a", -1.0)
    assert (second.reasoning, second.text, second.finish_reason) == ("t", "", FinishReason.LENGTH)
    assert (third.reasoning, third.text, third.finish_reason) == ("own", "a <think>", FinishReason.LENGTH)
    assert (fourth.text, fourth.finish_reason) == ("lone ?", FinishReason.STOP)


def test_bad_lines_are_counted_and_reported_once(tmp_path, caplog):
    path = tmp_path / "a.jsonl"
    good = json.dumps({"id": "p", "text": "fine"}).encode()
    bad = [b"{not json", b'{"id": "p", "text": "\xff"}', b"[1]", b'{"text": "no id"}', b'{"id": "p"}', b"[" * 100_000]
    path.write_bytes(b"\n".join([bad[0], good, *bad[1:], b"", good]))
    sampler = ReplaySampler(str(path), FIELDS)
    with caplog.at_level(logging.WARNING, "proofstill"):
        assert [s.text for s in replay(sampler, request("p", 0, 1, 2))] == ["fine", "fine"]
    (record,) = caplog.records
    assert "Skipped 6 unusable rows" in record.getMessage()
    assert "byte 0" in record.getMessage()


def test_no_matching_row_is_a_warning_that_shows_both_ids(tmp_path, caplog):
    sampler = ReplaySampler(write(tmp_path / "a.jsonl", ROWS), FIELDS)
    with caplog.at_level(logging.WARNING, "proofstill"):
        assert replay(sampler, request("nobody", 0), request("no one", 0)) == []
    (record,) = caplog.records
    assert all(word in record.getMessage() for word in ("2 problems", "'no one'", "'p0'", "sampler.fields.problem_id"))


def test_errors_name_the_key_and_the_way_out(tmp_path):
    with pytest.raises(DataError, match=r"sampler\.path.*nothing\.jsonl"):
        ReplaySampler(str(tmp_path / "nothing.jsonl"))
    with pytest.raises(ConfigError, match=r"fields\.txt"):
        ReplaySampler(write(tmp_path / "a.jsonl", ROWS), {"txt": "a"})
    with pytest.raises(ConfigError, match="problem_id"):
        ReplaySampler(write(tmp_path / "a.jsonl", ROWS), {"text": "text"})
    with pytest.raises(DataError, match=r"'texts'.*did you mean 'text'"):
        ReplaySampler(write(tmp_path / "a.jsonl", ROWS), {"problem_id": "id", "text": "texts"}).available("p")
    with pytest.raises(DataError, match=r"empty\.jsonl.*empty"):
        ReplaySampler(write(tmp_path / "empty.jsonl", [])).available("p")
    (tmp_path / "bad.parquet").write_bytes(b"no parquet")
    with pytest.raises(DataError, match=r"bad\.parquet"):
        ReplaySampler(str(tmp_path / "bad.parquet")).available("p")


@pytest.mark.parametrize(("name", "cls"), [("replay", ReplaySampler), ("scripted", ScriptedSampler)])
def test_presets_list_every_option(tmp_path, name, cls):
    options = yaml.safe_load((Path(conf.__file__).parent / "sampler" / f"{name}.yaml").read_text())
    assert set(options) - {"_target_"} == set(cls.__dataclass_fields__)
    if name == "replay":
        assert set(options["fields"]) == set(FIELD_NAMES)
        options["path"] = write(tmp_path / "a.jsonl", ROWS)
    assert isinstance(build(options, Sampler, "sampler"), cls)


@pytest.mark.shared_data
@pytest.mark.parametrize(("name", "text"), [("gsm8k_boxed_gpt_claude", "text"), ("svamp_codex_pot_k30", "code")])
def test_real_generations_k_per_problem(name, text):
    path = Path(__file__).parents[3] / "shared" / "data" / "samples" / f"{name}.jsonl.gz"
    if not path.exists():
        pytest.skip("the developers' data pack is absent")
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    fields = {"problem_id": "id", "samples": "samples", "text": text, "model": "model"}
    samples = replay(ReplaySampler(str(path), fields), *(request(row["id"], *range(50)) for row in rows))
    expected = [(row["id"], i, item["model"]) for row in rows for i, item in enumerate(row["samples"])]
    assert [(s.problem_id, s.index, s.model) for s in samples] == expected
    assert [s.text for s in samples] == [item[text] for row in rows for item in row["samples"]]


def test_a_file_cannot_go_on_from_a_step(tmp_path):
    path = write(tmp_path / "a.jsonl", [{"id": "a", "text": "1\n2"}])
    with pytest.raises(SamplerError, match="sampler=replay has what its file holds and cannot go on from a step"):
        replay(ReplaySampler(path), replace(request("a", 0), prefix="1\n"))
