"""Quantities and durations as Kubernetes and the Gateway API write them."""

from __future__ import annotations

import re
from decimal import Decimal

_DURATION_PART = re.compile(r"([0-9]+)(ms|h|m|s)")
_SECONDS = {"h": Decimal(3600), "m": Decimal(60), "s": Decimal(1), "ms": Decimal("0.001")}
_QUANTITY = re.compile(r"([0-9.]+)(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|)\Z")
_DECIMAL = ("m", "", "k", "M", "G", "T", "P", "E")
_BINARY = ("", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei")


def canonical_quantity(text: str) -> str:
    """Return a quantity as Kubernetes writes it: whole, with the largest suffix that fits.

    Source: k8s.io/apimachinery/pkg/api/resource, "canonical form" of Quantity.
    """
    match = _QUANTITY.match(text)
    assert match is not None, text
    number, suffix = Decimal(match.group(1)), match.group(2)
    if suffix.endswith("i"):
        amount, base, suffixes = number * 1024 ** _BINARY.index(suffix), 1024, _BINARY
    else:
        amount, base, suffixes = number * 1000 ** _DECIMAL.index(suffix), 1000, _DECIMAL
    power = 0
    while amount and power + 1 < len(suffixes) and amount % base == 0:
        amount, power = amount / base, power + 1
    return f"{int(amount)}{suffixes[power]}"


def seconds(duration: str) -> Decimal:
    """Return the seconds of a Gateway API duration."""
    parts = _DURATION_PART.findall(duration)
    return sum((int(number) * _SECONDS[unit] for number, unit in parts), Decimal(0))
