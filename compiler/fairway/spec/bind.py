"""Binding: merged values become typed ones, and every misfit becomes a finding."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, overload

from fairway.finding import Finding
from fairway.location import Route
from fairway.source.layers import Merged
from fairway.spec.core import ValidationError
from fairway.spec.validator import validator

if TYPE_CHECKING:
    from pydantic import BaseModel

    from fairway.spec.deployment import DeploymentSpec
    from fairway.spec.lock import Lock
    from fairway.spec.project import Project
    from fairway.spec.project_lock import ProjectLock
    from fairway.spec.repair import Repaired
    from fairway.spec.scenario import Scenario
    from fairway.spec.waivers import Waivers

WHOLE: frozenset[Route] = frozenset({("release", "strategy"), ("serving", "auth")})
"""Maps whose keys exclude each other, so that an override replaces them whole."""

ModelName: TypeAlias = Literal[
    "deployment", "project", "lock", "project-lock", "waivers", "scenario"
]

MODELS: dict[ModelName, str] = {
    "deployment": "fairway.spec.deployment:DeploymentSpec",
    "project": "fairway.spec.project:Project",
    "lock": "fairway.spec.lock:Lock",
    "project-lock": "fairway.spec.project_lock:ProjectLock",
    "waivers": "fairway.spec.waivers:Waivers",
    "scenario": "fairway.spec.scenario:Scenario",
}
"""The models by name: importing one costs ten times what using it does, so few runs do."""


@overload
def validate(name: Literal["deployment"], value: Any) -> DeploymentSpec: ...
@overload
def validate(name: Literal["project"], value: Any) -> Project: ...
@overload
def validate(name: Literal["lock"], value: Any) -> Lock: ...
@overload
def validate(name: Literal["project-lock"], value: Any) -> ProjectLock: ...
@overload
def validate(name: Literal["waivers"], value: Any) -> Waivers: ...
@overload
def validate(name: Literal["scenario"], value: Any) -> Scenario: ...
def validate(name: ModelName, value: Any) -> Any:
    """Return ``value`` typed by a model of the language, or raise ``ValidationError``."""
    return validator(name, MODELS[name]).validate_python(value)


@overload
def bind(
    name: Literal["deployment"], merged: Merged
) -> tuple[DeploymentSpec | None, list[Finding]]: ...
@overload
def bind(name: Literal["project"], merged: Merged) -> tuple[Project | None, list[Finding]]: ...
@overload
def bind(name: Literal["waivers"], merged: Merged) -> tuple[Waivers | None, list[Finding]]: ...
@overload
def bind(name: Literal["scenario"], merged: Merged) -> tuple[Scenario | None, list[Finding]]: ...
@overload
def bind(
    name: Literal["lock", "project-lock"], merged: Merged
) -> tuple[Lock | ProjectLock | None, list[Finding]]: ...
def bind(name: ModelName, merged: Merged) -> tuple[Any, list[Finding]]:
    """Return the typed value, or None and a finding for every misfit."""
    try:
        return validator(name, MODELS[name]).validate_python(merged.value), []
    except ValidationError as error:
        from fairway.spec.misfit import misfits  # only a faulty file needs the models themselves

        return None, misfits(model_of(name), merged, error)


def bind_over(
    merged: Merged, base: Merged, spec: DeploymentSpec
) -> tuple[DeploymentSpec | None, list[Finding]]:
    """Return what ``bind`` does, where ``base``, which ``merged`` is merged over, is ``spec``.

    Parts that are the same objects in both are typed already, and are not checked again.
    """
    value = _with_typed(merged.value, base.value, spec)
    try:
        return validate("deployment", value), []
    except ValidationError:
        return bind("deployment", merged)


def _with_typed(value: dict[str, Any], before: dict[str, Any], typed: Any) -> dict[str, Any]:
    """Return a map with the typed values of its parts that are as they were before."""
    result = dict(value)
    for key, child in value.items():
        known, old = getattr(typed, key, None), before.get(key)
        if type(child) is dict and hasattr(known, "__pydantic_fields_set__"):
            result[key] = known if child is old else _with_typed(child, old or {}, known)
    return result


def bind_rest(merged: Merged) -> Repaired | None:
    """Return what is right of a deployment that does not bind, None when that is too little."""
    from fairway.spec.repair import repair

    return repair(model_of("deployment"), merged.value, lambda value: validate("deployment", value))


def model_of(name: ModelName) -> type[BaseModel]:
    """Import and return a model of the language."""
    module, _, attribute = MODELS[name].partition(":")
    model: type[BaseModel] = getattr(import_module(module), attribute)
    return model
