"""What the gate has learned, as numbers that add up."""

from collections.abc import Mapping
from typing import Any

from engine.teachers.gate import Price
from engine.teachers.history import TRIES, Count, State


def summarise(state: State, prices: Mapping[str, Price]) -> dict[str, Any]:
    """``teachers``: one row each; ``cells``: one row per cluster, earlier tries at the problem, and teacher asked then.

    ``own`` are earlier tries of the same teacher; ``others`` says whether another one has tried. A row has ``samples``
    (judged, no surplus), ``share`` of them among the teachers, ``accepted``, ``tokens``, ``cost`` and
    ``accepted_per_cost`` (None where the cost is not known).
    """
    cells = []
    for cell, counts in sorted(state.cells.items()):
        names = {"cluster": cell.cluster, "own": _tries(cell.own), "others": bool(cell.others)}
        cells += [names | row for row in _rows(counts, prices) if row["samples"]]
    return {"teachers": _rows(state.totals, prices), "cells": cells}


def _rows(counts: Mapping[str, Count], prices: Mapping[str, Price]) -> list[dict[str, Any]]:
    everyone = sum(count.samples for count in counts.values())
    rows = []
    for name, count in counts.items():
        cost = prices[name].of(count.tokens, count.prompt_tokens)
        rows.append(
            {
                "teacher": name,
                "samples": count.samples,
                "share": count.samples / everyone if everyone else 0.0,
                "accepted": count.accepted,
                "tokens": count.tokens,
                "cost": cost,
                "accepted_per_cost": count.accepted / cost if cost else None,
            }
        )
    return rows


def _tries(band: int) -> str:
    """``0``, ``1-3``, ``4+``."""
    first, after = [0, *TRIES][band], [*TRIES, None][band]
    return f"{first}+" if after is None else str(first) if after == first + 1 else f"{first}-{after - 1}"
