"""A drill: a fault that is put in front of one version's server, to see the release react.

Another Envoy stands between the proxy and the server and answers a share of the requests itself,
with 500, or keeps all of them waiting. To the proxy it is the server: what it answers counts in
the series that gates read, which faults inside of the proxy would not. Checks of health pass.
Source: Envoy, api/envoy/extensions/filters/http/fault/v3/fault.proto (main, 2026).
"""

from __future__ import annotations

import re
from typing import Any, Final, NamedTuple, TypeAlias

from fairway.errors import UsageError
from fairway.local.ports import HOST
from fairway.spec.core import PydanticCustomError
from fairway.spec.units import parse_duration, parse_percentage

FORM: Final = '"VERSION: errors=30%", "VERSION: latency=500ms" or both with a comma'

_Json: TypeAlias = dict[str, Any]
_DRILL: Final = re.compile(r"\s*([^:\s]+)\s*:\s*(\S.*)\Z")
_TYPES: Final = "type.googleapis.com/envoy.extensions.filters"
_FAULT: Final = "envoy.filters.http.fault"


class Drill(NamedTuple):
    """A fault of one version: the share of errors, as millionths, and added latency in seconds."""

    version: str
    errors: int = 0
    latency: float = 0.0

    def __str__(self) -> str:
        """Return the fault in words."""
        words = [f"{self.errors / 10_000:g}% errors"] if self.errors else []
        words += [f"{self.latency * 1000:g} ms more latency"] if self.latency else []
        return f"{self.version} has {' and '.join(words)}"


def parse_drill(text: str) -> Drill:
    """Return the drill that a command line asks for. Raises ``UsageError``."""
    match = _DRILL.match(text)
    if match is None:
        raise UsageError(f"--drill {text!r} names no version and fault", f"write {FORM}")
    drill = Drill(match[1])
    for part in match[2].split(","):
        key, _, value = part.strip().partition("=")
        try:
            if key == "errors":
                drill = drill._replace(errors=round(parse_percentage(value).percent * 10_000))
            elif key == "latency":
                drill = drill._replace(latency=parse_duration(value).seconds)
            else:
                raise UsageError(f"--drill: there is no fault {key!r}", f"write {FORM}")
        except PydanticCustomError as error:
            raise UsageError(f"--drill: {key}: {error.message()}", f"write {FORM}") from error
    if not drill.errors and not drill.latency:
        raise UsageError(f"--drill {text!r} has no fault", f"write {FORM}")
    return drill


def bootstrap(drill: Drill, port: int, server: int, health: str) -> _Json:
    """Return the configuration of the Envoy that makes the fault.

    It listens on ``port`` and sends what it does not answer itself to the port ``server``;
    requests to the path ``health`` have no fault.
    """
    routes = [
        {"match": {"path": health}, "route": {"cluster": "server", "timeout": "0s"}},
        {
            "match": {"prefix": "/"},
            "route": {"cluster": "server", "timeout": "0s"},
            "typed_per_filter_config": {_FAULT: _fault(drill)},
        },
    ]
    connections = {
        "@type": f"{_TYPES}.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "drill",
        "route_config": {"virtual_hosts": [{"name": "server", "domains": ["*"], "routes": routes}]},
        "http_filters": [
            {"name": _FAULT, "typed_config": {"@type": f"{_TYPES}.http.fault.v3.HTTPFault"}},
            {
                "name": "envoy.filters.http.router",
                "typed_config": {"@type": f"{_TYPES}.http.router.v3.Router"},
            },
        ],
    }
    manager = {
        "name": "envoy.filters.network.http_connection_manager",
        "typed_config": connections,
    }
    return {
        "static_resources": {
            "listeners": [
                {"name": "drill", **_address(port), "filter_chains": [{"filters": [manager]}]}
            ],
            "clusters": [_cluster(server)],
        }
    }


def _fault(drill: Drill) -> _Json:
    fault: _Json = {"@type": f"{_TYPES}.http.fault.v3.HTTPFault"}
    if drill.errors:
        share = {"numerator": drill.errors, "denominator": "MILLION"}
        fault["abort"] = {"http_status": 500, "percentage": share}
    if drill.latency:
        every = {"numerator": 100, "denominator": "HUNDRED"}
        fault["delay"] = {"fixed_delay": f"{drill.latency:.3f}s", "percentage": every}
    return fault


def _cluster(port: int) -> _Json:
    endpoint = {"endpoint": _address(port)}
    assignment = {"cluster_name": "server", "endpoints": [{"lb_endpoints": [endpoint]}]}
    return {
        "name": "server",
        "type": "STATIC",
        "connect_timeout": "1s",
        "load_assignment": assignment,
    }


def _address(port: int) -> _Json:
    return {"address": {"socket_address": {"address": HOST, "port_value": port}}}
