"""A small plan to try templates on, and a target folder that holds them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent
from typing import Any, Literal, NamedTuple

from fairway.source.build import parse_all
from fairway.source.file import source_from_text
from fairway.target.function import compiled, function
from fairway.target.quote import quote_dockerfile
from fairway.target.structured import compile_documents
from fairway.target.text import text_source


class Part(NamedTuple):
    """A part of a thing."""

    name: str
    size: int
    hidden: bool
    share: int | str


class Thing(NamedTuple):
    """What templates see."""

    name: str
    count: int
    ratio: float
    ready: bool
    kind: Literal["small", "large"]
    share: int | str
    tags: tuple[str, ...]
    labels: Mapping[str, str]
    part: Part
    parts: tuple[Part, ...]

    @property
    def title(self) -> str:
        """A value that is computed."""
        return self.name.upper()


THING = Thing(
    name="one",
    count=3,
    ratio=0.5,
    ready=True,
    kind="small",
    share="25%",
    tags=("a", "b"),
    labels={"app": "one"},
    part=Part("inner", 1, False, 1),
    parts=(Part("first", 1, False, 1), Part("second", 2, True, "50%")),
)
SCOPE = {"thing": Thing}


def rendered(template: str, thing: Thing = THING) -> list[Any]:
    """Return the documents that a structured template gives."""
    documents, findings = parse_all(source_from_text("t.yaml", dedent(template)))
    assert findings == []
    return compile_documents(documents, SCOPE)(thing)


def text_rendered(template: str, thing: Thing = THING) -> str:
    """Return what a text template gives, quoted as in a Dockerfile."""
    code = compiled(text_source(dedent(template), "t.j2", SCOPE), "thing")
    return str(function(code, quote_dockerfile)(thing))


def write_target(folder: Path, name: str, text: str, **templates: str) -> Path:
    """Write a target's folder: ``target.yaml``, and ``x.yaml`` for a template ``x_yaml``."""
    home = folder / name
    home.mkdir(parents=True, exist_ok=True)
    (home / "target.yaml").write_text(dedent(text), encoding="utf-8")
    for template, content in templates.items():
        stem, _, suffix = template.rpartition("_")
        (home / f"{stem}.{suffix}").write_text(dedent(content), encoding="utf-8")
    return home / "target.yaml"
