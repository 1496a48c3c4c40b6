"""CONTRIBUTING.md says first what is refused, and names only what exists."""

import re

import pytest
from project.tree import ROOT, tracked_files

TEXT = (ROOT / ".github/CONTRIBUTING.md").read_text("utf-8")
PATH = re.compile(r"\.?[\w.<>*-]+(?:/[\w.<>*-]+)*/?")
QUOTED = {word for code in re.findall(r"`([^`\n]+)`", TEXT) for word in code.split()}
NAMES = set(tracked_files())
ROOMS = {name.partition("/")[0] for name in NAMES}


def is_path(word: str) -> bool:
    return bool(PATH.fullmatch(word)) and (word.partition("/")[0] in ROOMS or word in NAMES)


PATHS = sorted(
    {word for word in QUOTED if is_path(word)} | set(re.findall(r"\]\((?!http)([^)#]+)", TEXT))
)


def test_opens_with_what_is_refused():
    first = TEXT.split("\n## ")[1]
    assert first.startswith("What is refused\n")


def test_paths_are_found():
    assert len(PATHS) > 15


@pytest.mark.parametrize("path", PATHS)
def test_path_exists(path: str):
    if path.startswith("../"):
        path = path.removeprefix("../")
    if path.endswith("/"):
        assert any(fits(path + "**", name) for name in NAMES), path
    else:
        assert any(fits(path, name) or fits(path + "/**", name) for name in NAMES), path


def fits(pattern: str, name: str) -> bool:
    """Whether a path fits a pattern in which ``<word>`` and ``*`` stand for one part of it."""
    parts = re.split(r"(<[^>]+>|\*\*|\*)", pattern)
    expression = "".join(
        ".+"
        if part == "**"
        else "[^/]+"
        if part == "*" or part.startswith("<")
        else re.escape(part)
        for part in parts
    )
    return re.fullmatch(expression, name) is not None


@pytest.mark.parametrize("command", sorted(set(re.findall(r"`make ([a-z]+)", TEXT))))
def test_make_target_exists(command: str):
    assert re.search(rf"^{command}:", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
