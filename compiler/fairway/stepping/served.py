"""What has served where, as the lock records it: brought up to date from git history.

A record names the commit that made its version answer, so it can only be written by a later move;
everybody can make it again from history. What a move *ends* is said at once, by ``until``: a
version that was taken back does not go on to collect hours until somebody runs the next command.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from fairway.evidence.dates import parse_time, written
from fairway.stepping.history import History, Past


class Record(NamedTuple):
    """Since when a version is the newest that answers, and by which commit.

    ``until`` is when that was about to end, for the last record of an environment only.
    """

    version: str
    commit: str
    since: str
    until: str = ""

    def value(self) -> dict[str, str]:
        """Return the record as the lock holds it."""
        return {key: value for key, value in self._asdict().items() if value}


def recorded(served: object) -> dict[str, tuple[Record, ...]]:
    """Return the records of a lock that was read from JSON, in its order."""
    if not isinstance(served, dict):
        return {}
    return {
        name: tuple(Record(**{k: str(v) for k, v in each.items()}) for each in every)
        for name, every in served.items()
    }


def brought_up(
    known: Mapping[str, Sequence[Record]], history: History, environments: Iterable[str]
) -> dict[str, tuple[Record, ...]]:
    """Return the records with what history has to add, for every environment."""
    found = {name: tuple(records) for name, records in known.items()}
    for name in environments:
        records = _continued(found.get(name, ()), history, name)
        if records:
            found[name] = records
    return found


def ended(
    records: Mapping[str, Sequence[Record]], environment: str, newest: str, now: datetime
) -> dict[str, tuple[Record, ...]]:
    """Return the records after a move that makes ``newest`` the newest version that answers."""
    found = {name: tuple(every) for name, every in records.items()}
    own = found.get(environment, ())
    if own and own[-1].version != newest:
        found[environment] = (*own[:-1], own[-1]._replace(until=written(now)))
    return found


def before(records: Sequence[Record], version: str) -> tuple[str, ...]:
    """Return the versions that ``version`` can be taken back to, the last that served first.

    Going back to a version takes away all that came after it: what was rolled back from once is
    not what anybody goes back to.
    """
    stack: list[str] = []
    for record in (*records, Record(version, "", "")):
        if record.version in stack:
            del stack[stack.index(record.version) + 1 :]
        else:
            stack.append(record.version)
    return tuple(reversed(stack[:-1]))


def _continued(known: Sequence[Record], history: History, name: str) -> tuple[Record, ...]:
    pasts = list(reversed(history.pasts))
    if not known:
        found = _derived(pasts, name, "")
        cut = found and not history.whole and found[0].commit == history.pasts[-1].commit.hash
        return tuple(found[1:] if cut else found)
    last = known[-1]._replace(until="")
    hashes = [past.commit.hash for past in pasts]
    if last.commit in hashes:
        later = pasts[hashes.index(last.commit) + 1 :]
    else:
        # Rewritten or cut off: what came after it is told by the time.
        since = parse_time(last.since) or datetime.min.replace(tzinfo=UTC)
        later = [past for past in pasts if past.commit.time > since]
    return (*known[:-1], last, *_derived(later, name, last.version))


def _derived(pasts: Iterable[Past], name: str, version: str) -> list[Record]:
    """Return the records of commits, after ``version`` was the newest that answers.

    A commit that puts another stable version beside a candidate on trial makes two: what the
    candidate would be taken back to has served as well.
    """
    found: list[Record] = []
    for past in pasts:
        state = past.states.get(name)
        if state is None or state.newest == version:
            continue
        begun = (
            [state.newest]
            if state.stable in (version, state.newest)
            else [state.stable, state.newest]
        )
        time = written(past.commit.time)
        found += [Record(each, past.commit.hash, time) for each in begun]
        version = state.newest
    return found
