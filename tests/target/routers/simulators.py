"""What each router does with the objects that are rendered for it, read from the objects alone.

A router that takes the step from git is a function from a request to the services' shares. A
controller is a timeline: from which second on the candidate has which share.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, NamedTuple

from artifacts.objects import Manifest
from workspace import Document


@dataclass(frozen=True)
class Request:
    """A request through the gateway, or with ``inside`` from a pod of the cluster."""

    path: str = "/v2/models/scorer/infer"
    headers: Mapping[str, str] = field(default_factory=dict)
    inside: bool = False


class Shares(NamedTuple):
    """The share of each service, or workload, and that of its copies; 1 is every request."""

    answers: Mapping[str, float]
    copies: Mapping[str, float]


def _weighted(backends: Sequence[tuple[str, int]]) -> dict[str, float]:
    total = sum(weight for _, weight in backends)
    return {name: weight / total for name, weight in backends}


# -- the Gateway API -------------------------------------------------------------------------------


def gateway_api(manifest: Manifest, request: Request) -> Shares | None:
    """Return what an HTTPRoute does: the most exact match holds (GEP-820, HTTPRouteRule)."""
    (route,) = manifest.of("HTTPRoute")
    found: list[tuple[int, int, Document]] = []
    for number, rule in enumerate(route["spec"]["rules"]):
        for match in rule["matches"]:
            headers = match.get("headers", [])
            fits = _below(request.path, match["path"]["value"])
            if fits and all(_header(each, request.headers) for each in headers):
                found.append((-len(headers), number, rule))
    if not found:
        return None
    rule = min(found, key=lambda each: each[:2])[2]
    mirrors = [f["requestMirror"] for f in rule.get("filters", []) if f["type"] == "RequestMirror"]
    return Shares(
        _weighted([(each["name"], each["weight"]) for each in rule["backendRefs"]]),
        {
            each["backendRef"]["name"]: each["fraction"]["numerator"]
            / each["fraction"]["denominator"]
            for each in mirrors
        },
    )


def _below(path: str, prefix: str) -> bool:
    return prefix == "/" or path == prefix or path.startswith(f"{prefix}/")


def _header(match: Document, headers: Mapping[str, str]) -> bool:
    value = headers.get(match["name"].lower())
    if value is None:
        return False
    if match["type"] == "RegularExpression":
        return re.fullmatch(match["value"], value) is not None
    return bool(value == match["value"])


# -- Istio -----------------------------------------------------------------------------------------


def istio(manifest: Manifest, request: Request) -> Shares | None:
    """Return what a VirtualService does: the first match holds."""
    gateway = "mesh" if request.inside else "gateways/public"
    (service,) = [v for v in manifest.of("VirtualService") if gateway in v["spec"]["gateways"]]
    for rule in service["spec"]["http"]:
        if not any(_istio_match(match, request) for match in rule.get("match", [{}])):
            continue
        assert rule["retries"] == {"attempts": 0}
        routes = [(each["destination"]["host"], each["weight"]) for each in rule["route"]]
        mirrors = rule.get("mirrors", [])
        return Shares(
            _weighted(routes),
            {m["destination"]["host"]: m["percentage"]["value"] / 100 for m in mirrors},
        )
    return None


def _istio_match(match: Document, request: Request) -> bool:
    texts = {name.lower(): text for name, text in match.get("headers", {}).items()}
    fits = all(name in request.headers and _text(text, request.headers[name])
               for name, text in texts.items())  # fmt: skip
    return fits and ("uri" not in match or _text(match["uri"], request.path))


def _text(match: Document, value: str) -> bool:
    if "regex" in match:
        return re.fullmatch(match["regex"], value) is not None
    return bool(value == match["exact"])


# -- Envoy -----------------------------------------------------------------------------------------


def envoy(routes: Document, request: Request) -> Shares | None:
    """Return what Envoy's route configuration does: the first match holds."""
    (resource,) = routes["resources"]
    for route in resource["virtual_hosts"][0]["routes"]:
        match, action = route["match"], route["route"]
        prefix = match.get("path_separated_prefix", match.get("prefix"))
        if not _below(request.path, prefix):
            continue
        if not all(_envoy_header(each, request.headers) for each in match.get("headers", [])):
            continue
        clusters = action["weighted_clusters"]["clusters"]
        return Shares(
            _weighted([(each["name"], each["weight"]) for each in clusters]),
            {
                each["cluster"].removesuffix("/mirror"): _fraction(each["runtime_fraction"])
                for each in action.get("request_mirror_policies", [])
            },
        )
    return None


