"""``fairway test``: evaluate versions on held-out data and write evidence of it."""

from __future__ import annotations

import os
from pathlib import Path

import click

from fairway.cli.reporting import exit_code, report_options, write_reports
from fairway.fleet import Fleet
from fairway.spec.core import PydanticCustomError
from fairway.spec.units import parse_duration, parse_memory


@click.command
@click.argument("paths", nargs=-1, type=click.Path())
@click.option("--version", "versions", multiple=True, metavar="NAME",
              help="Test only this version; may be given several times.")  # fmt: skip
@click.option("--sign", "key_file", type=click.Path(dir_okay=False), metavar="KEYFILE",
              help="Sign the results with this private key (password: FAIRWAY_KEY_PASSWORD).",
              )  # fmt: skip
@click.option("--now", metavar="RFC3339", help="The date of the test. Default: that of HEAD.")
@click.option("--memory", default="4Gi", show_default=True, metavar="SIZE",
              help="Address space that a model may use.")  # fmt: skip
@click.option("--timeout", default="5m", show_default=True, metavar="DURATION",
              help="Time that a model has to answer all rows, and to be served.")  # fmt: skip
@report_options
@click.pass_context
def command(
    ctx: click.Context,
    paths: tuple[str, ...],
    versions: tuple[str, ...],
    key_file: str | None,
    now: str | None,
    memory: str,
    timeout: str,
    formats: tuple[str, ...],
    outputs: tuple[str, ...],
    fail_on: str,
) -> None:
    """Evaluate each version on its held-out data and write evidence beside the spec.

    PATHS are spec files or folders that hold them; default: specs/. Each version that is locked is
    loaded in a process of its own, without a network where the system allows it, and measured:
    the metrics of `evidence`, latency and robustness through the model server, and the
    difference from the stable version. A bound that is missed is a finding; its evidence is
    written as well. Needs the extra `models`.
    """
    from fairway.evidence.command import EvidenceRun, Options
    from fairway.evidence.isolation.sandbox import Limits

    try:
        limits = Limits(parse_memory(memory).bytes, max(1, round(parse_duration(timeout).seconds)))
    except PydanticCustomError as error:
        raise click.UsageError(f"--memory, --timeout: {error.message()}") from error
    key = None
    if key_file is not None:
        from fairway.signing.keys import load_private_key

        password = os.environ.get("FAIRWAY_KEY_PASSWORD")
        key = load_private_key(Path(key_file), password.encode() if password else None)
    run = EvidenceRun(Fleet(paths), Options(versions, now, key, limits))
    for line in run.each():
        click.echo(line, err=True)
    diagnostics = run.diagnostics()
    write_reports(
        diagnostics,
        files=run.files,
        deployments=run.deployments,
        formats=formats,
        outputs=outputs,
    )
    ctx.exit(exit_code(diagnostics, fail_on))
