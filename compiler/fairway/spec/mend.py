"""What would have been right: fixes for values that do not fit, as they are written in YAML."""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import ip_network
from typing import Any

from fairway.finding import Fix
from fairway.spec.core import PydanticCustomError
from fairway.spec.forms import MEANINGS, PARSERS

_PLAIN = re.compile(r"[A-Za-z./][A-Za-z0-9./_:-]*[A-Za-z0-9]\Z|[A-Za-z]\Z")
_RESOLVED = frozenset({"true", "false", "null"})
_PART = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?|\.[0-9]+)\s*([A-Za-z%/]*)")

# Units that people write, by what is measured: in lower case, and as the language has them.
_UNITS: dict[str, dict[str, str]] = {
    "a duration": {
        **dict.fromkeys(("ms", "msec", "millis", "millisecond", "milliseconds"), "ms"),
        **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), "s"),
        **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), "m"),
        **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), "h"),
        **dict.fromkeys(("d", "day", "days"), "d"),
        **dict.fromkeys(("w", "wk", "week", "weeks"), "w"),
    },
    "a percentage": dict.fromkeys(("%", "percent", "pct"), "%"),
    "a difference in percentage points": dict.fromkeys(("pp", "points", "ppt"), "pp"),
    "a rate": {
        **dict.fromkeys(("/s", "/sec", "/second", "rps", "qps", "req/s", "requests/s"), "/s"),
        **dict.fromkeys(("/m", "/min", "/minute", "rpm"), "/m"),
        **dict.fromkeys(("/h", "/hour", "rph"), "/h"),
        **dict.fromkeys(("/d", "/day"), "/d"),
    },
    "an amount of processor time": {
        **dict.fromkeys(("core", "cores", "cpu", "cpus", "vcpu", "vcpus"), ""),
        **dict.fromkeys(("m", "millicores", "mcpu"), "m"),
    },
    "an amount of memory": {
        f"{letter}{ending}": f"{unit}{'i' if ending[:1] == 'i' else ''}"
        for letter, unit in (("k", "k"), ("m", "M"), ("g", "G"), ("t", "T"), ("p", "P"))
        for ending in ("", "b", "i", "ib")
    }
    | {"ki": "Ki", "kib": "Ki"},
}
# What a number without a unit may have meant; one meaning is a fix that can be applied.
_BARE: dict[str, tuple[str, ...]] = {
    "a duration": ("s", "m", "h"),
    "a percentage": ("%",),
    "a difference in percentage points": ("pp",),
    "a rate": ("/s", "/m", "/h"),
    "an amount of memory": ("Mi", "Gi"),
}


def with_unit(kind: str, value: Any) -> Fix | None:
    """Return how a value of ``kind`` (as the parsers of ``units`` name it) was probably meant."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return _bare(kind, value)
    return _other_unit(kind, value) if isinstance(value, str) else None


def in_form(context: dict[str, Any], value: Any) -> Fix | None:
    """Return how a string that has not its field's form was probably meant.

    ``context`` is that of the error of a parser of ``forms``.
    """
    if not isinstance(value, str) or len(value) > 100:
        return None
    if "host bits" in str(context.get("why", "")):
        network = str(ip_network(value, strict=False))
        return Fix(f"write {network}", network)
    form = next((form for form, words in MEANINGS.items() if words == context.get("meaning")), "")
    for guess in _guesses(form, value) if form else ():
        try:
            return Fix(f"write {flow(PARSERS[form](guess))}", flow(guess))
        except PydanticCustomError:
            continue
    return None


def _guesses(form: str, value: str) -> Iterator[str]:
    """Yield what a string in another form may have meant, the likeliest first."""
    if form == "uri" and "://" in value:
        yield re.sub(r"^http://", "https://", value)  # no other scheme is nearly one of ours
    elif form in ("uri", "owner"):
        yield ("./" if form == "uri" else "@") + value.lstrip("./@")
    elif form in ("name", "label"):
        yield re.sub(r"[^a-z0-9]+", "-", value.lower()).strip("-")
    elif form == "environment-variable":
        yield re.sub(r"[^A-Za-z0-9]+", "_", value).strip("_")
    elif form == "host":
        yield re.sub(r"^[a-z]+://|[/:].*$", "", value.lower())
    elif form == "image":
        yield re.sub(r"(@sha256)?:[^/:]*$", "", value)
    elif form == "http-path":
        yield "/" + value
    yield value.strip()


def _bare(kind: str, value: float) -> Fix | None:
    units = _BARE.get(kind, ())
    number = str(value)
    if not units or value < 0 or "e" in number or "n" in number or len(number) > 20:
        return None
    if kind == "a percentage" and 0 < value < 1:
        percent = f"{round(value * 100, 9):g}%"
        return Fix(f"write {number}%, or {percent} if {number} is a share of 1")
    if len(units) == 1:
        return Fix(f"write {number}{units[0]}", f"{number}{units[0]}")
    every = [f"{number}{unit}" for unit in units]
    return Fix(f"write {', '.join(every[:-1])} or {every[-1]}, whichever is meant")


def _other_unit(kind: str, value: str) -> Fix | None:
    known = _UNITS.get(kind, {})
    parts: list[str] = []
    position = 0
    while position < min(len(value), 60):
        found = _PART.match(value, position)
        if found is None:
            return None
        unit = known.get(found.group(2).lower())
        if unit is None or (parts and kind != "a duration"):
            return None
        parts.append(found.group(1) + unit)
        position = found.end()
    written = "".join(parts)
    if not parts or position < len(value.rstrip()) or written == value:
        return None
    binary = f" (or {written}i, in powers of two)" if written[-1:] in "kMGTP" else ""
    return Fix(f"write {written}{binary}", written)


def example(key: str, value: Any) -> str:
    """Return a key with an example of its value, as YAML."""
    return f"{key}: {flow(value)}"


def flow(value: Any) -> str:
    """Return a value as YAML writes it on one line."""
    if isinstance(value, dict):
        entries = (f"{flow(key)}: {flow(item)}" for key, item in value.items())
        return "{" + ", ".join(entries) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(flow, value)) + "]"
    if isinstance(value, str):
        unit = re.match(r"[0-9]+(?:\.[0-9]+)?(?:[A-Za-z]+|%|/[a-z])\Z", value)
        plain = _PLAIN.match(value) or unit
        return value if plain and value.lower() not in _RESOLVED else f'"{value}"'
    return str(value).lower() if isinstance(value, bool) else str(value)
