"""A project's policies: its packs loaded, its severities checked, its specs judged."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from fairway import rule
from fairway.compile import Compiled, Compiler
from fairway.deployment import Deployment
from fairway.errors import UsageError
from fairway.evidence.asking import time_to_judge_by
from fairway.finding import Finding, Fix, merge_environments
from fairway.location import Location, Route
from fairway.pack.folders import pack_folders
from fairway.plan.model import Plan
from fairway.policy.fleet_facts import FleetFacts
from fairway.policy.pack import Pack, load_pack
from fairway.policy.program import Program
from fairway.policy.run import Policies, Rendered
from fairway.project import LoadedProject
from fairway.source.document import Document
from fairway.spec.nearest import nearest

if TYPE_CHECKING:
    from fairway.check import Checked


class Judged(NamedTuple):
    """What policies found of a spec, the files that this points into, and what it compiles to."""

    findings: list[Finding]
    documents: Mapping[str, Document]
    compiled: Compiled | None


class Prepared(NamedTuple):
    """What a spec compiles to, and what rules see of that, by environment."""

    compiled: Compiled | None
    rendered: Mapping[str, Rendered]


class ProjectPolicies:
    """The policies of one project; keeps what its fleet's rules need of each spec."""

    def __init__(self, loaded: LoadedProject, now: str | None, compiler: Compiler) -> None:
        """Load the packs. Raises ``UsageError`` for one that is not right, or not there."""
        self._loaded = loaded
        self._compiler = compiler
        self.packs = load_packs(loaded)
        self.rules = rules_of(self.packs)
        self._policies = Policies(
            self.packs,
            loaded.targets,
            loaded.document or Document("", "", "", None, (0, 0)),
            lambda: time_to_judge_by(now, loaded.root),
            _exported(loaded),
        )
        self._fleets: dict[str, FleetFacts] = {}
        self._now = now
        self._again: dict[str, Checked] = {}

    def unknown_rules(self) -> list[Finding]:
        """Return a finding for each severity of a rule that no pack has."""
        project = self._loaded.project
        if project is None or self._loaded.document is None:
            return []
        said: list[tuple[Route, Mapping[str, str]]] = [(("severity",), project.severity)]
        for name, place in project.environments.items():
            said.append((("environments", name, "severity"), place.severity))
        return [
            self._unknown((*route, name), name)
            for route, severities in said
            for name in severities
            if name not in self.rules
        ]

    def check(self, checked: Checked, prepared: Prepared | None = None) -> Judged:
        """Judge a spec's deployments, and what they render to where they can be rendered."""
        compiled, rendered = prepared or self.prepare(checked)
        for deployment in checked.judged:
            facts = self._fleets.setdefault(deployment.environment, FleetFacts(deployment))
            facts.add(deployment)
        document = checked.documents[checked.path]
        findings = self._policies.check(checked.judged, rendered, document)
        return Judged(findings, dict(self._policies.documents), compiled)

    def prepare(self, checked: Checked) -> Prepared:
        """Plan and render what of a spec can be.

        Faults of evidence are none of that: when they are waived, this is what is compiled.
        """
        if not checked.judged or any(f.rule == rule.CAPABILITY.id for f in checked.findings):
            return Prepared(None, {})
        compiled = self._compiler.compile(checked.judged)
        rendered = {plan.environment: self._rendered(plan, compiled) for plan in compiled.plans}
        return Prepared(compiled, rendered)

    def check_fleet(self) -> tuple[list[Finding], Mapping[str, Document]]:
        """Judge all deployments together, environment by environment.

        The documents are those that the findings point into.
        """
        document = self._loaded.document
        if document is None:
            return [], {}
        findings: list[Finding] = []
        documents: dict[str, Document] = {}
        for facts in self._fleets.values():

            def find(path: str, environment: str = facts.environment) -> Deployment | None:
                checked = self._checked_again(path)
                documents.update(checked.documents)
                return next((d for d in checked.judged if d.environment == environment), None)

            findings += self._policies.check_fleet(facts, find)
        return merge_environments(findings), documents

    def _checked_again(self, path: str) -> Checked:
        """Return a spec that a rule of fleets is broken by; not all of them are kept in memory."""
        from fairway.check import check_spec

        if path not in self._again:
            self._again[path] = check_spec(path, self._loaded, self._now)
        return self._again[path]

    def _rendered(self, plan: Plan, compiled: Compiled) -> Rendered:
        texts = [
            (artifact.path, artifact.text)
            for artifact in compiled.artifacts
            if artifact.environment in ("", plan.environment)
        ]
        # Other files than those of Kubernetes are judged as texts only.
        objects = [made for made in self._compiler.objects(plan) if "kind" in made.value]
        return Rendered(plan, objects, texts)

    def _unknown(self, route: Route, name: str) -> Finding:
        assert self._loaded.document is not None  # noqa: S101 - checked by the caller
        # Switching another rule off than the one that was meant would not be noticed.
        family, _, own = name.partition("/")
        near = [rule for rule in self.rules if family in rule or rule.endswith(f"/{own}")]
        close = nearest(name, near) if own.strip("*") else None
        fix = Fix(f"if it is meant, write {close}" if close else "see `fairway policy list`")
        at = Location(self._loaded.document.path, route, "key")
        return rule.REFERENCE(f"there is no rule {name}", at, fix=fix)


def load_packs(loaded: LoadedProject) -> list[Pack]:
    """Return the packs that a project names. Raises ``UsageError`` for what is wrong with one."""
    if loaded.project is None:
        return []
    folders = pack_folders(loaded.project.policies, loaded.root, loaded.project_lock)
    return [load_pack(os.path.abspath(folder.folder)) for folder in folders]


def rules_of(packs: Sequence[Pack]) -> dict[str, Program]:
    """Return the rules of packs by id. Raises ``UsageError`` when two packs have one of a name."""
    rules: dict[str, Program] = {}
    owners: dict[str, str] = {}
    for pack in packs:
        for name, program in pack.programs().items():
            if name in rules:
                raise UsageError(
                    f"two packs have a rule {name}: {owners[name]} and {pack.folder}",
                    "rename one; to change how much a built-in rule matters, set its severity",
                )
            rules[name], owners[name] = program, pack.folder
    return rules


def _exported(loaded: LoadedProject) -> Callable[[Deployment], Sequence[str]]:
    """Return what names the series that a deployment's targets export."""

    def exported(deployment: Deployment) -> Sequence[str]:
        if not deployment.spec.release.strategy.canary and deployment.spec.monitoring is None:
            return ()
        from fairway.project import environment_targets
        from fairway.target.series import exported as series

        gateway = deployment.place.gateway
        own = gateway.implementation if gateway is not None else None
        implementation = loaded.targets[deployment.place.router].implementation or own
        targets = environment_targets(deployment.place, loaded.targets)
        return sorted(series(targets, deployment.spec.serving.runtime, implementation))

    return exported
