"""Specs, findings in them, and waivers of these, without a project around them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from typing import Any

import yaml
from hypothesis import strategies as st

from fairway.finding import Finding, Fix, Severity
from fairway.location import Location, Part, Route
from fairway.source.build import parse
from fairway.source.document import Document
from fairway.source.file import source_from_text
from fairway.waivers.book import Applied, Kind, Now, WaivableRules, WaiverBook
from fairway.waivers.file import LoadedWaivers
from fairway.waivers.scope import scope_of
from fairway.waivers.waiver import Waiver

SPEC = "specs/churn/deployment.yaml"
FILE = "specs/churn/waivers.yaml"
RULE = "security/authentication-is-said"
REASON = "The gateway is only reachable from the VPN."
NOON = datetime(2026, 11, 19, 12, tzinfo=UTC)
UNTIL = date(2027, 1, 31)
ENVIRONMENTS = ("staging", "production")
KINDS: dict[str, Kind] = {
    RULE: "waivable",
    "security/no-secrets": "mandatory",
    "spec/type": "engine",
}
WAIVABLE = WaivableRules(lambda rule: KINDS.get(rule, "unknown"), lambda: KINDS)

TEXT = """\
# Churn, as marketing sees it.
metadata:
  name: churn # a name
serving:
  hosts: [a.example.com, b.example.com]
  auth:
    # Only the VPN.
    none: the VPN is enough
  scaling: {min: 1, max: 2}
monitoring:
  slos:
    - name: availability
      objective: 99%
    - name: latency
      objective: 95%
"""


def document(text: str = TEXT, path: str = SPEC) -> Document:
    """Parse a text that has no faults."""
    found, findings = parse(source_from_text(path, text))
    assert findings == []
    return found


def finding(*route: str | int, environments: Sequence[str] = (), part: Part = "value") -> Finding:
    """A finding of a rule that may be waived."""
    at = Location(SPEC, tuple(route), part)
    return Finding(
        RULE, Severity.ERROR, "authentication is not said", at, Fix("say it"), (), (*environments,)
    )


def waiver(
    about: Finding,
    spec: Document,
    *,
    environments: Sequence[str] = (),
    until: date = UNTIL,
    position: int = 0,
) -> Waiver:
    """The waiver that was written when the spec was as it is."""
    scope = scope_of(spec, about.at)
    assert scope is not None
    return Waiver(
        rule=about.rule,
        route=about.at.route,
        environments=tuple(environments),
        reason=REASON,
        owner="@growth-ml",
        ticket=None,
        until=until,
        scope=scope,
        about=os.path.realpath("specs/churn"),
        entry=Location(FILE, ("waivers", position)),
    )


def book(*waivers: Waiver, environments: Sequence[str] = ENVIRONMENTS) -> WaiverBook:
    """The book of the one spec."""
    return WaiverBook([LoadedWaivers(FILE, None, waivers)], SPEC, environments, WAIVABLE)


def applied(
    waivers: Waiver | Iterable[Waiver],
    findings: Finding | Iterable[Finding],
    spec: Document,
    now: Now = NOON,
) -> Applied:
    """What waivers make of findings."""
    every = (waivers,) if isinstance(waivers, Waiver) else tuple(waivers)
    found = (findings,) if isinstance(findings, Finding) else tuple(findings)
    return book(*every).apply(found, {spec.path: spec}, now)


def rules(findings: Iterable[Finding]) -> list[str]:
    """The rules of findings."""
    return [each.rule for each in findings]


# -- documents of any kind ---------------------------------------------------------------------

_SCALARS = st.one_of(
    st.booleans(),
    st.integers(-99, 99),
    st.floats(-9, 9, width=16),
    st.text("ab#:-'\" ", max_size=6),
)
_KEYS = st.text("abcdefgh", min_size=1, max_size=3)
VALUES = st.recursive(
    _SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3),
        st.dictionaries(_KEYS, inner, min_size=1, max_size=3),
    ),
    max_leaves=8,
)
SPECS = st.dictionaries(_KEYS, VALUES, min_size=2, max_size=4)


class _Quoting(yaml.SafeDumper):
    """Quotes every string and writes no aliases."""

    def ignore_aliases(self, data: Any) -> bool:
        del data
        return True


_Quoting.add_representer(
    str, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"')
)


def block(value: Any, indent: int = 2) -> str:
    """A value as YAML in block style."""
    return str(yaml.dump(value, Dumper=_Quoting, sort_keys=False, indent=indent, width=1000))


def flow(value: Any) -> str:
    """A value as YAML in brackets."""
    return json.dumps(value) + "\n"


def routes(value: Any, at: Route = ()) -> Iterator[Route]:
    """The routes of everything below a value, in its order."""
    if not isinstance(value, dict | list):
        return
    for step, child in value.items() if isinstance(value, dict) else enumerate(value):
        yield (*at, step)
        yield from routes(child, (*at, step))


def value_at(value: Any, route: Route) -> Any:
    for step in route:
        value = value[step]
    return value


def with_value(value: Any, route: Route, new: Any) -> Any:
    """A copy of a value with another one at ``route``."""
    if not route:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[route[0]] = with_value(value[route[0]], route[1:], new)
    return copy


def without(value: Any, route: Route) -> Any:
    """A copy of a value in which nothing stands at ``route``."""
    parent = value_at(value, route[:-1])
    copy = dict(parent) if isinstance(parent, dict) else list(parent)
    del copy[route[-1]]
    return with_value(value, route[:-1], copy)
