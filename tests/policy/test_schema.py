"""The types that conditions are checked against are those of the data that they see."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import pytest

from fairway.policy import cel_env, schema
from fairway.policy.field_words import KUBERNETES, WORDS, words_of
from fairway.policy.objects import dockerfile_of
from fairway.policy.sample import samples_of
from fairway.policy.schema import ROOTS, Kind, message_name, messages

MESSAGES = messages()
SCALARS: dict[str, type] = {"double": float, "int": int, "bool": bool, "string": str}
CANARY = {
    "steps": [{"weight": "1%", "hold": "1h"}, {"weight": "50%", "hold": "1h"}],
    "gates": [
        {"metric": "error-ratio", "max": "1%"},
        {"metric": "latency-p99", "withinRelative": "10%", "against": "stable"},
    ],
    "minRequests": 100,
}
FRAGMENTS: Mapping[str, dict[str, Any]] = {
    "the base": {},
    "a canary": {"release": {"strategy": {"blueGreen": None, "canary": CANARY}}},
    "the least": {"monitoring": None, "evidence": None, "release": {"candidate": None}},
    "another metric": {"serving": {"scaling": {"target": 20, "metric": "rps"}}},
    "no gateway": {"environment": {"gateway": None}, "serving": {"callers": [], "hosts": None}},
    "a quota": {"environment": {"quota": {"gpu": 8, "cpu": "20"}}},
}


def mismatches(message: str, value: Any, route: str) -> list[str]:
    """What of a value is not as its message says: fields that lack or exceed, other types."""
    fields = {field.name: field.kind for field in MESSAGES[message].fields}
    found = [f"{route}.{name} is not in {message}" for name in value.keys() - fields.keys()]
    for name, kind in fields.items():
        here = f"{route}.{name}"
        if name in value:
            found += _kind(kind, value[name], here)
        elif not kind.optional:
            found.append(f"{here} is not there")
    return found


def _kind(kind: Kind, value: Any, route: str) -> list[str]:
    if kind.shape == "list":
        assert isinstance(value, list | tuple), route
        return [m for i, each in enumerate(value) for m in _one(kind, each, f"{route}[{i}]")]
    if kind.shape == "map":
        assert isinstance(value, dict), route
        return [m for key, each in value.items() for m in _one(kind, each, f"{route}[{key!r}]")]
    return _one(kind, value, route)


def _one(kind: Kind, value: Any, route: str) -> list[str]:
    if kind.name == "dyn":
        return []
    if kind.name in SCALARS:
        right = type(value) is SCALARS[kind.name]
        return [] if right else [f"{route} is {value!r} and no {kind.name}"]
    return mismatches(kind.name, value, route)


@pytest.mark.parametrize("name", FRAGMENTS)
@pytest.mark.parametrize("about", ["deployment", "fleet"])
def test_deployments_and_fleets_are_as_their_types(name, about):
    (sample,) = samples_of(about, (), FRAGMENTS[name])
    assert mismatches(message_name(ROOTS[about]), sample.variables[about], about) == []


@pytest.mark.parametrize("strategy", [{"blueGreen": {"active": "candidate"}}, {"rolling": {}}])
def test_plans_are_as_their_type(strategy):
    release = {"strategy": {"blueGreen": None, **strategy}}
    if "rolling" in strategy:
        release["candidate"] = None
    (sample,) = samples_of("plan", (), {"release": release})
    assert mismatches("Plan", sample.variables["plan"], "plan") == []


def test_dockerfiles_and_files_are_as_their_types():
    dockerfile = dockerfile_of("a/Dockerfile", "ARG B=x:1\nFROM ${B} AS a\nRUN x\nUSER 1\n")
    assert mismatches("Dockerfile", dockerfile, "dockerfile") == []
    (sample,) = samples_of("files", (), {"file": "password: hunter2"})
    assert mismatches("File", sample.variables["file"], "file") == []


def test_pods_have_the_fields_that_rules_ask_for():
    """Objects are as whoever rendered them made them, so that a pod may have more fields."""
    (sample,) = samples_of("pods", (), {})
    found = mismatches("Pod", sample.variables["pod"], "pod")
    theirs = ("Container", "SecurityContext", "Capabilities")
    assert [each for each in found if not each.endswith(theirs)] == []


def test_every_variable_of_a_group_can_be_read():
    for about, names in cel_env.VARIABLES.items():
        env = cel_env.typed(about)
        for name in names:
            assert env.compile(f"type({name}) != type(1)").return_type().name() == "BOOL"


def test_every_field_is_checked_and_described():
    for message in MESSAGES.values():
        for field in message.fields:
            words = field.description or words_of(message.name, field.name)
            assert words, f"{message.name}.{field.name}"
    known = {name: {field.name for field in m.fields} for name, m in MESSAGES.items()}
    assert known.keys() >= KUBERNETES
    for name, words in WORDS.items():
        assert words.keys() <= known[name], name


def test_units_are_taken_off():
    serving = {field.name: field.kind for field in MESSAGES["Traffic"].fields}
    assert (serving["timeout"].name, serving["timeout"].note) == ("double", "seconds")
    assert (serving["peak"].name, serving["peak"].note) == ("double", "per second")
    resources = {field.name: field.kind for field in MESSAGES["Resources"].fields}
    assert (resources["memory"].name, resources["memory"].note) == ("double", "bytes")


def test_a_type_that_rules_cannot_read_is_refused(monkeypatch):
    class Odd(NamedTuple):
        both: int | bytes

    monkeypatch.setattr(schema, "ROOTS", {"odd": Odd})
    with pytest.raises((TypeError, KeyError)):
        messages()


def test_two_types_of_one_name_are_refused(monkeypatch):
    class Pod(NamedTuple):
        name: str

    monkeypatch.setattr(schema, "ROOTS", {**ROOTS, "other": Pod})
    with pytest.raises(TypeError, match="two types are called Pod"):
        messages()
