"""``fairway policy list``: the rules, and how much each matters where."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from itertools import groupby
from pathlib import Path
from textwrap import wrap
from typing import Any, NamedTuple

import click

from fairway.cli.policy.packs_here import NamedPack, packs_of, project_here, rules_of
from fairway.cli.policy.severities import Severity, severities
from fairway.cli.policy.terminal import Terminal
from fairway.errors import UsageError
from fairway.policy.rule_file import RuleFile
from fairway.spec.nearest import listed, nearest

JSON_VERSION = 1
"""The version of what ``--format json`` prints; it changes when a reader must."""

_LEAST_TITLE = 44


class Wanted(NamedTuple):
    """Which rules to list, and the severities of which environments; empty is all of them."""

    families: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()
    severities: tuple[str, ...] = ()
    environments: tuple[str, ...] = ()
    reference: str = ""

    def takes(self, row: Row) -> bool:
        """Whether a rule is wanted."""
        rule = row.rule
        shown = {each.word for each in row.where.values()} or {rule.severity.label}
        return (
            (not self.families or row.family in self.families)
            and (not self.subjects or rule.subject in self.subjects)
            and (not self.severities or not shown.isdisjoint(self.severities))
            and (
                not self.reference
                or any(self.reference.lower() in each.lower() for each in rule.references)
            )
        )


class Row(NamedTuple):
    """A rule, its pack, and its severity in each environment (none without a project)."""

    rule: RuleFile
    pack: str
    where: Mapping[str, Severity]

    @property
    def family(self) -> str:
        """The first half of the rule's name."""
        return self.rule.id.partition("/")[0]

    @property
    def words(self) -> tuple[str, ...]:
        """The severities in the order of the environments; without any the rule's own."""
        return tuple(each.word for each in self.where.values()) or (self.rule.severity.label,)


def print_rules(wanted: Wanted, folder: Path | None, form: str) -> None:
    """Print the rules. Raises ``UsageError`` for a family or an environment that is not there."""
    loaded = project_here(folder)
    packs = packs_of(loaded)
    rows = [Row(each.rule, each.pack, severities(each.rule, loaded)) for each in rules_of(packs)]
    known = list(loaded.project.environments) if loaded and loaded.project else []
    _check("family", wanted.families, dict.fromkeys(row.family for row in rows))
    _check("environment", wanted.environments, known)
    shown = [name for name in known if name in (wanted.environments or known)]
    rows = [row._replace(where={name: row.where[name] for name in shown}) for row in rows]
    found = [row for row in rows if wanted.takes(row)]
    if form == "json":
        value = {
            "version": JSON_VERSION, "environments": shown, "rules": [_json(row) for row in found]
        }  # fmt: skip
        click.echo(json.dumps(value, indent=2, ensure_ascii=False))
        return
    _Table(found, shown, Terminal()).print(packs)
    if not found:
        click.echo("no rule is like that", err=True)


def _check(option: str, names: Iterable[str], known: Iterable[str]) -> None:
    every = list(known)
    for name in names:
        if name not in every:
            close = nearest(name, every)
            fix = f"write {close}" if close else f"there are: {listed(every)}"
            raise UsageError(f"--{option} {name}: there is none of that name", fix)


def _json(row: Row) -> dict[str, Any]:
    rule = row.rule
    return {
        "id": rule.id,
        "title": rule.title,
        "severity": rule.severity.label,
        "severities": {name: each.word for name, each in row.where.items()},
        "mandatory": rule.mandatory,
        "subject": rule.subject,
        "for": list(rule.kinds) or (rule.about if rule.subject == "artifact" else None),
        "references": list(rule.references),
        "fix": rule.fix is not None and bool(rule.fix.set or rule.fix.remove),
        "pack": row.pack,
        "file": rule.document.path,
    }


class _Table:
    """The rules by pack and family; one column of severities where they are the same."""

    def __init__(self, rows: list[Row], environments: list[str], terminal: Terminal) -> None:
        self.rows, self.terminal = rows, terminal
        differ = any(len(set(row.words)) > 1 for row in rows)
        self.heads = environments if differ else [""]
        names = [row.rule.id.partition("/")[2] for row in rows]
        self.name = max(map(len, names), default=0)
        words = [row.words if differ else row.words[:1] for row in rows]
        self.columns = [
            max([len(head), *(len(each[i]) for each in words)]) for i, head in enumerate(self.heads)
        ]

    def print(self, packs: list[NamedPack]) -> None:
        """Print the table, the packs in the project's order."""
        for pack in packs:
            rows = [row for row in self.rows if row.pack == pack.name]
            if not rows:
                continue
            self.terminal.print(self._heading(pack, rows))
            for family, members in groupby(rows, key=lambda row: row.family):
                self.terminal.print()
                self.terminal.print(self._family(family))
                for row in members:
                    self._row(row)
            self.terminal.print()
        if any(row.rule.mandatory for row in self.rows):
            self.terminal.print(self.terminal.dim("* mandatory: no waiver may cover it"))

    def _heading(self, pack: NamedPack, rows: list[Row]) -> str:
        counted = f"{len(rows)} rule{'' if len(rows) == 1 else 's'}"
        where = "" if pack.folder == pack.name else f" ({pack.folder})"
        return f"{self.terminal.bold(pack.name)}{where}: {counted}"

    def _family(self, family: str) -> str:
        heads = "  ".join(
            head.ljust(width) for head, width in zip(self.heads, self.columns, strict=True)
        )
        blank = " " * max(0, self.name + 4 - len(family))
        return self.terminal.bold(family) + (blank + heads).rstrip()

    def _row(self, row: Row) -> None:
        rule, terminal = row.rule, self.terminal
        name = rule.id.partition("/")[2]
        cells = [
            terminal.severity(word, word.ljust(width))
            for word, width in zip(row.words, self.columns, strict=False)
        ]
        mark = "*" if rule.mandatory else " "
        left = 2 + self.name + 2 + sum(self.columns) + 2 * (len(self.columns) - 1) + 4
        room = None if terminal.width is None else terminal.width - left
        if room is not None and room < _LEAST_TITLE:
            # The title has a line of its own where there is no room beside the columns.
            if not rule.mandatory:
                cells[-1] = terminal.severity(row.words[len(cells) - 1])
            terminal.print(f"  {name.ljust(self.name)}  {'  '.join(cells)} {mark}".rstrip())
            for line in wrap(rule.title, (terminal.width or 80) - 6):
                terminal.print(terminal.dim(f"      {line}"))
            return
        first, *rest = wrap(rule.title, room) if room else [rule.title]
        terminal.print(f"  {name.ljust(self.name)}  {'  '.join(cells)} {mark} {first}")
        for line in rest:
            terminal.print(" " * left + line)
