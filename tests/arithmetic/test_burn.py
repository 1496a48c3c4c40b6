"""Alerts on error budgets: published numbers, and windows that are slid over the minutes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fairway.arithmetic.burn import (
    BurnAlert,
    BurnDetection,
    burn_alerts,
    burn_detections,
    time_to_fire,
)

DAY = 86_400.0
MONTH = 30 * DAY


def test_thirty_days_have_the_alerts_of_the_workbook() -> None:
    found = [(a.severity, round(a.factor, 9), a.long, a.short) for a in burn_alerts(MONTH)]
    assert found == [
        ("page", 14.4, 3_600.0, 300.0),
        ("page", 6.0, 21_600.0, 1_800.0),
        ("ticket", 3.0, 86_400.0, 7_200.0),
        ("ticket", 1.0, 259_200.0, 21_600.0),
    ]


# Sloth's getBurnRateFactor of the shares in its catalogue and in its example of 7 days.
@pytest.mark.parametrize(
    ("days", "factors"),
    [
        (28, [13.44, 5.6, 2.8, 0.28 / 0.3]),
        (30, [14.4, 6.0, 3.0, 1.0]),
        (90, [43.2, 18.0, 9.0, 3.0]),
        (7, [13.44, 3.5, 1.4, 0.98]),
    ],
)
def test_factors_are_those_of_sloth(days: int, factors: list[float]) -> None:
    assert [alert.factor for alert in burn_alerts(days * DAY)] == pytest.approx(factors)


@example(days=2.9)  # three days of looking back would be nearly allowed by their factor
@given(days=st.floats(0.05, 400))
def test_an_alert_never_fires_while_the_objective_is_kept(days: float) -> None:
    for alert in burn_alerts(days * DAY):
        assert alert.factor >= 0.9
        assert alert.short < alert.long <= days * DAY
        assert 0.0 < alert.share <= 1.0
        assert alert.share * days * DAY == pytest.approx(alert.factor * alert.long)


@given(days=st.floats(6.0, 40.0))
def test_between_the_catalogues_nothing_jumps(days: float) -> None:
    near = [alert.factor for alert in burn_alerts(days * DAY)]
    nearer = [alert.factor for alert in burn_alerts(days * DAY * 1.0001)]
    assert near == pytest.approx(nearer, rel=0.001)


NEVER = None
# weight, errors, minutes to 14.4x over 1 h, to 6x over 6 h, to 1x over 3 d; objective 99.9 %.
TABLE = [
    (0.05, 1.00, 17.28, 43.2, 86.4),
    (0.05, 0.10, NEVER, NEVER, 864.0),
    (0.10, 0.10, NEVER, 216.0, 432.0),
    (0.25, 0.10, 34.56, 86.4, 172.8),
]


def minutes(detection: BurnDetection) -> float | None:
    assert detection.never == (detection.seconds == -1.0)
    return None if detection.never else detection.seconds / 60


@pytest.mark.parametrize(("weight", "errors", "fast", "slow", "ticket"), TABLE)
def test_the_table_of_canaries(
    weight: float, errors: float, fast: float | None, slow: float | None, ticket: float | None
) -> None:
    found = [minutes(each) for each in burn_detections(MONTH, 0.001, weight, errors)]
    for value, expected in zip((found[0], found[1], found[3]), (fast, slow, ticket), strict=True):
        assert value == (None if expected is None else pytest.approx(expected))


@pytest.mark.parametrize("weight", [0.05, 0.25, 1.0])
@pytest.mark.parametrize(
    ("errors", "before"), [(1.0, 0.0), (0.1, 0.0), (0.1, 0.0005), (0.02, 0.01)]
)
@pytest.mark.parametrize("alert", burn_alerts(MONTH)[:3], ids=lambda alert: f"{alert.factor:.1f}x")
def test_it_fires_when_both_windows_are_above(
    alert: BurnAlert, errors: float, before: float, weight: float
) -> None:
    """Every ten seconds the errors of both windows are added up, as the alert's query does."""
    step, budget = 10, 0.001
    long, short = round(alert.long / step), round(alert.short / step)
    ratio = np.full(2 * long, before)
    ratio[long:] = (1 - weight) * before + weight * errors
    total = np.concatenate([[0.0], np.cumsum(ratio)])
    ends = np.arange(long, 2 * long + 1)
    above = ((total[ends] - total[ends - long]) / long > alert.factor * budget * (1 + 1e-12)) & (
        (total[ends] - total[ends - short]) / short > alert.factor * budget * (1 + 1e-12)
    )
    found = time_to_fire(alert, budget, weight, errors, before)
    if found.never:
        assert not above.any()
    else:
        assert step * int(above.argmax()) == pytest.approx(found.seconds, abs=2 * step)


shares = st.floats(0.0, 1.0)


@given(one=shares, more=shares, errors=shares, worse=shares, budget=st.floats(0.0001, 0.2))
def test_more_weight_and_more_errors_never_fire_later(
    one: float, more: float, errors: float, worse: float, budget: float
) -> None:
    for alert in burn_alerts(MONTH):
        found = time_to_fire(alert, budget, one, errors)
        heavier = time_to_fire(alert, budget, min(1.0, one + more), errors)
        failing = time_to_fire(alert, budget, one, min(1.0, errors + worse))
        for other in (heavier, failing):
            assert found.never or (not other.never and other.seconds <= found.seconds)


def test_the_stable_versions_errors_count() -> None:
    alert = burn_alerts(MONTH)[0]
    alone = time_to_fire(alert, 0.001, 0.25, 0.1)
    assert time_to_fire(alert, 0.001, 0.25, 0.1, 0.005).seconds < alone.seconds
    assert time_to_fire(alert, 0.001, 0.25, 0.1, 0.02).seconds == 0.0
    better = time_to_fire(alert, 0.001, 0.25, 0.0, 0.01)
    assert (better.never, better.threshold) == (True, pytest.approx(0.0144))
