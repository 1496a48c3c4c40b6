"""The command line: one module for each command, found by its name and imported when it runs."""

from __future__ import annotations

import gc
import os
import sys
from importlib import import_module

import click

from fairway.errors import FairwayError
from fairway.version import version

_COMMANDS = os.path.join(os.path.dirname(__file__), "commands")


class Commands(click.Group):
    """Commands are the modules of ``fairway.cli.commands``; each has a ``command``."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands' names in alphabetical order."""
        del ctx
        modules = [name for name in os.listdir(_COMMANDS) if name.endswith(".py")]
        return sorted(name[:-3].replace("_", "-") for name in modules if name[0] != "_")

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return a command, or None when there is none of that name."""
        module = cmd_name.replace("-", "_")
        if not module.isidentifier() or not os.path.isfile(os.path.join(_COMMANDS, f"{module}.py")):
            return None
        command: click.Command = import_module(f"fairway.cli.commands.{module}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Name the nearest command when there is none of that name."""
        name = args[0]
        if not name.startswith("-") and self.get_command(ctx, name) is None:
            from fairway.spec.nearest import nearest

            close = nearest(name, self.list_commands(ctx))
            hint = f" Did you mean {close}?" if close else ""
            ctx.fail(f"No such command {name!r}.{hint}")
        return super().resolve_command(ctx, args)


def _version(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    del param
    if value and not ctx.resilient_parsing:
        click.echo(f"fairway {version()}")
        ctx.exit()


@click.command(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 clean, 1 findings, 2 usage or configuration, 3 environment or bug.",
)
@click.option(
    "--version",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=_version,
    help="Print the version and exit.",
)
def cli() -> None:
    """Compile and validate model deployments that live in git.

    A deployment is one YAML file: the model, its versions, how traffic moves to a new one, who
    may call it, its objectives and its evidence. Fairway checks it and renders what runs it.
    """


def main() -> None:
    """Run the command line and exit with its code."""
    # Nearly everything that a run makes is a tree without cycles: looking for some after every 700
    # objects finds none, and takes a tenth of the time over a large fleet.
    gc.set_threshold(50_000, 20, 50)
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")
    try:
        sys.exit(cli.main(standalone_mode=False) or 0)
    except click.exceptions.Exit as error:
        sys.exit(error.exit_code)
    except click.Abort:
        click.echo("interrupted", err=True)
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except FairwayError as error:
        click.echo(f"error: {error.message}", err=True)
        if error.fix:
            click.echo(f"  fix: {error.fix}", err=True)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        # The reader of a pipe has gone; nothing more can be said to it.
        sys.stderr.close()
        sys.exit(141)
    except Exception:  # noqa: BLE001 - a bug: its traceback, and the code that says so
        import traceback

        traceback.print_exc()
        click.echo("fairway: this is a bug; please report it with the lines above", err=True)
        sys.exit(3)
