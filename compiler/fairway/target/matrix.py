"""The matrix of strategies and routers: who can carry out what, and why not, from targets' data.

Adding a row is adding a line to ``ROWS``; what is in a cell is in the routers' ``target.yaml``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from fairway.target.load import Target

_STEPS = "release.strategy.canary.steps"
_GREEN = "release.strategy.blueGreen.active"
_MIRROR = "release.strategy.shadow.mirror"
_BY = "release.strategy.ab.split.by"
_KEEPS = "who keeps the step and the stable version"


class Row(NamedTuple):
    """What a router is asked for: fields (or ``field=value``), and traits that it may refuse."""

    title: str
    fields: tuple[str, ...]
    trait: str = ""


class Cell(NamedTuple):
    """A router's answer, and the reason where it is no; empty where nothing gives one."""

    answer: str
    why: str = ""


class Matrix(NamedTuple):
    """The routers' names, and the rows: a title and a cell for each router."""

    routers: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Cell, ...]], ...]


ROWS: tuple[Row, ...] = (
    Row("rolling", ("release.strategy.rolling",)),
    Row("blue/green", (_GREEN,)),
    Row("blue/green: a candidate that waits for the switch", (_GREEN,), "waitingCandidate"),
    Row("blue/green: the other pods removed later", ("release.strategy.blueGreen.scaleDownAfter",)),
    Row("canary", (_STEPS,)),
    Row("canary: a user stays on one side", ("release.strategy.canary.sticky",)),
    Row("canary: gates that compare with stable", (_STEPS,), "relativeGates"),
    Row("canary: gates read within a step", (_STEPS,), "readingsWithinHolds"),
    Row("canary: a pause when a gate fails", (_STEPS,), "pauseOnFailure"),
    Row("canary: a hold for each step", (_STEPS,), "unequalHolds"),
    Row("canary: shares that are no whole percentage", (_STEPS,), "fractionalWeights"),
    Row("canary: a share that does not rise", (_STEPS,), "fallingWeights"),
    Row("canary: a fixed number of pods", (_STEPS,), "fixedSize"),
    Row("canary: calls inside the cluster only", (_STEPS,), "onlyCallersInside"),
    Row("shadow", (_MIRROR,)),
    Row("shadow: a copy of some requests", (_MIRROR,), "partialMirror"),
    Row("A/B by header", (f"{_BY}=header",)),
    Row("A/B by cookie", (f"{_BY}=cookie",)),
    Row("A/B by the hash of a user", (f"{_BY}=user-hash",)),
    Row("tokens of callers", ("serving.auth.jwt",)),
    Row("certificates of callers", ("serving.auth.mtls",)),
)


def matrix(targets: Iterable[Target]) -> Matrix:
    """Return the matrix of the routers among ``targets``."""
    routers = tuple(target for target in targets if target.role == "router")
    rows = [(row.title, tuple(_cell(router, row) for router in routers)) for row in ROWS]
    kept = tuple(Cell("git" if each.controller is None else "the cluster") for each in routers)
    return Matrix(tuple(router.name for router in routers), (*rows, (_KEEPS, kept)))


def _cell(router: Target, row: Row) -> Cell:
    for field in row.fields:
        why = _refusal(router, field)
        if why is not None:
            return Cell("no", why)
    if row.trait in router.traits:
        return Cell("no", router.traits[row.trait])
    return Cell("yes")


def _refusal(router: Target, field: str) -> str | None:
    """Return why a router does not express a field, None when it does."""
    name, _, value = field.partition("=")
    steps = name.split(".")
    above = [".".join(steps[:length]) for length in range(len(steps), 0, -1)]
    for each in (field, *above):
        if each in router.cannot:
            return router.cannot[each]
    allowed = next((router.expresses[each] for each in above if each in router.expresses), None)
    return None if allowed is not None and (not value or not allowed or value in allowed) else ""


# -- as text -----------------------------------------------------------------------------------


def text(found: Matrix) -> str:
    """Return the matrix as aligned columns, with numbered reasons below."""
    notes = _notes(found)
    rows = [["", *found.routers], *_shown(found, notes)]
    widths = [max(len(row[index]) for row in rows) for index in range(len(rows[0]))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    return "\n".join([*lines, "", *(f"{n}. {why}" for n, why in enumerate(notes, 1))]) + "\n"


def markdown(found: Matrix) -> str:
    """Return the matrix as a Markdown table, with numbered reasons below."""
    notes = _notes(found)
    lines = ["| | " + " | ".join(found.routers) + " |", "|---" * (len(found.routers) + 1) + "|"]
    lines += ["| " + " | ".join(row) + " |" for row in _shown(found, notes)]
    return "\n".join([*lines, "", *(f"{n}. {why}" for n, why in enumerate(notes, 1))]) + "\n"


def _notes(found: Matrix) -> list[str]:
    """Return the reasons, each once, in the order of the rows."""
    whys = (cell.why for _, cells in found.rows for cell in cells if cell.why)
    return list(dict.fromkeys(whys))


def _shown(found: Matrix, notes: Sequence[str]) -> list[list[str]]:
    numbers = {why: number for number, why in enumerate(notes, 1)}
    return [
        [title, *(f"{c.answer} ({numbers[c.why]})" if c.why else c.answer for c in cells)]
        for title, cells in found.rows
    ]
