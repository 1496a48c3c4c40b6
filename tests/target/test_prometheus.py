"""SLOs as rules: the operator defines them, promtool reads them, alerts fire when it is said."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import ceil, floor
from pathlib import Path

import pytest
from artifacts import custom_resource_schema
from target.alerting import CANDIDATE, GATEWAYS, STABLE, rendered
from target.promtool import Expectation, check, expect, needs_promtool
from target.released import SLOS, STRATEGIES, compiled, of, spec

from fairway.arithmetic.burn import burn_alerts, burn_detections
from fairway.plan.watching import window_text

needs_definitions = pytest.mark.skipif(
    not custom_resource_schema.CRDS.is_dir(), reason=custom_resource_schema.ABSENT
)


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
