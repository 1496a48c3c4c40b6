"""What is run: one deployment of one environment, checked, compiled, and planned for a proxy here.

An environment's own router may split traffic in a cluster only, or keep a step there. Here every
release has one set of servers a version behind the envoy target's proxy, and the step is git's.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from fairway.compile import Compiler
from fairway.deployment import Deployment, Routing, usual_environment
from fairway.errors import UsageError
from fairway.finding import Diagnostic, Severity
from fairway.fleet import Fleet
from fairway.local.files import TARGET
from fairway.packs import pack_folder
from fairway.plan.model import Plan
from fairway.plan.planner import plan_deployment
from fairway.project import PROJECT_FILE, LoadedProject, environment_targets
from fairway.spec.nearest import listed
from fairway.target.load import load_target
from fairway.target.meter import TargetMeter


class Choice(NamedTuple):
    """The deployment that is run; ``root`` is the project's folder, ``files`` what was read."""

    deployment: Deployment
    plan: Plan
    root: str
    files: tuple[Path, ...]


class Chosen(NamedTuple):
    """A choice, or None where the spec has errors; ``diagnostics`` are all that was found."""

    choice: Choice | None
    diagnostics: tuple[Diagnostic, ...]
    fleet: Fleet


def choose(path: str, environment: str | None, now: str | None = None) -> Chosen:
    """Check the one spec in ``path``, and plan it for ``environment``, else its usual one.

    Raises ``UsageError`` when there are several specs, or it does not have the environment.
    """
    fleet = Fleet([path], now)
    if len(fleet.paths) != 1:
        message = f"{path} holds {len(fleet.paths)} specs, and one release is run at a time"
        raise UsageError(message, f"name one of them, such as {fleet.paths[0]}")
    ((checked, loaded),) = list(fleet.check())
    diagnostics = tuple(fleet.diagnostics())
    wrong = any(d.severity >= Severity.ERROR and d.suppressed is None for d in diagnostics)
    if wrong or not checked.deployments:
        return Chosen(None, diagnostics, fleet)
    deployment = _deployment(checked.deployments, environment)
    documents = [*checked.documents, os.path.join(loaded.root, PROJECT_FILE)]
    files = tuple(Path(name) for name in documents if os.path.isfile(name))
    plan = plan_here(deployment, loaded, fleet.compiler(loaded))
    return Chosen(Choice(deployment, plan, loaded.root, files), diagnostics, fleet)


def plan_here(deployment: Deployment, loaded: LoadedProject, compiler: Compiler) -> Plan:
    """Return the plan of a deployment for a proxy beside its servers.

    Gates are on the proxy's series, and on those that the environment's other targets add.
    """
    here = deployment._replace(routing=Routing(controller=None, mesh=True))
    proxy = load_target(os.path.join(pack_folder("targets"), TARGET, "target.yaml"))
    targets = (*environment_targets(deployment.place, loaded.targets), proxy)
    meter = TargetMeter(targets, proxy.implementation, deployment.spec.serving.runtime)
    return plan_deployment(here, compiler.images(deployment), meter)


def _deployment(found: tuple[Deployment, ...], environment: str | None) -> Deployment:
    if environment is None:
        return usual_environment(found)
    by_name: Mapping[str, Deployment] = {each.environment: each for each in found}
    if environment not in by_name:
        message = f"--env {environment}: {found[0].name} has {listed(by_name)}"
        raise UsageError(message, "name one of them, or leave it out for the one with a candidate")
    return by_name[environment]
