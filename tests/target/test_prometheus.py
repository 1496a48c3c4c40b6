"""SLOs as rules: the operator defines them, promtool reads them, alerts fire when it is said."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import ceil, floor
from pathlib import Path
from typing import Any

import pytest
from artifacts import custom_resource_schema
from target.promtool import Expectation, check, expect, needs_promtool
from target.released import SLOS, STRATEGIES, compiled, found, of, spec

from fairway.arithmetic.burn import burn_alerts, burn_detections
from fairway.plan.model import Plan
from fairway.plan.watching import window_text

needs_definitions = pytest.mark.skipif(
    not custom_resource_schema.CRDS.is_dir(), reason=custom_resource_schema.ABSENT
)
GATEWAYS = ("envoy-gateway", "contour", "cilium", "istio", "traefik", "nginx")
# Traefik's default buckets end at 100 ms and 300 ms, the others' at 250 ms.
BOUNDS = {"traefik": "300ms"}


def slos(**changes: Any) -> dict[str, Any]:
    first, second = SLOS["slos"]
    return {**SLOS, "slos": [first, {**second, **changes}]}


def rendered(
    root: Path, strategy: str, implementation: str = "contour", **parts: Any
) -> tuple[Plan, list[dict[str, Any]]]:
    """The plan and the groups of rules of a deployment with SLOs."""
    parts.setdefault("monitoring", slos(threshold=BOUNDS.get(implementation, "250ms")))
    gateway = {"name": "public", "namespace": "edge", "implementation": implementation}
    given = spec(STRATEGIES[strategy], **parts)
    if implementation == "nginx" and strategy == "canary":
        del given.document["release"]["strategy"]["canary"]["gates"]  # it counts nothing for them
    plan, objects = compiled(root, given, targets=["docker", "prometheus"], gateway=gateway)
    (rules,) = of(objects, "PrometheusRule").values()
    return plan, rules["spec"]["groups"]


# -- what is rendered --------------------------------------------------------------------------


@needs_definitions
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_the_operator_defines_it(tmp_path: Path, strategy: str) -> None:
    given = spec(STRATEGIES[strategy], monitoring=SLOS)
    _, objects = compiled(tmp_path, given, targets=["docker", "prometheus"])
    (rules,) = of(objects, "PrometheusRule").values()
    assert custom_resource_schema.faults(rules) == []
    rules["spec"]["groups"][0]["rules"][0]["record"] = 7
    assert custom_resource_schema.faults(rules)


@needs_promtool
@pytest.mark.parametrize("implementation", GATEWAYS)
def test_promtool_reads_every_rule(tmp_path: Path, implementation: str) -> None:
    for strategy in STRATEGIES:
        _, groups = rendered(tmp_path / strategy, strategy, implementation)
        count = sum(len(group["rules"]) for group in groups)
        assert f"{count} rules found" in check(tmp_path, groups)
        assert count == 2 * (9 + 4 + 2)


def test_alerts_are_those_of_the_arithmetic(tmp_path: Path) -> None:
    plan, groups = rendered(tmp_path, "canary")
    for objective, group in zip(plan.objectives, groups, strict=False):
        assert [(a.severity, a.factor, a.long, a.short) for a in objective.alerts] == [
            (b.severity, b.factor, window_text(b.long), window_text(b.short))
            for b in burn_alerts(objective.window)
        ]
        alerts = [rule for rule in group["rules"] if "alert" in rule]
        assert [each["expr"] for each in alerts] == [a.expression for a in objective.alerts]
        recorded = {rule["record"] for rule in group["rules"] if "record" in rule}
        for alert in objective.alerts:
            for window in (alert.long, alert.short):
                assert f"fairway:slo_error_ratio:rate{window}" in recorded
    availability, latency = plan.objectives
    assert (availability.at, availability.metric) == ("monitoring.slos[0]", "error-ratio")
    assert (latency.at, latency.metric) == ("monitoring.slos[1]", "slow-ratio")
    assert (availability.budget, latency.budget, latency.threshold) == (0.001, 0.01, 0.25)
    assert [a.threshold for a in availability.alerts] == pytest.approx([0.0144, 6e-3, 3e-3, 1e-3])


@pytest.mark.parametrize(
    ("alerts", "receivers"),
    [
        (None, {}),
        ({"page": "phone"}, {"page": "phone"}),
        ({"ticket": "queue"}, {"ticket": "queue"}),
        ({"page": "phone", "ticket": "queue"}, {"page": "phone", "ticket": "queue"}),
    ],
)
def test_only_those_who_are_named_hear_of_it(
    tmp_path: Path, alerts: Mapping[str, str] | None, receivers: Mapping[str, str]
) -> None:
    _, groups = rendered(tmp_path, "rolling", monitoring={**SLOS, "alerts": alerts})
    labels = [rule["labels"] for group in groups for rule in group["rules"] if "alert" in rule]
    assert {each["severity"]: each["receiver"] for each in labels} == receivers
    assert all(each["team"] == "risk" for each in labels)


def test_without_objectives_there_is_no_object(tmp_path: Path) -> None:
    targets = ["docker", "prometheus"]
    _, objects = compiled(tmp_path, spec(STRATEGIES["rolling"]), targets=targets)
    assert of(objects, "PrometheusRule") == {}


# -- when alerts fire --------------------------------------------------------------------------

STABLE, CANDIDATE = "fraud_fraud-3-1-0_80", "fraud_fraud-3-2-0_80"


def canary_traffic(
    weight: float, errors: float, history: int, minutes: int
) -> Iterator[tuple[str, str]]:
    """10,000 requests a minute; the candidate's errors begin after ``history`` minutes."""
    candidate = round(10_000 * weight)
    bad = round(candidate * errors)
    for name, count in ((STABLE, 10_000 - candidate), (CANDIDATE, candidate)):
        labels = f'{{envoy_cluster_name="{name}"}}'
        yield f"envoy_cluster_upstream_rq_completed{labels}", f"0+{count}x{history + minutes}"
    labels = f'{{envoy_cluster_name="{CANDIDATE}",envoy_response_code_class="5"}}'
    yield f"envoy_cluster_upstream_rq_xx{labels}", f"0x{history} {bad}+{bad}x{minutes}"


