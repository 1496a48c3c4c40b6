"""The Pod Security Standards, level "restricted", control by control.

Source: https://kubernetes.io/docs/concepts/security/pod-security-standards/ (v1.34; the levels
are cumulative, so every control of "baseline" is here as well). A control is a function from a
pod's template to what violates it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

Pod: TypeAlias = Mapping[str, Any]
Control: TypeAlias = Callable[[Pod], Iterator[str]]

_CONTAINERS = ("containers", "initContainers", "ephemeralContainers")
_BASELINE_CAPABILITIES = frozenset(
    [
        "AUDIT_WRITE",
        "CHOWN",
        "DAC_OVERRIDE",
        "FOWNER",
        "FSETID",
        "KILL",
        "MKNOD",
        "NET_BIND_SERVICE",
        "SETFCAP",
        "SETGID",
        "SETPCAP",
        "SETUID",
        "SYS_CHROOT",
    ]
)
_SELINUX_TYPES = frozenset(
    ["", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"]
)
_VOLUME_TYPES = frozenset(
    [
        "configMap",
        "csi",
        "downwardAPI",
        "emptyDir",
        "ephemeral",
        "persistentVolumeClaim",
        "projected",
        "secret",
    ]
)
_SYSCTLS = frozenset(
    [
        "kernel.shm_rmid_forced",
        "net.ipv4.ip_local_port_range",
        "net.ipv4.ip_unprivileged_port_start",
        "net.ipv4.tcp_syncookies",
        "net.ipv4.ping_group_range",
        "net.ipv4.ip_local_reserved_ports",
        "net.ipv4.tcp_keepalive_time",
        "net.ipv4.tcp_fin_timeout",
        "net.ipv4.tcp_keepalive_intvl",
        "net.ipv4.tcp_keepalive_probes",
    ]
)
_PROFILES = ("RuntimeDefault", "Localhost")
_APPARMOR_ANNOTATION = "container.apparmor.security.beta.kubernetes.io/"


def violations(template: Pod) -> dict[str, list[str]]:
    """Return what violates each control, for those that are violated."""
    found = {name: list(control(template)) for name, control in CONTROLS.items()}
    return {name: what for name, what in found.items() if what}


def _containers(template: Pod) -> Iterator[Mapping[str, Any]]:
    for key in _CONTAINERS:
        yield from template["spec"].get(key, [])


def _contexts(template: Pod) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the security contexts of the pod and of each container, with whose they are."""
    yield "pod", template["spec"].get("securityContext", {})
    for container in _containers(template):
        yield container["name"], container.get("securityContext", {})


def _host_process(template: Pod) -> Iterator[str]:
    for owner, context in _contexts(template):
        if context.get("windowsOptions", {}).get("hostProcess"):
            yield owner


def _host_namespaces(template: Pod) -> Iterator[str]:
    yield from (n for n in ("hostNetwork", "hostPID", "hostIPC") if template["spec"].get(n))


def _privileged(template: Pod) -> Iterator[str]:
    yield from (owner for owner, context in _contexts(template) if context.get("privileged"))


def _baseline_capabilities(template: Pod) -> Iterator[str]:
    for owner, context in _contexts(template):
        for name in context.get("capabilities", {}).get("add", []):
            if name not in _BASELINE_CAPABILITIES:
                yield f"{owner} adds {name}"


def _host_path(template: Pod) -> Iterator[str]:
    yield from (v["name"] for v in template["spec"].get("volumes", []) if "hostPath" in v)


def _host_ports(template: Pod) -> Iterator[str]:
    for container in _containers(template):
        yield from (str(p) for p in container.get("ports", []) if p.get("hostPort"))


def _host_probes(template: Pod) -> Iterator[str]:
    for container in _containers(template):
        hooks = {n: container.get(n) for n in ("startupProbe", "readinessProbe", "livenessProbe")}
        hooks |= container.get("lifecycle", {})
        for name, hook in hooks.items():
            for how in ("httpGet", "tcpSocket"):
                if ((hook or {}).get(how) or {}).get("host"):
                    yield f"{container['name']}.{name}"


