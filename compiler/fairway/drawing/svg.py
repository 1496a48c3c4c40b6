"""Axes and marks of plots as inline SVG; every text is escaped, every number has two decimals."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from markupsafe import Markup, escape

LEFT: Final = 56.0
TOP: Final = 14.0
RIGHT: Final = 14.0
BOTTOM: Final = 46.0

Point = tuple[float, float]


class Frame(NamedTuple):
    """What is around a plot: how values are written, where, and how much room that takes.

    ``x_at`` are the values that the lower axis names; without any they are round numbers.
    ``about`` is how many the left axis names. ``bottom`` is the room below the plot in pixels.
    """

    x_shown: Callable[[float], str]
    y_shown: Callable[[float], str]
    x_at: tuple[float, ...] = ()
    about: int = 5
    bottom: float = BOTTOM


class Axes:
    """A plot of ``width`` by ``height`` pixels over ranges of values; marks are added in order."""

    def __init__(
        self,
        title: str,
        x: tuple[float, float],
        y: tuple[float, float],
        *,
        labels: tuple[str, str] = ("", ""),
        width: float = 420.0,
        height: float = 300.0,
        left: float = LEFT,
        frame: Frame | None = None,
    ) -> None:
        self.width, self.height, self.left = width, height, left
        self._frame = frame or Frame(number, number)
        self._title = title
        self._x, self._y = _wide(x), _wide(y)
        self._labels = labels
        self._marks: list[str] = []

    @property
    def _floor(self) -> float:
        return self.height - self._frame.bottom

    def at(self, x: float, y: float) -> Point:
        """Return the pixel of a value."""
        across = (x - self._x[0]) / (self._x[1] - self._x[0])
        up = (y - self._y[0]) / (self._y[1] - self._y[0])
        return (
            self.left + across * (self.width - self.left - RIGHT),
            self._floor - up * (self._floor - TOP),
        )

    def line(self, points: Sequence[Point], kind: str) -> None:
        """Add a line through points; ``kind`` is its class in the style sheet."""
        path = " ".join(f"{x:.2f},{y:.2f}" for x, y in (self.at(*point) for point in points))
        self._marks.append(f'<polyline class="{kind}" points="{path}"/>')

    def area(self, points: Sequence[tuple[float, float, float]], kind: str) -> None:
        """Fill what is between two lines; each point is x and the y of either line."""
        upper = [(x, y) for x, _, y in points]
        lower = [(x, y) for x, y, _ in reversed(points)]
        path = " ".join(f"{x:.2f},{y:.2f}" for x, y in (self.at(*p) for p in [*upper, *lower]))
        self._marks.append(f'<polygon class="{kind}" points="{path}"/>')

    def dots(self, points: Sequence[Point], kind: str, radius: float = 2.2) -> None:
        """Add a dot at each point."""
        for x, y in (self.at(*point) for point in points):
            self._marks.append(f'<circle class="{kind}" cx="{x:.2f}" cy="{y:.2f}" r="{radius}"/>')

    def box(self, start: Point, end: Point, kind: str, tip: str = "") -> None:
        """Add a filled box between two corners; ``tip`` is shown under the pointer."""
        (x0, y0), (x1, y1) = self.at(*start), self.at(*end)
        title = f"<title>{escape(tip)}</title>" if tip else ""
        self._marks.append(
            f'<rect class="{kind}" x="{min(x0, x1):.2f}" y="{min(y0, y1):.2f}"'
            f' width="{abs(x1 - x0):.2f}" height="{abs(y1 - y0):.2f}">{title}</rect>'
        )

    def text(self, point: Point, words: str, kind: str = "note", anchor: str = "middle") -> None:
        """Add words at a point; ``anchor`` says which part of them is there."""
        x, y = self.at(*point)
        x += {"start": 4.0, "end": -4.0}.get(anchor, 0.0)
        self._marks.append(
            f'<text class="{kind}" x="{x:.2f}" y="{y:.2f}" text-anchor="{anchor}">'
            f"{escape(words)}</text>"
        )

    def svg(self, *, x_ticks: bool = True, y_ticks: bool = True) -> Markup:
        """Return the whole plot."""
        parts = [
            f'<svg viewBox="0 0 {self.width:.0f} {self.height:.0f}" role="img"'
            f' aria-label="{escape(self._title)}">'
        ]
        if x_ticks:
            values = self._frame.x_at or ticks(*self._x)
            parts += [self._tick(value, vertical=False) for value in values]
        if y_ticks:
            about = self._frame.about
            parts += [self._tick(value, vertical=True) for value in ticks(*self._y, about)]
        x, y = (escape(label) for label in self._labels)
        middle = (self.left + self.width - RIGHT) / 2
        parts.append(f'<text class="label" x="{middle:.0f}" y="{self.height - 8:.0f}"'
                     f' text-anchor="middle">{x}</text>')  # fmt: skip
        up = (TOP + self._floor) / 2
        parts.append(f'<text class="label" transform="translate(13 {up:.0f}) rotate(-90)"'
                     f' text-anchor="middle">{y}</text>')  # fmt: skip
        # Markup of its own: texts were escaped where they were put in, the rest are numbers.
        return Markup("".join([*parts, *self._marks, "</svg>"]))  # noqa: S704

    def _tick(self, value: float, *, vertical: bool) -> str:
        if vertical:
            words = escape(self._frame.y_shown(value))
            _, y = self.at(self._x[0], value)
            end = self.width - RIGHT
            return (
                f'<line class="grid" x1="{self.left:.0f}" x2="{end:.0f}" y1="{y:.2f}"'
                f' y2="{y:.2f}"/><text class="tick" x="{self.left - 6:.0f}" y="{y + 3.5:.2f}"'
                f' text-anchor="end">{words}</text>'
            )
        x, _ = self.at(value, self._y[0])
        floor = self._floor
        words = escape(self._frame.x_shown(value))
        return (
            f'<line class="grid" x1="{x:.2f}" x2="{x:.2f}" y1="{TOP:.0f}" y2="{floor:.0f}"/>'
            f'<text class="tick" x="{x:.2f}" y="{floor + 15:.0f}"'
            f' text-anchor="middle">{words}</text>'
        )


def ticks(low: float, high: float, about: int = 5) -> list[float]:
    """Return round values from low to high, about so many."""
    rough = (high - low) / about
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * each for each in (1, 2, 2.5, 5, 10) if power * each >= rough)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [round(each * step, 12) for each in range(first, last + 1)]


def number(value: float) -> str:
    """Return a number for an axis."""
    return f"{value:.4g}" if abs(value) < 1e5 or value == 0 else f"{value:.1e}"


def _wide(limits: tuple[float, float]) -> tuple[float, float]:
    low, high = limits
    return (low, high) if high > low else (low - 0.5, high + 0.5)
