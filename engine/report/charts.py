"""The report's charts, from the numbers in ``stats.json`` (``figures``)."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from engine.records import Status
from engine.report.svg import LINE, WIDTH, Drawing, clipped, seconds, short, ticks

OUTCOMES = ("accepted", "rejected", "error", "undecided")
LEFT, BASE = 44, 22
"""Room for the labels of the axes."""
NAMES = 112
ROWS = 12
"""Rows of a chart with a row per name; the rest is in ``stats.json``."""


def pass_rates(figures: Mapping[str, Any]) -> Markup:
    """Problems by the share of their samples that was accepted: none, ten bins, all."""
    solved, rates = figures["solved"], figures["pass_rates"]
    values = [solved["none"], *rates, solved["all"]]
    labels = ["none", *("" if i % 2 or not i else f"{i * 10} %" for i in range(len(rates))), "all"]
    css = ["rejected", *["mixed"] * len(rates), "accepted"]
    names = ["no sample", *(f"{i * 10} to {i * 10 + 10} % of samples" for i in range(len(rates))), "every sample"]
    height, scale, draw = _columns_area(150, values, "Problems by the share of their samples that was accepted")
    slot = (WIDTH - LEFT) / len(values)
    for i, value in enumerate(values):
        x, top = LEFT + i * slot, scale(value)
        draw.rect(x + 2, top, slot - 4, height - top, css[i], title=f"{names[i]} accepted: {value:,} problems")
        if value:
            draw.text(x + slot / 2, top - 3, short(value), "value", "middle")
        draw.text(x if 0 < i <= len(rates) else x + slot / 2, height + 14, labels[i], "tick", "middle")
    return draw.done()


def lengths(histogram: Mapping[str, Any]) -> Markup:
    """Length of accepted samples (up) and of rejected ones (down), in bins of a factor of √2."""
    up, down, edges = histogram["accepted"], histogram["rejected"], histogram["edges"]
    half, middle, left = 64, 76, 58
    draw = Drawing(2 * middle + 14, f"Length of accepted and rejected samples in {histogram['unit']}")
    largest, slot = max(*up, *down, 1), (WIDTH - left) / len(up)
    for i, (accepted, rejected) in enumerate(zip(up, down, strict=True)):
        x, between = left + i * slot, f"{edges[i]:,.0f} to {edges[i + 1]:,.0f} {histogram['unit']}"
        for n, y, css in ((accepted, middle - half * accepted / largest, "accepted"), (rejected, middle, "rejected")):
            draw.rect(x + 1, y, slot - 2, half * n / largest, css, title=f"{between}: {n:,} {css}")
    draw.line(left, middle, WIDTH, middle)
    draw.text(left - 6, middle - half + 8, "accepted", "tick", "end")
    draw.text(left - 6, middle + half, "rejected", "tick", "end")
    every = max(1, math.ceil(len(edges) / 9))
    for i in range(0, len(edges), every):
        draw.text(left + i * slot, 2 * middle + 4, short(round(edges[i])), "tick", "middle" if i else "start")
    return draw.done()


def statuses(verdicts: Mapping[str, Mapping[str, int]]) -> Markup:
    """Every verifier's verdicts by status."""
    names = [status.value for status in Status]
    return _stacked({v: [(name, by.get(name, 0)) for name in names] for v, by in verdicts.items()}, "status")


def finishes(finish: Mapping[str, Mapping[str, int]]) -> Markup:
    """Samples by why they ended, and what came of them."""
    return _stacked({v: [(name, by.get(name, 0)) for name in OUTCOMES] for v, by in finish.items()}, "finish reason")


def agreement(pairs: Sequence[Mapping[str, Any]]) -> Markup:
    """Share of the samples on which two verifiers say the same, of those on which both are sure."""
    names = sorted({name for pair in pairs for name in (pair["a"], pair["b"])})[:ROWS]
    size = min(96.0, (WIDTH - NAMES) / max(len(names) - 1, 1))
    tall = min(size, 46)
    draw = Drawing((len(names) - 1) * tall + LINE + 6, "Agreement between verifiers")
    for pair in pairs:
        if pair["a"] not in names or pair["b"] not in names:
            continue
        column, row = names.index(pair["a"]), names.index(pair["b"]) - 1
        x, y = NAMES + column * size, row * tall
        title = (
            f"{pair['a']} and {pair['b']}: both sure of {pair['both_sure']:,}, agree on {pair['agree']:,}; only "
            f"{pair['a']} passes {pair['only_a_passes']:,}, only {pair['b']} passes {pair['only_b_passes']:,}"
        )
        if pair["share"] is None:
            draw.rect(x + 1, y + 1, size - 2, tall - 2, "cell none", title=title)
            continue
        level = min(5, int(6 * max(0.0, (pair["share"] - 0.5) * 2)))
        draw.rect(x + 1, y + 1, size - 2, tall - 2, f"cell level{level}", title=title)
        draw.text(x + size / 2, y + tall / 2 + 4, f"{pair['share']:.1%}", f"on{level}", "middle")
    for i, name in enumerate(names[1:]):
        draw.text(NAMES - 8, i * tall + tall / 2 + 4, clipped(name, 16), "name", "end")
    for i, name in enumerate(names[:-1]):
        draw.text(NAMES + i * size + size / 2, (len(names) - 1) * tall + LINE, clipped(name, 14), "name", "middle")
    return draw.done()