def _apparmor(template: Pod) -> Iterator[str]:
    for owner, context in _contexts(template):
        if context.get("appArmorProfile", {}).get("type", "RuntimeDefault") not in _PROFILES:
            yield owner
    for key, value in template.get("metadata", {}).get("annotations", {}).items():
        allowed = value in ("", "runtime/default") or value.startswith("localhost/")
        if key.startswith(_APPARMOR_ANNOTATION) and not allowed:
            yield key


def _selinux(template: Pod) -> Iterator[str]:
    for owner, context in _contexts(template):
        options = context.get("seLinuxOptions", {})
        if (
            options.get("type", "") not in _SELINUX_TYPES
            or options.get("user", "")
            or options.get("role", "")
        ):
            yield owner


def _proc_mount(template: Pod) -> Iterator[str]:
    for owner, context in _contexts(template):
        if context.get("procMount", "Default") != "Default":
            yield owner


def _seccomp_not_unconfined(template: Pod) -> Iterator[str]:
    for owner, context in _contexts(template):
        if context.get("seccompProfile", {}).get("type", "RuntimeDefault") not in _PROFILES:
            yield owner


def _sysctls(template: Pod) -> Iterator[str]:
    for sysctl in template["spec"].get("securityContext", {}).get("sysctls", []):
        if sysctl["name"] not in _SYSCTLS:
            yield sysctl["name"]


def _volume_types(template: Pod) -> Iterator[str]:
    for volume in template["spec"].get("volumes", []):
        if not volume.keys() & _VOLUME_TYPES or volume.keys() - _VOLUME_TYPES - {"name"}:
            yield volume["name"]


def _privilege_escalation(template: Pod) -> Iterator[str]:
    for container in _containers(template):
        if container.get("securityContext", {}).get("allowPrivilegeEscalation") is not False:
            yield container["name"]


def _non_root(template: Pod) -> Iterator[str]:
    (_, pod), *containers = _contexts(template)
    if pod.get("runAsNonRoot") is False:
        yield "pod"
    for owner, context in containers:
        if context.get("runAsNonRoot", pod.get("runAsNonRoot")) is not True:
            yield owner


def _non_root_user(template: Pod) -> Iterator[str]:
    yield from (owner for owner, context in _contexts(template) if context.get("runAsUser") == 0)


def _seccomp_set(template: Pod) -> Iterator[str]:
    (_, pod), *containers = _contexts(template)
    for owner, context in containers:
        profile = context.get("seccompProfile", pod.get("seccompProfile", {}))
        if profile.get("type") not in _PROFILES:
            yield owner


def _drops_all(template: Pod) -> Iterator[str]:
    for container in _containers(template):
        capabilities = container.get("securityContext", {}).get("capabilities", {})
        if "ALL" not in capabilities.get("drop", []):
            yield f"{container['name']} keeps capabilities"
        if set(capabilities.get("add", [])) - {"NET_BIND_SERVICE"}:
            yield f"{container['name']} adds {capabilities['add']}"


CONTROLS: Mapping[str, Control] = {
    "HostProcess": _host_process,
    "Host Namespaces": _host_namespaces,
    "Privileged Containers": _privileged,
    "Capabilities (baseline)": _baseline_capabilities,
    "HostPath Volumes": _host_path,
    "Host Ports": _host_ports,
    "Host Probes / Lifecycle Hooks": _host_probes,
    "AppArmor": _apparmor,
    "SELinux": _selinux,
    "/proc Mount Type": _proc_mount,
    "Seccomp (baseline)": _seccomp_not_unconfined,
    "Sysctls": _sysctls,
    "Volume Types": _volume_types,
    "Privilege Escalation": _privilege_escalation,
    "Running as Non-root": _non_root,
    "Running as Non-root user": _non_root_user,
    "Seccomp": _seccomp_set,
    "Capabilities": _drops_all,
}
