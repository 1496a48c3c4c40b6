"""What a release is simulated against, complete: nothing is left to assume."""

from __future__ import annotations

from math import exp, log
from typing import NamedTuple

from fairway.arithmetic.normal import cdf, quantile, upper
from fairway.simulate.curve import Curve

_Z95 = upper(0.05)


class Lognormal(NamedTuple):
    """How long answers take: the median and the 95th percentile, in seconds."""

    p50: float
    p95: float

    @property
    def sigma(self) -> float:
        """The standard deviation of the logarithm; never 0, so that a density exists."""
        return max(log(self.p95 / self.p50) / _Z95, 1e-6)

    def below(self, seconds: float) -> float:
        """Return the share of answers that take at most ``seconds``."""
        return cdf(log(seconds / self.p50) / self.sigma) if seconds > 0 else 0.0

    def percentile(self, share: float) -> float:
        """Return the time within which ``share`` of the answers come."""
        return self.p50 * exp(self.sigma * quantile(share))


class Fault(NamedTuple):
    """Something that goes wrong from ``start`` to ``end`` (infinite: for good), in seconds.

    It takes ``over`` seconds to reach its size: an error ratio of ``errors``, and ``slower``
    seconds for every answer.
    """

    start: float
    end: float
    over: float
    errors: float
    slower: float


class Behaviour(NamedTuple):
    """How a version behaves: its error ratio, its latency where that is known, its faults.

    The error ratio at a time is the largest of all that say one; what makes it slower adds up.
    ``latency`` holds one law or none.
    """

    errors: Curve
    latency: tuple[Lognormal, ...]
    faults: tuple[Fault, ...] = ()


class Outage(NamedTuple):
    """A time without metrics, from ``start`` to before ``end``, in seconds."""

    start: float
    end: float


class Conditions(NamedTuple):
    """Traffic and faults over time, in seconds from the release's begin.

    ``rate`` is requests per second of both versions and ``users`` new users per second, where
    that is said; ``timeout`` is when the router gives up on an answer. ``reaction`` is the time
    from a decision until traffic has moved, ``pod_start`` that of a new pod. ``duration`` is how
    long to look, 0 for as long as the strategy needs. ``disagreement`` is the share of the
    candidate's answers that differ, ``outcomes`` its true rates by name. ``recorded`` says in
    words what was recorded.
    """

    rate: Curve
    users: tuple[Curve, ...]
    stable: Behaviour
    candidate: Behaviour
    outages: tuple[Outage, ...]
    timeout: float
    reaction: float
    pod_start: float
    duration: float
    disagreement: float
    outcomes: tuple[tuple[str, float], ...]
    recorded: tuple[str, ...] = ()
