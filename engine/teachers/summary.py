"""What the gate has learned, as numbers that add up."""

from collections.abc import Mapping
from typing import Any

from engine.teachers.gate import Price
from engine.teachers.history import LATER, Count, State


def summarise(state: State, prices: Mapping[str, Price]) -> dict[str, Any]:
    """``teachers``: one row each; ``cells``: one row per cluster, tries and teacher that was asked there.

    A row has ``samples`` (judged, no surplus), ``share`` of them among the teachers, ``accepted``, ``tokens``, ``cost``
    and ``accepted_per_cost`` (None where the cost is not known).
    """
    cells = []
    for cell, counts in sorted(state.cells.items()):
        names = {"cluster": cell.cluster, "tries": _tries(cell.band)}
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
    """Which samples of a problem, counted from 1."""
    first, last = [0, *LATER][band] + 1, [*LATER, 0][band]
    return str(first) if first == last else f"{first}-{last}" if last else f"{first}+"
