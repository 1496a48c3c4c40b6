"""What makes compiling fast gives the same bytes as the plain way of doing it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, NamedTuple

from hypothesis import given, reject
from hypothesis import strategies as st

from fairway.errors import UsageError
from fairway.indented_json import indented_json
from fairway.plan.image import _content
from fairway.plan.model import ContextFile, ImagePlan
from fairway.source.build import parse_all
from fairway.source.file import source_from_text
from fairway.target.emit import emit_documents
from fairway.target.function import compiled, function
from fairway.target.fused import json_source, yaml_source
from fairway.target.structured import compile_documents, translate_documents

TEXTS = st.sampled_from(
    ["", "a", "no", "1", "3.10", "a: b", "- x", "é\u2028", '"', "},\n  {", "\\"]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
)


class Part(NamedTuple):
    """One of several things."""

    name: str
    size: int
    hidden: bool


class Thing(NamedTuple):
    """What the templates see."""

    name: str
    count: int | str
    ready: bool
    ratio: float
    tags: tuple[str, ...]
    labels: Mapping[str, str]
    parts: tuple[Part, ...]


PARTS = st.builds(Part, TEXTS, st.integers(), st.booleans())
THINGS = st.builds(
    Thing,
    name=TEXTS,
    count=st.integers() | TEXTS,
    ready=st.booleans(),
    ratio=st.floats(allow_nan=False),
    tags=st.lists(TEXTS, max_size=3).map(tuple),
    labels=st.dictionaries(TEXTS, TEXTS, max_size=3),
    parts=st.lists(PARTS, max_size=3).map(tuple),
)
KEYS = st.sampled_from(["key", "other", "a b", "on", "x-${{ thing.name }}"])
LEAVES = st.sampled_from(
    [
        "word", "no", 3, 1.5, True, None, {}, [], "${{ thing.name }}", "${{ thing.count }}",
        "${{ thing.ready }}", "${{ thing.ratio }}", "${{ thing.tags }}", "${{ thing.labels }}",
        "is ${{ thing.name }} so", {"$when": "${{ thing.ready }}", "$value": "yes"},
        {"$when": "${{ not thing.ready }}", "$value": "${{ thing.tags }}"},
    ]
)  # fmt: skip


def maps(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    plain = st.dictionaries(KEYS, inner, max_size=4)
    return plain | plain.map(lambda entries: {"$when": "${{ thing.ready }}", **entries})


def items(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    names = st.sampled_from(["part", "piece"])
    return inner | st.builds(parts, names, inner) | st.just(TAGS) | st.just(SHOWN)


def parts(name: str, node: Any) -> dict[str, Any]:
    """Return a map a part, with a node inside that may be repeated itself."""
    return {"$each": "${{ thing.parts }}", "$as": name, "is": f"${{{{ {name}.name }}}}", "in": node}


TAGS = {"$each": "${{ thing.tags }}", "$as": "tag", "$value": "${{ tag }}"}
SHOWN = {
    "$each": "${{ thing.parts }}",
    "$as": "shown",
    "$when": "${{ not shown.hidden }}",
    "size": "${{ shown.size }}",
}
TEMPLATES = st.recursive(
    LEAVES, lambda inner: maps(inner) | st.lists(items(inner), max_size=3), max_leaves=12
).filter(lambda node: isinstance(node, dict | list))


def rendered(source: str, thing: Thing) -> list[str]:
    texts: list[str] = function(compiled(source, "thing"))(thing)
    return texts


@given(st.lists(TEMPLATES, min_size=1, max_size=2), THINGS)
def test_fused_templates_write_what_the_serialisers_write(templates: Any, thing: Thing) -> None:
    text = "\n---\n".join(json.dumps(template) for template in templates)
    documents, findings = parse_all(source_from_text("template.yaml", text))
    assert not findings
    scope = {"thing": Thing}
    try:
        nodes = translate_documents(documents, scope)
    except UsageError:
        reject()  # a directive where there can be none, or a loop's name inside itself
    made = compile_documents(documents, scope)(thing)
    assert "---\n".join(rendered(yaml_source(nodes), thing)) == emit_documents(made)
    plain = [json.dumps(document, indent=2, ensure_ascii=False) + "\n" for document in made]
    assert rendered(json_source(nodes), thing) == plain


@given(JSON, st.integers(0, 4))
def test_indented_json_is_that_of_the_standard_library(value: Any, indent: int) -> None:
    assert indented_json(value, indent) == json.dumps(value, indent=indent, ensure_ascii=False)


@given(TEXTS, st.lists(st.builds(ContextFile, TEXTS, TEXTS, st.integers(), TEXTS, TEXTS)))
def test_an_image_is_named_by_its_plan_as_json(text: str, files: list[ContextFile]) -> None:
    values: dict[str, Any] = dict.fromkeys(ImagePlan._fields, text)
    plan = ImagePlan(**values | {"port": 1, "command": (text,), "files": tuple(files)})
    written = {"files": [file._asdict() for file in files]}
    everything = {"template": text, **plan._asdict(), **written}
    plain = json.dumps(everything, sort_keys=True, separators=(",", ":"))
    assert _content(plan, text) == sha256(plain.encode()).hexdigest()
