"""Faults in the templates of a team's own targets, which every deployment of its fleet renders."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from corpus.case import Case, Expect
from corpus.disk import Organisation


def always(case: Case) -> bool:
    """Whether anything is rendered, which is always so."""
    return True


def with_image(case: Case) -> bool:
    """Whether it has images of its own."""
    return case.ours


def with_route(case: Case) -> bool:
    """Whether it has a route."""
    return case.public


def with_egress(case: Case) -> bool:
    """Whether it may connect to anything."""
    return bool(case.value("serving.egress"))


class TemplateFault(NamedTuple):
    """An edit of a template: ``old`` becomes ``new``, or ``new`` is added at the end.

    ``rule`` may name two, where one includes the other. ``related`` is words that end on the line
    of the template that the finding names, empty where it names none. ``at`` is where the finding
    points in each spec, ``versions`` for the versions that run. ``also`` are other rules that
    the fault breaks, each with its own ``at`` and ``related``.
    """

    what: str
    rule: str
    old: str
    new: str
    related: str = ""
    at: str = "metadata.name"
    last: bool = False
    fits: Callable[[Case], bool] = always
    also: tuple[tuple[str, str, str], ...] = ()

    def plant(self, made: Organisation, file: str) -> Iterator[tuple[Case, Expect]]:
        """Edit a target's file; yield what must be found of each deployment."""
        written = made.template(file)
        if self.old:
            written.replace(self.old, self.new)
        else:
            written.text += self.new
        rules = [(rule, self.at, self.related) for rule in self.rule.split()]
        for case in filter(self.fits, made.cases):
            for name in case.last if self.last else case.all:
                for rule, at, words in (*rules, *self.also):
                    related = f"../targets/{file}:{words}" if words else ""
                    for place in _places(case, at, name):
                        yield case, Expect(rule, place, (name,), related=related)


def _places(case: Case, at: str, environment: str) -> Iterator[str]:
    """Yield where something of the spec stands for an environment."""
    if at == "versions":
        names = [case.stable, case.candidate]
        yield from (f'versions["{name}"]' for name in names if name is not None)
    elif case.overridden(at, environment):
        yield f"environments.{environment}.{at}"
    else:
        yield at
