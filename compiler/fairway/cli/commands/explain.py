"""``fairway explain``: what a field is, and why it has its value."""

from __future__ import annotations

import json
import os
from dataclasses import asdict

import click

from fairway.bound import read_spec
from fairway.errors import UsageError
from fairway.explain import Explained, explain
from fairway.fleet import Fleet
from fairway.location import Route, parse_route
from fairway.spec.nearest import listed


@click.command
@click.argument("path", metavar="PATH[:ROUTE]")
@click.option("--env", "environments", multiple=True, help="Only this environment; repeatable.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
def command(path: str, environments: tuple[str, ...], as_json: bool) -> None:
    """Show the value of each field, its type and unit, and where it came from.

    PATH is a spec or its folder; ROUTE names a field or a part of the spec, such as
    serving.scaling or versions["3.1.0"].

    \b
      fairway explain specs/fraud-detector:serving.scaling --env production
    """
    file, route = _split(path)
    fleet = Fleet([file])
    if len(fleet.paths) != 1:
        raise UsageError(f"{file} holds {len(fleet.paths)} specs", "name one of them")
    loaded = fleet.project(fleet.paths[0])
    bound = read_spec(fleet.paths[0], loaded)
    if not bound.views:
        raise UsageError(f"{bound.path} has errors", f"run `fairway validate {bound.path}`")
    known = [view.environment for view in bound.views]
    for name in environments:
        if name not in known:
            raise UsageError(f"--env {name}: the spec has {listed(known)}")
    found = explain(bound, route, environments)
    if not found:
        raise UsageError(f"{bound.path} has no field {path[len(file) + 1 :]}")
    if as_json:
        click.echo(json.dumps([asdict(item) for item in found], indent=2, ensure_ascii=False))
        return
    every = environments or tuple(known)
    for item in found:
        click.echo(_text(item, len(item.environments) < len(every)))


def _split(path: str) -> tuple[str, Route]:
    if os.path.lexists(path):
        return path, ()
    file, colon, route = path.partition(":")
    if not colon:
        return path, ()
    try:
        return file, parse_route(route)
    except ValueError as error:
        raise UsageError(str(error), "write it like serving.scaling.min") from error


def _text(item: Explained, name_environments: bool) -> str:
    where = f" in {', '.join(item.environments)}" if name_environments else ""
    unit = f", {item.unit}" if item.unit else ""
    origin = f"{item.origin} ({item.layer})" if item.origin else "default of the language"
    head = f"{click.style(item.route, bold=True)}{where} = {item.value}"
    lines = [head, f"    {item.type}{unit}; from {origin}"]
    if item.description:
        lines.append(f"    {item.description}")
    return "\n".join(lines)