def firing(window: str) -> str:
    return f'count(ALERTS{{window="{window}",slo="availability",alertstate="firing"}})'


TABLE = [
    # weight, errors, minutes until 14.4x/1h, 6x/6h, 1x/3d fire; None is never
    (0.05, 1.0, 17.28, 43.2, 86.4),
    (0.05, 0.1, None, None, 864.0),
    (0.10, 0.1, None, 216.0, 432.0),
    (0.25, 0.1, 34.56, 86.4, 172.8),
]


@needs_promtool
@pytest.mark.slow
@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row[0]:.0%} of {row[1]:.0%}")
def test_alerts_fire_when_the_arithmetic_says(
    tmp_path: Path, row: tuple[float, float, float | None, float | None, float]
) -> None:
    weight, errors, fast, slow, ticket = row
    _, groups = rendered(tmp_path, "canary")
    detections = burn_detections(30 * 86_400.0, 0.001, weight, errors)
    minutes = {window_text(d.long): None if d.never else d.seconds / 60 for d in detections}
    assert [minutes[w] for w in ("1h", "6h", "3d")] == pytest.approx([fast, slow, ticket])
    # Before the fault there is as much as the longest window looks back over, in minutes.
    for windows, history, step in ((("1h", "6h"), 6 * 60, 1), (("1d", "3d"), 3 * 24 * 60, 10)):
        expected: list[Expectation] = []
        end = step * ceil(max(minutes[w] or 60 for w in windows) / step + 3)
        for window in windows:
            after = minutes[window]
            if after is None:
                expected.append((f"{history + end}m", firing(window), None))
                continue
            before = step * (floor(after / step) - 1)
            expected.append((f"{history + before}m", firing(window), None))
            expected.append((f"{history + step * (ceil(after / step) + 2)}m", firing(window), 1))
        series = dict(canary_traffic(weight, errors, history, end))
        expect(tmp_path, groups[:1], series, expected, interval=f"{step}m")


