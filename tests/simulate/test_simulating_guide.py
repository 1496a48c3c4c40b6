"""The guide's examples give what they show, and its scenario is one."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
import yaml

from fairway.json_schema import json_schema

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs/simulating.md").read_text("utf-8")
(SCENARIO,) = re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL)


def steps() -> list[tuple[str, str]]:
    """The commands that are shown, each with what it prints."""
    found: list[tuple[str, str]] = []
    for block in re.findall(r"```console\n(.*?)```", GUIDE, re.DOTALL):
        for line in block.splitlines(keepends=True):
            if line.startswith("$ "):
                found.append((line[2:].strip(), ""))
            else:
                found[-1] = (found[-1][0], found[-1][1] + line)
    return found


@pytest.mark.slow
@pytest.mark.parametrize(("command", "printed"), steps())
def test_the_examples_give_what_they_show(tmp_path: Path, command, printed):
    shutil.copytree(ROOT / "specs", tmp_path / "specs")
    (tmp_path / "bad-day.yaml").write_text(SCENARIO)
    program = tmp_path / "bin/fairway"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m fairway "$@"\n')
    program.chmod(0o755)
    done = subprocess.run(  # noqa: S602 - what the page shows is a shell's
        command, shell=True, cwd=tmp_path, check=False, text=True,
        env={**os.environ, "PATH": f"{program.parent}:{os.environ['PATH']}"},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    assert done.returncode in (0, 1), done.stdout
    assert done.stdout.startswith(printed), f"$ {command}\n{done.stdout}"


def test_the_scenario_keeps_its_schema():
    validator = jsonschema.Draft7Validator(json_schema("scenario"))
    assert [error.message for error in validator.iter_errors(yaml.safe_load(SCENARIO))] == []


def test_every_field_is_described():
    fields = json_schema("scenario")["definitions"]
    names = {name for part in fields.values() for name in part.get("properties", {})}
    assert [name for name in sorted(names) if f"{name}" not in GUIDE] == []


def test_its_links_lead_somewhere():
    for link in re.findall(r"\]\(([^)#]+)\)", GUIDE):
        assert (ROOT / "docs" / link).exists()