def times(by_verifier: Mapping[str, Mapping[str, float]]) -> Markup:
    """Seconds per verdict on a logarithmic axis: half, 95 of 100, and the slowest."""
    rows = list(by_verifier.items())[:ROWS]
    low = min((row["p50"] for _, row in rows), default=1e-6)
    high = max((row["max"] for _, row in rows), default=1)
    first, last = math.floor(math.log10(max(low, 1e-6)) - 0.01), math.ceil(math.log10(max(high, 1e-5)))
    bottom = len(rows) * 30 + 4
    draw = Drawing(bottom + LINE, "Seconds per verdict")

    def place(value: float) -> float:
        share = (math.log10(max(value, 10.0**first)) - first) / max(last - first, 1)
        return NAMES + share * (WIDTH - NAMES - 24)

    for power in range(first, last + 1):
        draw.line(place(10.0**power), 0, place(10.0**power), bottom, "grid")
        draw.text(place(10.0**power), bottom + 12, seconds(10.0**power), "tick", "middle")
    for i, (name, row) in enumerate(rows):
        y = i * 30 + 8
        title = (
            f"{name}: half within {seconds(row['p50'])}, 95 of 100 within {seconds(row['p95'])}, "
            f"slowest {seconds(row['max'])}; {row['total']:,.1f} s in all"
        )
        draw.line(place(row["p50"]), y + 7, place(row["max"]), y + 7, "range")
        draw.rect(place(row["p50"]), y + 3, max(place(row["p95"]) - place(row["p50"]), 2), 8, "mixed", title=title)
        draw.rect(place(row["p50"]) - 1.5, y, 3, 14, "mark", title=title)
        draw.line(place(row["max"]), y + 3, place(row["max"]), y + 11, "range")
        draw.text(NAMES - 8, y + 11, clipped(name, 16), "name", "end")
    return draw.done()


def yield_curve(points: Sequence[Mapping[str, int]]) -> Markup:
    """Accepted samples by tokens (or samples, where none are counted) sampled so far."""
    unit = "tokens" if points[-1]["tokens"] else "samples"
    height, scale, draw = _columns_area(
        150, [point["accepted"] for point in points], f"Accepted samples by {unit} sampled so far"
    )
    largest = points[-1][unit] or 1
    xs = [0.0, *(point[unit] / largest for point in points)]
    placed = [LEFT + x * (WIDTH - LEFT - 8) for x in xs]
    curve = list(zip(placed, [scale(0), *(scale(point["accepted"]) for point in points)], strict=True))
    draw.path(curve, "area", floor=height)
    draw.path(curve, "curve")
    for tick in ticks(largest)[1:]:
        if tick <= largest:
            draw.text(LEFT + tick / largest * (WIDTH - LEFT - 8), height + 14, short(tick), "tick", "middle")
    draw.text(LEFT, height + 14, "0", "tick", "middle")
    return draw.done()


def _columns_area(height: int, values: Sequence[float], told: str) -> tuple[int, Any, Drawing]:
    """A drawing with its vertical axis; a function from a value to its place on it."""
    draw = Drawing(height + BASE, told)
    marks = ticks(max(values, default=0))

    def scale(value: float) -> float:
        return height - (height - 14) * value / marks[-1]

    for tick in marks:
        draw.line(LEFT, scale(tick), WIDTH, scale(tick), "axis" if tick == 0 else "grid")
        draw.text(LEFT - 6, scale(tick) + 4, short(tick), "tick", "end")
    return height, scale, draw


def _stacked(rows: Mapping[str, Sequence[tuple[str, int]]], told: str) -> Markup:
    """One bar per name, all of the same length, cut into shares."""
    ordered = sorted(rows.items(), key=lambda row: -sum(n for _, n in row[1]))[:ROWS]
    draw = Drawing(len(ordered) * 34 or 1, f"Samples by {told}")
    long = WIDTH - NAMES - 52
    for i, (name, parts) in enumerate(ordered):
        total, x, y = sum(n for _, n in parts), float(NAMES), i * 34 + 5
        draw.text(NAMES - 8, y + 16, clipped(name, 16), "name", "end")
        for part, n in parts:
            wide = long * n / total if total else 0
            if n:
                draw.rect(
                    x, y, max(wide - 1, 0.6), 24, part, title=f"{name} {part}: {n:,} of {total:,} ({n / total:.1%})"
                )
            if wide > 34:
                draw.text(x + wide / 2, y + 16, f"{n / total:.0%}", f"on-{part}", "middle")
            x += wide
        draw.text(WIDTH, y + 16, short(total), "tick", "end")
    return draw.done()
