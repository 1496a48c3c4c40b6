"""The lists of a spec as rules see them: each element with its place."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, TypeAlias

Data: TypeAlias = dict[str, Any]

_METADATA = ("169.254.169.254", "100.100.100.200", "fd00:ec2::254", "fe80::a9fe:a9fe")
"""Where AWS, Azure, Google Cloud and Alibaba Cloud serve the metadata of their machines."""


def placed_parts(facts: Mapping[str, Any]) -> Data:
    """Return the lists of a deployment's facts, each element with its place."""
    canary = facts["release"]["strategy"].get("canary", {})
    steps, before = [], 0.0
    for number, step in enumerate(canary.get("steps", ()), 1):
        at = f"release.strategy.canary.steps[{number - 1}]"
        steps.append({"at": at, "number": number, "before": before, **step})
        before = step["weight"]
    slos = facts.get("monitoring", {}).get("slos", ())
    serving = facts["serving"]
    auth = serving.get("auth", {})
    jwt = auth.get("jwt", {})
    bounds = facts.get("evidence", {}).get("metrics", ())
    return {
        "steps": steps,
        "gates": _placed("gate", "release.strategy.canary.gates", canary.get("gates", ())),
        "slos": _placed("slo", "monitoring.slos", slos),
        "bounds": _placed("metric", "evidence.metrics", bounds),
        "callers": _placed("caller", "serving.callers", serving["callers"]),
        "egress": [
            {**each, "metadata": holds_metadata_service(each["egress"].get("cidr", ""))}
            for each in _placed("egress", "serving.egress", serving["egress"])
        ],
        "variables": _placed("secret", "serving.secrets", serving["secrets"]),
        "hosts": _placed("text", "serving.hosts", serving["hosts"]),
        "principals": _placed("text", "serving.auth.mtls", auth.get("mtls", ())),
        "audiences": _placed("text", "serving.auth.jwt.audiences", jwt.get("audiences", ())),
    }


@lru_cache(maxsize=1024)
def holds_metadata_service(cidr: str) -> bool:
    """Whether a block of addresses holds the metadata service of a cloud.

    Of everything, ``/0``, another rule says so. An IPv4 address may be written as one of IPv6.
    """
    if not cidr or cidr.endswith("/0"):
        return False
    from ipaddress import IPv4Network, ip_address, ip_network

    block = ip_network(cidr, strict=False)
    known = [ip_address(each) for each in _METADATA]
    if isinstance(block, IPv4Network):
        return any(each in block for each in known if each.version == 4)
    mapped = [ip_address(f"::ffff:{each}") for each in known if each.version == 4]
    return any(each in block for each in (*known, *mapped) if each.version == 6)


def _placed(name: str, route: str, values: Any) -> list[Data]:
    return [{"at": f"{route}[{index}]", name: value} for index, value in enumerate(values)]
