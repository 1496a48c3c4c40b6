"""How likely a number of errors is: the upper tail of the binomial distribution."""

from __future__ import annotations

from math import exp, lgamma, log, log1p

_TINY = 1e-300
_PRECISE = 1e-14
_MOST_TERMS = 20_000


def at_least(errors: int, requests: float, ratio: float) -> float:
    """Return the probability of at least ``errors`` among ``requests``, each bad with ``ratio``.

    ``requests`` need not be whole: between whole numbers the result is the incomplete beta
    function, which rises smoothly with ``requests`` and with ``ratio``.

    Source: P(X >= k) = I_p(k, n - k + 1), NIST Digital Library of Mathematical Functions 8.17.5.
    """
    if errors <= 0:
        return 1.0
    if errors > requests or ratio <= 0.0:
        return 0.0
    if ratio >= 1.0:
        return 1.0
    return _incomplete_beta(float(errors), requests - errors + 1.0, ratio)


def _incomplete_beta(a: float, b: float, x: float) -> float:
    """Return I_x(a, b), from the side on which its continued fraction converges fast."""
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x))
    if x < (a + 1.0) / (a + b + 2.0):
        return front * _continued_fraction(a, b, x) / a
    return 1.0 - front * _continued_fraction(b, a, 1.0 - x) / b


def _continued_fraction(a: float, b: float, x: float) -> float:
    """Return the continued fraction of I_x(a, b) by the method of Lentz.

    Source: NIST DLMF 8.17.22; Press et al., Numerical Recipes (3rd ed., 2007), 6.4. It takes
    about as many terms as the root of the larger of ``a`` and ``b``.
    """
    c, d = 1.0, 1.0 - (a + b) * x / (a + 1.0)
    d = 1.0 / (d if abs(d) > _TINY else _TINY)
    value = d
    for m in range(1, _MOST_TERMS):
        even = a + 2.0 * m
        for term in (
            m * (b - m) * x / ((even - 1.0) * even),
            -(a + m) * (a + b + m) * x / (even * (even + 1.0)),
        ):
            d = 1.0 + term * d
            d = 1.0 / (d if abs(d) > _TINY else _TINY)
            c = 1.0 + term / c
            c = c if abs(c) > _TINY else _TINY
            value *= d * c
        if abs(d * c - 1.0) < _PRECISE:
            break
    return value
