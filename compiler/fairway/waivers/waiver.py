"""One waiver, as its file says it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from fairway.finding import Suppression
from fairway.location import Location, Part, Route

WAIVERS_FILE = "waivers.yaml"
SHORTEST_REASON = 20
"""Characters; less says that something is waived, and not why."""

LONGEST = timedelta(days=366)
"""How far ahead the last day may lie: the same day of the next year can always be written.

A waiver is decided again with what is known then. What shall never count is switched off by the
platform team, with ``severity: off`` in ``fairway.yaml``, where everybody sees it.
"""


class Waiver(NamedTuple):
    """A finding that does not count: its rule and route, for a reason, until a day (UTC).

    ``environments`` is empty for all of the spec's. ``about`` is the real path of the
    spec, or of the folder that holds both the file and the spec. ``entry`` is where it stands: its
    file and its route there.
    """

    rule: str
    route: Route
    environments: tuple[str, ...]
    reason: str
    owner: str
    ticket: str | None
    until: date
    scope: str
    about: str
    entry: Location

    def at(self, key: str, part: Part = "value") -> Location:
        """Return the place of one of its keys; that of the entry when the key is not there."""
        return Location(self.entry.file, (*self.entry.route, key), part)

    def overlaps(self, other: Waiver) -> bool:
        """Whether two waivers of one rule and route meet in some environment."""
        own, others = set(self.environments), set(other.environments)
        return not own or not others or not own.isdisjoint(others)

    @property
    def suppression(self) -> Suppression:
        """What reports say of a finding that it covers."""
        return Suppression(" ".join(self.reason.split()), self.owner, self.until.isoformat())


def day_of(now: datetime) -> date:
    """Return the day of a time in UTC. Raises ``ValueError`` for a time without a zone."""
    if now.tzinfo is None:
        raise ValueError("a time without a zone is on no certain day")
    return now.astimezone(UTC).date()


def too_short(reason: str) -> bool:
    """Whether a reason is shorter than ``SHORTEST_REASON``, however many blanks it has."""
    return len(" ".join(reason.split())) < SHORTEST_REASON


def days(number: int) -> str:
    """Return a number of days: ``1 day``, ``70 days``."""
    return "1 day" if number == 1 else f"{number} days"
