"""docs/releasing.md shows what the commands do."""

from __future__ import annotations

import json
import re
from pathlib import Path

from click import Group
from stepping.setting import GOOD, Repository, at

from fairway.cli import cli
from fairway.stepping.metrics_file import _KEYS

PAGE = Path(__file__).parents[2] / "docs/releasing.md"
BLOCK = re.compile(r"```(\w+)\n(.*?)```", re.DOTALL)
HASH = re.compile(r"\b[0-9a-f]{64}\b|\b[0-9a-f]{12}\b")


def blocks(language: str) -> list[str]:
    return [text for name, text in BLOCK.findall(PAGE.read_text("utf-8")) if name == language]


def test_the_example_is_what_the_command_prints(repository: Repository) -> None:
    repository.commit(repository.step(0))
    assert repository.move("advance", "specs/churn", "--commit", time=at(hours=1)).code == 0
    (console,) = blocks("console")
    command, shown = console.split("\n", 1)
    words = command.removeprefix("$ fairway ").split()
    now = words[words.index("--now") + 1]
    metrics = repository.measured(at(hours=1, minutes=40))
    Path("metrics.json").write_bytes(Path(metrics).read_bytes())
    done = repository.run(*words)
    assert now == at(hours=1, minutes=45)
    assert HASH.sub("…", done.out) == HASH.sub("…", shown)


def test_the_file_of_readings_is_one(repository: Repository) -> None:
    repository.commit(repository.step(0))
    repository.commit(repository.step(1), at(hours=1))
    shown = json.loads(blocks("json")[0])
    assert set(shown) <= set(_KEYS)
    assert shown["readings"] == GOOD
    asked = repository.move("advance", "specs/churn", "--questions", time=at(hours=2))
    questions = json.loads(asked.out)
    assert {**shown, "release": ""} == {
        **{key: value for key, value in questions.items() if key not in ("queries", "window")},
        "release": "",
        "from": shown["from"],
        "to": shown["to"],
        "readings": GOOD,
    }


def test_options_on_the_page_are_those_of_the_commands() -> None:
    assert isinstance(cli, Group)
    options: set[str] = set()
    for name in ("advance", "promote", "rollback", "analyze"):
        command = cli.get_command(None, name)  # type: ignore[arg-type]
        assert command is not None
        options |= {each for param in command.params for each in param.opts}
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", PAGE.read_text("utf-8")))
    assert named <= options | {"--format"}