def _fraction(fraction: Document) -> float:
    assert fraction["default_value"]["denominator"] == "MILLION"
    return float(fraction["default_value"]["numerator"]) / 1_000_000


def _envoy_header(match: Document, headers: Mapping[str, str]) -> bool:
    value, text = headers.get(match["name"].lower()), match["string_match"]
    if value is None:
        return False
    if "safe_regex" in text:
        return re.fullmatch(text["safe_regex"]["regex"], value) is not None
    return bool(value == text["exact"])


# -- controllers -----------------------------------------------------------------------------------


class Moment(NamedTuple):
    """From ``second`` on the candidate has ``share`` of the requests."""

    second: float
    share: float


def argo_rollouts(manifest: Manifest) -> list[Moment]:
    """Return the timeline of a Rollout whose gates pass at once (rollout/canary.go, 1.9).

    Its plugin writes the weight to the canary's service, and what is missing to 100 to stable's.
    """
    (rollout,) = manifest.of("Rollout")
    canary = rollout["spec"]["strategy"]["canary"]
    (route,) = manifest.of("HTTPRoute")
    assert canary["trafficRouting"]["plugins"]["argoproj-labs/gatewayAPI"] == {
        "httpRoute": route["metadata"]["name"],
        "namespace": route["metadata"]["namespace"],
    }
    names = [each["name"] for each in route["spec"]["rules"][0]["backendRefs"]]
    assert names == [canary["stableService"], canary["canaryService"]]
    found, second = [Moment(0, 0.0)], 0
    for step in canary["steps"]:
        (kind,) = step
        if kind == "setWeight":
            found.append(Moment(second, step[kind] / 100))
        elif kind == "pause":
            second += step[kind]["duration"]
        else:
            assert kind == "analysis"
    return [*found, Moment(second, 1.0)]


def flagger(manifest: Manifest) -> list[Moment]:
    """Return the timeline of a Canary whose checks pass (pkg/controller/scheduler.go, 1.44).

    It begins with the tick that finds the candidate's pods ready, and ends with that which
    promotes it; the share stays until the stable version's pods are replaced.
    """
    (canary,) = manifest.of("Canary")
    analysis = canary["spec"]["analysis"]
    assert canary["spec"]["provider"] == "gatewayapi:v1"
    assert analysis["threshold"] == 1
    interval = max(10, int(analysis["interval"].removesuffix("s")))
    weights, weight, tick = analysis["stepWeights"], 0, 0
    found = [Moment(0, 0.0)]
    while weight < min(100, weights[-1]):
        more = _next_weight(weights, weight)
        assert more > 0, "it would stay at this weight for ever"
        weight = min(100, weight + more)
        found.append(Moment(tick * interval, weight / 100))
        tick += 1
    return [*found, Moment(tick * interval, weight / 100)]


def _next_weight(weights: list[int], weight: int) -> int:
    """Return by how much the weight rises (``nextStepWeight``)."""
    most = 100 - weight
    if most == 0:
        return 1
    if weight == 0:
        return min(most, weights[0])
    for before, after in pairwise(weights):
        if before == weight:
            return min(most, after - weight)
    return most


def minutes(moments: Sequence[Moment]) -> Iterator[tuple[int, float]]:
    """Yield the share of every minute that a timeline has, as it is when the minute begins."""
    end = moments[-1].second
    for second in range(0, int(end), 60):
        yield second, [moment.share for moment in moments if moment.second <= second][-1]


def steps(plan: Any) -> list[Moment]:
    """Return the timeline that the plan has for a controller."""
    (canary,) = plan.release.canary
    made = [Moment(step.start, step.percent / 100) for step in canary.steps]
    return [*made, Moment(canary.steps[-1].start + canary.steps[-1].hold, 1.0)]
