"""Groups of rows that share a column's value; a column of many numbers is cut at its quartiles."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fairway.evidence.measure.table import Table, Text

FEWEST_ROWS: Final = 30
"""Groups with fewer rows are shown and decide nothing: one row would move them by 3 % or more."""

MOST_GROUPS: Final = 50
_MOST_VALUES: Final = 10
MISSING: Final = "(missing)"


class Group(NamedTuple):
    """Rows of one group by mask; ``name`` is the value, or the range of values."""

    name: str
    rows: NDArray[np.bool_]

    @property
    def size(self) -> int:
        """How many rows there are."""
        return int(self.rows.sum())

    @property
    def too_small(self) -> str:
        """Why the group decides nothing, empty when it does."""
        small = self.size < FEWEST_ROWS
        return f"{self.size} rows, fewer than the {FEWEST_ROWS} that decide" if small else ""


def groups_of(table: Table, column: str) -> list[Group]:
    """Return the groups of a column's values in order, the missing ones last.

    More than ten different numbers become four ranges of about equal size. Text of more than 50
    different values has the 50 most frequent, the others are one group.
    """
    values = table.columns[column]
    missing = np.array([value is None for value in values.tolist()])
    numbers = _numbers(values, missing)
    if numbers is None:
        groups = _by_text(values, missing)
    elif len(np.unique(numbers[~missing])) > _MOST_VALUES:
        groups = _by_quartile(numbers, missing)
    else:
        distinct = np.unique(numbers[~missing])
        groups = [Group(f"{value:g}", numbers == value) for value in distinct]
    if missing.any():
        groups.append(Group(MISSING, missing))
    return groups


def few_values(table: Table, column: str) -> bool:
    """Whether a column has from 2 to 10 different values, so that its groups are worth showing."""
    return 2 <= len(set(table.columns[column].tolist())) <= _MOST_VALUES


def _numbers(values: Text, missing: NDArray[np.bool_]) -> NDArray[np.float64] | None:
    try:
        numbers = np.array([np.nan if value is None else float(value) for value in values.tolist()])
    except ValueError:
        return None
    return numbers if np.isfinite(numbers[~missing]).all() else None


def _by_text(values: Text, missing: NDArray[np.bool_]) -> list[Group]:
    names, counts = np.unique(values[~missing].astype(str), return_counts=True)
    texts = np.where(missing, "", values).astype(str)
    kept = set(names[np.argsort(-counts, kind="stable")][:MOST_GROUPS].tolist())
    groups = [Group(str(name), (texts == name) & ~missing) for name in names if name in kept]
    others = ~missing & ~np.isin(texts, list(kept))
    return [*groups, Group("(others)", others)] if others.any() else groups


def _by_quartile(numbers: NDArray[np.float64], missing: NDArray[np.bool_]) -> list[Group]:
    # Observed values as edges, so that the names say exactly which rows are meant.
    edges = np.unique(np.percentile(numbers[~missing], [25, 50, 75], method="lower"))
    groups: list[Group] = []
    below = -np.inf
    with np.errstate(invalid="ignore"):
        for edge in edges:
            name = f"≤ {edge:g}" if below == -np.inf else f"> {below:g} to {edge:g}"
            groups.append(Group(name, (numbers > below) & (numbers <= edge)))
            below = edge
        groups.append(Group(f"> {below:g}", numbers > below))
    return [group for group in groups if group.size]
