"""Labelled pairs for the math benchmark: real responses, answer pairs, and our own table by kind."""

import gzip
import importlib.util
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

SETS = (
    "samples/gsm8k_boxed_gpt_claude",
    "samples/gsm8k_zeroeval",
    "samples/gsm8k_gpt3_4models",
    "samples/math_qwen25_k8_rm",
    "samples/math_l5_zeroeval",
    "pairs/math_l5_answer_pairs",
    "pairs/hardverify_math",
)
TABLE = "table by kind"


@dataclass(frozen=True)
class Case:
    """One labelled response."""

    problem: str
    gold: str
    text: str
    label: bool
    by: str
    key: str
    """``<number of the problem>:<sample>`` or ``row:<line>``."""
    kind: str
    fault: bool
    """The label was read and judged wrong; see math_label_faults.json."""


def faults(name: str) -> set[str]:
    """Keys of a set's labels that were read and judged wrong."""
    path = Path(__file__).with_name("math_label_faults.json")
    reasons = json.loads(path.read_text(encoding="utf-8"))["sets"].get(name, {})
    return {key for keys in reasons.values() for key in keys.split()}


def cases(root: Path, name: str) -> Iterator[Case]:
    """Labelled rows of one set; rows without a label are left out."""
    if name == TABLE:
        yield from _table()
        return
    wrong = faults(name)
    with gzip.open(root / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        for number, line in enumerate(lines):
            row = json.loads(line)
            gold = row.get("gold", row.get("answer"))
            for index, item in enumerate(row.get("samples", [row])):
                if item["label"] is None:
                    continue
                text = item["text"] if "text" in item else f"\\boxed{{{item['candidate']}}}"
                key = f"{row['id'].rsplit('-', 1)[-1]}:{index}" if "samples" in row else f"row:{number}"
                by = item.get("label_by", "")
                yield Case(row.get("problem", ""), gold, text, item["label"], by, key, kind(gold), key in wrong)


def _table() -> Iterator[Case]:
    path = Path(__file__).parents[1] / "tests" / "cases" / "math_kinds.py"
    spec = importlib.util.spec_from_file_location("math_kinds_cases", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for number, (name, gold, answer, expected) in enumerate(module.rows()):
        yield Case("", gold, f"\\boxed{{{answer}}}", expected == "P", "table", f"row:{number}", name, fault=False)


_KINDS = (
    ("interval or inequality", r"\\in(?:fty)?\b|∞|[<>≤≥≠]|\\(?:leq?|geq?|neq?)(?:slant)?\b|\\cup|\\setminus"),
    ("matrix", r"\\begin"),
    ("words", r"^\$?(?:\\text\{)?\s*[A-Za-z]{4,}"),
    ("equation", r"="),
    ("list, tuple, set", r"[^\d{],|,(?!\d{3}\b|\{|\\!)|\\\{|\\pm|\\text\{ ?(?:and|or)"),
    ("percent, currency, unit", r"%|\\\$|\\text|\\mathrm|\\circ|^\d{1,2}:\d\d"),
    ("expression in variables", r"(?<![\\a-zA-Z])[a-df-hj-zA-Z](?![a-zA-Z])"),
    ("radical, pi, function", r"\\sqrt|\\pi|\\(?:log|ln|sin|cos|tan)|\^|!|√|π"),
    ("fraction", r"\\[dt]?frac|\d/\d"),
    ("decimal", r"\d?\.\d"),
)


def kind(gold: str) -> str:
    """Rough kind of a gold answer, by its signs."""
    text = gold.strip().strip("$")
    if re.fullmatch(r"-?\s?\d[\d,]*", text):
        return "integer"
    return next((name for name, pattern in _KINDS if re.search(pattern, text)), "other")
