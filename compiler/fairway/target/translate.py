"""Translating a target's templates: from files to the source of expressions, all errors found."""

from __future__ import annotations

import os
from collections.abc import Mapping

from fairway.errors import UsageError
from fairway.plan.model import ImagePlan, Plan
from fairway.target.function import Code, compiled
from fairway.target.fused import json_source, yaml_source
from fairway.target.load import ArtifactTemplate, Subject, Target, read_template
from fairway.target.quote import QUOTERS
from fairway.target.structured import Node, path_source, translate_documents
from fairway.target.text import text_source

_SCOPES: Mapping[Subject, type] = {"plan": Plan, "image": ImagePlan}


def translate(target: Target, template: ArtifactTemplate) -> Code:
    """Translate a template; ``UsageError`` names the file and the line that cannot be."""
    subject = template.subject
    scope: dict[str, type] = {subject: _SCOPES[subject]}
    path = path_source(template.path, scope, target.document, (*template.route, "path"))
    file = os.path.join(target.folder, template.template)
    objects = "[]"
    if template.format in ("yaml", "json"):
        nodes = translate_documents(read_template(file), scope)
        content = yaml_source(nodes) if template.format == "yaml" else json_source(nodes)
        objects = "[" + ", ".join(f"[{node.as_items()}]" for node in nodes) + "]"
        if any(_holds_null(node) for node in nodes):
            objects = f"without_nulls({objects})"
    elif template.format in QUOTERS:
        with open(file, encoding="utf-8") as stream:
            content = text_source(stream.read(), file, scope)
    else:
        known = ", ".join(("yaml", "json", *QUOTERS))
        raise UsageError(
            f"{target.document.path}: unknown format {template.format}; known: {known}"
        )
    return Code(*(compiled(source, subject) for source in (path, content, objects)))


def _holds_null(node: Node) -> bool:
    """Whether a template says null somewhere; values of the plan never are."""
    below = (*(each for _, each in node.entries or ()), *(node.items or ()))
    return (node.fixed and node.value is None) or any(map(_holds_null, below))
