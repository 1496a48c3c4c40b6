"""``fairway explain`` says what each field is and where its value came from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from fairway.cli import cli
from fairway.errors import UsageError

SPECS = Path(__file__).parents[2] / "specs"


@pytest.fixture(autouse=True)
def root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(SPECS.parent)


def explained(*arguments: str) -> list[dict[str, Any]]:
    result = CliRunner().invoke(cli, ["explain", "--json", *arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    found: list[dict[str, Any]] = json.loads(result.output)
    return found


def line_of(file: Path, text: str) -> int:
    lines = file.read_text().splitlines()
    return next(number for number, line in enumerate(lines, 1) if text in line)


def test_a_value_of_the_spec_and_one_of_an_override() -> None:
    spec = SPECS / "tumour-screening/deployment.yaml"
    by_environment = {
        item["environments"][0]: item
        for item in explained("specs/tumour-screening:serving.scaling.min")
    }
    production, staging = by_environment["production"], by_environment["staging"]
    assert (production["value"], production["layer"]) == ("2", "spec")
    line = line_of(spec, "scaling: {min: 2")
    assert production["origin"].startswith(f"specs/tumour-screening/deployment.yaml:{line}:")
    assert (staging["value"], staging["layer"]) == ("1", "override")


def test_a_default_of_the_project_and_one_of_the_language() -> None:
    (timeout,) = explained("specs/diabetes-progression:serving.traffic.timeout")
    assert (timeout["value"], timeout["layer"], timeout["unit"]) == ("2s", "defaults", "time")
    assert timeout["origin"].startswith("specs/fairway.yaml:")
    assert timeout["type"] == "duration"
    assert timeout["environments"] == ["staging", "production"]
    (port,) = explained("specs/diabetes-progression:serving.port")
    assert (port["value"], port["layer"], port["origin"]) == ("8080", "language", "")


def test_units_versions_and_lists() -> None:
    found = {
        item["route"]: item for item in explained("specs/tumour-screening", "--env", "staging")
    }
    assert found["serving.resources.memory"]["unit"] == "bytes"
    assert found["serving.resources.cpu"]["value"] == "250m"
    assert found["serving.traffic.peak"]["unit"] == "requests per second"
    assert found['versions["1.0.0"].uri']["origin"].startswith("specs/tumour-screening/")
    assert found["serving.callers[0].namespace"]["value"] == "pathology"
    assert all(item["type"] and item["description"] for item in found.values())


def test_text_for_people() -> None:
    result = CliRunner().invoke(cli, ["explain", "specs/digit-reader:serving.port"])
    assert result.output.startswith("serving.port = 9000\n    integer; from specs/digit-reader/")


@pytest.mark.parametrize(
    ("argument", "words"),
    [
        ("specs/digit-reader:serving.prot", "no field serving.prot"),
        ("specs/digit-reader:serving..port", "not a route at character"),
        ("specs", "holds 5 specs"),
        ("specs/nothing", "no such file"),
    ],
)
def test_what_cannot_be_explained(argument: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        explained(argument)
