"""Several metrics in one experiment: the chance of any false finding stays at alpha.

Source: Holm, A Simple Sequentially Rejective Multiple Test Procedure, Scandinavian Journal of
Statistics 6 (1979), 65-70. The metrics may depend on each other in any way.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Adjusted(NamedTuple):
    """A p-value as part of its family: compare ``p`` with alpha."""

    p: float
    rejected: bool


def planned_alpha(alpha: float, metrics: int) -> float:
    """Return the alpha with which each of ``metrics`` tests is planned: ``alpha / metrics``.

    Holm's procedure tests the smallest p-value at that level, and it is not known beforehand
    which metric will have it; so this is what every metric must have its power at.
    """
    if metrics < 1:
        raise ValueError(f"an experiment has at least one metric, and this has {metrics}")
    if not 0.0 < alpha < 1.0:
        raise ValueError(f"alpha is between 0 and 1, and this is {alpha:.4g}")
    return alpha / metrics


def holm(p_values: Sequence[float], alpha: float) -> tuple[Adjusted, ...]:
    """Return the adjusted p-values in the order that they were given.

    The i-th smallest of m is multiplied by ``m - i + 1``, and never falls below the one before.
    """
    for p in p_values:
        if not 0.0 <= p <= 1.0:
            raise ValueError(f"a p-value is from 0 to 1, and this is {p}")
    count = len(p_values)
    adjusted = [1.0] * count
    largest = 0.0
    for rank, index in enumerate(sorted(range(count), key=lambda i: p_values[i])):
        largest = max(largest, min(1.0, (count - rank) * p_values[index]))
        adjusted[index] = largest
    return tuple(Adjusted(p, p <= alpha) for p in adjusted)
