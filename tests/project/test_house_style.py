"""Modules and functions stay small, and names say what a thing is."""

import ast
import re
from pathlib import PurePosixPath

import pytest
from project.tree import ROOT, python_files, tracked_files

MAX_MODULE = 300
MAX_FUNCTION = 40
# Such a name says that its author did not know what belongs together.
SAYS_NOTHING = re.compile(r"(^|_)(utils?|helpers?|commons?|misc|managers?|stuff|various)(_|$)")
PROGRAMS = python_files("compiler", "benchmarks", "docs", "specs")


@pytest.mark.parametrize("name", PROGRAMS)
def test_module_is_short(name: str):
    lines = len((ROOT / name).read_text("utf-8").splitlines())
    assert lines < MAX_MODULE, f"{name} has {lines} lines: divide it by what its parts are about"


@pytest.mark.parametrize("name", PROGRAMS)
def test_functions_are_short(name: str):
    long = [
        f"{name}:{node.lineno}: {node.name} has {length} lines"
        for node in ast.walk(ast.parse((ROOT / name).read_text("utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (length := function_length(node)) >= MAX_FUNCTION
    ]
    assert long == []


def function_length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines from the name to the end, without docstring and click's declaration of options."""
    assert node.end_lineno is not None
    length = node.end_lineno - node.lineno + 1
    first = node.body[0]
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
        assert first.end_lineno is not None
        length -= first.end_lineno - first.lineno + 1
    return length


def test_names_say_what_a_thing_is():
    parts = {part for name in tracked_files() for part in PurePosixPath(name).parts}
    words = {part: part.partition(".")[0].replace("-", "_").lower() for part in parts}
    assert [part for part, word in words.items() if SAYS_NOTHING.search(word)] == []


@pytest.mark.parametrize("name", python_files("compiler"))
def test_docstring_opens_with_a_sentence(name: str):
    docstring = ast.get_docstring(ast.parse((ROOT / name).read_text("utf-8")))
    assert docstring, f"{name} has no docstring"
    assert re.match(r"\S.*?[.:](\s|$)", docstring, re.DOTALL), f"{name}: {docstring[:60]!r}"
