"""Rendering: targets compiled once, then applied to plans."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from fairway.artifact import Artifact
from fairway.errors import UsageError
from fairway.indented_json import indented_json
from fairway.plan.model import ImagePlan, Plan
from fairway.target.emit import emit_documents
from fairway.target.load import ArtifactTemplate, Subject, Target, read_template
from fairway.target.structured import compile_documents, compile_text
from fairway.target.text import QUOTERS, compile_text_template

_SCOPES: Mapping[Subject, type] = {"plan": Plan, "image": ImagePlan}


@dataclass(frozen=True, slots=True)
class _Part:
    """One compiled artifact template: the functions that give its path and its content."""

    target: str
    order: int
    path: Callable[[Any], str]
    documents: Callable[[Any], list[Any]] | None
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

    def documents(self, value: Plan | ImagePlan) -> list[Any]:
        """Return the rendered objects of all structured parts, in order."""
        return [
            document
            for part in self._parts
            if part.documents is not None
            for document in part.documents(value)
        ]


def _content(parts: list[_Part], value: Any) -> str:
    documents = [
        document
        for part in parts
        if part.documents is not None
        for document in part.documents(value)
    ]
    if documents:
        return emit_documents(documents)
    return "".join(part.text(value) for part in parts if part.text is not None)


def _compile(target: Target, template: ArtifactTemplate) -> _Part:
    scope: dict[str, type] = {template.subject: _SCOPES[template.subject]}
    route = (*template.route, "path")
    path = compile_text(template.path, scope, target.document, route)
    file = os.path.join(target.folder, template.template)
    if template.format in ("yaml", "json"):
        documents = compile_documents(read_template(file), scope)
        if template.format == "yaml":
            return _Part(target.name, template.order, path, documents, None)
        return _Part(target.name, template.order, path, None, _as_json(documents))
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


def _as_json(documents: Callable[[Any], list[Any]]) -> Callable[[Any], str]:
    def render(value: Any) -> str:
        (document,) = documents(value)
        return indented_json(document, 2) + "\n"

    return render
