"""``fairway policy test``: the examples of rules, and the mutants of their conditions."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import click

from fairway.cli.policy.packs_here import NamedPack, named_pack, packs_of, project_here
from fairway.errors import UsageError
from fairway.policy.exercise import Exercised, exercise_all
from fairway.policy.pack import rule_paths
from fairway.spec.nearest import nearest


def test(pack: str | None, mutants: bool, rules: tuple[str, ...], project: Path | None) -> int:
    """Try the rules of a pack, or of all packs; return the exit code."""
    packs = [named_pack(pack, project)] if pack else packs_of(project_here(project))
    paths = _chosen(packs, rules)
    began = time.monotonic()
    with click.progressbar(
        length=len(paths), file=sys.stderr, label="rules", hidden=not sys.stderr.isatty()
    ) as bar:
        done = exercise_all(paths, mutants, lambda _: bar.update(1))
    for fault in done.faults:
        click.echo(fault)
    click.echo(_summary(done, mutants, time.monotonic() - began), err=bool(done.faults))
    return int(bool(done.faults))


def _chosen(packs: list[NamedPack], rules: tuple[str, ...]) -> list[str]:
    """Return the files of the rules that were named, of all when none was."""
    found: dict[str, str] = {}
    for pack in packs:
        paths = rule_paths(pack.folder)
        if not paths:
            raise UsageError(
                f"{pack.folder} holds no rules", "a pack is folders of files: <family>/<name>.yaml"
            )
        for path in paths:
            family, file = os.path.split(path)
            found[f"{os.path.basename(family)}/{os.path.splitext(file)[0]}"] = path
    for rule in rules:
        if rule not in found:
            close = nearest(rule, found)
            raise UsageError(f"there is no rule {rule}", f"write {close}" if close else "")
    return [found[rule] for rule in dict.fromkeys(rules)] if rules else list(found.values())


def _summary(done: Exercised, mutants: bool, seconds: float) -> str:
    parts = [_count(done.rules, "rule"), _count(done.examples, "example")]
    if mutants:
        equivalent = f" ({done.equivalent} equivalent)" if done.equivalent else ""
        parts.append(_count(done.mutants, "mutant") + equivalent)
    faults = _count(len(done.faults), "fault") if done.faults else "no faults"
    return f"{', '.join(parts)}: {faults} ({seconds:.1f} s)"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")
