"""The text of a new spec, from a few answers."""

from __future__ import annotations

import json
from dataclasses import dataclass

from fairway.spec.meaning import FORMATS


@dataclass(frozen=True, slots=True)
class Answers:
    """What a new spec needs to know; everything else has a default or a comment."""

    name: str
    team: str
    owners: tuple[str, ...]
    description: str
    framework: str
    format: str
    version: str
    uri: str


def default_format(framework: str) -> str:
    """Return the safest format of a framework's models."""
    return FORMATS[framework][0]


def spec_text(answers: Answers, environments: tuple[str, ...]) -> str:
    """Return ``deployment.yaml`` for the answers; strings are quoted where YAML needs it."""
    lines = [
        "# yaml-language-server: $schema=../.schemas/deployment.json",
        "apiVersion: fairway.dev/v1",
        "kind: ModelDeployment",
        "metadata:",
        f"  name: {answers.name}",
        f"  team: {answers.team}",
        f"  owners: {_list(answers.owners)}",
        f"  description: {_quoted(answers.description)}",
        "",
        "model:",
        f"  framework: {answers.framework}",
        f"  format: {answers.format}",
        *(["  entrypoint: model.py:Model"] if answers.framework == "python" else []),
        "  contract: contract.json # the inputs and outputs; replace the example in it",
        "  risk: medium # low | medium | high",
        "",
        "versions: # everything that may run; `fairway lock` pins the bytes",
        f"  {_quoted(answers.version)}: {answers.uri}",
        "",
        "serving:",
        "  resources: {cpu: 500m, memory: 1Gi}",
        "  scaling: {min: 2, max: 4, metric: cpu, target: 70%}",
        "  callers: [] # who may call, such as {namespace: checkout}; empty means nobody",
        "",
        "release:",
        f"  stable: {_quoted(answers.version)}",
        "  strategy:",
        "    rolling: {surge: 1, unavailable: 0}",
        "",
        "environments: # what differs where",
        *(f"  {name}: {{}}" for name in environments),
    ]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _list(items: tuple[str, ...]) -> str:
    return "[" + ", ".join(_quoted(item) for item in items) + "]"
