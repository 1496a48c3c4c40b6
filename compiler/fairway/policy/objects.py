"""Artifacts as rules see them: the pods that objects make, the instructions of a Dockerfile."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

Data: TypeAlias = dict[str, Any]

_TEMPLATE = "spec.template"
POD_PATHS: Mapping[str, str] = {
    "Pod": "",
    "Deployment": _TEMPLATE,
    "StatefulSet": _TEMPLATE,
    "DaemonSet": _TEMPLATE,
    "ReplicaSet": _TEMPLATE,
    "ReplicationController": _TEMPLATE,
    "Job": _TEMPLATE,
    "Rollout": _TEMPLATE,
    "CronJob": "spec.jobTemplate.spec.template",
}
"""Where the template of an object's pods stands, by the object's kind."""

_LISTS = ("containers", "initContainers", "ephemeralContainers")


def pods_of(value: Mapping[str, Any]) -> list[Data]:
    """Return the pods that a Kubernetes object makes: none, one, or one for each component."""
    kind = value.get("kind")
    if kind == "InferenceService":
        return _inference_pods(value)
    path = POD_PATHS.get(str(kind))
    template = _at(value, path) if path is not None else None
    if not isinstance(template, Mapping):
        return []
    spec_path = f"{path}.spec" if path else "spec"
    metadata, spec = template.get("metadata"), template.get("spec")
    return [_pod(str(kind), spec_path, spec, metadata, _replicas(value))]


def _inference_pods(value: Mapping[str, Any]) -> list[Data]:
    """Return the pods of a KServe InferenceService (v1beta1): its components are pod specs."""
    spec = value.get("spec")
    metadata = value.get("metadata")
    found: list[Data] = []
    for component in ("predictor", "transformer", "explainer"):
        part = spec.get(component) if isinstance(spec, Mapping) else None
        if isinstance(part, Mapping):
            least = part.get("minReplicas")
            replicas = least if isinstance(least, int) else 1
            pod = _pod("InferenceService", f"spec.{component}", part, metadata, replicas)
            model = part.get("model")
            if isinstance(model, Mapping):
                pod["containers"].insert(0, _container(model, "model", f"spec.{component}.model"))
            found.append(pod)
    return found


def _at(value: Any, path: str) -> Any:
    for step in path.split(".") if path else ():
        value = value.get(step) if isinstance(value, Mapping) else None
    return value


def _replicas(value: Mapping[str, Any]) -> int:
    spec = value.get("spec")
    replicas = spec.get("replicas") if isinstance(spec, Mapping) else None
    return replicas if isinstance(replicas, int) else 1


def _pod(kind: str, path: str, spec: Any, metadata: Any, replicas: int) -> Data:
    spec = spec if isinstance(spec, Mapping) else {}
    pod: Data = {
        "kind": kind,
        "path": path,
        "labels": _texts(metadata, "labels"),
        "annotations": _texts(metadata, "annotations"),
        "containers": [
            _container(container, listed, f"{path}.{listed}[{index}]")
            for listed in _LISTS
            for index, container in enumerate(spec.get(listed) or ())
            if isinstance(container, Mapping)
        ],
        "replicas": replicas,
        "spec": spec,
    }
    if isinstance(spec.get("securityContext"), Mapping):
        pod["securityContext"] = spec["securityContext"]
    return pod


def _texts(metadata: Any, key: str) -> Mapping[str, Any]:
    found = metadata.get(key) if isinstance(metadata, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _container(container: Mapping[str, Any], listed: str, path: str) -> Data:
    return {
        "name": "",
        "image": "",
        **{key: value for key, value in container.items() if value is not None},
        "kind": listed,
        "path": path,
    }


_ARGUMENT = re.compile(r"\$(?:\{(\w+)\}|(\w+))")
_INSTRUCTION = re.compile(
    r"""^[ \t]*([A-Za-z]+)[ \t]+
    ((?:[^\n\\]+ | \\[ \t]*\n(?:[ \t]*\#[^\n]*\n)* | \\)*)""",
    re.MULTILINE | re.VERBOSE,
)
"""An instruction of a Dockerfile with its continued lines; comments between these are left out."""
_CONTINUED = re.compile(r"\\[ \t]*\n(?:[ \t]*#[^\n]*\n)*[ \t]*")
_HEREDOC = re.compile(r"<<-?[\"']?([A-Za-z_]\w*)[\"']?")


def instructions_of(text: str) -> list[Data]:
    """Return the instructions of a Dockerfile, lines joined, comments left out.

    A here-document belongs to its instruction. The escape character is the backslash.
    """
    found: list[Data] = []
    stage, position, line = -1, 0, 1
    while (match := _INSTRUCTION.search(text, position)) is not None:
        line += text.count("\n", position, match.start())
        position = match.end()
        value = match.group(2)
        if "\\" in value:
            value = _CONTINUED.sub(" ", value)
        heredoc = _HEREDOC.search(value) if "<<" in value else None
        if heredoc is not None:
            end = re.compile(rf"^\t*{heredoc.group(1)}$", re.MULTILINE).search(text, position)
            body = text[position : end.end() if end is not None else len(text)]
            position += len(body)
            value += body
        name = match.group(1).upper()
        stage += name == "FROM"
        found.append({"name": name, "value": value.strip(), "line": line, "stage": stage})
        line += text.count("\n", match.start(), position)
    return found


def dockerfile_of(path: str, text: str) -> Data:
    """Return a Dockerfile as rules see it; ``user`` is that of the last stage."""
    instructions = instructions_of(text)
    last = instructions[-1]["stage"] if instructions else -1
    users = [i["value"] for i in instructions if i["name"] == "USER" and i["stage"] == last]
    return {
        "path": path,
        "instructions": instructions,
        "bases": _bases(instructions),
        "user": users[-1] if users else "",
    }


def _bases(instructions: Iterable[Data]) -> list[str]:
    """Return the images that stages begin from; a stage's own name and ``scratch`` are none."""
    defaults: dict[str, str] = {}
    names, found = {"scratch"}, []
    for instruction in instructions:
        value = str(instruction["value"])
        if instruction["name"] == "ARG" and instruction["stage"] < 0:
            name, _, default = value.partition("=")
            defaults[name] = default.strip("\"'")
        elif instruction["name"] == "FROM":
            words = [word for word in value.split() if not word.startswith("--")]
            base = _ARGUMENT.sub(
                lambda m: defaults.get(m[1] or m[2], m[0]), words[0] if words else ""
            )
            if base.lower() not in names and base not in found:
                found.append(base)
            if len(words) == 3:
                names.add(words[2].lower())
    return found
