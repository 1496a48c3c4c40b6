"""Packs: folders of rules, loaded and checked, kept between runs as long as they do not change."""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import cache
from types import CodeType
from typing import TYPE_CHECKING, NamedTuple

from fairway import kept
from fairway.errors import UsageError
from fairway.packs import PACKAGE, pack_folder
from fairway.policy.program import Program
from fairway.policy.rule_file import RuleFile, read_rule
from fairway.policy.variables import VARIABLES

if TYPE_CHECKING:
    from fairway.policy.expression import Node


class Group(NamedTuple):
    """Programs about the same thing.

    ``kind`` is the kind of object that they are about, or empty for any. ``accepting`` is code
    whose value is a function for each program, which says yes to what keeps it for sure.
    """

    about: str
    kind: str
    accepting: CodeType
    programs: tuple[Program, ...]


class Pack(NamedTuple):
    """The rules of a folder, ready to run."""

    folder: str
    groups: tuple[Group, ...]
    fillers: object  # a code object that defines what fills subjects

    @property
    def builtin(self) -> bool:
        """Whether it is the pack that comes with Fairway, whose rules the reference has."""
        return os.path.realpath(self.folder) == os.path.realpath(pack_folder("policies"))

    def programs(self) -> dict[str, Program]:
        """Return every rule by its id."""
        return {p.id: p for group in self.groups for p in group.programs}


def rule_paths(folder: str) -> list[str]:
    """Return the files of a pack's rules: ``<folder>/<family>/<name>.yaml``, in order."""
    found: list[str] = []
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        if entry.name.startswith("."):
            continue
        if not entry.is_dir():
            _refuse_misplaced(entry.path, entry.name == "pack.yaml")
            continue
        for name in sorted(os.listdir(entry.path)):
            path = os.path.join(entry.path, name)
            if name.endswith(".yaml"):
                found.append(path)
            elif os.path.isdir(path) and not name.startswith("."):
                for below in sorted(os.listdir(path)):
                    _refuse_misplaced(os.path.join(path, below), right=False)
            else:
                _refuse_misplaced(path, right=False)
    return found


def _refuse_misplaced(path: str, right: bool) -> None:
    """Refuse what looks like a rule and would never be read."""
    if not right and path.endswith((".yaml", ".yml")):
        message = f"{path}: no rule is read from there"
        raise UsageError(message, "a rule is <pack>/<family>/<name>.yaml")


def read_pack(folder: str) -> list[RuleFile]:
    """Read the rules of a folder. Raises ``UsageError`` for one that is not right."""
    rules = [read_rule(path) for path in rule_paths(folder)]
    if not rules:
        raise UsageError(
            f"{folder} holds no rules", "a pack is folders of files: <family>/<name>.yaml"
        )
    return rules


@cache
def load_pack(folder: str) -> Pack:
    """Load a pack; what was checked before and did not change is not checked again."""
    rule_paths(folder)  # what stands in the wrong place is no part of what is kept
    families = sorted(entry.path for entry in os.scandir(folder) if entry.is_dir())
    engine = [os.path.join(PACKAGE, name) for name in ("policy", "spec", "plan")]
    path = kept.path("policies", folder, *kept.sources(*families), *kept.sources(*engine))
    found = kept.load(path)
    if found is not None:
        groups, fillers = found
        return Pack(folder, tuple(_group(group) for group in groups), fillers)
    made = compile_pack(folder, read_pack(folder))
    plain = [(*group[:3], [tuple(p) for p in group.programs]) for group in made.groups]
    kept.store(path, (plain, made.fillers))
    return made


def compile_pack(folder: str, rules: Iterable[RuleFile]) -> Pack:
    """Check rules and make them ready to run. Raises ``UsageError`` for one that is not right."""
    from fairway.policy.program import compile_rule
    from fairway.policy.python_form import accepting_code

    wanted: dict[tuple[str, str], list[RuleFile]] = {}
    for rule in rules:
        for kind in rule.kinds or ("",):
            wanted.setdefault((rule.about, kind), []).append(rule)
    compiled: dict[str, Program] = {}
    groups: list[Group] = []
    for (about, kind), members in wanted.items():
        for rule in members:
            if rule.id not in compiled:
                compiled[rule.id] = compile_rule(rule)
        programs = tuple(compiled[rule.id] for rule in members)
        trees = [_tree(program) for program in programs]
        groups.append(Group(about, kind, accepting_code(VARIABLES[about], trees), programs))
    return Pack(folder, tuple(groups), filler_code())


def _tree(program: Program) -> Node | None:
    """Return a program's condition, or None for one that is nested too deeply to be read."""
    from fairway.policy.expression import read_expression

    try:
        return read_expression(program.check)
    except ValueError:
        return None


@cache
def filler_code() -> object:
    """Return the code of what makes subjects from the models' values: see ``schema``."""
    from fairway.policy.schema import filler_source, messages

    return compile(filler_source(messages()), "<fillers>", "exec")


def _group(group: tuple[str, str, CodeType, list[tuple[object, ...]]]) -> Group:
    about, kind, accepting, programs = group
    return Group(about, kind, accepting, tuple(Program(*each) for each in programs))  # type: ignore[arg-type]
