"""Whether the arms of an experiment have the shares of units that were planned.

A split that is off by more than chance (a sample ratio mismatch) says that units were lost or
counted twice on one side; what is measured of the rest cannot be trusted.

Source: Fabijan et al., Diagnosing Sample Ratio Mismatch in Online Controlled Experiments, KDD
2019; the test is Pearson's chi-square with one degree of freedom.
"""

from __future__ import annotations

from math import sqrt

from fairway.arithmetic.normal import two_sided

MISMATCH = 1e-3
"""A p-value below this is a mismatch: it is looked at often, and rarely by chance."""


def split_p_value(stable: int, candidate: int, share: float) -> float:
    """Return the p-value of seeing these units when ``share`` of them were to be candidate's."""
    if not 0.0 < share < 1.0:
        raise ValueError(f"both arms need units, and the candidate's share is {share:.4g}")
    if stable < 0 or candidate < 0:
        raise ValueError("units are not negative")
    total = stable + candidate
    if not total:
        return 1.0
    return two_sided((candidate - total * share) / sqrt(total * share * (1.0 - share)))
