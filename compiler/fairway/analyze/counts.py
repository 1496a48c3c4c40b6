"""Counts of an experiment: how many units each arm had, and how many of them each outcome.

A file of them is JSON or CSV; arms are named by their role or by their version:

    {"stable": {"units": 31400, "conversion": 1570}, "candidate": {"units": 31350, …}}

    arm,units,conversion
    3.1.0,31400,1570
    3.2.0,31350,1724
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import NamedTuple, TypeAlias

from fairway.arithmetic.proportions import Count
from fairway.errors import UsageError
from fairway.source.given_json import given_json
from fairway.spec.nearest import listed

UNITS = "units"
ROLES = ("stable", "candidate")
Cell: TypeAlias = object
Table: TypeAlias = Mapping[str, Mapping[str, Cell]]


class Arm(NamedTuple):
    """One version's units, and its outcomes in the order of the plan's."""

    units: int
    outcomes: tuple[int, ...]

    def having(self, index: int) -> Count:
        """Return the count of an outcome."""
        return Count(self.outcomes[index], self.units)


class Counts(NamedTuple):
    """Both arms of an experiment."""

    stable: Arm
    candidate: Arm


class Arms(NamedTuple):
    """What names counts: the versions of the two arms, and the plan's metrics in order."""

    stable: str
    candidate: str
    metrics: tuple[str, ...]


def read_counts(text: str, where: str, arms: Arms) -> Counts:
    """Read a file's text, JSON or CSV by its first character; ``UsageError`` says what is wrong."""
    table = _json(text, where) if text.lstrip()[:1] == "{" else _csv(text, where)
    return counts_of(table, where, arms)


def counts_of(table: Table, where: str, arms: Arms) -> Counts:
    """Return the counts of a table of arms and their columns."""
    rows = []
    for role, version in zip(ROLES, (arms.stable, arms.candidate), strict=True):
        names = [name for name in (role, version) if name in table]
        if len(names) != 1:
            said = "twice" if names else "not"
            message = f"{where}: the {role} version ({version}) is {said} there; it has "
            raise UsageError(
                message + listed(sorted(table)), f"name each arm once: {role}, or {version}"
            )
        rows.append(_arm(table[names[0]], f"{where}: {names[0]}", arms.metrics))
    return Counts(rows[0], rows[1])


def shorthand(stable: str, candidate: str, arms: Arms) -> Counts:
    """Return the counts of an experiment with one outcome from ``K/N`` for each arm."""
    if len(arms.metrics) != 1:
        raise UsageError(
            f"the plan has {len(arms.metrics)} outcomes: {listed(arms.metrics)}",
            "give all of them in a file with --counts",
        )
    table = {}
    for role, text in zip(ROLES, (stable, candidate), strict=True):
        outcomes, slash, units = text.partition("/")
        if not slash:
            message = f"--{role} {text}: expected OUTCOMES/UNITS"
            raise UsageError(message, "write it like 1570/31400")
        table[role] = {arms.metrics[0]: outcomes.strip(), UNITS: units.strip()}
    return counts_of(table, "the command line", arms)


def table_of(counts: Counts, metrics: tuple[str, ...]) -> dict[str, dict[str, int]]:
    """Return counts in the form of the JSON file."""
    return {
        role: {UNITS: arm.units, **dict(zip(metrics, arm.outcomes, strict=True))}
        for role, arm in zip(ROLES, counts, strict=True)
    }


def _arm(row: Mapping[str, Cell], where: str, metrics: tuple[str, ...]) -> Arm:
    for name in (UNITS, *metrics):
        if row.get(name) is None:
            raise UsageError(
                f"{where} has no {name}; it has {listed(sorted(row))}",
                f"give {listed((UNITS, *metrics))} for each arm",
            )
    units = _whole(row[UNITS], f"{where}: {UNITS}")
    outcomes = tuple(_whole(row[name], f"{where}: {name}") for name in metrics)
    for name, number in zip(metrics, outcomes, strict=True):
        if number > units:
            raise UsageError(
                f"{where}: {number:,} {name} of {units:,} units is more than all",
                "count units with the outcome, not events: one unit counts once",
            )
    return Arm(units, outcomes)


def _whole(value: Cell, where: str) -> int:
    """Return a whole number of units, from a number or from its text."""
    number = None
    if isinstance(value, str):
        text = value.strip()
        number = int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None
    elif isinstance(value, int | float) and not isinstance(value, bool):
        number = int(value) if abs(value) < 1e15 and value == int(value) else None
    if number is None or number < 0:
        raise UsageError(f"{where}: expected a whole number from 0, got {str(value)[:40]!r}")
    return number


def _json(text: str, where: str) -> Table:
    form = 'write {"stable": {"units": …}, "candidate": {…}}'
    value = given_json(text, where, form)
    if not isinstance(value, dict) or not all(isinstance(row, dict) for row in value.values()):
        raise UsageError(f"{where}: expected a map of arms to their counts", form)
    return value


def _csv(text: str, where: str) -> Table:
    reader = csv.DictReader(io.StringIO(text), skipinitialspace=True)
    names = reader.fieldnames or ()
    if "arm" not in names:
        raise UsageError(
            f"{where}: neither JSON nor CSV with a column `arm`; it begins with"
            f" {text.lstrip()[:30]!r}",
            "write a header such as arm,units,conversion",
        )
    table: dict[str, dict[str, Cell]] = {}
    for row in reader:
        arm = str(row.pop("arm") or "").strip()
        if arm in table:
            raise UsageError(f"{where}: two rows for {arm}", "add them up")
        table[arm] = {name: value for name, value in row.items() if isinstance(name, str)}
    return table
