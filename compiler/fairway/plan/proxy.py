"""A proxy beside the servers, decided: where it listens, what is behind it, and who gets what.

It sees servers, not services: everything is said by the workload.
"""

from __future__ import annotations

from typing import NamedTuple

from fairway.plan.release import Match


class Endpoint(NamedTuple):
    """Where the servers of a workload are; ``copied`` says that they get copies of requests."""

    workload: str
    version: str
    host: str
    port: int
    copied: bool


class Portion(NamedTuple):
    """A workload's share of the requests that a rule takes, of the sum of the rule's weights."""

    workload: str
    version: str
    weight: int


class Copies(NamedTuple):
    """A workload that gets copies of ``millionths`` of the requests; its answers are dropped."""

    workload: str
    version: str
    millionths: int


class ProxyRule(NamedTuple):
    """Where the requests go that ``matches`` fits, which holds one or, for all others, none.

    The candidate comes first: a router that adds weights up until they exceed the hash of a user
    then gives it a range that starts at 0 and only grows with its weight, so that nobody whom it
    has once answered goes back.
    """

    matches: tuple[Match, ...]
    portions: tuple[Portion, ...]
    copies: tuple[Copies, ...]


class Proxy(NamedTuple):
    """The proxy.

    ``image`` is the one that the project names for it, empty without one. ``host`` and ``port``
    are where clients reach it, ``metrics_port`` where its counters can be read; its own
    administration is for the proxy's machine alone. ``clusters`` and ``routes`` are the paths of
    the files that it watches. Requests below ``path`` are for the model; ``timeout`` is in the
    form of protobuf's JSON, such as ``2.5s``. The first of ``rules`` that fits a request holds.
    """

    image: str
    host: str
    port: int
    metrics_port: int
    admin_host: str
    admin_port: int
    clusters: str
    routes: str
    path: str
    timeout: str
    rules: tuple[ProxyRule, ...]
    endpoints: tuple[Endpoint, ...]
