"""How many requests tell a broken version from a bound on its error ratio.

A gate ``max m`` fails a reading of n requests when more than m n of them are errors. With the
error ratio e > m that happens with probability P(Bin(n, e) > m n), which climbs with n, but not
steadily: each time that m n passes a whole number, one more error is needed and it drops. What is
needed is therefore the least N such that *every* n from N on fails with the given confidence. It
is a property of e and m alone, so that more traffic can only reach it sooner.

The drops are at n = (k - 1) / m, where k errors begin to be needed, for k = 1, 2, ... The
probabilities there rise with k (``tests/arithmetic/test_needed.py`` holds the result against a
search of every n); so N is in the last stretch that begins with too little.
"""

from __future__ import annotations

from functools import lru_cache
from math import ceil, floor, log1p

from fairway.arithmetic.binomial import at_least
from fairway.arithmetic.normal import upper

NEVER = -1
CONFIDENCE = 0.95
_HAIR = 1e-9  # a product that should be a whole number must not fall short of it
_MOST_EXACT = 100_000.0
_AS_GOOD_AS_NONE = 1e-9  # among the requests that are counted exactly, it allows no error


@lru_cache(maxsize=4096)
def requests_needed(errors: float, most: float, confidence: float = CONFIDENCE) -> int:
    """Return from how many requests on a gate ``max`` fails, with ``confidence`` at every reading.

    ``errors`` is the error ratio and ``most`` the largest one that passes, both from 0 to 1.
    ``NEVER`` when ``errors`` is not above ``most``. Larger ``errors`` never need more, a larger
    ``most`` never fewer.

    Exact (binomial) up to about 100,000 requests. Beyond them it is the bound of Chernoff,
    P(Bin(n, e) <= m n) <= exp(-n D) with the relative entropy D >= (e - m)^2 / (2 v), v the
    largest x (1 - x) between m and e: never too few, and about twice as many as are needed.
    Source: Arratia, Gordon, Tutorial on Large Deviations for the Binomial Distribution, Bulletin
    of Mathematical Biology 51 (1989), 125-131, theorem 1.
    """
    if errors <= most:
        return NEVER
    if errors >= 1.0:
        return 1
    without_any = max(1, ceil(log1p(-confidence) / log1p(-errors) - _HAIR))
    if most <= 0.0:
        return without_any
    about = upper(1.0 - confidence) ** 2 * errors * (1.0 - errors) / (errors - most) ** 2
    if about > _MOST_EXACT:
        largest = min(max(most, 0.5), errors)  # where x (1 - x) is largest
        return ceil(-2.0 * log1p(-confidence) * largest * (1.0 - largest) / (errors - most) ** 2)
    if most < _AS_GOOD_AS_NONE:
        return without_any
    return _exact(errors, most, confidence, floor(most * about) + 1)


def most_errors(requests: int, most: float) -> int:
    """Return how many errors a gate ``max`` lets pass among ``requests``."""
    return floor(most * requests + _HAIR)


def _exact(errors: float, most: float, confidence: float, guess: int) -> int:
    """Return the least N from which on every n fails; ``guess`` is where k may be."""

    def enough_after(k: int) -> bool:
        return at_least(k, (k - 1) / most, errors) >= confidence

    low, high = 1, max(2, guess)
    while not enough_after(high):
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough_after(middle) else (middle, high)
    while at_least(high - 1, _first(high - 1, most), errors) >= confidence:
        high -= 1
    return _within(high - 1, _first(high, most), errors, most, confidence)


def _first(k: int, most: float) -> int:
    """Return the least number of requests among which ``k`` errors are needed to fail."""
    return ceil((k - 1 - _HAIR) / most)


def _within(k: int, end: int, errors: float, most: float, confidence: float) -> int:
    """Return the least n before ``end`` among which ``k`` errors are likely enough, or ``end``."""
    low, high = _first(k, most), end
    while high - low > 1:
        middle = (low + high) // 2
        if at_least(k, middle, errors) >= confidence:
            high = middle
        else:
            low = middle
    return high