@needs_promtool
def test_an_alert_ends_soon_after_the_fault(tmp_path: Path) -> None:
    """That is what the short window is for."""
    _, groups = rendered(tmp_path, "canary")
    good, bad = f'{{envoy_cluster_name="{STABLE}"}}', f'envoy_cluster_name="{STABLE}"'
    series = {
        f"envoy_cluster_upstream_rq_completed{good}": "0+1000x200",
        f'envoy_cluster_upstream_rq_xx{{{bad},envoy_response_code_class="5"}}':
            "0x60 500+500x30 15500x110",
    }  # fmt: skip
    expect(tmp_path, groups[:1], series, [
        ("58m", firing("1h"), None),
        ("80m", firing("1h"), 1),
        ("100m", firing("1h"), None),
        ("100m", 'sum(fairway:slo_error_ratio:rate1h) > bool 0.0144', 1),
    ])  # fmt: skip


# -- what is counted ---------------------------------------------------------------------------

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


# -- what cannot be measured -------------------------------------------------------------------


def findings(root: Path, slo: Mapping[str, Any], **changes: Any) -> list[tuple[str, str, str]]:
    """The rule, the route and the fix of each finding about a spec with one SLO."""
    given = spec(STRATEGIES["canary"], monitoring={**SLOS, "slos": [{"window": "30d", **slo}]})
    given.document["serving"] |= changes.pop("serving", {})
    given.document["release"]["strategy"] = {"rolling": {}}
    del given.document["release"]["candidate"]
    place = {"targets": ["docker", "prometheus"], **changes}
    return [
        (each.rule, ".".join(map(str, each.at.route)), each.fix.description if each.fix else "")
        for each in found(root, given, **place)
    ]


AVAILABLE = {"name": "availability", "objective": "99.9%"}
FAST = {"name": "latency", "objective": "99%", "threshold": "250ms"}
INSIDE = {"callers": [{"namespace": "checkout"}]}
IMAGE = {"runtime": "image", "image": {"repository": "ghcr.io/acme/scorer", "tag": "1"}}


@pytest.mark.parametrize(
    ("slo", "serving", "at", "fix"),
    [
        (AVAILABLE, {}, "", ""),
        (FAST, {}, "", ""),
        ({**AVAILABLE, "name": "avalability"}, {}, "name", "write availability"),
        ({**AVAILABLE, "name": "freshness"}, {}, "name", "write availability or latency"),
        ({**AVAILABLE, "threshold": "1s"}, {}, "threshold", "remove it, or call the objective la"),
        ({**FAST, "threshold": None}, {}, "", "add a `threshold`, such as 250ms"),
        ({**FAST, "threshold": "300ms"}, {}, "threshold", "write 250ms or 500ms"),
        ({**FAST, "threshold": "2h"}, {}, "threshold", "write 1h"),
        (AVAILABLE, INSIDE, "", ""),
        (FAST, INSIDE, "", ""),
        ({**FAST, "threshold": "400ms"}, INSIDE, "threshold", "write 300ms or 500ms"),
        (AVAILABLE, {**INSIDE, **IMAGE}, "name", "choose a router or a runtime that counts it"),
        (FAST, {**INSIDE, **IMAGE}, "name", "choose a router or a runtime that counts it"),
    ],
)
def test_what_cannot_be_measured_is_found(
    tmp_path: Path, slo: Mapping[str, Any], serving: Mapping[str, Any], at: str, fix: str
) -> None:
    given = {key: value for key, value in slo.items() if value is not None}
    changes = {"auth": None, **serving} if serving else {}
    expected = [("target/metric", f"monitoring.slos.0.{at}".rstrip("."))] if fix else []
    made = findings(tmp_path, given, serving=changes)
    assert [each[:2] for each in made] == expected
    assert all(each[2].startswith(fix) for each in made)


def test_a_receiver_is_no_template(tmp_path: Path) -> None:
    monitoring = {**SLOS, "alerts": {"page": "{{ $labels.team }}", "ticket": "jira"}}
    given = spec(STRATEGIES["rolling"], monitoring=monitoring)
    (finding,) = found(tmp_path, given, targets=["docker", "prometheus"])
    assert finding.at.route == ("monitoring", "alerts", "page")


def test_objectives_need_a_target(tmp_path: Path) -> None:
    given = spec(STRATEGIES["rolling"], monitoring=SLOS)
    (finding,) = found(tmp_path, given)
    assert finding.fix is not None
    assert "the target `prometheus` can" in finding.fix.description
