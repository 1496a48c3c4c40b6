"""Reading a scenario: a YAML or JSON file, or what the command line says in few words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from fairway import rule
from fairway.errors import UsageError
from fairway.finding import Finding
from fairway.location import Location, Route
from fairway.project import shown_path
from fairway.source.build import parse
from fairway.source.document import Document
from fairway.source.file import read_file
from fairway.source.layers import Layer, merge
from fairway.source.scalar import kind_of
from fairway.spec.bind import bind, validate
from fairway.spec.core import ValidationError

if TYPE_CHECKING:
    from fairway.plan.release import StrategyName
    from fairway.spec.scenario import Fault, Latency, Scenario

HEAD: Mapping[str, str] = {"apiVersion": "fairway.dev/v1", "kind": "Scenario"}
PLANNED = "planned"
"""The word for the fault that a canary's own plan must be able to find."""

_ONLY: Mapping[Route, StrategyName] = {
    ("candidate", "disagreement"): "shadow",
    ("candidate", "outcomes"): "ab",
    ("traffic", "users"): "ab",
    ("podStart",): "rolling",
}
_WORDS = {"shadow": "shadow releases", "ab": "A/B tests", "rolling": "rolling releases"}
_FAULT = re.compile(r"(errors|latency)=(\S+)((?:\s+(?:from|until|over)\s+\S+)*)\Z")
_FAULT_FORMS = '"errors=10%", "errors=30% from 10m until 40m over 5m" or "latency=+200ms"'


class Read(NamedTuple):
    """A scenario, or what is wrong with its file; ``documents`` holds the file by its path."""

    scenario: Scenario | None
    findings: tuple[Finding, ...]
    documents: Mapping[str, Document]


def empty_scenario() -> Scenario:
    """Return the scenario in which nothing goes wrong."""
    return validate("scenario", dict(HEAD))


def read_scenario(path: str, strategy: StrategyName | None = None) -> Read:
    """Read the scenario at ``path``; whatever is wrong with it is a finding at its place.

    So is what says nothing about a release of the ``strategy``, where one is given.
    """
    shown = shown_path(path)
    source, findings = read_file(path, shown)
    if source is None or findings:
        document = None
        if source is not None:
            document = Document(shown, source.text, source.digest, None, (0, 0), complete=False)
        return Read(None, tuple(findings), {shown: document} if document else {})
    document, findings = parse(source)
    documents = {shown: document}
    if not isinstance(document.value, dict):
        if document.complete:
            message = f"a scenario is a map, and this is {kind_of(document.value)}"
            fix = "begin with `apiVersion: fairway.dev/v1` and `kind: Scenario`"
            findings.append(rule.TYPE(message, Location(shown), fix=fix))
        return Read(None, tuple(findings), documents)
    scenario, misfits = bind("scenario", merge([Layer("spec", document)], frozenset()))
    if document.complete:
        findings += misfits
    if scenario is not None:
        findings += _meaning(scenario, shown)
        findings += _useless(document.value, shown, strategy)
    return Read(None if findings else scenario, tuple(findings), documents)


def _meaning(scenario: Scenario, file: str) -> Iterator[Finding]:
    """Yield what fits every field alone and nevertheless cannot be."""
    for route, latency in _latencies(scenario):
        if latency.p95 < latency.p50:
            message = f"p95 ({latency.p95}) is less than p50 ({latency.p50})"
            yield rule.CONSISTENT(message, Location(file, (*route, "p95")), fix="exchange the two")
    for number, fault in enumerate(scenario.candidate.faults):
        at: Route = ("candidate", "faults", number)
        if fault.until is not None and fault.until <= fault.from_:
            yield _ends_first(file, at)
        if fault.errors is None and fault.slower is None:
            message = "this fault changes nothing"
            fix = "add `errors: 30%` or `slower: 200ms`"
            yield rule.CONSISTENT(message, Location(file, at), fix=fix)
    for number, outage in enumerate(scenario.outages):
        if outage.until <= outage.from_:
            yield _ends_first(file, ("outages", number))
    changes = scenario.traffic.changes
    for number in range(1, len(changes)):
        if changes[number].at < changes[number - 1].at:
            message = "this change is before the one above it"
            at = ("traffic", "changes", number, "at")
            yield rule.CONSISTENT(message, Location(file, at), fix="sort them by time")


def _useless(value: object, file: str, strategy: StrategyName | None) -> Iterator[Finding]:
    """Yield the fields that only releases of another strategy take."""
    for route, wanted in _ONLY.items():
        if strategy in (None, wanted):
            continue
        here = value
        for key in route:
            here = here.get(key) if isinstance(here, dict) else None
        if here is not None:
            name = ".".join(map(str, route))
            message = f"`{name}` is for {_WORDS[wanted]}, and the strategy is {strategy}"
            yield rule.CONSISTENT(message, Location(file, route), fix="remove it")


def _latencies(scenario: Scenario) -> Iterator[tuple[Route, Latency]]:
    for role, latency in (
        ("stable", scenario.stable.latency),
        ("candidate", scenario.candidate.latency),
    ):
        if latency is not None:
            yield (role, "latency"), latency


def _ends_first(file: str, at: Route) -> Finding:
    message = "it is over before it begins"
    return rule.CONSISTENT(message, Location(file, (*at, "until")), fix="make `until` later")


# -- the command line ----------------------------------------------------------------------------


def parse_faults(texts: tuple[str, ...], planned: float) -> tuple[Fault, ...]:
    """Return the faults of ``--fault``; ``planned`` is the plan's own (a ratio), 0 without one."""
    return tuple(_parse_fault(text, planned) for text in texts)


def _parse_fault(text: str, planned: float) -> Fault:
    words = text.strip()
    if words.split(" ")[0] == PLANNED:
        if not planned:
            message = f"--fault {PLANNED}: only a canary's plan says which fault it must find"
            raise UsageError(message, f"say it: {_FAULT_FORMS}")
        words = f"errors={planned * 100:.12g}%{words.removeprefix(PLANNED)}"
    found = _FAULT.match(words)
    if found is None:
        raise UsageError(f'--fault "{text}" is not a fault', f"write {_FAULT_FORMS}")
    kind, size, rest = found.groups()
    if kind == "latency" and not size.startswith("+"):
        raise UsageError(f'--fault "{text}": what is added begins with +', f"write {_FAULT_FORMS}")
    clauses = rest.split()
    value: dict[str, Any] = dict(zip(clauses[::2], clauses[1::2], strict=True))
    value |= {"errors": size} if kind == "errors" else {"slower": size[1:]}
    scenario = _validated({"candidate": {"faults": [value]}}, f'--fault "{text}"')
    fault = scenario.candidate.faults[0]
    if fault.until is not None and fault.until <= fault.from_:
        raise UsageError(f'--fault "{text}": it is over before it begins', "make `until` later")
    return fault


def parse_rate(text: str) -> float:
    """Return the requests per second of ``--traffic``."""
    rate = _validated({"traffic": {"rate": text}}, "--traffic").traffic.rate
    return float(rate.per_second) if rate is not None else 0.0


def parse_seconds(text: str, option: str) -> float:
    """Return the length of time that an option gives."""
    reaction = _validated({"reaction": text}, option).reaction
    return reaction.seconds if reaction is not None else 0.0


def _validated(value: dict[str, Any], option: str) -> Scenario:
    try:
        return validate("scenario", {**HEAD, **value})
    except ValidationError as error:
        message = error.errors(include_url=False, include_input=False)[0]["msg"]
        raise UsageError(f"{option}: {message}") from None
