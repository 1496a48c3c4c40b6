"""The plan: what runs in one environment, complete; nothing is left for a target to decide.

Optional things are tuples of at most one, so that a template can only repeat them and never
reach into something that is not there. Quantities are canonical strings; shares and weights
are whole numbers. Everything is a named tuple: thousands are made in a run.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple, TypeAlias

from fairway.plan.objective import Objective
from fairway.plan.proof import Proof
from fairway.plan.proxy import Proxy
from fairway.plan.release import Match, Mirror, Release, StrategyName

IntOrString: TypeAlias = int | str
CountedBy: TypeAlias = Literal["git", "autoscaler", "controller"]


class EnvironmentVariable(NamedTuple):
    """A variable whose value is a key of a Secret in the namespace."""

    name: str
    secret: str
    key: str


class ScaledObject(NamedTuple):
    """The kind of object whose number of pods an autoscaler changes."""

    api_version: str
    kind: str


class Workload(NamedTuple):
    """A set of equal pods that serve one version.

    There are ``replicas`` pods, or with ``autoscaled`` from ``replicas`` to ``replicas_at_most``,
    so that ``scaling_resource`` stays at ``scaling_utilization`` percent of its request.
    ``surge`` and ``unavailable`` are Kubernetes ``IntOrString`` values. ``counted_by`` says who
    decides how many pods there are: the file in git, an autoscaler, or a controller of releases;
    an autoscaler changes the number of ``scaled``. ``pods`` are labels that all its pods have,
    those too that a controller makes of them. ``cores`` and ``memory`` (bytes) are what each
    pod asks for, as plain numbers.
    """

    name: str
    version: str
    labels: Mapping[str, str]
    selector: Mapping[str, str]
    pods: Mapping[str, str]
    image: str
    arguments: tuple[str, ...]
    model_digest: str
    requests: Mapping[str, IntOrString]
    limits: Mapping[str, IntOrString]
    cores: float
    memory: int
    variables: tuple[EnvironmentVariable, ...]
    replicas: int
    replicas_at_most: int
    autoscaled: bool
    scaling_resource: str
    scaling_utilization: int
    surge: IntOrString
    unavailable: IntOrString
    counted_by: CountedBy
    scaled: ScaledObject


class Service(NamedTuple):
    """A name in the cluster and the pods behind it."""

    name: str
    selector: Mapping[str, str]
    labels: Mapping[str, str]


class Backend(NamedTuple):
    """A service that a route sends traffic to, the version behind it, and its weight."""

    service: str
    version: str
    weight: int


class RouteRule(NamedTuple):
    """Where the requests go that one of ``matches`` fits; without any, all the others.

    ``mirrors`` get copies.
    """

    matches: tuple[Match, ...]
    backends: tuple[Backend, ...]
    mirrors: tuple[Mirror, ...]


class Route(NamedTuple):
    """How a gateway's clients reach the model; ``timeout`` is a Gateway API duration.

    ``listener`` is that of the gateway, or empty for all of them; ``implementation`` is what runs
    the gateway. The first of ``rules`` that fits a request is the one that holds.
    """

    gateway: str
    gateway_namespace: str
    implementation: str
    listener: str
    hosts: tuple[str, ...]
    path: str
    timeout: str
    rules: tuple[RouteRule, ...]


class NamespacePeer(NamedTuple):
    """A namespace whose pods may call, or that the pods may connect to at ``ports``."""

    namespace: str
    port: int


class AddressPeer(NamedTuple):
    """A block of addresses that the pods may connect to."""

    cidr: str
    port: int


class Auth(NamedTuple):
    """How callers prove who they are: by a token, or by a certificate.

    A token is signed by ``issuer`` and meant for one of ``audiences``; a certificate names one of
    ``principals``, which are empty for a token as the issuer is for certificates.
    """

    issuer: str
    audiences: tuple[str, ...]
    principals: tuple[str, ...]


class Label(NamedTuple):
    """A label of an object."""

    name: str
    value: str


class Probes(NamedTuple):
    """Where the server says that it is ready and that it lives, and how long it may take.

    ``startup_failures`` tries of ``startup_period`` seconds; ``grace`` and ``drain`` in seconds.
    """

    ready: str
    live: str
    startup_period: int
    startup_failures: int
    drain: int
    grace: int


class Traffic(NamedTuple):
    """Requests per second as the spec expects them, 0 where it does not say; timeout in seconds."""

    expected: float
    peak: float
    timeout: float


class Plan(NamedTuple):
    """One deployment in one environment, decided; ``active`` names the workload that answers.

    ``serving`` names every workload that gets requests which somebody waits for; ``runtime`` is
    what runs in them, ``fairway`` being our own server. ``rules`` say where requests go, whichever
    way they come. ``prometheus`` is the address at which controllers ask for metrics, empty when
    the project does not say it. ``sidecar`` holds the labels by which the router puts a proxy
    beside the pods, one that checks what ``auth`` says; the workloads' labels have them too.
    """

    name: str
    environment: str
    cluster: str
    namespace: str
    team: str
    description: str
    spec: str
    spec_digest: str
    strategy: StrategyName
    active: str
    serving: tuple[str, ...]
    runtime: str
    labels: Mapping[str, str]
    selector: Mapping[str, str]
    port: int
    service_port: int
    probes: Probes
    workloads: tuple[Workload, ...]
    services: tuple[Service, ...]
    rules: tuple[RouteRule, ...]
    routes: tuple[Route, ...]
    release: Release
    traffic: Traffic
    proxy: Proxy
    proof: Proof
    prometheus: str
    auth: tuple[Auth, ...]
    sidecar: tuple[Label, ...]
    objectives: tuple[Objective, ...]
    callers: tuple[NamespacePeer, ...]
    egress_namespaces: tuple[NamespacePeer, ...]
    egress_addresses: tuple[AddressPeer, ...]


class ContextFile(NamedTuple):
    """A file of an image's build context.

    ``source`` says whose it is (``model``, ``spec``, ``target`` or ``engine``) and ``name`` what
    it is called there; ``digest`` is ``sha256:<hex>`` of its bytes.
    """

    path: str
    digest: str
    size: int
    source: Literal["model", "spec", "target", "engine"]
    name: str


class ImagePlan(NamedTuple):
    """One image: everything that decides its content, and the name that follows from it.

    ``content`` is the sha256 (hex) over all of it; the tag holds its first twelve digits.
    """

    deployment: str
    version: str
    title: str
    description: str
    team: str
    base: str
    format: str
    runtime: str
    folder: str
    uri: str
    model_digest: str
    command: tuple[str, ...]
    port: int
    files: tuple[ContextFile, ...]
    content: str
    repository: str
    tag: str

    @property
    def reference(self) -> str:
        """The image's name: repository and tag."""
        return f"{self.repository}:{self.tag}"
