"""What HTTPRoute's CEL rules ask of the fields that are rendered (Gateway API 1.6)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from ipaddress import ip_address

from artifacts.objects import Manifest, Object
from artifacts.units import seconds

_ROUTE_PATH = re.compile(r"(?:[-A-Za-z0-9/._~!$&'()*+,;=:@]|%[0-9a-fA-F]{2})+\Z")
_ROUTE_DURATION = re.compile(r"([0-9]{1,5}(h|m|s|ms)){1,4}\Z")


def route_faults(manifest: Manifest) -> Iterator[str]:
    """Yield what a manifest's routes break, their backends among it."""
    services = {s["metadata"]["name"]: s for s in manifest.of("Service")}
    for route in manifest.of("HTTPRoute"):
        parents = [(p.get("namespace"), p["name"]) for p in route["spec"]["parentRefs"]]
        if len(set(parents)) != len(parents):
            yield "two parents are the same, without a sectionName"
        yield from (f"{host} is an address" for host in route["spec"].get("hostnames", [])
                    if _is_address(host))  # fmt: skip
        if sum(len(rule.get("matches", [])) for rule in route["spec"]["rules"]) > 128:
            yield "more than 128 matches"
        for rule in route["spec"]["rules"]:
            yield from _route_rule(rule, services)


def _route_rule(rule: Object, services: Mapping[str, Object]) -> Iterator[str]:
    for match in rule.get("matches", []):
        path = match["path"]["value"]
        sound = path.startswith("/") and _ROUTE_PATH.match(path)
        parts = ("//", "/./", "/../", "%2f", "%2F", "#")
        if not sound or any(part in path for part in parts) or path.endswith(("/..", "/.")):
            yield f"{path} is not a path that a route may match"
    timeouts = rule.get("timeouts", {})
    for value in timeouts.values():
        if not _ROUTE_DURATION.match(value) or not seconds(value):
            yield f"{value} is no timeout"
    longest = timeouts.get("request")
    both = "backendRequest" in timeouts and longest is not None
    if both and seconds(timeouts["backendRequest"]) > seconds(longest) > 0:
        yield "backendRequest timeout cannot be longer than request timeout"
    weights = [backend.get("weight", 1) for backend in rule["backendRefs"]]
    if not any(weights):
        yield "no backend has weight"
    names = [backend["name"] for backend in rule["backendRefs"]]
    if len(set(names)) != len(names):
        yield "a backend is there twice"
    for backend in rule["backendRefs"]:
        ports = services.get(backend["name"], {"spec": {"ports": []}})["spec"]["ports"]
        if backend.get("port") not in [port["port"] for port in ports]:
            yield f"no Service {backend['name']} with port {backend.get('port')}"


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
