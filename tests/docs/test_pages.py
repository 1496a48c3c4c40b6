"""The documentation is what the program does: pages are generated, examples are run."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
import yaml

from fairway.json_schema import NAMES, json_schema

ROOT = Path(__file__).parents[2]
CONSOLE = re.compile(r"(<!-- In this repository: -->\n\n)?```console\n(.*?)```", re.DOTALL)


def test_generated_pages_are_current() -> None:
    command = [sys.executable, ROOT / "docs" / "generate.py", "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
def test_readme_examples_give_what_they_show(tmp_path: Path) -> None:
    blocks = CONSOLE.findall((ROOT / "README.md").read_text("utf-8"))
    assert {bool(here) for here, _ in blocks} == {True, False}
    program = tmp_path / "bin" / "fairway"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m fairway "$@"\n')
    program.chmod(0o755)
    path = f"{program.parent}:{os.environ['PATH']}"
    place = tmp_path / "empty"
    place.mkdir()
    one_after_another = _steps("".join(text for here, text in blocks if not here))
    in_the_repository = _steps("".join(text for here, text in blocks if here))
    for command, expected in [*one_after_another, *in_the_repository]:
        folder = ROOT if (command, expected) in in_the_repository else place
        done = subprocess.run(  # noqa: S602 - what the page shows is a shell's
            command, shell=True, cwd=folder, env={**os.environ, "PATH": path},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
        )  # fmt: skip
        assert done.returncode in (0, 1), done.stdout
        # A shown output may end early: the rest is said in prose.
        assert done.stdout.startswith(expected), f"$ {command}\n{done.stdout}"


def _steps(text: str) -> list[tuple[str, str]]:
    steps: list[tuple[str, str]] = []
    for line in text.splitlines(keepends=True):
        if line.startswith("$ "):
            steps.append((line[2:].strip(), ""))
        else:
            steps[-1] = (steps[-1][0], steps[-1][1] + line)
    return steps


def test_readme_links_lead_somewhere() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", text) if "://" not in link]
    assert len(links) >= 8
    missing = [link for link in links if not (ROOT / link).exists()]
    assert not missing


def test_readme_spec_keeps_the_schema() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    (block,) = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    validator = jsonschema.Draft7Validator(json_schema("deployment"))
    assert [error.message for error in validator.iter_errors(yaml.safe_load(block))] == []


@pytest.mark.parametrize("name", NAMES)
def test_schemas_are_draft_07_and_say_something_of_every_field(name: str) -> None:
    schema = json_schema(name)
    jsonschema.Draft7Validator.check_schema(schema)
    assert schema["$schema"] == "http://json-schema.org/draft-07/schema#"
    # A report's schema is for programs; editors show the others' examples.
    words = ("description",) if name == "findings" else ("description", "examples")
    assert _silent(schema, (), words) == []


def _silent(
    node: object, route: tuple[object, ...], words: tuple[str, ...]
) -> list[tuple[object, ...]]:
    """Return every property without words, or with words beside a reference that hides them."""
    found: list[tuple[object, ...]] = []
    if isinstance(node, dict):
        properties = node.get("properties")
        for key, value in properties.items() if isinstance(properties, dict) else ():
            if not set(words) <= set(value) or "$ref" in value:
                found.append((*route, key))
        assert "prefixItems" not in node
        for key, value in node.items():
            found += _silent(value, (*route, key), words)
    elif isinstance(node, list):
        for index, value in enumerate(node):
            found += _silent(value, (*route, index), words)
    return found


@pytest.mark.parametrize(
    ("schema", "pattern"), [("deployment", "*/deployment.yaml"), ("project", "fairway.yaml")]
)
def test_the_fleet_keeps_the_schemas(schema: str, pattern: str) -> None:
    validator = jsonschema.Draft7Validator(json_schema(schema))
    files = sorted((ROOT / "specs").glob(pattern))
    assert files
    for file in files:
        value = yaml.safe_load(file.read_text("utf-8"))
        assert [error.message for error in validator.iter_errors(value)] == [], file


def test_the_schema_refuses_what_the_program_refuses() -> None:
    validator = jsonschema.Draft7Validator(json_schema("deployment"))
    value = yaml.safe_load((ROOT / "specs/digit-reader/deployment.yaml").read_text("utf-8"))
    faults = {
        "unknown key": {**value, "servings": {}},
        "bare number": {**value, "serving": {**value["serving"], "traffic": {"timeout": 2}}},
        "two strategies": {
            **value,
            "release": {"stable": "1.0.0", "strategy": {"rolling": {}, "blueGreen": {}}},
        },
        "port": {**value, "serving": {**value["serving"], "port": 80}},
    }
    for fault, broken in faults.items():
        assert list(validator.iter_errors(broken)), fault


def test_rules_shown_beside_those_of_other_engines_are_the_built_in_ones() -> None:
    text = (ROOT / "docs" / "moving-from-other-policy-engines.md").read_text("utf-8")
    blocks = re.findall(r"```yml\n# (policies/\S+\.yaml), [^\n]*\n(.*?)```", text, re.DOTALL)
    assert len(blocks) >= 5
    for path, block in blocks:
        rule = (ROOT / path).read_text("utf-8")
        lines = iter(rule.splitlines())
        assert all(line in lines for line in block.splitlines()), path
