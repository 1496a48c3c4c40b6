"""What is read from a proxy's counters, and what gates make of it."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from local.reader import WORKLOADS, canary, chosen

from fairway.local.history import History, Sample, read_gate
from fairway.local.stats import Counters, between, error_ratio, parse_counters, quantile

TEXT = """\
# TYPE envoy_cluster_upstream_rq_completed counter
envoy_cluster_upstream_rq_completed{envoy_cluster_name="a-1"} 10
envoy_cluster_upstream_rq_completed{envoy_cluster_name="a-1/mirror"} 7
# TYPE envoy_cluster_upstream_rq_xx counter
envoy_cluster_upstream_rq_xx{envoy_response_code_class="2",envoy_cluster_name="a-1"} 8
envoy_cluster_upstream_rq_xx{envoy_response_code_class="5",envoy_cluster_name="a-1"} 2
envoy_cluster_membership_healthy{envoy_cluster_name="a-1"} 1
envoy_cluster_upstream_rq_time_bucket{envoy_cluster_name="a-1",le="1"} 0
envoy_cluster_upstream_rq_time_bucket{envoy_cluster_name="a-1",le="5"} 4
envoy_cluster_upstream_rq_time_bucket{envoy_cluster_name="a-1",le="+Inf"} 8
envoy_server_live{} 1
envoy_listener_x{other="y"} 3
"""


def test_what_envoy_writes_is_read() -> None:
    found = parse_counters(TEXT)
    assert found["a-1"] == Counters(10, 2, ((1, 0), (5, 4), (math.inf, 8)), 1)
    assert found["a-1/mirror"] == Counters(7)
    assert set(found) == {"a-1", "a-1/mirror"}


def test_what_envoy_1_40_wrote_is_read() -> None:
    text = (Path(__file__).parents[1] / "target/envoy-1.40.prom").read_text("utf-8")
    found = parse_counters(text)["httproute/ml/fraud/rule/0/backend/0"]
    assert found.completed == 4
    assert found.buckets[-1] == (math.inf, 3)  # one of the four timed out


def test_a_difference_and_a_counter_that_began_again() -> None:
    before = Counters(10, 2, ((5, 4), (math.inf, 8)), 1)
    after = Counters(15, 2, ((5, 9), (math.inf, 13)), 0)
    assert between(before, after) == Counters(5, 0, ((5, 5), (math.inf, 5)), 0)
    again = Counters(3, 1, ((5, 2), (math.inf, 3)), 1)
    assert between(before, again) == again


def test_nothing_counted_is_no_number() -> None:
    assert math.isnan(error_ratio(Counters()))
    assert math.isnan(quantile(Counters(), 0.5))
    assert error_ratio(Counters(4, 1)) == 0.25


@pytest.mark.parametrize(
    ("share", "expected"),
    # The examples of Prometheus' own arithmetic: linear inside of a bucket, the last bound above.
    [(0.0, 0.0), (0.25, 0.0005), (0.5, 0.001), (0.75, 0.003), (0.95, 0.005), (1.0, 0.005)],
)
def test_quantiles_are_those_of_histogram_quantile(share: float, expected: float) -> None:
    counters = Counters(10, 0, ((1.0, 5.0), (5.0, 7.5 + 1.5), (math.inf, 10.0)), 1)
    if share == 0.75:
        expected = (1 + 4 * (7.5 - 5) / 4) / 1000
    assert quantile(counters, share) == pytest.approx(expected)


@given(st.lists(st.floats(0.01, 10_000), min_size=1, max_size=60), st.floats(0.01, 0.99))
def test_a_quantile_is_in_the_bucket_that_holds_it(times: list[float], share: float) -> None:
    bounds = [1.0, 5.0, 25.0, 100.0, 1000.0, 20_000.0, math.inf]
    buckets = tuple((b, float(sum(t <= b for t in times))) for b in bounds)
    exact = sorted(times)[max(0, math.ceil(share * len(times)) - 1)]
    upper = min(b for b in bounds if exact <= b)
    lower = max([0.0, *(b for b in bounds if b < exact)])
    found = quantile(Counters(len(times), 0, buckets), share) * 1000
    assert lower - 1e-9 <= found <= upper + 1e-9


def history(*samples: tuple[float, float], kept: float = 30.0) -> History:
    made = History(kept)
    for at, completed in samples:
        made = made.and_now(Sample(at, {"a": Counters(completed)}))
    return made


def test_a_span_begins_where_it_is_asked_to() -> None:
    made = history((0, 0), (10, 100), (20, 250), (30, 300))
    assert [made.span("a", since).counters.completed for since in (30, 20, 15, 10, 0, -9)] == [
        0, 50, 200, 200, 300, 300
    ]  # fmt: skip
    assert made.span("a", 20).seconds == 10
    assert made.span("unknown", 0).counters == Counters()
    assert History(5).span("a", 0).seconds == 0


@given(st.lists(st.floats(0.01, 20), min_size=1, max_size=200), st.floats(1, 60))
def test_what_a_window_needs_is_kept_and_not_much_more(pauses: list[float], kept: float) -> None:
    made, at, samples = History(kept), 0.0, []
    for pause in pauses:
        at += pause
        samples.append(at)
        made = made.and_now(Sample(at, {"a": Counters(at)}))
    since = at - kept
    wanted = max([each for each in samples if each <= since], default=samples[0])
    assert made.samples[0].at <= wanted
    assert at - made.samples[0].at <= kept + 2 * max(pauses)
    assert made.samples[-1].at == at


def test_a_long_window_needs_no_endless_memory() -> None:
    made = History(1000.0)
    for tick in range(8000):
        made = made.and_now(Sample(tick / 4, {"a": Counters(tick)}))
    assert len(made.samples) < 4100
    assert made.span("a", 1500.0).counters.completed == pytest.approx(4 * 499.75, abs=4)


def test_gates_read_the_two_versions(tmp_path: Path) -> None:
    gates = [
        {"metric": "error-ratio", "max": "1%"},
        {"metric": "error-ratio", "against": "stable", "within": "1pp"},
        {"metric": "latency-p50", "max": "10ms"},
        {"metric": "request-rate", "min": 1},
        {"metric": "request-count", "min": 1},
        {"metric": "server-error-ratio", "max": "1%"},
    ]
    release = chosen(tmp_path, canary("5%", gates=gates)).plan.release
    buckets = ((1.0, 0.0), (5.0, 20.0), (math.inf, 20.0))
    counters = {
        WORKLOADS["1.0.0"]: Counters(380, 19),
        WORKLOADS["1.1.0"]: Counters(20, 5, buckets),
    }
    made = History(30.0).and_now(Sample(0, {})).and_now(Sample(10, counters))
    read = [read_gate(made, release, gate, 0.0, 60.0) for gate in release.canary[0].gates]
    assert {reading.requests for reading in read} == {1200.0}  # each stands for sixty
    assert read[0].value == 0.25
    assert math.isnan(read[0].reference)
    assert (read[1].value, read[1].reference) == (0.25, 0.05)
    assert read[2].value == pytest.approx(0.003)
    assert read[3].value == 2.0  # a second, here as in the plan
    assert read[4].value == 1200.0
    assert math.isnan(read[5].value)  # the proxy does not count it
