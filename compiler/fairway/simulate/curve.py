"""A number over time: straight pieces, with jumps where two of them do not meet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import inf, pi, sin
from typing import NamedTuple

_DAY = 86_400.0
_DAILY_PIECE = 300.0
_MOST_POINTS = 100_000


class Piece(NamedTuple):
    """From ``start`` to ``end`` (seconds, the end exclusive) the value goes straight on."""

    start: float
    end: float
    first: float
    last: float

    def at(self, time: float) -> float:
        """Return the value at a time within the piece."""
        if self.end == inf or self.first == self.last:
            return self.first
        part = (time - self.start) / (self.end - self.start)
        return self.first + part * (self.last - self.first)


class Curve(NamedTuple):
    """Pieces that follow each other from 0 to infinity."""

    pieces: tuple[Piece, ...]

    def means(self, width: float, count: int) -> list[float]:
        """Return the mean over each of ``count`` stretches of ``width`` seconds, from 0 on."""
        means = []
        index = 0
        for number in range(count):
            start, end = number * width, (number + 1) * width
            while self.pieces[index].end <= start:
                index += 1
            area, at = 0.0, index
            while at < len(self.pieces) and self.pieces[at].start < end:
                piece = self.pieces[at]
                begin, finish = max(start, piece.start), min(end, piece.end)
                area += (piece.at(begin) + piece.at(finish)) / 2 * (finish - begin)
                at += 1
            means.append(area / width)
        return means


def constant(value: float) -> Curve:
    """Return a curve that never changes."""
    return Curve((Piece(0.0, inf, value, value),))


def through(points: Iterable[tuple[float, float]], first: float = 0.0) -> Curve:
    """Return the curve through points of time and value, ``first`` before and straight between.

    Two points at one time are a jump; after the last the value stays. Times do not fall.
    """
    pieces: list[Piece] = []
    time, value = 0.0, first
    for at, reached in points:
        if at > time:
            pieces.append(Piece(time, at, value, reached))
        time, value = max(time, at), reached
    return Curve((*pieces, Piece(time, inf, value, value)))


def fault(start: float, end: float, over: float, size: float) -> Curve:
    """Return what is 0, rises from ``start`` to ``size`` in ``over`` seconds, and ends again."""
    points = [(start, 0.0)]
    full = min(start + over, end)
    reached = size if over <= 0 or full >= start + over else size * (full - start) / over
    points.append((full, reached))
    if end < inf:
        points += [(end, reached), (end, 0.0)]
    return through(points)


def changing(first: float, changes: Sequence[tuple[float, float, float]]) -> Curve:
    """Return what begins at ``first`` and changes: each at a time, to a value, over seconds.

    A change that begins before the last one is complete starts from what is reached then.
    """
    points: list[tuple[float, float]] = []
    value = first
    for index, (at, wanted, over) in enumerate(changes):
        until = changes[index + 1][0] if index + 1 < len(changes) else inf
        end = min(at + over, until)
        reached = wanted if end >= at + over else value + (wanted - value) * (end - at) / over
        points += [(at, value), (end, reached)]
        value = reached
    return through(points, first)


def daily(curve: Curve, swing: float, peak: float, until: float) -> Curve:
    """Return ``curve`` times a day's sine wave, which is highest at ``peak``, up to ``until``.

    The wave rises by ``swing`` above 1 and falls as far below it; it is given by its values
    every five minutes.
    """
    count = int(until // _DAILY_PIECE) + 2
    means = curve.means(_DAILY_PIECE, count)
    points = []
    for number, mean in enumerate(means):
        middle = (number + 0.5) * _DAILY_PIECE
        wave = 1.0 + swing * sin(2 * pi * ((middle - peak) / _DAY + 0.25))
        points.append((middle, mean * wave))
    return through(points, points[0][1])


def repeated(points: Sequence[tuple[float, float]], until: float) -> Curve:
    """Return the curve through recorded points, begun again when they end, up to ``until``.

    What comes after the last point lasts as long as the points are apart on average. A recording
    of seconds is not begun again without end: after some 100,000 points the last value stays.
    """
    if len(points) == 1:
        return constant(points[0][1])
    length = (points[-1][0] - points[0][0]) * len(points) / (len(points) - 1)
    rounds = min(int(until // length), _MOST_POINTS // len(points)) + 1
    return through(
        (
            (number * length + time - points[0][0], value)
            for number in range(rounds)
            for time, value in points
        ),
        points[0][1],
    )
