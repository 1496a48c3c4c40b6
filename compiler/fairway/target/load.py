"""Loading targets: ``target.yaml`` and the templates beside it, built-in and a team's own alike.

Capabilities are read at once; templates are compiled when something is rendered, so that a
run that only validates does not pay for them.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple, TypeAlias

from fairway.deployment import Controller, Sidecar
from fairway.errors import UsageError
from fairway.location import Location, Part, Route
from fairway.source.build import parse, parse_all
from fairway.source.document import Document
from fairway.source.file import read_file
from fairway.target.owned import read_controller, read_sidecar
from fairway.target.trait import TRAITS

Role: TypeAlias = Literal["workload", "router", "image", "addon"]
Subject: TypeAlias = Literal["plan", "image"]

_ROLES = ("workload", "router", "image", "addon")
_USES: Mapping[str, str] = {
    "workload": "set it as the environment's `workload`",
    "router": "set it as the environment's `router`",
    "image": "add it to the environment's `targets`",
    "addon": "add it to the environment's `targets`",
}
_SERVICE = re.compile(r"([a-z][a-z0-9-]*)?\{workload\}([a-z0-9-]*[a-z0-9])?\Z")
_FILE = re.compile(r"(\.\./[A-Za-z0-9][^/]*/)?[^/]+\Z")


class ArtifactTemplate(NamedTuple):
    """One artifact of a target: where it goes, from which template, in which place of the file.

    ``format`` is ``yaml`` (structured) or the name of a text format.
    """

    path: str
    template: str
    subject: Subject
    format: str
    order: int
    route: Route


class Target(NamedTuple):
    """A loaded target.

    ``series`` are the paths of its catalogues of metrics, which are read when somebody asks (see
    ``fairway.target.series``). ``service`` is as in ``Routing``. Of a
    router, ``implementation`` is what counts its requests where that is always the same, ``mesh``
    whether it splits calls inside the cluster, and ``controller`` what keeps the release's state in
    the cluster; ``sidecar`` is as in ``Routing``. ``traits`` are the properties of a spec that it
    cannot express, with the reason, and ``remarks`` are what whoever chooses it should know.
    """

    name: str
    title: str
    role: Role
    folder: str
    document: Document
    expresses: Mapping[str, tuple[str, ...]]
    cannot: Mapping[str, str]
    artifacts: tuple[ArtifactTemplate, ...]
    series: tuple[str, ...] = ()
    service: str = ""
    implementation: str = ""
    mesh: bool = False
    controller: Controller | None = None
    sidecar: Sidecar | None = None
    traits: Mapping[str, str] = {}
    remarks: tuple[str, ...] = ()

    @property
    def use(self) -> str:
        """What a platform team does to use the target."""
        return _USES[self.role]

    def template_digest(self) -> str:
        """Return the sha256 (hex) over the names and bytes of the target's templates."""
        digest = hashlib.sha256()
        for name in sorted({artifact.template for artifact in self.artifacts}):
            with open(os.path.join(self.folder, name), "rb") as stream:
                digest.update(name.encode() + b"\0" + stream.read() + b"\0")
        return digest.hexdigest()


def load_targets(folders: tuple[str, ...]) -> dict[str, Target]:
    """Load every target in ``folders`` (each holds one folder a target), by name.

    Raises ``UsageError`` with file and line when one is not well formed or a name comes twice.
    """
    targets: dict[str, Target] = {}
    for parent in folders:
        for name in sorted(os.listdir(parent)):
            path = os.path.join(parent, name, "target.yaml")
            if not os.path.isfile(path):
                continue
            target = load_target(path)
            if target.name in targets:
                raise UsageError(f"{path}: a target named {target.name} exists already")
            targets[target.name] = target
    return targets


def load_target(path: str) -> Target:
    """Load one ``target.yaml``."""
    document = read_map(path, "a target")
    fields = _Fields(document)
    name = fields.text("target")
    folder = os.path.dirname(path)
    if name != os.path.basename(folder):
        own = os.path.basename(folder)
        fields.fail(("target",), f"`{name}` is not the name of its folder, {own}")
    role = fields.text("role")
    if role not in _ROLES:
        fields.fail(("role",), f"`{role}` is not one of {', '.join(_ROLES)}")
    return Target(
        name=name,
        title=fields.text("title"),
        role=role,  # type: ignore[arg-type]
        folder=folder,
        document=document,
        expresses=fields.expresses(),
        cannot=fields.cannot(),
        artifacts=fields.artifacts(),
        series=fields.series(),
        service=fields.service(),
        implementation=fields.optional_text("implementation"),
        mesh=fields.flag("mesh"),
        controller=read_controller(fields.value.get("controllerOwned"), fields.fail),
        sidecar=read_sidecar(fields.value.get("sidecar"), fields.fail),
        traits=fields.traits(),
        remarks=fields.remarks(),
    )


def read_template(path: str) -> list[Document]:
    """Return the documents of a structured template; ``UsageError`` for one that is not YAML."""
    source, findings = read_file(path)
    documents: list[Document] = []
    if source is not None and not findings:
        documents, findings = parse_all(source)
    if findings:
        raise UsageError(f"{path}: {findings[0].message}")
    return documents


def read_map(path: str, what: str) -> Document:
    """Read a file that holds one map; ``UsageError`` says where another is wrong.

    ``what`` names the file's content, as in "a target".
    """
    source, findings = read_file(path)
    if source is None:
        raise UsageError(f"{path}: {findings[0].message}")
    document, more = parse(source)
    findings += more
    if findings:
        span = document.span(findings[0].at)
        raise UsageError(f"{path}:{span.line}:{span.column}: {findings[0].message}")
    if not isinstance(document.value, dict):
        raise UsageError(f"{path}: {what} is a map")
    return document


