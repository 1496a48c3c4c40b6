"""``fairway waive``: one finding of one spec, accepted until a day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any, NamedTuple

from fairway.errors import UsageError
from fairway.location import Location, Route, parse_route
from fairway.project import shown_path
from fairway.spec import forms, waiver_forms
from fairway.spec.core import PydanticCustomError
from fairway.spec.nearest import nearest
from fairway.waivers.book import WaivableRules, why_not
from fairway.waivers.choose import Subject, Wanted, choose, scope_at
from fairway.waivers.put import put
from fairway.waivers.waiver import LONGEST, SHORTEST_REASON, Waiver, day_of, too_short


class Request(NamedTuple):
    """What ``fairway waive`` was asked for, as it was given."""

    rule: str
    until: str
    reason: str
    owner: str
    ticket: str | None = None
    route: str | None = None
    environments: tuple[str, ...] = ()


class Written(NamedTuple):
    """What was written: the file's path, the entry, and for how many more days it holds."""

    path: str
    text: str
    renewed: bool
    until: date
    days: int


def waive(
    request: Request, subject: Subject, rules: WaivableRules, now: Callable[[], datetime]
) -> Written:
    """Write the waiver of a finding, in place of the one that there may be.

    Raises ``UsageError`` for a waiver that would not hold, and ``FairwayError`` for a file that
    cannot be written.
    """
    _check_rule(request.rule, rules)
    until = _form("--until", waiver_forms.parse_date, request.until)
    owner = _form("--owner", forms.PARSERS["owner"], request.owner)
    ticket = request.ticket and _form("--ticket", waiver_forms.parse_ticket, request.ticket)
    if too_short(request.reason):
        raise UsageError(
            f"--reason: fewer than {SHORTEST_REASON} characters cannot say why this is acceptable",
            "say what makes it acceptable, and what will end it",
        )
    today = day_of(now())
    _check_day(until, today)
    wanted = Wanted(request.rule, _route(request.route), request.environments)
    chosen = choose(wanted, subject)
    waiver = Waiver(
        rule=request.rule,
        route=chosen.at.route,
        environments=chosen.environments,
        reason=request.reason,
        owner=owner,
        ticket=ticket or None,
        until=until,
        scope=scope_at(chosen.at, subject),
        about="",
        entry=Location(""),
    )
    path, text, renewed = put(waiver, subject)
    return Written(shown_path(path), text, renewed, until, (until - today).days)


def _check_rule(rule: str, rules: WaivableRules) -> None:
    kind = rules.kind(rule)
    if kind == "unknown":
        close = nearest(rule, rules.names())
        raise UsageError(f"there is no rule {rule}", f"did you mean {close}?" if close else "")
    if kind != "waivable":
        raise UsageError(why_not(rule, kind), "mend what it finds")


def _form(option: str, parser: Callable[[object], Any], value: str) -> Any:
    try:
        return parser(value)
    except PydanticCustomError as error:
        raise UsageError(f"{option}: {error.message()}") from None


def _check_day(until: date, today: date) -> None:
    if until < today:
        message = f"--until: {until} is past: today is {today} (UTC)"
        raise UsageError(message, "give a day to come")
    if until - today > LONGEST:
        message = f"--until: {until} is more than a year ahead of {today}"
        last = today + LONGEST
        raise UsageError(message, f"give a day up to {last}; the waiver can be renewed then")


def _route(text: str | None) -> Route | None:
    if text is None:
        return None
    return parse_route(_form("--route", waiver_forms.parse_waived_route, text))
