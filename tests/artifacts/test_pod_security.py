"""Every pod keeps the level "restricted", and every control can tell a pod that does not."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, TypeAlias

import pytest
from artifacts.objects import Manifest, pod_template
from artifacts.pod_security import CONTROLS, violations

Pod: TypeAlias = dict[str, Any]


def test_the_fleet_is_restricted(fleet_manifests: list[Manifest]) -> None:
    templates = {
        f"{manifest.path} {item['metadata']['name']}": template
        for manifest in fleet_manifests
        for item in manifest.objects
        if (template := pod_template(item)) is not None
    }
    assert len(templates) >= len(fleet_manifests)
    assert {name: violations(t) for name, t in templates.items() if violations(t)} == {}


@pytest.fixture
def pod(fleet_manifests: list[Manifest]) -> Pod:
    template = pod_template(fleet_manifests[0].of("Deployment")[0])
    assert template is not None
    made = copy.deepcopy(dict(template))
    assert violations(made) == {}
    return made


def pod_context(**values: Any) -> Callable[[Pod], None]:
    return lambda pod: pod["spec"]["securityContext"].update(values)


def container_context(**values: Any) -> Callable[[Pod], None]:
    return lambda pod: pod["spec"]["containers"][0]["securityContext"].update(values)


def without(*route: Any) -> Callable[[Pod], None]:
    def remove(pod: Pod) -> None:
        parent: Any = pod["spec"]
        for step in route[:-1]:
            parent = parent[step]
        del parent[route[-1]]

    return remove


def container(**values: Any) -> Callable[[Pod], None]:
    return lambda pod: pod["spec"]["containers"][0].update(values)


def spec(**values: Any) -> Callable[[Pod], None]:
    return lambda pod: pod["spec"].update(values)


def another(kind: str, **context: Any) -> Callable[[Pod], None]:
    """Add a container of another kind that is sound but for ``context``."""
    sound = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    made = {"name": "other", "image": "x", "securityContext": {**sound, **context}}
    return lambda pod: pod["spec"].update({kind: [made]})


def annotation(name: str, value: str) -> Callable[[Pod], None]:
    return lambda pod: pod["metadata"].setdefault("annotations", {}).update({name: value})


CONTEXT = ("containers", 0, "securityContext")
APPARMOR = "container.apparmor.security.beta.kubernetes.io/model"

MUTATIONS: list[tuple[str, str, Callable[[Pod], None]]] = [
    ("HostProcess", "pod", pod_context(windowsOptions={"hostProcess": True})),
    ("HostProcess", "container", container_context(windowsOptions={"hostProcess": True})),
    ("Host Namespaces", "network", spec(hostNetwork=True)),
    ("Host Namespaces", "PID", spec(hostPID=True)),
    ("Host Namespaces", "IPC", spec(hostIPC=True)),
    ("Privileged Containers", "container", container_context(privileged=True)),
    ("Privileged Containers", "init", another("initContainers", privileged=True)),
    ("Privileged Containers", "ephemeral", another("ephemeralContainers", privileged=True)),
    (
        "Capabilities (baseline)",
        "SYS_ADMIN",
        container_context(capabilities={"drop": ["ALL"], "add": ["SYS_ADMIN"]}),
    ),
    ("HostPath Volumes", "root", spec(volumes=[{"name": "r", "hostPath": {"path": "/"}}])),
    ("Host Ports", "port", container(ports=[{"containerPort": 80, "hostPort": 80}])),
    (
        "Host Probes / Lifecycle Hooks",
        "probe",
        container(livenessProbe={"httpGet": {"host": "169.254.169.254", "port": 80}}),
    ),
    (
        "Host Probes / Lifecycle Hooks",
        "hook",
        container(lifecycle={"preStop": {"tcpSocket": {"host": "10.0.0.1", "port": 80}}}),
    ),
    ("AppArmor", "pod", pod_context(appArmorProfile={"type": "Unconfined"})),
    ("AppArmor", "container", container_context(appArmorProfile={"type": "Unconfined"})),
    ("AppArmor", "annotation", annotation(APPARMOR, "unconfined")),
    ("SELinux", "type", pod_context(seLinuxOptions={"type": "spc_t"})),
    ("SELinux", "user", container_context(seLinuxOptions={"user": "system_u"})),
    ("SELinux", "role", container_context(seLinuxOptions={"role": "sysadm_r"})),
    ("/proc Mount Type", "unmasked", container_context(procMount="Unmasked")),
    ("Seccomp (baseline)", "pod", pod_context(seccompProfile={"type": "Unconfined"})),
    ("Seccomp (baseline)", "container", container_context(seccompProfile={"type": "Unconfined"})),
    ("Sysctls", "unsafe", pod_context(sysctls=[{"name": "kernel.msgmax", "value": "1"}])),
    ("Volume Types", "nfs", spec(volumes=[{"name": "n", "nfs": {"server": "a", "path": "/"}}])),
    ("Volume Types", "none", spec(volumes=[{"name": "n"}])),
    ("Privilege Escalation", "true", container_context(allowPrivilegeEscalation=True)),
    ("Privilege Escalation", "unset", without(*CONTEXT, "allowPrivilegeEscalation")),
    ("Running as Non-root", "pod", pod_context(runAsNonRoot=False)),
    ("Running as Non-root", "container", container_context(runAsNonRoot=False)),
    ("Running as Non-root user", "pod", pod_context(runAsUser=0)),
    ("Running as Non-root user", "container", container_context(runAsUser=0)),
    ("Seccomp", "unset", without("securityContext", "seccompProfile")),
    ("Capabilities", "none dropped", without(*CONTEXT, "capabilities")),
    ("Capabilities", "some dropped", container_context(capabilities={"drop": ["NET_RAW"]})),
    (
        "Capabilities",
        "one added",
        container_context(capabilities={"drop": ["ALL"], "add": ["CHOWN"]}),
    ),
    (
        "Capabilities",
        "init",
        another("initContainers", capabilities={"drop": []}),
    ),
]


@pytest.mark.parametrize(
    ("control", "mutate"),
    [(control, mutate) for control, _, mutate in MUTATIONS],
    ids=[f"{control}: {what}" for control, what, _ in MUTATIONS],
)
def test_a_violation_is_found(pod: Pod, control: str, mutate: Callable[[Pod], None]) -> None:
    mutate(pod)
    assert control in violations(pod)


def test_every_control_is_broken_once() -> None:
    assert {control for control, _, _ in MUTATIONS} == set(CONTROLS)


def test_what_the_standards_allow_is_no_violation(pod: Pod) -> None:
    pod_context(
        seLinuxOptions={"type": "container_t"},
        sysctls=[{"name": "net.ipv4.tcp_syncookies", "value": "1"}],
        appArmorProfile={"type": "Localhost", "localhostProfile": "p"},
    )(pod)
    container_context(capabilities={"drop": ["ALL"], "add": ["NET_BIND_SERVICE"]})(pod)
    annotation(APPARMOR, "runtime/default")(pod)
    spec(volumes=[{"name": "c", "configMap": {"name": "x"}}])(pod)
    assert violations(pod) == {}


def test_service_account_tokens_are_not_mounted(fleet_manifests: list[Manifest]) -> None:
    mounted = [
        f"{manifest.path} {item['kind']}"
        for manifest in fleet_manifests
        for item in manifest.objects
        for holder in (item if item["kind"] == "ServiceAccount" else None, pod_template(item))
        if holder is not None
        and holder.get("spec", holder).get("automountServiceAccountToken") is not False
    ]
    assert mounted == []


def test_root_file_systems_are_read_only(fleet_manifests: list[Manifest]) -> None:
    writable = [
        f"{manifest.path} {container['name']}"
        for manifest in fleet_manifests
        for item in manifest.objects
        if (template := pod_template(item)) is not None
        for container in template["spec"]["containers"]
        if container["securityContext"].get("readOnlyRootFilesystem") is not True
    ]
    assert writable == []
