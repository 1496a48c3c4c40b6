"""Values with units: parsed once, exact, written canonically.

Each ``parse_*`` takes what YAML gave and returns the typed value, or raises
``PydanticCustomError`` whose message shows the accepted forms. Nothing here needs pydantic
itself, so that a run that only checks specs need not import it.
"""

from __future__ import annotations

import re
from collections.abc import Container
from decimal import ROUND_CEILING, Decimal
from functools import lru_cache
from typing import NamedTuple

from fairway.source.scalar import kind_of
from fairway.spec.core import PydanticCustomError

_NUMBER = r"(?:[0-9]{1,15}(?:\.[0-9]{1,9})?|\.[0-9]{1,9})"
_PART = rf"({_NUMBER})(ms|s|m|h|d|w)"

_MILLISECONDS = {
    "ms": 1,
    "s": 1_000,
    "m": 60_000,
    "h": 3_600_000,
    "d": 86_400_000,
    "w": 604_800_000,
}
_BINARY = {"Ki": 1 << 10, "Mi": 1 << 20, "Gi": 1 << 30, "Ti": 1 << 40, "Pi": 1 << 50}
_DECIMAL = {"k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "P": 10**15}
_BYTES = {**_BINARY, **_DECIMAL}
_PER = {f"/{unit}": _MILLISECONDS[unit] for unit in ("s", "m", "h", "d")}
_PERCENT = ("%", " %")
_LARGEST = 1e15
_POINTS = ("pp", " pp")


class Duration(NamedTuple):
    """A length of time in whole milliseconds."""

    milliseconds: int

    @property
    def seconds(self) -> float:
        """The length in seconds."""
        return self.milliseconds / 1000

    def __str__(self) -> str:
        """Return the shortest exact form with one unit up to hours: ``90s``, ``250ms``, ``24h``."""
        for unit in ("h", "m", "s"):
            if self.milliseconds and self.milliseconds % _MILLISECONDS[unit] == 0:
                return f"{self.milliseconds // _MILLISECONDS[unit]}{unit}"
        return f"{self.milliseconds}ms"


class Percentage(NamedTuple):
    """A share, kept as the exact number of percent: ``5%`` is ``Decimal(5)``."""

    percent: Decimal

    @property
    def ratio(self) -> float:
        """The share as a number from 0 to 1."""
        return float(self.percent / 100)

    def __str__(self) -> str:
        """Return the share with its sign: ``99.9%``."""
        return f"{_plain(self.percent)}%"


class PercentagePoints(NamedTuple):
    """A difference of two percentages: from 1 % to 1.5 % are 0.5 percentage points."""

    points: Decimal

    def __str__(self) -> str:
        """Return the difference with its unit: ``0.5pp``."""
        return f"{_plain(self.points)}pp"


class Rate(NamedTuple):
    """Requests per second."""

    per_second: Decimal

    def __str__(self) -> str:
        """Return the rate per second: ``40/s``."""
        return f"{_plain(self.per_second)}/s"


class Cpu(NamedTuple):
    """Processor time in thousandths of a core."""

    millicores: int

    def __str__(self) -> str:
        """Return the canonical Kubernetes quantity: ``500m``, ``2``."""
        cores, rest = divmod(self.millicores, 1000)
        return f"{self.millicores}m" if rest else str(cores)


class Memory(NamedTuple):
    """Memory in bytes."""

    bytes: int
    decimal: bool = False

    def __str__(self) -> str:
        """Return the canonical Kubernetes quantity, in the suffix family that was written."""
        # Bytes that are no whole Ki are a decimal number to Kubernetes: 64000 is 64k.
        for family in (_DECIMAL,) if self.decimal else (_BINARY, _DECIMAL):
            for suffix, size in reversed(family.items()):
                if self.bytes % size == 0:
                    return f"{self.bytes // size}{suffix}"
        return str(self.bytes)


class CountOrPercentage(NamedTuple):
    """Either a whole number of pods or a share of them (Kubernetes ``IntOrString``)."""

    pods: int | None
    percentage: Percentage | None

    def __str__(self) -> str:
        """Return the value as Kubernetes writes it: ``1``, ``25%``."""
        return str(self.percentage if self.percentage is not None else self.pods)

    @property
    def value(self) -> int | str:
        """The value for a Kubernetes ``IntOrString`` field."""
        return self.pods if self.pods is not None else str(self.percentage)


@lru_cache(maxsize=4096)
def _split(value: str) -> tuple[Decimal, str] | None:
    """Return the number and the suffix of a value such as ``30s``, or None for other text."""
    match = re.match(rf"({_NUMBER})(\s?[A-Za-z%]*|/[a-z])\Z", value)
    return (Decimal(match.group(1)), match.group(2)) if match else None


def _with(value: object, suffixes: Container[str]) -> tuple[Decimal, str] | None:
    """Return number and suffix when ``value`` is text with one of the suffixes, else None."""
    found = _split(value) if isinstance(value, str) else None
    return found if found is not None and found[1] in suffixes else None


@lru_cache(maxsize=4096)
def _milliseconds(value: str) -> Decimal | None:
    """Return how long a text such as ``1h30m`` is, or None when it is not a duration."""
    if not re.match(rf"(?:{_PART})+\Z", value):
        return None
    parts = re.findall(_PART, value)
    return sum((Decimal(number) * _MILLISECONDS[unit] for number, unit in parts), Decimal(0))


def parse_duration(value: object) -> Duration:
    """Return a duration from ``30s``, ``1h30m``, ``250ms``, ``7d``."""
    total = _milliseconds(value) if isinstance(value, str) else None
    if total is None:
        raise _unit_error(value, "a duration", "30s, 10m, 1h30m, 250ms, 7d")
    if total != int(total):
        raise PydanticCustomError("unit", "{shown} is finer than a millisecond", {"shown": value})
    return Duration(int(total))


def parse_percentage(value: object) -> Percentage:
    """Return a percentage from ``5%`` or ``99.9%``; it is from 0 to 100."""
    found = _with(value, _PERCENT)
    if found is None:
        raise _unit_error(value, "a percentage", "5%, 99.9%")
    percent = found[0]
    if percent > 100:
        raise PydanticCustomError("value", "{shown} is more than 100%", {"shown": value})
    return Percentage(percent)


def parse_points(value: object) -> PercentagePoints:
    """Return percentage points from ``0.5pp``."""
    found = _with(value, _POINTS)
    if found is None:
        raise _unit_error(value, "a difference in percentage points", "0.5pp, 2pp")
    return PercentagePoints(found[0])


def parse_rate(value: object) -> Rate:
    """Return a rate from ``40/s``, ``600/m``, ``1000/h`` or ``50000/d``."""
    found = _with(value, _PER)
    if found is None:
        raise _unit_error(value, "a rate", "40/s, 600/m, 1000/h")
    return Rate(found[0] * 1000 / _PER[found[1]])


def parse_cpu(value: object) -> Cpu:
    """Return processor time from ``500m``, ``"2"``, ``2`` or ``0.5`` (cores, as in Kubernetes)."""
    bare = isinstance(value, int | float) and not isinstance(value, bool)
    found = _with(str(value) if bare else value, ("", "m"))
    if found is None and bare:
        context = {"shown": str(value)[:60]}
        raise PydanticCustomError("value", "{shown} is not a number of cores such as 0.5", context)
    if found is None:
        raise _unit_error(value, "an amount of processor time", "500m, 2, 0.5")
    millicores = found[0] * (1 if found[1] else 1000)
    rounded = int(millicores.to_integral_value(ROUND_CEILING))
    if not rounded:
        raise PydanticCustomError("value", "it must be more than 0", {})
    return Cpu(rounded)


def parse_memory(value: object) -> Memory:
    """Return memory from ``512Mi``, ``1Gi`` or ``2G``."""
    found = _with(value, _BYTES)
    if found is None:
        raise _unit_error(value, "an amount of memory", "512Mi, 1Gi, 2G")
    number, suffix = found
    amount = int((number * _BYTES[suffix]).to_integral_value(ROUND_CEILING))
    if not amount:
        raise PydanticCustomError("value", "it must be more than 0", {})
    return Memory(amount, suffix in _DECIMAL)


def parse_count_or_percentage(value: object) -> CountOrPercentage:
    """Return a number of pods from ``1``, or a share of them from ``25%``."""
    if isinstance(value, int) and not isinstance(value, bool):
        return CountOrPercentage(_positive(value), None)
    if _with(value, _PERCENT):
        percentage = parse_percentage(value)
        if percentage.percent != int(percentage.percent):
            raise PydanticCustomError("value", "Kubernetes takes whole percentages only", {})
        return CountOrPercentage(None, percentage)
    raise _unit_error(value, "a number of pods or a share of them", "1, 25%")


def parse_bound(value: object) -> float | Percentage | Duration:
    """Return a metric's bound in the metric's own unit: ``0.93``, ``1%``, ``200ms``."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _finite(value)
    if _with(value, _PERCENT):
        return parse_percentage(value)
    if isinstance(value, str) and _milliseconds(value) is not None:
        return parse_duration(value)
    raise _unit_error(value, "a number, a percentage or a duration", "0.93, 1%, 200ms")


def parse_scaling_target(value: object) -> float | Percentage:
    """Return what a pod is held at: ``70%`` of its request, or ``20`` requests in flight."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        if value <= 0:
            raise PydanticCustomError("value", "it must be more than 0", {})
        return _finite(value)
    if _with(value, _PERCENT):
        percentage = parse_percentage(value)
        if not percentage.percent:
            raise PydanticCustomError("value", "it must be more than 0%", {})
        return percentage
    forms = "70% (cpu, memory, gpu), 20 (concurrency, rps)"
    raise _unit_error(value, "a share of the request or a number per pod", forms)


def _positive(value: int) -> int:
    if value < 0:
        raise PydanticCustomError("value", "it must be at least 0", {})
    return value


def _finite(value: float) -> float:
    if not -_LARGEST <= value <= _LARGEST:
        raise PydanticCustomError("value", "it must be a finite number", {})
    return float(value)


def _unit_error(value: object, kind: str, forms: str) -> PydanticCustomError:
    bare = isinstance(value, int | float) and not isinstance(value, bool)
    shown = f"{str(value)[:60]} has no unit" if bare else f"{_show(value)} is not {kind}"
    message = (
        "{shown}; {kind} is written like {forms}" if bare else "{shown}; write it like {forms}"
    )
    return PydanticCustomError("unit", message, {"shown": shown, "kind": kind, "forms": forms})


def _show(value: object) -> str:
    if isinstance(value, str):
        return f"`{value[:60]}`"
    return kind_of(value)


def _plain(number: Decimal) -> str:
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
