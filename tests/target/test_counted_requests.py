"""What SLOs count: every answer that somebody got, once, and no copy."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from target.alerting import CANDIDATE, GATEWAYS, STABLE, rendered, slos
from target.promtool import expect, needs_promtool

COPIES: Mapping[str, tuple[Mapping[str, str], Mapping[str, str]]] = {
    # the labels of what stable answers, and of what is copied to the candidate
    "envoy-gateway": (
        {"envoy_cluster_name": "httproute/fraud/fraud/rule/0/backend/0"},
        {"envoy_cluster_name": "httproute/fraud/fraud/rule/0-mirror-0"},
    ),
    "contour": ({"envoy_cluster_name": STABLE}, {"envoy_cluster_name": CANDIDATE}),
    "cilium": (
        {"envoy_cluster_name": f"edge/cilium-gateway-public/{STABLE}"},
        {"envoy_cluster_name": f"edge/cilium-gateway-public/{CANDIDATE}"},
    ),
    "istio": (
        {"reporter": "source", "destination_service": "fraud-3-1-0.fraud.svc.cluster.local"},
        {"reporter": "source", "destination_service": "fraud-3-2-0.fraud.svc.cluster.local"},
    ),
    "traefik": (
        {"service": "fraud-fraud-3-1-0-http-80@kubernetesgateway"},
        {"service": "fraud-fraud-3-2-0-http-80@kubernetesgateway"},
    ),
    # It counts nothing of use, so the servers do, and those count copies too.
    "nginx": ({"model": "fraud", "version": "3.1.0"}, {"model": "fraud", "version": "3.2.0"}),
}
ENVOY = ("envoy_cluster_upstream_rq_completed", "envoy_cluster_upstream_rq_xx",
         "envoy_cluster_upstream_rq_time_bucket", {"envoy_response_code_class": "5"},
         "250")  # fmt: skip
ISTIO = ("istio_requests_total", "", "istio_request_duration_milliseconds_bucket",
         {"response_code": "503"}, "250")  # fmt: skip
TRAEFIK = ("traefik_service_requests_total", "",
           "traefik_service_request_duration_seconds_bucket", {"code": "503"}, "0.3")  # fmt: skip
FAIRWAY = ("fairway_requests_total", "", "fairway_request_duration_seconds_bucket",
           {"code": "500"}, "0.25")  # fmt: skip
NAMES = {"istio": ISTIO, "traefik": TRAEFIK, "nginx": FAIRWAY}


def name(metric: str, *labels: Mapping[str, str]) -> str:
    both = {key: value for each in labels for key, value in each.items()}
    return metric + "{" + ",".join(f'{key}="{value}"' for key, value in both.items()) + "}"


def counted(
    implementation: str, labels: Mapping[str, str], *, total: int, bad: int, slow: int
) -> dict[str, str]:
    """Series of ``total`` requests a minute, of which some failed and some were slow."""
    requests, classes, bucket, error, bound = NAMES.get(implementation, ENVOY)
    fine = {key: "2" if value == "5" else "200" for key, value in error.items()}
    made = {
        name(bucket, labels, {"le": bound}): total - slow,
        name(bucket, labels, {"le": "+Inf"}): total,
        name(bucket.replace("_bucket", "_count"), labels): total,
    }
    if classes:
        made |= {name(requests, labels): total, name(classes, labels, fine): total - bad}
    else:
        made[name(requests, labels, fine)] = total - bad
    made[name(classes or requests, labels, error)] = bad
    return {series: f"0+{count}x20" for series, count in made.items()}


def recorded(record: str, slo: str) -> str:
    return f'sum(fairway:slo_{record}:rate5m{{slo="{slo}"}})'


@needs_promtool
@pytest.mark.parametrize("implementation", GATEWAYS)
def test_copied_requests_never_count(tmp_path: Path, implementation: str) -> None:
    """A quarter of the requests is copied; all copies fail, slowly. The SLOs do not notice."""
    plan, groups = rendered(tmp_path, "shadow", implementation)
    sides = {objective.side for objective in plan.objectives}
    assert sides == {"runtime" if implementation == "nginx" else "router"}
    answered, copied = COPIES[implementation]
    series = {
        **counted(implementation, answered, total=400, bad=4, slow=40),
        **counted(implementation, copied, total=100, bad=100, slow=100),
    }
    expect(tmp_path, groups, series, [
        ("15m", recorded("error_ratio", "availability"), 0.01),
        ("15m", recorded("error_ratio", "latency"), 0.1),
        ("15m", recorded("requests", "availability"), 400 / 60),
        ("15m", recorded("errors", "latency"), 40 / 60),
    ])  # fmt: skip


@needs_promtool
@pytest.mark.parametrize("implementation", GATEWAYS)
@pytest.mark.parametrize("strategy", ["canary", "blueGreen", "ab"])
def test_every_answer_counts(tmp_path: Path, strategy: str, implementation: str) -> None:
    _, groups = rendered(tmp_path, strategy, implementation)
    stable, candidate = COPIES[implementation]
    if implementation == "envoy-gateway":
        route = "httproute/fraud/fraud/rule"
        places = ("1", "0") if strategy == "ab" else ("0/backend/0", "0/backend/1")
        stable, candidate = ({"envoy_cluster_name": f"{route}/{place}"} for place in places)
    series = {
        **counted(implementation, stable, total=900, bad=0, slow=0),
        **counted(implementation, candidate, total=100, bad=10, slow=50),
        **counted(implementation, {key: value.replace("fraud", "other")
                                   for key, value in stable.items()}, total=7, bad=7, slow=7),
    }  # fmt: skip
    expect(tmp_path, groups, series, [
        ("15m", recorded("error_ratio", "availability"), 0.01),
        ("15m", recorded("error_ratio", "latency"), 0.05),
        ("15m", recorded("requests", "latency"), 1000 / 60),
    ])  # fmt: skip


@needs_promtool
@pytest.mark.parametrize("bound", ["250", "250.0"])
def test_buckets_are_found_as_prometheus_2_and_3_write_them(tmp_path: Path, bound: str) -> None:
    _, groups = rendered(tmp_path, "rolling")
    labels = {"envoy_cluster_name": "fraud_fraud_80"}
    series = {
        key.replace('le="250"', f'le="{bound}"'): values
        for key, values in counted("contour", labels, total=100, bad=0, slow=5).items()
    }
    expect(tmp_path, groups, series, [("15m", recorded("error_ratio", "latency"), 0.05)])


@needs_promtool
def test_the_budget_is_counted_in_requests(tmp_path: Path) -> None:
    """Ten quiet minutes in which all fails are less than ten busy ones; none is no trouble."""
    monitoring = slos()
    monitoring["slos"][0] |= {"window": "1d", "objective": "90%"}
    _, groups = rendered(tmp_path, "rolling", monitoring=monitoring)
    labels = 'envoy_cluster_name="fraud_fraud_80"'
    errors = f'envoy_cluster_upstream_rq_xx{{{labels},envoy_response_code_class="5"}}'
    series = {
        f"envoy_cluster_upstream_rq_completed{{{labels}}}":
            "0+1000x50 50000+100x49 54900x100 54900+1000x50",
        errors: "0x50 0+100x49 4900x100 4900x50",
    }  # fmt: skip
    left = 'fairway:slo_error_budget_remaining:ratio{slo="availability"}'
    used = 'fairway:slo_period_error_ratio:rate1d{slo="availability"}'
    whole = 4_900 / 104_900
    expect(tmp_path, groups, series, [
        ("40m", f"sum({left})", 1),
        ("258m", f"abs(sum({used}) - {whole}) < bool {whole / 50}", 1),
        ("258m", f"abs(sum({left}) - {1 - whole / 0.1}) < bool 0.02", 1),
    ])  # fmt: skip
