"""``fairway lock``: pin what version names stand for."""

from __future__ import annotations

import click

from fairway.cli.progress import ProgressLine
from fairway.cli.reporting import exit_code, report_options, write_reports
from fairway.errors import UsageError
from fairway.fleet import Fleet
from fairway.locking.run import LockRun, Options
from fairway.spec.core import PydanticCustomError
from fairway.spec.units import parse_memory


@click.command
@click.argument("paths", nargs=-1, type=click.Path())
@click.option("--check", is_flag=True, help="Write nothing; report what differs from the bytes.")
@click.option(
    "--update",
    multiple=True,
    metavar="NAME@VERSION",
    help="Resolve this version, or this policy pack as fairway.yaml names it, anew, whatever the"
    " lock holds of it; may be given several times.",
)
@click.option(
    "--image",
    "pushed",
    is_flag=True,
    help="Record the digests of our own images, which were pushed under the compiled tags.",
)
@click.option(
    "--upstream",
    is_flag=True,
    help="Ask about every image of others and every policy pack that the project or a spec names.",
)
@click.option("--offline", is_flag=True, help="Ask no registry: the cache and the lock are all.")
@click.option(
    "--max-size",
    default="20Gi",
    show_default=True,
    metavar="SIZE",
    help="The most bytes that a version may have when it is fetched.",
)
@report_options
@click.pass_context
def command(
    ctx: click.Context,
    paths: tuple[str, ...],
    check: bool,
    update: tuple[str, ...],
    pushed: bool,
    upstream: bool,
    offline: bool,
    max_size: str,
    formats: tuple[str, ...],
    outputs: tuple[str, ...],
    fail_on: str,
) -> None:
    """Pin every version's bytes in the deployment.lock.json beside each spec.

    PATHS are spec files or folders that hold them; default: specs/. Each version is fetched from
    where its URI says, and digested (the OpenSSF model-signing root digest), scanned without
    being loaded, held against its contract and its signature. What a name in a registry stood
    for stays pinned until --update asks for what it stands for now. Images that a spec names
    without a digest are pinned in fairway.lock.json, beside fairway.yaml, and so are policy
    packs that come from git or a registry.
    """
    progress = ProgressLine()
    options = Options(
        check=check,
        offline=offline,
        update=frozenset(update),
        limit=_size(max_size),
        pushed=pushed,
        upstream=upstream,
    )
    run = LockRun(Fleet(paths), options, progress)
    try:
        for line in run.each():
            progress.clear()
            click.echo(line, err=True)
    finally:
        progress.clear()
    diagnostics = run.diagnostics()
    write_reports(
        diagnostics,
        files=run.files,
        deployments=run.deployments,
        formats=formats,
        outputs=outputs,
    )
    ctx.exit(exit_code(diagnostics, fail_on))


def _size(text: str) -> int:
    try:
        return parse_memory(text).bytes
    except PydanticCustomError as error:
        raise UsageError(f"--max-size {error.message()}") from None
