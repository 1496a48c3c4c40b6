"""What reports say of waived findings: that they are there, why, and for how many more days."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from fairway.finding import Diagnostic, Suppression
from fairway.report.report import Report, place
from fairway.report.summary import count

if TYPE_CHECKING:
    from datetime import date

MOST_LISTED = 20


def days_left(until: str, today: date | None) -> int | None:
    """Return the days from ``today`` to a waiver's last day, 0 on that day itself.

    None without a day to count from, for a last day that is past, and for what is no day.
    """
    if today is None:
        return None
    try:
        days = (type(today).fromisoformat(until) - today).days
    except ValueError:
        return None
    return days if days >= 0 else None


def left(until: str, today: date | None) -> str:
    """Return the days that are left, such as `` (12 days left)``; empty when they are unknown."""
    days = days_left(until, today)
    return "" if days is None else f" ({count(days, 'day')} left)"


def said(suppression: Suppression, today: date | None) -> str:
    """Return what a waiver says: its reason, then its owner and its last day."""
    until = suppression.until and f"until {suppression.until}"
    days = days_left(suppression.until, today)
    ends = "" if days is None else f"{count(days, 'day')} left"
    details = ", ".join(filter(None, (suppression.owner, until, ends)))
    return f"{suppression.reason} ({details})" if details else suppression.reason


def heading(report: Report) -> str:
    """Return how many findings are waived and when the first waiver ends; empty without any."""
    waived = report.waived_findings()
    if not waived:
        return ""
    number = count(len(waived), "waived finding")
    until = min((s.until for _, s in waived if s.until), default="")
    if not until:
        return number
    first = "the waiver ends" if len(waived) == 1 else "the first waiver ends"
    return f"{number}: {first} {until}{left(until, report.today)}"


def lines(report: Report) -> list[str]:
    """Return a line for each waived finding, as many as are listed, and one if there are more."""
    waived: Sequence[tuple[Diagnostic, Suppression]] = report.waived_findings()
    listed = [
        f"{item.rule} at {place(item.file, item.span)}{_where(item)}: {said(by, report.today)}"
        for item, by in waived[:MOST_LISTED]
    ]
    more = len(waived) - len(listed)
    return [*listed, f"and {more:,} more"] if more else listed


def _where(item: Diagnostic) -> str:
    return f" in {', '.join(item.environments)}" if item.environments else ""