class _Fields:
    """Reads the fields of ``target.yaml`` with errors that name file and line."""

    KNOWN = frozenset(
        ("target", "title", "role", "expresses", "cannot", "cannotWhen", "artifacts", "series",
         "service", "implementation", "mesh", "controllerOwned", "sidecar", "needs", "remarks")
    )  # fmt: skip

    def __init__(self, document: Document) -> None:
        self.document = document
        self.value: Mapping[str, Any] = document.value
        for key in self.value:
            if key not in self.KNOWN:
                known = ", ".join(sorted(self.KNOWN))
                self.fail((key,), f"unknown key `{key}`; known: {known}", "key")

    def fail(self, route: Route, message: str, part: Part = "value") -> Any:
        """Raise a ``UsageError`` at ``route``."""
        span = self.document.span(Location(self.document.path, route, part))
        raise UsageError(f"{self.document.path}:{span.line}:{span.column}: {message}")

    def text(self, key: str) -> str:
        """Return a required string."""
        value = self.value.get(key)
        if not isinstance(value, str) or not value:
            self.fail((key,), f"`{key}` must be a string")
        return str(value)

    def optional_text(self, key: str) -> str:
        """Return a string, empty when it is not there."""
        return self.text(key) if key in self.value else ""

    def flag(self, key: str) -> bool:
        """Return true or false, false when it is not there."""
        value = self.value.get(key, False)
        if not isinstance(value, bool):
            self.fail((key,), f"`{key}` must be true or false")
        return bool(value)

    def service(self) -> str:
        """Return the pattern of the services that others make for the workloads."""
        pattern = self.optional_text("service")
        if pattern and not _SERVICE.match(pattern):
            self.fail(("service",), "`service` is a name with {workload} in it")
        return pattern

    def traits(self) -> Mapping[str, str]:
        """Return the properties of specs that are refused, each with its reason."""
        found = self._map("cannotWhen")
        for name, why in found.items():
            if name not in TRAITS:
                message = f"there is no trait {name}; there are {', '.join(TRAITS)}"
                self.fail(("cannotWhen", name), message, "key")
            if not isinstance(why, str):
                self.fail(("cannotWhen", name), "expected the reason, as a string")
        return dict(found)

    def remarks(self) -> tuple[str, ...]:
        """Return what users of the target should know, one sentence each."""
        value = self.value.get("remarks", [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            self.fail(("remarks",), "`remarks` must be a list of sentences")
        return tuple(value)

    def expresses(self) -> Mapping[str, tuple[str, ...]]:
        """Return the expressed fields: each ``true`` (an empty tuple) or a list of values."""
        found: dict[str, tuple[str, ...]] = {}
        for name, allowed in self._map("expresses").items():
            if allowed is True:
                found[name] = ()
            elif isinstance(allowed, list) and all(isinstance(item, str) for item in allowed):
                found[name] = tuple(allowed)
            else:
                self.fail(("expresses", name), "expected true or a list of values")
        return found

    def cannot(self) -> Mapping[str, str]:
        """Return the refused fields, each with its reason."""
        refused = self._map("cannot")
        for name, why in refused.items():
            if not isinstance(why, str):
                self.fail(("cannot", name), "expected the reason, as a string")
        return dict(refused)

    def artifacts(self) -> tuple[ArtifactTemplate, ...]:
        """Return the artifacts, their templates' existence checked."""
        listed = self.value.get("artifacts", [])
        if not isinstance(listed, list):
            self.fail(("artifacts",), "expected a list")
        return tuple(self._artifact(item, ("artifacts", i)) for i, item in enumerate(listed))

    def _artifact(self, item: Any, route: Route) -> ArtifactTemplate:
        keys = {"path", "template", "for", "format", "order"}
        if not isinstance(item, dict) or not {"path", "template", "for"} <= set(item) <= keys:
            self.fail(route, f"an artifact has the keys {', '.join(sorted(keys))}")
        form, order = item.get("format", "yaml"), item.get("order", 0)
        for key, value in (("path", item["path"]), ("format", form)):
            if not isinstance(value, str):
                self.fail((*route, key), f"`{key}` must be a string")
        if type(order) is not int:
            self.fail((*route, "order"), "`order` must be a whole number")
        name = str(item["template"])
        self._beside(name, (*route, "template"))
        if item["for"] not in ("plan", "image"):
            self.fail((*route, "for"), "expected plan or image")
        return ArtifactTemplate(item["path"], name, item["for"], form, order, route)

    def series(self) -> tuple[str, ...]:
        """Return the paths of the catalogues of metrics, their existence checked."""
        value = self.value.get("series", [])
        if not isinstance(value, list):
            return (self._beside(self.text("series"), ("series",)),)
        return tuple(self._beside(str(name), ("series", i)) for i, name in enumerate(value))

    def _beside(self, name: str, route: Route) -> str:
        """Return the path of a file beside this one, or in the folder of another target."""
        path = os.path.normpath(os.path.join(os.path.dirname(self.document.path), name))
        if not _FILE.match(name) or not os.path.isfile(path):
            self.fail(route, f"there is no file {name} beside this one")
        return path

    def _map(self, key: str) -> Mapping[str, Any]:
        value = self.value.get(key, {})
        if not isinstance(value, dict):
            self.fail((key,), f"`{key}` must be a map")
        return value  # type: ignore[no-any-return]
