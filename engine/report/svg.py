"""The few marks that the report's charts are drawn with. Colours are CSS classes, so that they follow the theme."""

import math
from collections.abc import Sequence

from markupsafe import Markup, escape

WIDTH = 480
LINE = 16
"""Height of a line of text."""


class Drawing:
    """One inline SVG, ``WIDTH`` units wide, that scales with its box."""

    def __init__(self, height: float, told: str) -> None:
        """``told`` says what it shows to those who cannot see it."""
        self._parts: list[str] = []
        self._head = (
            f'<svg viewBox="0 0 {WIDTH} {height:g}" role="img" aria-label="{escape(told)}" class="chart" '
            'xmlns="http://www.w3.org/2000/svg">'
        )

    def rect(self, x: float, y: float, width: float, height: float, css: str, *, title: str = "") -> None:
        """A box; ``title`` shows under the pointer."""
        inside = f"<title>{escape(title)}</title>" if title else ""
        size = f'x="{x:.2f}" y="{y:.2f}" width="{max(width, 0):.2f}" height="{max(height, 0):.2f}"'
        self._parts.append(f'<rect {size} class="{escape(css)}">{inside}</rect>')

    def line(self, x1: float, y1: float, x2: float, y2: float, css: str = "axis") -> None:
        """A straight line."""
        self._parts.append(
            f'<line x1="{x1:.2f}" y1="{y1:.2f}" x2="{x2:.2f}" y2="{y2:.2f}" class="{escape(css)}"></line>'
        )

    def path(self, points: Sequence[tuple[float, float]], css: str, floor: float | None = None) -> None:
        """A line through points; with ``floor`` the area between it and that height."""
        drawn = "L".join(f"{x:.2f} {y:.2f}" for x, y in points)
        closed = "" if floor is None else f"L{points[-1][0]:.2f} {floor:.2f}L{points[0][0]:.2f} {floor:.2f}Z"
        self._parts.append(f'<path d="M{drawn}{closed}" class="{escape(css)}"></path>')

    def text(self, x: float, y: float, words: str, css: str = "", anchor: str = "start") -> None:
        """Words, their base line at ``y``."""
        self._parts.append(
            f'<text x="{x:.2f}" y="{y:.2f}" text-anchor="{anchor}" class="{escape(css)}">{escape(words)}</text>'
        )

    def done(self) -> Markup:
        """The whole, safe to put into a page."""
        return Markup(self._head + "".join(self._parts) + "</svg>")  # noqa: S704  every part is escaped above


def ticks(largest: float, most: int = 4) -> list[float]:
    """Round numbers from 0 up to the first one that is not below ``largest``."""
    if largest <= 0:
        return [0, 1]
    rough = largest / most
    power = 10 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= rough * 0.999)
    if largest <= most:  # few whole things: no fractions of them
        step = max(step, 1)
    return [i * step for i in range(math.ceil(round(largest / step, 6)) + 1)]


def short(n: float) -> str:
    """``950``, ``1.2k``, ``20k``, ``3.4M``."""
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if n >= size:
            return f"{n / size:.1f}".removesuffix(".0") + letter
    return f"{n:g}"


def seconds(value: float) -> str:
    """``120 µs``, ``4.1 ms``, ``2.5 s``."""
    for size, unit in ((1, "s"), (1e-3, "ms"), (1e-6, "µs")):
        if value >= size or unit == "µs":
            return f"{value / size:.3g} {unit}"
    return ""


def clipped(name: str, most: int) -> str:
    """``name``, cut to ``most`` characters."""
    return name if len(name) <= most else name[: most - 1] + "…"
