"""What happens in every bin of time: traffic and behaviour, the same for all runs."""

from __future__ import annotations

from typing import NamedTuple

from fairway.simulate.conditions import Behaviour, Conditions
from fairway.simulate.curve import fault

_MOST_LEVELS = 10_000.0  # latencies are told apart to a tenth of a millisecond


class Track(NamedTuple):
    """A version in each bin.

    ``bad`` is the probability that an answer is an error or comes too late, ``late`` the part of
    the bad ones that come too late, and ``slower`` the seconds that latency is above its law.
    """

    bad: tuple[float, ...]
    late: tuple[float, ...]
    slower: tuple[float, ...]


class Tape(NamedTuple):
    """All bins of ``width`` seconds: requests expected in each, versions, and where it is dark.

    In the dark there are no metrics at the end of the bin.
    """

    width: float
    requests: tuple[float, ...]
    stable: Track
    candidate: Track
    dark: tuple[bool, ...]


def record(conditions: Conditions, width: float, count: int) -> Tape:
    """Return the first ``count`` bins of what happens."""
    return Tape(
        width=width,
        requests=tuple(mean * width for mean in conditions.rate.means(width, count)),
        stable=_track(conditions.stable, conditions.timeout, width, count),
        candidate=_track(conditions.candidate, conditions.timeout, width, count),
        dark=tuple(
            any(each.start <= (number + 1) * width < each.end for each in conditions.outages)
            for number in range(count)
        ),
    )


def _track(behaviour: Behaviour, timeout: float, width: float, count: int) -> Track:
    usual = behaviour.errors.means(width, count)
    courses = [
        (each, fault(each.start, each.end, each.over, 1.0).means(width, count))
        for each in behaviour.faults
    ]
    bad, late, slower = [], [], []
    for number in range(count):
        error = max([usual[number], *(each.errors * part[number] for each, part in courses)])
        slow = sum(each.slower * part[number] for each, part in courses)
        slow = round(slow * _MOST_LEVELS) / _MOST_LEVELS
        missed = 1.0 - behaviour.latency[0].below(timeout - slow) if behaviour.latency else 0.0
        missed *= 1.0 - error
        bad.append(min(1.0, error + missed))
        late.append(missed / (error + missed) if missed else 0.0)
        slower.append(slow)
    return Track(tuple(bad), tuple(late), tuple(slower))
