"""Rendering: targets compiled once, then applied to plans."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from fairway import kept
from fairway.artifact import Artifact
from fairway.errors import UsageError
from fairway.packs import PACKAGE
from fairway.plan.model import ImagePlan, Plan
from fairway.target.function import Code, function
from fairway.target.load import ArtifactTemplate, Subject, Target
from fairway.target.quote import QUOTERS


@dataclass(frozen=True, slots=True)
class _Part:
    """One compiled artifact template: the functions that give its path and its content."""

    target: str
    order: int
    path: Callable[[Any], str]
    documents: Callable[[Any], list[str]] | None
    text: Callable[[Any], str] | None
    template: str
    code: Code


class RenderedObject(NamedTuple):
    """An object of an artifact, and the document of the template that it was made from."""

    value: Mapping[str, Any]
    target: str
    template: str
    document: int


class Renderer:
    """The compiled templates of some targets, for one kind of subject.

    Parts that go to the same path become one file: their documents in ``order``.
    """

    def __init__(
        self,
        targets: Iterable[Target],
        subject: Subject,
        known: dict[str, list[Code]] | None = None,
    ) -> None:
        """Compile the templates for ``subject``; ``known`` holds what other renderers compiled."""
        known = {} if known is None else known
        parts: list[_Part] = []
        for target in targets:
            codes = known[target.folder] = known.get(target.folder) or _codes(target)
            parts += [
                _compile(target, template, code)
                for template, code in zip(target.artifacts, codes, strict=True)
                if template.subject == subject
            ]
        self._parts = sorted(parts, key=lambda part: part.order)
        self._objects: list[tuple[_Part, Callable[[Any], list[list[Any]]]]] | None = None

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

    def objects(self, value: Plan | ImagePlan) -> list[RenderedObject]:
        """Return the objects in the structured artifacts of a plan or an image, as data."""
        if self._objects is None:
            self._objects = [(part, function(part.code.objects)) for part in self._parts]
        return [
            RenderedObject(made, part.target, part.template, number)
            for part, objects in self._objects
            for number, document in enumerate(objects(value))
            for made in document
        ]


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


def _compile(target: Target, template: ArtifactTemplate, code: Code) -> _Part:
    path = function(code.path)
    content = function(code.content, QUOTERS.get(template.format))
    if template.format == "yaml":
        return _Part(target.name, template.order, path, content, None, template.template, code)
    if template.format == "json":
        content = _one(content, os.path.join(target.folder, template.template))
    return _Part(target.name, template.order, path, None, content, template.template, code)


def _codes(target: Target) -> list[Code]:
    """Return the code of a target's templates, kept between runs: translating takes a while."""
    folders = (os.path.join(PACKAGE, name) for name in ("target", "plan"))
    content = (target.document.digest, target.template_digest())
    path = kept.path(f"target-{target.name}", *content, *kept.sources(*folders))
    found = kept.load(path)
    if found is not None:
        return [Code(*code) for code in found]
    from fairway.target.translate import translate  # and with it Jinja2

    made = [translate(target, template) for template in target.artifacts]
    kept.store(path, [tuple(code) for code in made])
    return made


def _one(documents: Callable[[Any], list[str]], path: str) -> Callable[[Any], str]:
    def render(value: Any) -> str:
        made = documents(value)
        if len(made) > 1:
            raise UsageError(f"{path}: a JSON file holds one document; this makes {len(made)}")
        return made[0] if made else ""

    return render
