"""Many readings at once are judged as one at a time."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from simulate.releases import gate

from fairway.plan.verdict import Reading, judge
from fairway.simulate.engine.judging import judge as judge_all
from fairway.simulate.engine.judging import latency_share, measures_errors

VALUES = st.one_of(st.floats(0, 1), st.just(float("nan")), st.sampled_from([0.01, 0.02]))
READINGS = st.lists(st.tuples(VALUES, VALUES, st.integers(0, 3000)), min_size=1, max_size=30)


@given(
    st.sampled_from(["max", "min", "within", "withinRelative"]),
    st.sampled_from([0.0, 0.01, 0.1]),
    READINGS,
    st.sampled_from([0, 1, 1000]),
)
def test_arrays_are_judged_as_single_readings(kind, bound, readings, least):
    about = gate(kind, bound)
    value, reference, requests = (
        np.array(each, dtype=float) for each in zip(*readings, strict=True)
    )
    found = judge_all(about, value, reference, requests, least)
    for index, reading in enumerate(readings):
        word = judge(about, Reading(*map(float, reading)), least).word
        said = "unknown" if found.nothing[index] else "fail" if found.bad[index] else "pass"
        assert said == word
        one = judge(about, Reading(*map(float, reading)), least).limit
        assert found.limit[index] == pytest.approx(one, nan_ok=True)


@pytest.mark.parametrize(
    ("metric", "errors", "share"),
    [
        ("error-ratio", True, 0), ("server-error-ratio", True, 0), ("latency-p95", False, 0.95),
        ("server-latency-p50", False, 0.5), ("ready-replicas", False, 0), ("rows-rate", False, 0),
    ],
)  # fmt: skip
def test_what_a_metric_measures(metric, errors, share):
    about = gate(metric=metric)
    assert measures_errors(about) is errors
    assert latency_share(about) == share
