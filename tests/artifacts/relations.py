"""What the objects of one manifest say of each other, and what no schema sees.

A check is a function from a manifest to its faults. They hold for any spec that compiles.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import TypeAlias

from artifacts.objects import Manifest, Object, pod_template
from artifacts.routes import route_faults
from artifacts.units import canonical_quantity, seconds

Check: TypeAlias = Callable[[Manifest], Iterator[str]]

_DNS_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\Z")
_SERVICE = re.compile(r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?\Z")
_LABEL_VALUE = re.compile(r"([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?\Z")
_LABEL_NAME = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?\Z")
_DNS_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\Z")


def faults(manifest: Manifest) -> dict[str, list[str]]:
    """Return the faults of each check that finds any."""
    found = {name: list(check(manifest)) for name, check in CHECKS.items()}
    return {name: what for name, what in found.items() if what}


def selects(selector: Mapping[str, str], labels: Mapping[str, str]) -> bool:
    """Whether a ``matchLabels`` selector matches these labels; an empty one matches all."""
    return selector.items() <= labels.items()


def pods_of(manifest: Manifest, selector: Mapping[str, str]) -> list[str]:
    """Return the names of the workloads whose pods a selector matches."""
    return [
        item["metadata"]["name"]
        for item in manifest.of("Deployment")
        if selects(selector, item["spec"]["template"]["metadata"]["labels"])
    ]


def _names(manifest: Manifest) -> Iterator[str]:
    seen: set[tuple[str, str]] = set()
    for item in manifest.objects:
        name, namespace = item["metadata"]["name"], item["metadata"]["namespace"]
        for text in (name, namespace):
            if not _DNS_LABEL.match(text):
                yield f"{text} is not a DNS label"
        if item["kind"] == "Service" and not _SERVICE.match(name):
            yield f"{name} is not a Service's name, which begins with a letter"
        if (item["kind"], name) in seen:
            yield f"there are two {item['kind']} {name}"
        seen.add((item["kind"], name))
    namespaces = {item["metadata"]["namespace"] for item in manifest.objects}
    if len(namespaces) != 1:
        yield f"several namespaces: {sorted(namespaces)}"


def _labels(manifest: Manifest) -> Iterator[str]:
    for item in manifest.objects:
        template = pod_template(item) or {}
        for holder in (item["metadata"], template.get("metadata", {})):
            for key, value in holder.get("labels", {}).items():
                if not _LABEL_VALUE.match(value):
                    yield f"{key}={value} is not a label's value"
            for key in (*holder.get("labels", {}), *holder.get("annotations", {})):
                prefix, _, name = key.rpartition("/")
                if not _LABEL_NAME.match(name) or (prefix and not _DNS_SUBDOMAIN.match(prefix)):
                    yield f"{key} is not a label's key"


def _selectors(manifest: Manifest) -> Iterator[str]:
    workloads = manifest.of("Deployment")
    for item in workloads:
        name, template = item["metadata"]["name"], item["spec"]["template"]
        matched = pods_of(manifest, item["spec"]["selector"]["matchLabels"])
        if matched != [name]:
            yield f"{name} selects the pods of {matched}"
        for constraint in template["spec"].get("topologySpreadConstraints", []):
            spread = pods_of(manifest, constraint["labelSelector"]["matchLabels"])
            if spread != [name]:
                yield f"{name} is spread with the pods of {spread}"
    for item in (*manifest.of("Service"), *manifest.of("PodDisruptionBudget")):
        selector = item["spec"]["selector"]
        if len(pods_of(manifest, selector.get("matchLabels", selector))) != 1:
            yield f"{item['kind']} {item['metadata']['name']} selects not one workload"
    for item in manifest.of("NetworkPolicy"):
        matched = pods_of(manifest, item["spec"]["podSelector"]["matchLabels"])
        if matched != [workload["metadata"]["name"] for workload in workloads]:
            yield f"the NetworkPolicy covers only {matched}"


def _references(manifest: Manifest) -> Iterator[str]:
    exists = {(item["kind"], item["metadata"]["name"]) for item in manifest.objects}
    for item in manifest.of("Deployment"):
        spec = item["spec"]["template"]["spec"]
        if ("ServiceAccount", spec["serviceAccountName"]) not in exists:
            yield f"no ServiceAccount {spec['serviceAccountName']}"
        volumes = {volume["name"] for volume in spec.get("volumes", [])}
        for container in spec["containers"]:
            for mount in container.get("volumeMounts", []):
                if mount["name"] not in volumes:
                    yield f"no volume {mount['name']}"
            ports = {port["name"] for port in container["ports"]}
            for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
                if container[probe]["httpGet"]["port"] not in ports:
                    yield f"{probe} asks a port that is not there"
        budgets = [b["spec"]["selector"]["matchLabels"] for b in manifest.of("PodDisruptionBudget")]
        if [item["metadata"]["name"]] not in [pods_of(manifest, labels) for labels in budgets]:
            yield f"no PodDisruptionBudget for {item['metadata']['name']}"
    for item in manifest.of("HorizontalPodAutoscaler"):
        target = item["spec"]["scaleTargetRef"]
        if (target["kind"], target["name"]) not in exists:
            yield f"no {target['kind']} {target['name']} to scale"


def _ports(manifest: Manifest) -> Iterator[str]:
    """A Service reaches a port that its pods have, and the policy lets callers reach it."""
    for service in manifest.of("Service"):
        for name in pods_of(manifest, service["spec"]["selector"]):
            pods = _container_ports(manifest.named("Deployment", name))
            for port in service["spec"]["ports"]:
                if port["targetPort"] not in pods and port["targetPort"] not in pods.values():
                    yield f"{name} has no port {port['targetPort']}"
    open_ports = {
        number
        for item in manifest.of("Deployment")
        for number in _container_ports(item).values()
    }  # fmt: skip
    for policy in manifest.of("NetworkPolicy"):
        if sorted(policy["spec"]["policyTypes"]) != ["Egress", "Ingress"]:
            yield "the NetworkPolicy leaves a direction open"
        for rule in policy["spec"]["ingress"]:
            if not rule.get("from") or not rule.get("ports"):
                yield "an ingress rule admits everybody or every port"
            if {port["port"] for port in rule.get("ports", [])} != open_ports:
                yield f"an ingress rule admits other ports than {open_ports}"
        for rule in policy["spec"]["egress"]:
            if not rule.get("to") or not rule.get("ports"):
                yield "an egress rule admits everything"


def _container_ports(workload: Object) -> dict[str, int]:
    containers = workload["spec"]["template"]["spec"]["containers"]
    return {port["name"]: port["containerPort"] for c in containers for port in c["ports"]}


def _replicas(manifest: Manifest) -> Iterator[str]:
    scaled = {
        item["spec"]["scaleTargetRef"]["name"]: item["spec"]
        for item in manifest.of("HorizontalPodAutoscaler")
    }
    rollouts = {item["spec"]["workloadRef"]["name"]: item for item in manifest.of("Rollout")}
    for item in manifest.of("Deployment"):
        name = item["metadata"]["name"]
        counted = rollouts.get(name, item)
        if ("replicas" in counted["spec"]) == (name in scaled):
            yield f"{name}: an autoscaler or `replicas`, exactly one of them"
        if counted is not item and "replicas" in item["spec"]:
            yield f"{name} is counted by the Rollout, and has `replicas` of its own"
        requests = item["spec"]["template"]["spec"]["containers"][0]["resources"]["requests"]
        if name in scaled and not 1 <= scaled[name]["minReplicas"] < scaled[name]["maxReplicas"]:
            yield f"{name} is scaled between nothing"
        for metric in scaled.get(name, {}).get("metrics", []):
            if metric["resource"]["name"] not in requests:
                yield f"{name} is scaled by what it does not request"
            if metric["resource"]["target"]["averageUtilization"] < 1:
                yield f"{name} is scaled to no use at all"


def _rollout(manifest: Manifest) -> Iterator[str]:
    """A rollout can proceed: Kubernetes refuses no surge together with nothing unavailable."""
    for item in manifest.of("Deployment"):
        rolling = item["spec"]["strategy"]["rollingUpdate"]
        if all(rolling[key] in (0, "0%") for key in ("maxSurge", "maxUnavailable")):
            yield f"{item['metadata']['name']} can never replace a pod"


def _drain(manifest: Manifest) -> Iterator[str]:
    """A node may be drained, even of pods that are not ready."""
    for item in manifest.of("PodDisruptionBudget"):
        spec = item["spec"]
        if "minAvailable" in spec or spec.get("maxUnavailable") in (0, "0%", None):
            yield f"{item['metadata']['name']} may hold a drain up"
        if spec.get("unhealthyPodEvictionPolicy") != "AlwaysAllow":
            yield f"{item['metadata']['name']} lets broken pods hold a drain up"


def _shutdown(manifest: Manifest) -> Iterator[str]:
    """A pod that is told to stop may finish its longest request before it is killed."""
    timeouts = [
        seconds(rule["timeouts"]["request"])
        for route in manifest.of("HTTPRoute")
        for rule in route["spec"]["rules"]
    ]
    for item in manifest.of("Deployment"):
        spec = item["spec"]["template"]["spec"]
        drain = spec["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"]
        if spec["terminationGracePeriodSeconds"] <= drain + max(timeouts, default=Decimal(0)):
            yield f"{item['metadata']['name']} is killed while it still answers"


def _resources(manifest: Manifest) -> Iterator[str]:
    for item in manifest.of("Deployment"):
        for container in item["spec"]["template"]["spec"]["containers"]:
            resources = container["resources"]
            if not {"cpu", "memory"} <= resources["requests"].keys():
                yield "cpu or memory is not requested"
            for name, value in resources["limits"].items():
                if resources["requests"].get(name) != value:
                    yield f"the limit of {name} is not its request"
            for amounts in resources.values():
                for name, value in amounts.items():
                    if canonical_quantity(str(value)) != str(value):
                        yield f"{name}: {value} is {canonical_quantity(str(value))}"
    memory = [
        container["resources"]["limits"].get("memory")
        for item in manifest.of("Deployment")
        for container in item["spec"]["template"]["spec"]["containers"]
    ]
    if None in memory:
        yield "memory has no limit"


CHECKS: Mapping[str, Check] = {
    "names": _names,
    "labels": _labels,
    "selectors": _selectors,
    "references": _references,
    "ports": _ports,
    "replicas": _replicas,
    "rollout": _rollout,
    "drain": _drain,
    "shutdown": _shutdown,
    "resources": _resources,
    "routes": route_faults,
}
