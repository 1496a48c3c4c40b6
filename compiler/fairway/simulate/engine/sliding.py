"""Sums over a window that slides, for all runs at once."""

from __future__ import annotations

from math import ceil

import numpy as np

from fairway.simulate.engine.draws import Counts

_MOST_SLOTS = 240


class Sliding:
    """The sum of what was added in the last ``bins`` bins.

    A window of many bins is kept in at most 240 slots of several bins each; what leaves it then
    leaves a slot at a time, so that it may be shorter by less than a slot.
    """

    def __init__(self, bins: int, shape: tuple[int, ...]) -> None:
        self.total: Counts = np.zeros(shape, dtype=np.int64)
        self._each = ceil(bins / _MOST_SLOTS)
        self._slots = np.zeros((max(1, bins // self._each), *shape), dtype=np.int32)
        self._added = 0

    def add(self, counts: Counts) -> None:
        """Add the counts of the next bin; what is too old leaves."""
        slot = self._added // self._each % len(self._slots)
        if self._added % self._each == 0:
            self.total -= self._slots[slot]
            self._slots[slot] = 0
        self._slots[slot] += counts.astype(np.int32)
        self.total += counts
        self._added += 1
