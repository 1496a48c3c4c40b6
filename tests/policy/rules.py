"""Packs of one rule or a few, written as their authors would, and read by the engine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from fairway.policy.program import Program, compile_rule
from fairway.policy.rule_file import RuleFile, read_rule

SIGNED: dict[str, Any] = {
    "rule": "house/signed",
    "title": "Every version is signed",
    "severity": "error",
    "subject": "deployment",
    "why": "Anyone may have written what nobody signed.",
    "each": "deployment.versions",
    "as": "version",
    "require": 'version.signer != ""',
    "at": 'versions["{version.name}"]',
    "message": "nobody signed version {version.name}",
    "fix": "sign it",
    "references": ["SLSA v1.0 Build L1"],
    "examples": {
        "good": [{}],
        "bad": [{"stable": {"signer": ""}, "finds": 'versions["1.0.0"]'}],
    },
}


def write_rule(pack: Path, **changes: Any) -> Path:
    """Write the rule about signatures with some keys changed; None leaves a key out."""
    value = {**SIGNED, **changes}
    value = {key: each for key, each in value.items() if each is not None}
    path = pack / f"{value['rule']}.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(value, sort_keys=False, width=1000), "utf-8")
    return path


def write_text(pack: Path, text: str, name: str = "house/signed") -> Path:
    """Write a rule's file as it is given."""
    path = pack / f"{name}.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path


def loaded(pack: Path, **changes: Any) -> tuple[RuleFile, Program]:
    """Write a rule, read it and compile it."""
    rule = read_rule(str(write_rule(pack, **changes)))
    return rule, compile_rule(rule)


def about_deployment(require: str, good: Any, bad: Any, **changes: Any) -> dict[str, Any]:
    """The changes that make a rule about the whole deployment, found at its name."""
    return {
        "each": None,
        "as": None,
        "require": require,
        "at": "metadata.name",
        "message": "{deployment.name} is wrong",
        "examples": {
            "good": good,
            "bad": [{**each, "finds": "metadata.name"} for each in bad],
        },
        **changes,
    }


def change_project(place: str = "", **changes: Any) -> None:
    """Set keys of the project below the working directory, or of one of its environments."""
    path = Path("specs", "fairway.yaml")
    value = yaml.safe_load(path.read_text("utf-8"))
    if not place:
        for environment in value["environments"].values():
            environment.pop("severity", None)
    (value["environments"][place] if place else value).update(changes)
    path.write_text(yaml.safe_dump(value, sort_keys=False), "utf-8")
