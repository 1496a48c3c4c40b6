"""``fairway new``: a spec to start from."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from fairway.errors import UsageError
from fairway.project import PROJECT_FILE, find_project, load_project
from fairway.scaffold.spec import Answers, default_format, spec_text
from fairway.scaffold.write import FOLDER, schema_files, write_files
from fairway.spec.core import PydanticCustomError
from fairway.spec.forms import PARSERS
from fairway.spec.meaning import FORMATS
from fairway.spec.nearest import listed

_FORMS = {"name": "name", "team": "label", "version": "version", "uri": "uri", "owner": "owner"}


@click.command
@click.argument("name")
@click.option("--team", help="The team that runs it.")
@click.option("--owner", "owners", multiple=True, help="Who answers for it; repeatable.")
@click.option("--description", help="One sentence that says what the model does.")
@click.option("--framework", type=click.Choice(list(FORMATS)), help="What made the model.")
@click.option("--format", "form", help="The format of its files; default: the safest one.")
@click.option("--version", "version", help="The first version; default: 1.0.0.")
@click.option("--uri", help="Where its files are; default: ./models/VERSION.")
@click.option(
    "--specs",
    default="specs",
    show_default=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="The project's folder.",
)
def command(
    name: str,
    team: str | None,
    owners: tuple[str, ...],
    description: str | None,
    framework: str | None,
    form: str | None,
    version: str | None,
    uri: str | None,
    specs: Path,
) -> None:
    """Write the spec of a new deployment NAME, and an example contract beside it.

    What is not given by an option is asked for on a terminal.
    """
    specs = _specs(specs)
    environments = _environments(specs)
    framework = framework or _ask("Framework", "--framework", "sklearn", tuple(FORMATS))
    form = form or default_format(framework)
    if form not in FORMATS[framework]:
        raise UsageError(f"--format {form}: {framework} has {listed(FORMATS[framework])}")
    version = version or "1.0.0"
    answers = Answers(
        name=_checked("name", name),
        team=_checked("team", team or _ask("Team", "--team")),
        owners=tuple(
            _checked("owner", owner)
            for owner in owners or (_ask("Owner (@team or e-mail)", "--owner"),)
        ),
        description=description or _ask("What does it do, in one sentence?", "--description"),
        framework=framework,
        format=form,
        version=_checked("version", version),
        uri=_checked("uri", uri or f"./models/{version}"),
    )
    _write(specs, answers, environments)


def _write(specs: Path, answers: Answers, environments: tuple[str, ...]) -> None:
    contract = (FOLDER / "deployment" / "contract.json").read_text("utf-8")
    files = {
        f"{answers.name}/deployment.yaml": spec_text(answers, environments),
        f"{answers.name}/contract.json": contract,
        **schema_files("."),
    }
    for path in write_files(specs, files, keep=".schemas"):
        click.echo(str(path))
    folder = specs / answers.name
    click.echo(
        f"next: put the model at {folder / answers.uri}, describe it in contract.json,"
        f" then `fairway lock {folder}` and `fairway validate`",
        err=True,
    )


def _specs(specs: Path) -> Path:
    """Return the project's folder: the one given, or the one that the working directory is in."""
    above = find_project(".")
    if (specs / PROJECT_FILE).is_file() or above is None:
        return specs
    return Path(os.path.relpath(Path(above).parent))


def _environments(specs: Path) -> tuple[str, ...]:
    path = find_project(str(specs)) if specs.is_dir() else None
    if path is None:
        raise UsageError(f"no {PROJECT_FILE} in {specs} or above it", "run `fairway init` first")
    loaded = load_project(path)
    if loaded.project is None:
        raise UsageError(f"{path} has errors", "run `fairway validate`")
    return tuple(loaded.project.environments)


def _ask(
    question: str, option: str, default: str | None = None, among: tuple[str, ...] = ()
) -> str:
    if not sys.stdin.isatty():
        if default is not None:
            return default
        raise UsageError(f"{option} is needed", "give it, or run this on a terminal")
    kind = click.Choice(among) if among else None
    return str(click.prompt(question, default=default, type=kind))


def _checked(field: str, value: str) -> str:
    try:
        return PARSERS[_FORMS[field]](value)
    except PydanticCustomError as error:
        raise UsageError(f"{field}: {error}") from error
