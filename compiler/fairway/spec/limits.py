"""Limits of Kubernetes, of the Gateway API and of our own server on the whole of a spec.

What passes them would render, and then be refused by the cluster or fail when it starts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from fairway import rule
from fairway.finding import Fix
from fairway.location import Route
from fairway.spec.units import CountOrPercentage, Percentage
from fairway.spec.view import Fault, MeaningRule, View

ROUTE_HOSTS = 16
"""How many host names an HTTPRoute takes."""

ROUTE_HOURS = 99_999
"""The longest duration of the Gateway API (GEP-2257), in hours."""

_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"


def _rollout(view: View) -> Iterator[Fault]:
    rolling = view.spec.release.strategy.rolling
    if rolling is not None and _none(rolling.surge) and _none(rolling.unavailable):
        message = "no pod can ever be replaced: surge and unavailable are both 0"
        fix = Fix("set surge to 1 or more")
        yield Fault(rule.CONSISTENT, ("release", "strategy", "rolling"), message, fix)


def _none(pods: CountOrPercentage) -> bool:
    return not (pods.percentage.percent if pods.percentage is not None else pods.pods)


def _namespace(view: View) -> Iterator[Fault]:
    if not re.fullmatch(_LABEL, view.namespace):
        by_team = "{team}" in view.place.namespace
        message = (
            f"the namespace would be {view.namespace}, which is no name of at most 63 lower-case"
            " letters, digits and `-`"
        )
        fix = Fix(f"shorten it: the project's pattern is {view.place.namespace}")
        yield Fault(rule.VALUE, ("metadata", "team" if by_team else "name"), message, fix)


def _hosts(view: View) -> Iterator[Fault]:
    hosts = view.spec.serving.hosts
    route: Route = ("serving", "hosts")
    for index, host in enumerate(hosts):
        names = host.removeprefix("*.").split(".")
        if len(host) > 253 or not all(re.fullmatch(_LABEL, name) for name in names):
            message = "a host name has at most 253 characters, 63 between two dots"
            yield Fault(rule.VALUE, (*route, index), message)
        elif names[-1].isdigit():
            message = f"{host} is an address; a route takes names"
            yield Fault(rule.VALUE, (*route, index), message)
    if len(hosts) > ROUTE_HOSTS:
        message = f"a route takes at most {ROUTE_HOSTS} host names; these are {len(hosts)}"
        yield Fault(rule.VALUE, (*route, ROUTE_HOSTS), message)


def _timeout(view: View) -> Iterator[Fault]:
    if view.spec.serving.traffic.timeout.milliseconds > ROUTE_HOURS * 3_600_000:
        message = f"a route gives up after {ROUTE_HOURS}h at the latest"
        yield Fault(rule.VALUE, ("serving", "traffic", "timeout"), message)


def _reserved_variables(view: View) -> Iterator[Fault]:
    """Find Secrets that would replace what our own server's process is started with."""
    if view.spec.serving.runtime != "fairway":
        return
    for index, secret in enumerate(view.spec.serving.secrets):
        if secret.name == "PATH" or secret.name.startswith(("PYTHON", "LD_")):
            message = f"{secret.name} decides how the model server itself starts"
            route = ("serving", "secrets", index, "name")
            yield Fault(rule.CONSISTENT, route, message, Fix("give the variable another name"))


def _shares(view: View) -> Iterator[Fault]:
    """Find shares that are finer than a weight of a million (Gateway API) can say."""
    strategy = view.spec.release.strategy
    shares: list[tuple[Route, Percentage]] = []
    if strategy.canary is not None:
        steps = enumerate(strategy.canary.steps)
        shares = [(("canary", "steps", i, "weight"), step.weight) for i, step in steps]
    if strategy.shadow is not None:
        shares = [(("shadow", "mirror"), strategy.shadow.mirror)]
    if strategy.ab is not None:
        shares = [(("ab", "weight"), strategy.ab.weight)]
    for route, share in shares:
        if share.percent * 10_000 % 1:
            message = f"{share} is finer than routers can split: 0.0001% is one in a million"
            fix = Fix("write at most four decimals")
            yield Fault(rule.VALUE, ("release", "strategy", *route), message, fix)


LIMITS: Mapping[MeaningRule, tuple[Route, ...]] = {
    _rollout: (("release",),),
    _shares: (("release",),),
    _namespace: (("metadata",),),
    _hosts: (("serving", "hosts"),),
    _timeout: (("serving", "traffic"),),
    _reserved_variables: (("serving", "secrets"), ("serving", "runtime")),
}
"""Each rule with the routes that it reads."""
