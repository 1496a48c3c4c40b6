"""When an alert on an SLO's error budget fires for a canary, and that it often never does.

An alert looks at the error ratio of all traffic over a long window, and over a short one so that
it ends soon after the trouble does. It fires while both are above ``factor * budget``, where
``budget`` is 1 - objective and ``factor`` says how many times faster than allowed the budget
burns: share * window / long, so that ``share`` of the budget of the SLO's ``window`` goes in one
``long`` window.

A canary with the weight w and the error ratio e, beside a stable version with e0, makes the ratio
of all traffic r = (1 - w) e0 + w e. Over the long window it climbs from e0, so that the alert
fires after long * (factor * budget - e0) / (r - e0): for e0 = 0,
factor * budget * long / (w e). With r at or below factor * budget that is never. The short
window is always there before the long one.

Sources: Beyer et al., The Site Reliability Workbook (2018), ch. 5, "Multiwindow, Multi-Burn-Rate
Alerts"; the windows, the shares and the factor as in Sloth (slok/sloth,
internal/alert/windows/google-30d.yaml and google-28d.yaml, ``getBurnRateFactor`` in
internal/alert/window.go, examples/windows/7d.yaml).
"""

from __future__ import annotations

from functools import lru_cache
from math import exp, log
from typing import NamedTuple

_HOUR = 3_600.0
_DAY = 24 * _HOUR
_LEAST_FACTOR = 0.9


class BurnAlert(NamedTuple):
    """An alert: ``severity`` is ``page`` or ``ticket``, the windows are in seconds.

    ``share`` of the SLO's error budget goes in one long window at the rate of ``factor``.
    """

    severity: str
    share: float
    factor: float
    long: float
    short: float


class BurnDetection(NamedTuple):
    """When an alert fires, in seconds from the fault's begin; -1.0 when ``never``.

    ``threshold`` is the error ratio of all traffic that it fires above.
    """

    severity: str
    factor: float
    long: float
    short: float
    threshold: float
    never: bool
    seconds: float


class _Windows(NamedTuple):
    """An alert's windows, and its share of the budget of an SLO over 28 days and over 7."""

    severity: str
    long: float
    short: float
    monthly: float
    weekly: float


_CATALOGUE = (
    _Windows("page", 1 * _HOUR, _HOUR / 12, 0.02, 0.08),
    _Windows("page", 6 * _HOUR, _HOUR / 2, 0.05, 0.125),
    _Windows("ticket", 1 * _DAY, 2 * _HOUR, 0.10, 0.20),
    _Windows("ticket", 3 * _DAY, 6 * _HOUR, 0.10, 0.42),
)


@lru_cache(maxsize=256)
def burn_alerts(window: float) -> tuple[BurnAlert, ...]:
    """Return the alerts of an SLO over ``window`` seconds, the fastest first.

    For 30 days they are 14.4x over 1 h and 5 min, 6x over 6 h and 30 min, 3x over 1 d and 2 h,
    1x over 3 d and 6 h. From 28 days on the shares stay, and the factors grow with the window.
    Sloth has other shares for 7 days; between the two, and below, they follow the power law
    through both. Left out is what would fire while the objective is kept (a factor below 0.9,
    since Sloth's own least is 0.93), and what looks back farther than the SLO.
    """
    alerts = []
    for each in _CATALOGUE:
        share = _share(each, window)
        factor = share * window / each.long
        if each.long <= window and factor >= _LEAST_FACTOR:
            alerts.append(BurnAlert(each.severity, share, factor, each.long, each.short))
    return tuple(alerts)


def _share(windows: _Windows, window: float) -> float:
    if window >= 28 * _DAY:
        return windows.monthly
    if window == 7 * _DAY:
        return windows.weekly
    power = log(28 * _DAY / window, 4)  # 0 for 28 days, 1 for 7
    return min(1.0, windows.monthly * exp(power * log(windows.weekly / windows.monthly)))


def time_to_fire(
    alert: BurnAlert, budget: float, weight: float, errors: float, stable_errors: float = 0.0
) -> BurnDetection:
    """Return when ``alert`` fires for a canary with the share ``weight`` and ratio ``errors``.

    ``budget`` is 1 - objective; all four are from 0 to 1. An alert that the stable version's own
    errors keep firing fires after 0 seconds.
    """
    threshold = alert.factor * budget
    after = (1.0 - weight) * stable_errors + weight * errors
    if stable_errors > threshold:
        seconds = 0.0
    elif after <= threshold:
        seconds = -1.0
    else:
        seconds = alert.long * (threshold - stable_errors) / (after - stable_errors)
    never = seconds < 0.0
    return BurnDetection(
        alert.severity, alert.factor, alert.long, alert.short, threshold, never, seconds
    )


def burn_detections(
    window: float, budget: float, weight: float, errors: float, stable_errors: float = 0.0
) -> tuple[BurnDetection, ...]:
    """Return when each alert of an SLO over ``window`` seconds fires; see ``time_to_fire``."""
    return tuple(
        time_to_fire(alert, budget, weight, errors, stable_errors) for alert in burn_alerts(window)
    )
