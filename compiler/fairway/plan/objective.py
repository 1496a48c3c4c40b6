"""Service level objectives, decided: how each is measured, and when its error budget burns.

An SLO's error ratio is the share of requests that were not good: failed, or too slow. It is of
the whole deployment; what one version does in a canary is for gates to say. Times are in seconds,
and as text where a format takes text.
"""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

Severity: TypeAlias = Literal["page", "ticket"]


class Recording(NamedTuple):
    """A query that is recorded under a name, and what it looks back over (``5m``)."""

    record: str
    window: str
    query: str


class BurnRule(NamedTuple):
    """An alert on an error budget that burns ``factor`` times as fast as the objective allows.

    It fires while the error ratio over the ``long`` and over the ``short`` window are both above
    ``threshold``. ``receiver`` is the spec's word for who hears of it.
    """

    severity: Severity
    receiver: str
    factor: float
    factor_text: str
    long: str
    short: str
    threshold: float
    expression: str


class Objective(NamedTuple):
    """An SLO: at least the share ``objective`` of the requests of ``window`` are good.

    ``metric`` measures its error ratio, at the router or by the server itself (``side``);
    ``budget`` is 1 - objective. For latency a request is good within ``threshold`` seconds, else
    that is 0. ``recordings`` are the error ratio over each window that an alert looks at, then the
    requests per second, then those that were not good. ``period`` are the error ratio over the
    SLO's own window, and the share of its error budget that is left.
    """

    at: str
    name: str
    metric: str
    side: Literal["router", "runtime"]
    objective: float
    objective_text: str
    budget: float
    window: float
    window_text: str
    threshold: float
    recordings: tuple[Recording, ...]
    period: tuple[Recording, ...]
    alerts: tuple[BurnRule, ...]
