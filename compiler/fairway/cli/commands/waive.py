"""``fairway waive``: accept one finding for a time, with a reason."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from fairway.check import check_spec
from fairway.cli.reporting import now_option
from fairway.errors import UsageError
from fairway.finding import merge_environments
from fairway.fleet import Fleet
from fairway.spec.nearest import listed
from fairway.waivers.book import WaivableRules
from fairway.waivers.choose import Subject
from fairway.waivers.command import Request, waive
from fairway.waivers.file import environments_of
from fairway.waivers.waiver import days


@click.command
@click.argument("rule")
@click.argument("path", type=click.Path())
@click.option("--until", required=True, metavar="DATE",
              help="The last day on which it holds, such as 2027-01-31; a year ahead at most.",
              )  # fmt: skip
@click.option("--reason", required=True, metavar="TEXT",
              help="Why this is acceptable, in 20 characters or more.")  # fmt: skip
@click.option("--owner", required=True, metavar="OWNER",
              help="Who answers for it: @team, @org/team or an e-mail address.")  # fmt: skip
@click.option("--ticket", metavar="URL", help="Where the work that ends it is tracked.")
@click.option("--route", metavar="ROUTE",
              help="The place, as reports print it; needed when the rule finds several.",
              )  # fmt: skip
@click.option("--env", "environments", multiple=True, metavar="NAME",
              help="Waive it only there; may be given several times. Default: wherever it shows.",
              )  # fmt: skip
@now_option
def command(
    rule: str,
    path: str,
    until: str,
    reason: str,
    owner: str,
    ticket: str | None,
    route: str | None,
    environments: tuple[str, ...],
    now: str | None,
) -> None:
    """Accept a finding of RULE in the spec at PATH until a day, for a reason.

    PATH is a spec file or its folder. The waiver is written to the waivers.yaml beside the spec;
    one for the same finding is renewed in place. It ends after its last day, and when what it was
    written for changes; the rest of the file stays as it is.
    """
    subject, rules = _found(path, now)
    request = Request(rule, until, reason, owner, ticket, route, environments)
    written = waive(request, subject, rules, lambda: _time(now, subject.root))
    verb = "renewed" if written.renewed else "added"
    click.echo(f"{written.path}: {verb}")
    for line in written.text.splitlines():
        click.echo(f"  {line}")
    click.echo(f"it holds through {written.until} (UTC): {days(written.days)} left")


def _found(path: str, now: str | None) -> tuple[Subject, WaivableRules]:
    """Check the one spec at ``path``; what is waived already can be renewed, so it counts here."""
    fleet = Fleet([path], now)
    if len(fleet.paths) != 1:
        raise UsageError(f"{path}: {len(fleet.paths)} specs", f"give one: {listed(fleet.paths)}")
    loaded = fleet.project(fleet.paths[0])
    checked = check_spec(fleet.paths[0], loaded, now)
    governance = fleet.governance(loaded)
    governed = governance.check(checked)
    every = [*governed.checked.findings, *(finding for finding, _ in governed.waived)]
    known = loaded.project.environments if loaded.project is not None else ()
    subject = Subject(
        checked.path,
        loaded.root,
        environments_of(checked.documents.get(checked.path), known),
        merge_environments(every),
        governed.checked.documents,
    )
    return subject, governance.waivable()


def _time(now: str | None, root: str) -> datetime:
    from fairway.evidence.clock import time_of_test

    try:
        return time_of_test(now, Path(root or "."))
    except UsageError:
        if now is not None:
            raise
        message = "there is no commit yet, so nothing says what day it is"
        fix = "commit first, or give --now as RFC 3339, such as 2026-11-01T09:00:00Z"
        raise UsageError(message, fix) from None
