"""The project: ``fairway.yaml`` found, bound and joined with the targets that it names."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from fairway import rule
from fairway.deployment import Routing
from fairway.errors import UsageError
from fairway.finding import Finding, Fix
from fairway.location import Location, Route
from fairway.lock import PROJECT_LOCK_NAME
from fairway.lock.bind import bind_project_lock
from fairway.packs import pack_folder
from fairway.source.build import parse
from fairway.source.document import Document
from fairway.source.file import read_file
from fairway.source.layers import Layer, Merged, merge
from fairway.source.scalar import kind_of
from fairway.spec.bind import bind
from fairway.spec.nearest import listed, nearest
from fairway.target.capability import Capabilities
from fairway.target.load import Role, Target, load_targets
from fairway.target.needs import check_needs

if TYPE_CHECKING:
    from fairway.spec.project import Environment, Project
    from fairway.spec.project_lock import ProjectLock

PROJECT_FILE = "fairway.yaml"
RESERVED = ("images", "index")


class LoadedProject(NamedTuple):
    """A project as it was read: its folder, its document, and what could be made of them.

    ``project`` is None when the file has faults; then ``findings`` says which, and specs are
    only checked as far as they go without it.
    """

    root: str
    document: Document | None
    project: Project | None
    targets: Mapping[str, Target]
    capabilities: Mapping[str, Capabilities]
    findings: tuple[Finding, ...]
    images: Mapping[str, str] = {}
    lock: Document | None = None  # where findings of the project's lock point
    project_lock: ProjectLock | None = None


def find_project(path: str) -> str | None:
    """Return the ``fairway.yaml`` in the folder of ``path`` or the nearest one above it."""
    folder = real_folder(path if os.path.isdir(path) else os.path.dirname(path) or ".")
    while True:
        candidate = os.path.join(folder, PROJECT_FILE)
        if os.path.lexists(candidate):
            return candidate
        parent = os.path.dirname(folder)
        if parent == folder:
            return None
        folder = parent


def load_project(path: str) -> LoadedProject:
    """Read and check a project file; faults become findings, broken targets ``UsageError``."""
    root = os.path.dirname(path)
    source, findings = read_file(path, shown_path(path))
    if source is None:
        return LoadedProject(root, None, None, {}, {}, tuple(findings))
    document, more = parse(source)
    findings += more
    merged = merge([Layer("spec", document)], frozenset())
    if not isinstance(document.value, dict):
        if not findings:
            message = f"the project file is a map, and this is {kind_of(document.value)}"
            findings.append(rule.TYPE(message, merged.locate(())))
        return LoadedProject(root, document, None, {}, {}, tuple(findings))
    project, more = bind("project", merged)
    if document.complete:
        findings += more
    if project is None or findings:
        return LoadedProject(root, document, None, {}, {}, tuple(findings))
    targets = load_targets(tuple(_target_folders(project, root)))
    findings += _check(project, merged, targets)
    project_lock, lock, more = _read_lock(root)
    findings += more
    locked = project_lock.images.values() if project_lock is not None else ()
    images = {image.reference: image.digest for image in locked}
    capabilities = {} if findings else _capabilities(project, targets)
    known = None if findings else project
    return LoadedProject(
        root, document, known, targets, capabilities, tuple(findings), images, lock, project_lock
    )


def _read_lock(root: str) -> tuple[ProjectLock | None, Document | None, list[Finding]]:
    """Return the project's lock: what its references of images and of packs stand for.

    The document is there when findings point into it.
    """
    path = os.path.join(root, PROJECT_LOCK_NAME)
    if not os.path.lexists(path):
        return None, None, []
    shown = shown_path(path)
    try:
        with open(path, "rb") as stream:
            data = stream.read()
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        return None, None, [rule.UNREADABLE(f"the file cannot be read: {why}", Location(shown))]
    return bind_project_lock(data, shown)


def real_folder(path: str) -> str:
    """Return a folder's path without symbolic links; those beside each other share their parent."""
    parent, name = os.path.split(path)
    if not name or name in (os.curdir, os.pardir) or os.path.islink(path):
        return os.path.realpath(path)
    return os.path.join(_real_parent(parent or os.curdir, os.getcwd()), name)


@lru_cache(maxsize=64)
def _real_parent(path: str, working_directory: str) -> str:
    del working_directory  # what a relative path is relative to
    return os.path.realpath(path)


def shown_path(path: str) -> str:
    """Return a path as people and reports see it: relative to the working directory, with ``/``."""
    if path[:1] not in ("/", ".") and os.sep == "/" and os.path.normpath(path) == path:
        return path
    return os.path.relpath(path).replace(os.sep, "/")


