"""The known name that an unknown one was probably meant to be."""

from __future__ import annotations

from collections.abc import Iterable


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name most like ``name``, or None when none is alike."""
    from difflib import get_close_matches

    by_fold: dict[str, str] = {}
    for candidate in known:
        by_fold.setdefault(_fold(candidate), candidate)
    exact = by_fold.get(_fold(name))
    if exact is not None:
        return exact
    close = get_close_matches(_fold(name)[:100], by_fold, n=1, cutoff=0.6)
    return by_fold[close[0]] if close else None


def listed(names: Iterable[str], most: int = 12) -> str:
    """Return names as a list for a message, cut after ``most``."""
    every = list(names)
    shown = ", ".join(every[:most])
    return f"{shown}, … ({len(every)} in all)" if len(every) > most else shown or "none"


def _fold(name: str) -> str:
    return name.lower().replace("-", "").replace("_", "")
