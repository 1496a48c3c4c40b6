"""No value can add, remove or change an instruction of a Dockerfile."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from properties.dockerfile import Instruction, instructions, unquoted

from fairway.packs import pack_folder
from fairway.plan.model import ImagePlan
from fairway.target.load import load_target
from fairway.target.quote import quote_dockerfile
from fairway.target.render import Renderer

EVIL = [
    "a\nRUN id", "a\r\nUSER root", "a\\\nUSER 0", 'a"\nUSER root\n"', 'a" b="c', "$HOME", "${PATH}",
    "\\$HOME", "$$", "`id`", "$(id)", "\\", "\\\\", 'a\\"', '"', "'", "#", "# syntax=evil/frontend",
    "<<EOF", "\x00", "\x0b", "\x0c", "\x85", "\u2028", "\u2029", "{{ 7 }}", "{% raw %}", " ", "a  ",
    "=", "LABEL a=b", "--from=x", "\ufeff", "😀", "日本語", "x" * 3000,
]  # fmt: skip
PLAIN = ImagePlan(
    deployment="scorer",
    version="1.0.0",
    title="scorer 1.0.0",
    description="Scores.",
    team="payments",
    base=f"docker.io/library/python:3.12-slim@sha256:{'ab' * 32}",
    format="skops",
    runtime="sklearn",
    folder="scorer",
    uri="./models/1.0.0",
    model_digest=f"sha256:{'cd' * 32}",
    command=("/opt/venv/bin/python", "-m", "fairway.serve"),
    port=8080,
    files=(),
    content="ef" * 32,
    repository="registry.example.com/ml/scorer",
    tag="1.0.0-efefefefefef",
)
CONTROL = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]+")


def values() -> SearchStrategy[str]:
    pieces = st.one_of(st.sampled_from(EVIL), st.text(st.characters(codec="utf-8"), max_size=20))
    return st.lists(pieces, min_size=1, max_size=3).map("".join)


@cache
def renderer() -> Renderer:
    return Renderer([load_target(f"{pack_folder('targets')}/docker/target.yaml")], "image")


def dockerfile(image: ImagePlan) -> str:
    artifacts = renderer().render(image, "scorer/deployment.yaml", "")
    (text,) = [a.text for a in artifacts if a.path.endswith("/Dockerfile")]
    return text


def skeleton(text: str) -> list[Instruction]:
    """Return the instructions with every quoted value left out."""
    return [
        Instruction(i.keyword, re.sub(r'"(?:[^"\\]|\\.)*"', '""', i.arguments))
        for i in instructions(text)
    ]


def label(text: str, name: str) -> str:
    """Return the value that an image's label has."""
    words = [i.arguments for i in instructions(text) if i.keyword == "LABEL"]
    (found,) = re.findall(rf'(?:^|\s){re.escape(name)}=("(?:[^"\\]|\\.)*")', "\n".join(words))
    return unquoted(found)


def as_one_line(value: str) -> str:
    """Return a value as a Dockerfile can hold it: every run of control characters a space."""
    return CONTROL.sub(" ", value)


@given(description=values(), team=values())
@example(description='"', team="\\")
@example(description="\\", team='"\nUSER root')
@example(description="`", team="a`b")
def test_labels_hold_the_value_and_nothing_else(description: str, team: str) -> None:
    text = dockerfile(PLAIN._replace(description=description, team=team))
    assert skeleton(text) == skeleton(dockerfile(PLAIN))
    assert label(text, "org.opencontainers.image.description") == as_one_line(description)
    assert label(text, "org.opencontainers.image.vendor") == as_one_line(team)


@given(argument=values())
def test_arguments_stay_one_argument(argument: str) -> None:
    plan = PLAIN._replace(command=(*PLAIN.command, "--trusted-type", argument))
    entry = [i for i in instructions(dockerfile(plan)) if i.keyword == "ENTRYPOINT"]
    assert len(entry) == 1
    assert json.loads(entry[0].arguments) == [
        *PLAIN.command,
        "--trusted-type",
        as_one_line(argument),
    ]


@given(base=values())
def test_the_base_image_cannot_end_its_line(base: str) -> None:
    text = dockerfile(PLAIN._replace(base=base))
    assert [i.keyword for i in instructions(text)] == [
        i.keyword for i in instructions(dockerfile(PLAIN))
    ]
    assert unquoted(instructions(text)[0].arguments.removeprefix("BASE_IMAGE=")) == as_one_line(
        base
    )


@pytest.mark.parametrize(
    ("value", "quoted"),
    [
        (True, "true"),
        (8080, "8080"),
        ("plain", '"plain"'),
        ('a"b', '"a\\"b"'),
        ("$HOME", '"\\$HOME"'),
        ("a\\b", '"a\\\\b"'),
        ("a`b", '"a`b"'),
        ("a\n\nb", '"a b"'),
        (("a", 'b"c'), '["a", "b\\"c"]'),
    ],
)
def test_quoting(value: object, quoted: str) -> None:
    assert quote_dockerfile(value) == quoted


# -- hadolint ----------------------------------------------------------------------------------


def hadolint(folder: Path, texts: list[str]) -> subprocess.CompletedProcess[str]:
    """Lint Dockerfiles with every rule, whatever a configuration on the machine says."""
    files = []
    for number, text in enumerate(texts):
        file = folder / f"Dockerfile.{number}"
        file.write_text(text, encoding="utf-8")
        files.append(file.name)
    (folder / "empty.yaml").write_text("{}\n", encoding="utf-8")
    tool = Path(sys.executable).with_name("hadolint")
    command = [tool, "--no-color", "--failure-threshold", "style", "-c", "empty.yaml", *files]
    return subprocess.run(command, cwd=folder, capture_output=True, encoding="utf-8", check=False)


def test_hadolint_passes_the_golden_files(tmp_path: Path) -> None:
    golden = Path(__file__).resolve().parents[1] / "golden" / "fleet" / "images"
    texts = sorted({path.read_text("utf-8") for path in golden.rglob("Dockerfile")})
    assert texts
    assert not [text for text in texts if "hadolint ignore" in text]
    done = hadolint(tmp_path, texts)
    assert done.returncode == 0, done.stdout + done.stderr


def test_hadolint_finds_a_fault(tmp_path: Path) -> None:
    text = dockerfile(PLAIN).replace("USER 65532:65532", "USER root")
    done = hadolint(tmp_path, [text])
    assert done.returncode == 1
    assert "DL3002" in done.stdout


@pytest.mark.slow
@settings(max_examples=1)
@given(st.lists(values(), min_size=60, max_size=60))
def test_hadolint_parses_any_value(
    tmp_path_factory: pytest.TempPathFactory, drawn: list[str]
) -> None:
    # Of two backslashes before a quote hadolint takes the second for an escape; BuildKit does not.
    sound = [value for value in (*EVIL, *drawn) if not re.search(r'\\("|\Z)', as_one_line(value))]
    assert len(sound) > len(EVIL)
    texts = [dockerfile(PLAIN._replace(description=value, team=value)) for value in sound]
    done = hadolint(tmp_path_factory.mktemp("hadolint"), texts)
    assert done.returncode == 0, done.stdout + done.stderr
