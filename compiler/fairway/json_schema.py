"""The published JSON Schemas: draft-07, for editors, with words on every field.

Draft-07 ignores what stands beside a ``$ref``, so references are wrapped in ``allOf`` and the
description and example of a field stay visible. Parts that layers merge have no required keys,
because a key may come from another layer; ``null`` removes a key, so it is always allowed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args, get_origin

from pydantic import BaseModel

from fairway.location import Route
from fairway.spec.base import Choice
from fairway.spec.bind import WHOLE
from fairway.spec.deployment import DeploymentSpec
from fairway.spec.lock import Lock
from fairway.spec.project import Project
from fairway.spec.project_lock import ProjectLock
from fairway.spec.scenario import Scenario
from fairway.spec.waivers import Waivers
from fairway.spec.walk import field_at, keys_of

DRAFT = "http://json-schema.org/draft-07/schema#"
NAMES = (
    *("deployment", "project", "override", "waivers"),
    *("scenario", "lock", "project-lock", "findings"),
)

Schema = dict[str, Any]


def json_schema(name: str) -> Schema:
    """Return one of the published schemas by its name in ``NAMES``."""
    if name == "deployment":
        return _deployment()
    if name == "override":
        return _override()
    if name == "project":
        return _project()
    if name == "waivers":
        about = "waivers.yaml: findings that do not count, why, and until when."
        return _root(_definitions(Waivers), "Waivers", about)
    if name == "scenario":
        about = "A scenario: the traffic and the faults that a release is simulated against."
        return _root(_definitions(Scenario), "Scenario", about)
    if name == "lock":
        return _root(_definitions(Lock), "Lock", "deployment.lock.json: what versions stand for.")
    if name == "project-lock":
        about = "fairway.lock.json: what the references of the project and its specs stand for."
        return _root(_definitions(ProjectLock), "ProjectLock", about)
    from fairway.report.json_schema import findings_schema

    return findings_schema()


def _deployment() -> Schema:
    definitions = _fragments()
    fragment = definitions["DeploymentFragment"]
    environments = {
        "type": "object",
        "description": "The environments that it runs in, each with what differs there: maps"
        " merge, lists and `strategy` are replaced whole, null removes. Left out: all of them.",
        "examples": [{"staging": {"serving": {"scaling": {"min": 1}}}, "production": {}}],
        "additionalProperties": {
            "anyOf": [{"$ref": "#/definitions/DeploymentFragment"}, {"type": "null"}]
        },
    }
    definitions["ModelDeployment"] = {
        **fragment,
        "properties": {**fragment["properties"], "environments": environments},
        "required": ["apiVersion", "kind", "metadata", "versions"],
        "description": "One deployed model: its versions, how it is served and released.",
    }
    return _root(definitions, "ModelDeployment", "deployment.yaml: one deployed model.")


def _override() -> Schema:
    words = "What an environment overrides of a deployment, or a project's defaults."
    return _root(_fragments(), "DeploymentFragment", words)


def _project() -> Schema:
    definitions = {**_definitions(Project), **_fragments()}
    return _root(definitions, "Project", "fairway.yaml: the platform team's file.")


def _root(definitions: Mapping[str, Schema], name: str, description: str) -> Schema:
    used = _reachable(definitions, name)
    return {
        "$schema": DRAFT,
        "title": description.split(":")[0],
        "description": description,
        "allOf": [{"$ref": f"#/definitions/{name}"}],
        "definitions": {key: definitions[key] for key in sorted(used)},
    }


def _reachable(definitions: Mapping[str, Schema], start: str) -> set[str]:
    found: set[str] = set()
    waiting = [start]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += _references(definitions[name])
    return found


def _references(node: Any) -> list[str]:
    if isinstance(node, dict):
        own = [node["$ref"].rpartition("/")[2]] if isinstance(node.get("$ref"), str) else []
        return own + [name for child in node.values() for name in _references(child)]
    if isinstance(node, list):
        return [name for child in node for name in _references(child)]
    return []


def _fragments() -> dict[str, Schema]:
    """Return the definitions of a deployment's parts, as layers may write them."""
    definitions = _definitions(DeploymentSpec)
    merged = {model.__name__: model for model in _mergeable(DeploymentSpec, ())}
    for name in merged:
        schema = definitions[name]
        schema.pop("required", None)
        schema["properties"] = {key: _or_null(value) for key, value in schema["properties"].items()}
    definitions["DeploymentFragment"] = definitions.pop("DeploymentSpec")
    return definitions


def _mergeable(model: type[BaseModel], route: Route) -> list[type[BaseModel]]:
    """Return the models whose keys layers merge: all that no list or choice is around."""
    found = [model]
    for key in keys_of(model):
        at = field_at(model, (key,))
        inner = at.model if at is not None else None
        if inner is not None and (*route, key) not in WHOLE:
            found += _mergeable(inner, (*route, key))
    return found


def _or_null(schema: Schema) -> Schema:
    kinds = schema.get("anyOf", [])
    if {"type": "null"} in kinds or not schema:
        return schema
    words: Schema = {k: schema[k] for k in ("description", "examples", "default") if k in schema}
    rest = {k: v for k, v in schema.items() if k not in words}
    return {**words, "anyOf": [*(kinds or [rest]), {"type": "null"}]}


def _definitions(model: type[BaseModel]) -> dict[str, Schema]:
    """Return a model's schema and those of its parts, by name, translated to draft-07."""
    schema = model.model_json_schema(by_alias=True, ref_template="#/definitions/{model}")
    definitions = {name: _draft7(part) for name, part in schema.pop("$defs", {}).items()}
    definitions[model.__name__] = _draft7(schema)
    for choice in _choices(model):
        if choice.__name__ in definitions:
            one_of = [{"required": [key]} for key in choice.ONE_OF]
            definitions[choice.__name__]["oneOf"] = one_of
    return definitions


def _choices(
    model: type[BaseModel], seen: set[type[BaseModel]] | None = None
) -> list[type[Choice]]:
    seen = set() if seen is None else seen
    if model in seen:
        return []
    seen.add(model)
    own = [model] if issubclass(model, Choice) else []
    return own + [
        choice
        for info in model.model_fields.values()
        for inner in _models(info.annotation)
        for choice in _choices(inner, seen)
    ]


def _models(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and get_origin(annotation) is None:
        return [annotation] if issubclass(annotation, BaseModel) else []
    return [model for argument in get_args(annotation) for model in _models(argument)]


def _draft7(node: Any) -> Any:
    if isinstance(node, list):
        return [_draft7(child) for child in node]
    if not isinstance(node, dict):
        return node
    node = {key: _draft7(value) for key, value in node.items() if key != "title"}
    if node.get("default", "") is None:
        del node["default"]  # an absent key, which editors should not offer
    if "x-part" in node:
        node["$ref"] = f"#/definitions/{node.pop('x-part')}"
    if "$ref" in node and len(node) > 1:
        node["allOf"] = [{"$ref": node.pop("$ref")}]
    if "prefixItems" in node:
        node["items"] = node.pop("prefixItems")
    return node
