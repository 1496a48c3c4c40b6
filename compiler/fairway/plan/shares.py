"""Shares of traffic as whole numbers, exact: what routers take instead of percentages."""

from __future__ import annotations

from collections.abc import Iterable

from fairway.spec.units import Percentage


def common_total(shares: Iterable[Percentage]) -> int:
    """Return the least power of ten, from 100, of which every share is a whole number."""
    decimals = max((_decimals(share) for share in shares), default=0)
    return int(10 ** (2 + decimals))


def weight_of(share: Percentage, total: int) -> int:
    """Return a share as a whole number out of ``total``."""
    return int(share.percent * total / 100)


def _decimals(share: Percentage) -> int:
    exponent = share.percent.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0