def _target_folders(project: Project, root: str) -> Iterator[str]:
    for name in project.targets:
        if name == "builtin":
            yield pack_folder("targets")
            continue
        folder = os.path.join(root, name)
        if not os.path.isdir(folder):
            raise UsageError(
                f"{os.path.join(root, PROJECT_FILE)}: the target folder {name} does not exist",
                "correct `targets`, or create the folder",
            )
        if os.path.isfile(os.path.join(folder, "target.yaml")):
            raise UsageError(
                f"{os.path.join(root, PROJECT_FILE)}: {name} is a target, and `targets` lists the"
                " folders that hold targets",
                f"write {os.path.dirname(name.rstrip('/')) or '.'}",
            )
        yield folder


def environment_targets(place: Environment, targets: Mapping[str, Target]) -> list[Target]:
    """Return the targets that render an environment: workload, router, then the others."""
    return [targets[name] for name in dict.fromkeys((place.workload, place.router, *place.targets))]


def routing_of(place: Environment, targets: Mapping[str, Target]) -> Routing:
    """Return what is particular to an environment's router and workloads."""
    router = targets[place.router]
    service = targets[place.workload].service
    return Routing(router.controller, router.mesh, service, router.sidecar)


def _capabilities(project: Project, targets: Mapping[str, Target]) -> dict[str, Capabilities]:
    return {
        name: Capabilities.of(
            environment_targets(place, targets),
            place.gateway.implementation if place.gateway is not None else "",
        )
        for name, place in project.environments.items()
    }


def _check(project: Project, merged: Merged, targets: Mapping[str, Target]) -> list[Finding]:
    findings = [*_misnamed_packs(project, merged), *check_needs(project, merged, targets)]
    if "environments" in project.defaults:
        message = "`defaults` hold for every environment; what differs is for the specs to say"
        key = merged.locate(("defaults", "environments"), "key")
        findings.append(rule.CONSISTENT(message, key, fix="remove it"))
    for name, place in project.environments.items():
        route: Route = ("environments", name)
        if name in RESERVED:
            message = f"an environment cannot be called {name}: the output has a place of that name"
            findings.append(rule.VALUE(message, merged.locate(route, "key"), fix="rename it"))
        named: list[tuple[Route, str, tuple[Role, ...]]] = [
            (("workload",), place.workload, ("workload",)),
            (("router",), place.router, ("router",)),
        ]
        named += [(("targets", i), t, ("image", "addon")) for i, t in enumerate(place.targets)]
        for at, target, roles in named:
            findings += _check_target(merged, (*route, *at), target, roles, targets)
        findings += _check_controller(merged, (*route, "router"), place, targets)
        for index, required in enumerate(place.requires):
            earlier = list(project.environments)[: list(project.environments).index(name)]
            if required not in earlier:
                have = f"before it come {listed(earlier)}" if earlier else "it is the first"
                message = f"{required} is not an environment before {name}; {have}"
                fix = f"write {' or '.join(earlier[:12])}" if earlier else "remove it"
                where = merged.locate((*route, "requires", index))
                findings.append(rule.REFERENCE(message, where, fix=fix))
        rest = place.namespace.replace("{team}", "").replace("{name}", "")
        if "{" in rest or "}" in rest:
            message = f"`{place.namespace}` holds braces other than {{team}} and {{name}}"
            where = merged.locate((*route, "namespace"))
            findings.append(rule.VALUE(message, where, fix="write {team} or {name} in the braces"))
    return findings


def _misnamed_packs(project: Project, merged: Merged) -> list[Finding]:
    if not any(":" in name for name in project.policies):
        return []  # none is from elsewhere
    from fairway.pack.folders import misnamed

    return [
        rule.VALUE(str(error), merged.locate(("policies", index)), fix=error.fix)
        for index, error in misnamed(project.policies)
    ]


def _check_controller(
    merged: Merged, route: Route, place: Environment, targets: Mapping[str, Target]
) -> list[Finding]:
    """Find a controller of releases over pods that another controller makes."""
    router, workload = targets.get(place.router), targets.get(place.workload)
    if router is None or workload is None or router.controller is None or not workload.service:
        return []
    message = (
        f"{router.name} replaces the pods of one Deployment, and those of {workload.name} belong to"
        " the controller that makes them"
    )
    fix = f"use another router, or another workload target than {workload.name}"
    return [rule.TARGET(message, merged.locate(route), fix=fix)]


def _check_target(
    merged: Merged,
    route: Route,
    name: str,
    roles: tuple[Role, ...],
    targets: Mapping[str, Target],
) -> list[Finding]:
    fitting = [target.name for target in targets.values() if target.role in roles]
    known = targets.get(name)
    if known is not None and known.role in roles:
        return []
    message = (
        f"there is no target {name}"
        if known is None
        else f"the target {name} is of role {known.role}, not {' or '.join(roles)}"
    )
    close = nearest(name, fitting) or (fitting[0] if len(fitting) == 1 else None)
    fix = Fix(f"write {close}", close) if close else None
    message += f"; fitting targets: {listed(fitting)}"
    return [rule.TARGET(message, merged.locate(route), fix=fix)]
