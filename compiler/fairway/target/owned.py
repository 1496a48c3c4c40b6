"""Reading what a router says of others in the cluster: its controller, and the mesh's proxies."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeAlias

from fairway.deployment import Controller, Sidecar
from fairway.location import Route

Fail: TypeAlias = Callable[[Route, str], Any]
"""Raises ``UsageError`` at a route of ``target.yaml``."""

_AT: Route = ("controllerOwned",)
_KEYS = ("apiVersion", "kind", "services")
_PATTERN = re.compile(r"([a-z][a-z0-9-]*)?\{name\}([a-z0-9-]*[a-z0-9])?\Z")


def read_controller(value: Any, fail: Fail) -> Controller | None:
    """Return the controller that a target names, None for a target without one."""
    if value is None:
        return None
    if not isinstance(value, dict) or not set(_KEYS) <= set(value) <= {*_KEYS, "relabels"}:
        fail(_AT, f"`controllerOwned` has the keys {', '.join(_KEYS)}, and may have relabels")
    for key in ("apiVersion", "kind", "relabels"):
        if not isinstance(value.get(key, ""), str):
            fail((*_AT, key), f"`{key}` must be a string")
    stable, candidate = _services(value["services"], fail)
    relabels = value.get("relabels", "")
    return Controller(value["apiVersion"], value["kind"], stable, candidate, relabels)


def _services(value: Any, fail: Fail) -> tuple[str, str]:
    """Return the patterns of the services that it makes, empty when they are rendered for it."""
    route = (*_AT, "services")
    if value is True:
        return "", ""
    if not isinstance(value, dict) or set(value) != {"stable", "candidate"}:
        fail(route, "`services` is true, or names those that it makes: stable and candidate")
    for key, pattern in value.items():
        if not isinstance(pattern, str) or not _PATTERN.match(pattern):
            fail((*route, key), f"`{key}` is a name with {{name}} in it")
    return value["stable"], value["candidate"]


def read_sidecar(value: Any, fail: Fail) -> Sidecar | None:
    """Return the proxy beside the pods that checks callers, None where there is none."""
    route: Route = ("sidecar",)
    if value is None:
        return None
    if not isinstance(value, dict) or set(value) != {"labels", "namespace", "port"}:
        fail(route, "`sidecar` has the keys labels, namespace and port")
    labels, namespace, port = value["labels"], value["namespace"], value["port"]
    texts = labels.values() if isinstance(labels, dict) else [None]
    if not all(isinstance(text, str) for text in texts):
        fail((*route, "labels"), "`labels` must be a map of strings")
    if not isinstance(namespace, str):
        fail((*route, "namespace"), "`namespace` must be a string")
    if type(port) is not int:
        fail((*route, "port"), "`port` must be a whole number")
    return Sidecar(labels, namespace, port)
