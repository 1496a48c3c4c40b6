"""Rendering: targets compiled once, then applied to plans."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from fairway.artifact import Artifact
from fairway.errors import UsageError
from fairway.plan.model import ImagePlan, Plan
from fairway.target.fused import fuse_json, fuse_yaml
from fairway.target.load import ArtifactTemplate, Subject, Target, read_template
from fairway.target.structured import compile_text, translate_documents
from fairway.target.text import QUOTERS, compile_text_template

_SCOPES: Mapping[Subject, type] = {"plan": Plan, "image": ImagePlan}


@dataclass(frozen=True, slots=True)
class _Part:
    """One compiled artifact template: the functions that give its path and its content."""

    target: str
    order: int
    path: Callable[[Any], str]
    documents: Callable[[Any], list[str]] | None
    text: Callable[[Any], str] | None


class Renderer:
    """The compiled templates of some targets, for one kind of subject.

    Parts that go to the same path become one file: their documents in ``order``.
    """

    def __init__(self, targets: Iterable[Target], subject: Subject) -> None:
        self._parts = sorted(
            (
                _compile(target, template)
                for target in targets
                for template in target.artifacts
                if template.subject == subject
            ),
            key=lambda part: part.order,
        )

    def render(self, value: Plan | ImagePlan, spec: str, environment: str) -> list[Artifact]:
        """Return the artifacts of a plan or an image, one for each path."""
        grouped: dict[str, list[_Part]] = {}
        for part in self._parts:
            grouped.setdefault(part.path(value), []).append(part)
        artifacts: list[Artifact] = []
        for path, parts in grouped.items():
            text = _content(parts, value)
            if text:
                names = tuple(dict.fromkeys(part.target for part in parts))
                artifacts.append(Artifact(path, text, names, spec, environment))
        return artifacts


def _content(parts: list[_Part], value: Any) -> str:
    documents = [
        document
        for part in parts
        if part.documents is not None
        for document in part.documents(value)
    ]
    if documents:
        return "---\n".join(documents)
    return "".join(part.text(value) for part in parts if part.text is not None)


def _compile(target: Target, template: ArtifactTemplate) -> _Part:
    scope: dict[str, type] = {template.subject: _SCOPES[template.subject]}
    route = (*template.route, "path")
    path = compile_text(template.path, scope, target.document, route)
    file = os.path.join(target.folder, template.template)
    if template.format in ("yaml", "json"):
        nodes = translate_documents(read_template(file), scope)
        if template.format == "yaml":
            return _Part(target.name, template.order, path, fuse_yaml(nodes, scope), None)
        return _Part(target.name, template.order, path, None, _one(fuse_json(nodes, scope), file))
    quote = QUOTERS.get(template.format)
    if quote is None:
        known = ", ".join(("yaml", "json", *QUOTERS))
        raise UsageError(
            f"{target.document.path}: unknown format {template.format}; known: {known}"
        )
    text = compile_text_template(_text(file), file, quote, scope)
    return _Part(target.name, template.order, path, None, text)


def _text(path: str) -> str:
    with open(path, encoding="utf-8") as stream:
        return stream.read()


def _one(documents: Callable[[Any], list[str]], path: str) -> Callable[[Any], str]:
    def render(value: Any) -> str:
        made = documents(value)
        if len(made) > 1:
            raise UsageError(f"{path}: a JSON file holds one document; this makes {len(made)}")
        return made[0] if made else ""

    return render
