"""Running policies: the rules of a project's packs on its deployments and on what they render."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple, TypeAlias

from fairway.deployment import Deployment
from fairway.finding import Finding, Related
from fairway.location import Location, Route, parse_route
from fairway.plan.model import Plan
from fairway.policy.clean import are_clean
from fairway.policy.facts import Data, Facts, secret_facts
from fairway.policy.findings import (
    Locate,
    finding_of,
    fleet_finding,
    off_in,
    severity_of,
    spec_location,
)
from fairway.policy.fleet_facts import FleetFacts
from fairway.policy.judge import Failure, Judge, Violation
from fairway.policy.objects import dockerfile_of, pods_of
from fairway.policy.origin import object_origin
from fairway.policy.pack import Pack
from fairway.secrets.find import find_secrets
from fairway.source.document import Document
from fairway.target.load import Target
from fairway.target.render import RenderedObject

_Text: TypeAlias = tuple[str, str, frozenset[str]]
_MOST_TEXTS = 256
"""Clean texts that are known: environments share images, and images their requirements."""


class Rendered(NamedTuple):
    """What a deployment's plan renders to: its objects, and the files that are text."""

    plan: Plan
    objects: Sequence[RenderedObject]
    texts: Sequence[tuple[str, str]]


class Policies:
    """The rules of a project, ready for its deployments."""

    def __init__(
        self,
        packs: Sequence[Pack],
        targets: Mapping[str, Target],
        project: Document,
        now: Callable[[], datetime | None],
        metrics: Callable[[Deployment], Sequence[str]] = lambda _: (),
    ) -> None:
        """Take the packs' rules; ``metrics`` names what a deployment's targets export."""
        self._packs = packs
        self._targets = targets
        self._project = project
        self._clean: bool | None = None  # whether targets and project hold no secrets
        self._facts = Facts(packs[0].fillers, now=now, metrics=metrics)
        self._off: dict[str, frozenset[str]] = {}
        self._known: frozenset[str] = frozenset()  # the secrets in the spec that is judged
        self._clean_texts: set[_Text] = set()
        self._judges: dict[tuple[str, str], Judge | None] = {}
        self.documents: dict[str, Document] = {}

    def check(
        self,
        deployments: Iterable[Deployment],
        rendered: Mapping[str, Rendered],
        document: Document,
    ) -> list[Finding]:
        """Return what the rules have against a spec's deployments.

        ``rendered`` holds what could be rendered, by environment; ``document`` is the spec's.
        """
        self._facts.forget()
        if len(self._clean_texts) > _MOST_TEXTS:
            self._clean_texts.clear()
        found = find_secrets(document.text)
        self._known = frozenset(document.text[each.start : each.end] for each in found)
        secrets = secret_facts(document.text, found)
        findings: list[Finding] = []
        for deployment in deployments:
            facts = self._facts.deployment(deployment, secrets)
            findings += self._judge("deployment", {"deployment": facts}, deployment)
            done = rendered.get(deployment.environment)
            if done is not None:
                findings += self._check_rendered(deployment, facts, done)
        return findings

    def check_fleet(
        self, facts: FleetFacts, find: Callable[[str], Deployment | None]
    ) -> Iterator[Finding]:
        """Yield what the rules have against the deployments of an environment together.

        What is about one deployment, which ``find`` gives by its spec's path, points into the
        spec; the rest points into ``fairway.yaml``.
        """
        judge = self._judge_of("fleet")
        text = self._project.text
        fleet = facts.subject(secret_facts(text, find_secrets(text)))
        verdicts = judge.judge({"fleet": fleet}) if judge is not None else ()
        for verdict in verdicts:
            severity = severity_of(verdict.rule, facts.place, facts.project)
            if severity is not None:
                yield fleet_finding(verdict, severity, facts, self._project, find)

    def _check_rendered(
        self, deployment: Deployment, facts: Data, done: Rendered
    ) -> Iterator[Finding]:
        if self._judge_of("plan") is not None:
            plan = {"plan": self._facts.plan(done.plan), "deployment": facts}
            yield from self._judge("plan", plan, deployment)
        values = [each.value for each in done.objects]
        for made in done.objects:
            subject = {"object": made.value, "objects": values, "deployment": facts}
            kind = str(made.value.get("kind"))
            origin = partial(self._locate_object, made, done.plan, deployment)
            yield from self._judge("objects", subject, deployment, origin)
            yield from self._judge("objects", subject, deployment, origin, kind)
            for pod in pods_of(made.value):
                yield from self._judge("pods", {**subject, "pod": pod}, deployment, origin)
        for path, text in done.texts:
            yield from self._check_text(deployment, path, text)

    def _check_text(self, deployment: Deployment, path: str, text: str) -> Iterator[Finding]:
        where: Locate = lambda _: (Location(deployment.path, ("metadata", "name")), ())  # noqa: E731
        name = path.rpartition("/")[2]
        about = "dockerfiles" if name == "Dockerfile" else ""
        key = (text, name, self._known)
        if key in self._clean_texts:
            return
        verdicts = tuple(self._judge_text(about, path, text))
        if not verdicts:
            self._clean_texts.add(key)
        yield from self._findings(verdicts, deployment, where)

    def _judge_text(self, about: str, path: str, text: str) -> Iterator[Violation | Failure]:
        dockerfiles, files = self._judge_of(about) if about else None, self._judge_of("files")
        if dockerfiles is not None:
            yield from dockerfiles.judge({"dockerfile": dockerfile_of(path, text)})
        if files is not None:
            # What the spec holds already is found there, where it can be mended.
            secrets = find_secrets(text) if self._known or not self._clean_sources() else []
            new = [each for each in secrets if text[each.start : each.end] not in self._known]
            file = {"path": path, "size": len(text), "secrets": secret_facts(text, new)}
            yield from files.judge({"file": file})

    def _clean_sources(self) -> bool:
        """Whether no template and no default holds a secret.

        What is rendered is made of them and of the spec, and need not be read then.
        """
        if self._clean is None:
            templates = {
                os.path.join(target.folder, artifact.template)
                for target in self._targets.values()
                for artifact in target.artifacts
            }
            self._clean = are_clean([self._project.text, *map(_text, sorted(templates))])
        return self._clean

    def _judge(
        self,
        about: str,
        subject: Mapping[str, Any],
        deployment: Deployment,
        locate: Locate | None = None,
        kind: str = "",
    ) -> Iterator[Finding]:
        judge = self._judge_of(about, kind)
        if judge is not None:
            where = locate or partial(spec_location, deployment)
            off = self._off.get(deployment.environment)
            if off is None:
                off = off_in(deployment.place, deployment.project)
                self._off[deployment.environment] = off
            yield from self._findings(judge.judge(subject, off), deployment, where)

    def _findings(
        self, verdicts: Iterable[Violation | Failure], deployment: Deployment, where: Locate
    ) -> Iterator[Finding]:
        for verdict in verdicts:
            severity = severity_of(verdict.rule, deployment.place, deployment.project)
            if severity is not None:
                yield finding_of(verdict, severity, where, deployment)

    def _judge_of(self, about: str, kind: str = "") -> Judge | None:
        key = (about, kind)
        if key not in self._judges:
            groups = [g for p in self._packs for g in p.groups if (g.about, g.kind) == key]
            self._judges[key] = Judge(groups) if groups else None
        return self._judges[key]

    def _locate_object(
        self, made: RenderedObject, plan: Plan, deployment: Deployment, at: str
    ) -> tuple[Location, tuple[Related, ...]]:
        """Return the line of the spec behind a place of an object, and that of the template."""
        found = object_origin(made, parse_route(at), plan, self._targets)
        self.documents[found.document.path] = found.document
        # A template holds several documents, and the file's name alone leads to the last one.
        line = found.template._replace(offsets=found.document.resolve(found.template))
        related = (Related(f"rendered from this line of target {made.target}", line),)
        route: Route = found.spec if found.spec is not None else ("metadata", "name")
        return deployment.merged.locate(route), related


def _text(path: str) -> str:
    with open(path, encoding="utf-8", errors="replace") as stream:
        return stream.read()
