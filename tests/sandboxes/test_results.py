"""What a hostile report can do to a result: make it worse, and nothing else."""

import pytest

from sandboxes.runner.results import batch_results

LIMITS = {"cpu_s": 5.0, "wall_s": 10.0, "memory_mb": 512, "output_mb": 8}
GOOD = b'{"i": 0, "end": 2, "times": [0.1, 0.2]}\n'


def ended(report, stdout=b"1\n2\n", **fields):
    end = {"ready": True, "exit": 0, "signal": None, "stopped": None, "flooded": False, "stderr": b""}
    return end | {"cpu_s": 0.3, "wall_s": 0.4, "memory_mb": 9.0, "stdout": stdout, "report": report} | fields


def test_an_honest_report():
    first, second = batch_results(ended(GOOD + b'{"i": 1, "end": 4, "times": [0.1, 0.2]}\n'), LIMITS, 2, call=False)
    assert (first["status"], first["stdout"], first["shared"], first["cpu_s"]) == ("OK", "1\n", False, 0.1)
    assert (second["status"], second["stdout"], second["shared"]) == ("OK", "2\n", True)


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"null\n",
        b"[1, 2]\n",
        b"{}\n",
        b"not json\n",
        b"\xff\xfe\n",
        b"[" * 100_000,
        b'{"i": 0, "end": -1}\n',
        b'{"i": 0, "end": 99}\n',
        b'{"i": 0, "end": "2"}\n',
        b'{"i": 0, "end": 1e400}\n',
        b'{"i": 1, "end": 2}\n',
        b'{"i": 0, "end": 2, "exit": 1}\n',
        b'{"i": 0, "end": 2, "exit": [1], "refused": true, "detail": ["x"]}\n',
        b'{"i": ' + b"9" * 5000 + b"}\n",
        b"{}\n" * 200_000,
    ],
)
def test_lines_that_say_nothing_of_use(line):
    """The whole process then speaks for the first input: here, it ended well with other output than that input's."""
    results = batch_results(ended(line), LIMITS, 2, call=False)
    assert len(results) == 1
    assert results[0]["stdout"] == "1\n2\n"
    assert not results[0]["shared"]


@pytest.mark.parametrize("times", [b"5", b'"ab"', b"[1]", b"[null, {}]", b"[1e999, -4]", b"{}", b"true"])
def test_times_that_are_none(times):
    (result,) = batch_results(ended(b'{"i": 0, "end": 4, "times": ' + times + b"}\n"), LIMITS, 1, call=False)
    assert (result["status"], result["cpu_s"]) == ("OK", 0.3)


@pytest.mark.parametrize("value", [b"5", b"null", b'{"@": 1}', b"[]"])
def test_values_that_are_no_text(value):
    (result,) = batch_results(ended(b'{"i": 0, "value": ' + value + b"}\n"), LIMITS, 1, call=True)
    assert result["status"] == "REFUSED"


def test_the_end_of_the_process_outranks_its_report():
    """All lines there, and then it was killed, or left with an error: the last input is not OK."""
    report = GOOD + b'{"i": 1, "end": 4}\n'
    for fields, status in (
        ({"exit": None, "signal": 11}, "SIGNAL"),
        ({"exit": 3}, "NONZERO"),
        ({"stopped": "wall"}, "TIMEOUT"),
    ):
        results = batch_results(ended(report, **fields), LIMITS, 2, call=False)
        assert [result["status"] for result in results] == ["OK", status]
        assert results[1]["shared"]


def test_output_that_is_no_text():
    (result,) = batch_results(ended(b"", stdout=b"\xff\n"), LIMITS, 1, call=False)
    assert (result["status"], result["detail"]) == ("REFUSED", "the output is not UTF-8")


def test_a_process_that_could_not_be_prepared_is_our_fault():
    (result,) = batch_results(ended(GOOD, ready=False, stderr=b"no"), LIMITS, 1, call=False)
    assert result["status"] == "INTERNAL"
