"""Imports go one way, so that each part can be read, and tested, without those after it.

The chain is that of the types: location, finding, rule, source, spec, lock, deployment, plan,
target; then the pipeline, which is every other module of the package; then the command line.
"""

import ast
import sys
import tomllib
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter

import pytest
from project.tree import ENGINE, ROOT, python_files

LAYERS = (
    ("errors", "indented_json", "kept", "location", "packs"),
    ("finding",),
    ("rule",),
    ("source",),
    ("spec",),
    ("lock", "contract", "arithmetic"),
    ("deployment", "versions", "compatibility"),
    ("plan",),
    ("artifact", "target"),
    ("pipeline",),
    ("cli",),
)
LAYER = {room: number for number, rooms in enumerate(LAYERS) for room in rooms}
# Outside of the chain, with rules of their own below.
APART = {"report", "serve"}
# What measures models, or runs releases, needs arrays; commands import it inside of functions.
MEASURES = ("fairway.evidence.measure", "fairway.simulate.engine")
# What a fresh installation has, and may be imported at the top of a module.
DECLARED = {
    *("cel_expr_python", "click", "google", "jinja2", "markupsafe"),
    *("pydantic", "pydantic_core", "yaml"),
}
IMPORTED_AS = {"pyyaml": "yaml", "cel-expr-python": "cel_expr_python", "protobuf": "google"}


def module_of(name: str) -> str:
    path = (ROOT / name).relative_to(ENGINE.parent).with_suffix("")
    return ".".join(path.parts).removesuffix(".__init__")


# Files in folders that cannot be packages are data, such as the model that `fairway new` copies.
MODULES = {
    module: name
    for module, name in ((module_of(name), name) for name in python_files("compiler"))
    if all(part.isidentifier() for part in module.split("."))
}


def room(module: str) -> str:
    """The layer's name of a module: its own, or its folder's, or the pipeline."""
    name = module.split(".")[1] if "." in module else "fairway"
    if name not in LAYER and name not in APART:
        return "pipeline"
    return name


def imported(module: str, *, at_import: bool = False) -> Iterator[tuple[int, str]]:
    """Every import of a module, as line and module; with ``at_import`` those that run at once."""
    tree = ast.parse((ROOT / MODULES[module]).read_text("utf-8"))
    todo: list[ast.AST] = [tree]
    while todo:
        node = todo.pop()
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{MODULES[module]}:{node.lineno}: a relative import"
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                yield node.lineno, full if full in MODULES else str(node.module)
        function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        types = isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        if not (at_import and (function or types)):
            todo += ast.iter_child_nodes(node)


def ours(module: str) -> Iterator[tuple[int, str]]:
    return (
        (line, other) for line, other in imported(module) if other.partition(".")[0] == "fairway"
    )


@pytest.mark.parametrize("module", sorted(MODULES))
def test_imports_go_one_way(module: str):
    mine = room(module)
    if mine in APART or module in ("fairway", "fairway.__main__"):
        return
    wrong = [
        f"{MODULES[module]}:{line}: {mine} imports {other}"
        for line, other in ours(module)
        if room(other) in LAYER and LAYER[room(other)] > LAYER[mine]
    ]
    assert wrong == []


def test_nothing_imports_the_command_line():
    wrong = [
        f"{name}:{line}: {other}"
        for module, name in MODULES.items()
        if room(module) != "cli" and module != "fairway.__main__"
        for line, other in ours(module)
        if room(other) == "cli"
    ]
    assert wrong == []


def test_reports_see_only_findings():
    allowed = {"report", "finding", "location"}
    assert [
        f"{name}:{line}: {other}"
        for module, name in MODULES.items()
        if room(module) == "report"
        for line, other in ours(module)
        if room(other) not in allowed
    ] == []


def test_only_outputs_import_reports():
    """The engine makes findings; it does not print them."""
    assert [
        f"{name}:{line}: {other}"
        for module, name in MODULES.items()
        if room(module) not in ("report", "pipeline", "cli")
        for line, other in ours(module)
        if room(other) == "report"
    ] == []


def test_the_model_server_stands_alone():
    """Its sources are part of every image, without the rest of the package."""
    assert [
        f"{name}:{line}: {other}"
        for module, name in MODULES.items()
        if module.startswith("fairway.serve")
        for line, other in ours(module)
        if not other.startswith("fairway.serve")
    ] == []


def test_no_cycles():
    graph = {
        module: {
            other
            for _, other in imported(module, at_import=True)
            if other in MODULES and other != module
        }
        for module in MODULES
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" → ".join(error.args[1]))


@pytest.mark.parametrize("module", sorted(MODULES))
def test_only_declared_dependencies_are_imported_at_once(module: str):
    """Others are extras, or slow: they are imported inside of the function that needs them."""
    if room(module) == "serve" or module.startswith(MEASURES):
        return
    known = DECLARED | sys.stdlib_module_names | {"fairway"}
    assert [
        f"{MODULES[module]}:{line}: {other}"
        for line, other in imported(module, at_import=True)
        if other.partition(".")[0] not in known
    ] == []


def test_only_history_reads_git():
    assert [
        f"{name}:{line}"
        for module, name in MODULES.items()
        if "history" not in module
        for line, other in imported(module)
        if other.partition(".")[0] in ("pygit2", "git", "dulwich")
    ] == []


def test_declared_dependencies_are_those_of_pyproject():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    names = {requirement.partition(">")[0] for requirement in project["dependencies"]}
    # markupsafe and pydantic_core come with two of them.
    assert {IMPORTED_AS.get(name, name) for name in names} <= DECLARED
