"""What rules can read: the subjects' fields, with their types and what they mean.

Rules see plain data under the names and types of this page; ``facts`` makes that data. The parts
of a spec are there in the words of its own models, with units taken off: durations in seconds,
shares and differences in percent, rates per second, cores, bytes. ``X | None`` is left out where
there is none, so that a rule asks ``has(...)`` first; lists and texts are always there.
"""

from __future__ import annotations

from typing import Annotated, Any, NamedTuple, TypeAlias

from fairway.policy.placed import (
    PlacedCaller,
    PlacedEgress,
    PlacedGate,
    PlacedMetric,
    PlacedSlo,
    PlacedText,
    PlacedVariable,
    Step,
)
from fairway.spec.model import Evidence, Metadata, Model
from fairway.spec.monitoring import Monitoring
from fairway.spec.release import Release
from fairway.spec.serving import Serving

Object: TypeAlias = Any
"""Data without a type of its own here, such as a Kubernetes object."""


class Served(NamedTuple):
    """A version's time in an environment, as the lock records it."""

    environment: Annotated[str, "The environment."]
    hours: Annotated[float, "For how long it has served there at a stretch, up to `--now`."]
    current: Annotated[bool, "It serves there still."]


class Latency(NamedTuple):
    """How long answers took, in seconds."""

    p50: Annotated[float, "The median."]
    p95: Annotated[float, "19 of 20 were faster."]
    p99: Annotated[float, "99 of 100 were faster."]


class EvidenceFacts(NamedTuple):
    """What is known of a version's test result."""

    present: Annotated[bool, "There is one."]
    counts: Annotated[bool, "Nothing speaks against it: digest, data set, bounds, age, signature."]
    result: Annotated[str, "PASSED, WARNED or FAILED; empty when there is none."]
    signed: Annotated[bool, "One of the project's trusted keys signed it."]
    worse: Annotated[bool, "It is worse than stable by more than chance explains."]
    examples: Annotated[int, "How many examples of the contract were tried."]
    latency: Annotated[Latency | None, "What one server took to answer."]
    throughput: Annotated[float, "Requests per second that one server answered; 0 if unknown."]


class Version(NamedTuple):
    """A version of the model, with what the lock knows of its bytes."""

    name: Annotated[str, "The version."]
    uri: Annotated[str, "The source as the spec names it."]
    framework: Annotated[str, "The framework, the version's own override applied."]
    format: Annotated[str, "The format, the version's own override applied."]
    digest: Annotated[str, "The root digest that is locked."]
    size: Annotated[int, "The bytes of all files."]
    signer: Annotated[str, "Whose signature of the files was verified; empty for none."]
    scanned: Annotated[bool, "Its files were looked into, and found clean."]
    types: Annotated[tuple[str, ...], "The types that loading it would build."]
    operators: Annotated[tuple[str, ...], "The operators that running it would execute."]
    contract: Annotated[str, "The digest of its contract."]
    customCode: Annotated[bool, "A Python file of the spec's folder runs with it."]  # noqa: N815
    pushed: Annotated[bool, "The lock holds the digest of its pushed image."]
    serves: Annotated[bool, "It may take traffic here: it is stable or the candidate."]
    answers: Annotated[bool, "Callers get its answers here, all of them or a share."]
    retired: Annotated[str, "Why the project retired its source; empty when it has not."]
    served: Annotated[tuple[Served, ...], "Where it has served."]
    evidence: Annotated[EvidenceFacts, "Its test result."]


class Trust(NamedTuple):
    """What the project says of trust."""

    signers: Annotated[bool, "Keys or identities that sign models are named."]
    keys: Annotated[bool, "Keys that sign models and test results are named."]
    signedEvidence: Annotated[bool, "Only signed test results count."]  # noqa: N815
    imagePrefixes: Annotated[tuple[str, ...], "Where images may come from."]  # noqa: N815


class GatewayFacts(NamedTuple):
    """The environment's gateway."""

    name: Annotated[str, "Its name."]
    namespace: Annotated[str, "Its namespace."]
    implementation: Annotated[str, "What runs it."]
    listener: Annotated[str, "The listener that routes attach to; empty for all of them."]


class LiteralSecret(NamedTuple):
    """Text that looks like a secret."""

    kind: Annotated[str, "What it looks like."]
    shown: Annotated[str, "Its beginning and its length."]
    place: Annotated[str, "Where it stands, for `at`."]


class Deployment(NamedTuple):
    """A deployment in one environment: spec, lock and evidence together."""

    name: Annotated[str, "The deployment's name."]
    environment: Annotated[str, "The environment."]
    environments: Annotated[tuple[str, ...], "All environments of the project, in order."]
    last: Annotated[bool, "Nothing is promoted from here to another environment of the spec."]
    requires: Annotated[tuple[str, ...], "Environments where a version must have served before."]
    soakHours: Annotated[float, "For how long; 0 when nothing is asked."]  # noqa: N815
    cluster: Annotated[str, "The cluster."]
    namespace: Annotated[str, "The namespace."]
    workload: Annotated[str, "The target that renders what runs."]
    router: Annotated[str, "The target that renders the routes."]
    gateway: Annotated[GatewayFacts | None, "The environment's gateway."]
    metadata: Annotated[Metadata, "Name, team, owners."]
    model: Annotated[Model, "What all versions share."]
    versions: Annotated[tuple[Version, ...], "Every version, in the spec's order."]
    stable: Annotated[Version, "The version that is trusted."]
    candidate: Annotated[Version | None, "The version that is on trial."]
    serving: Annotated[Serving, "How the model is served."]
    release: Annotated[Release, "How traffic moves."]
    strategy: Annotated[str, "rolling, blueGreen, canary, shadow or ab."]
    steps: Annotated[tuple[Step, ...], "The canary's steps."]
    gates: Annotated[tuple[PlacedGate, ...], "The canary's gates."]
    slos: Annotated[tuple[PlacedSlo, ...], "The service level objectives."]
    bounds: Annotated[tuple[PlacedMetric, ...], "The metrics of the evidence."]
    callers: Annotated[tuple[PlacedCaller, ...], "Who may call."]
    egress: Annotated[tuple[PlacedEgress, ...], "Where the pods may connect to."]
    variables: Annotated[tuple[PlacedVariable, ...], "Environment variables from Secrets."]
    hosts: Annotated[tuple[PlacedText, ...], "Host names of the route."]
    principals: Annotated[tuple[PlacedText, ...], "Whose client certificates are accepted."]
    audiences: Annotated[tuple[PlacedText, ...], "Whom accepted tokens are meant for."]
    monitoring: Annotated[Monitoring | None, "How it is watched."]
    evidence: Annotated[Evidence | None, "What must be true of a version."]
    metrics: Annotated[tuple[str, ...], "What runtime and router export, by the names of gates."]
    secrets: Annotated[tuple[LiteralSecret, ...], "What in the spec's text looks like a secret."]
    trust: Annotated[Trust, "What the project says of trust."]


class SecurityContext(NamedTuple):
    """The security settings of a container or a pod, as Kubernetes has them."""

    privileged: bool | None
    allowPrivilegeEscalation: bool | None  # noqa: N815
    readOnlyRootFilesystem: bool | None  # noqa: N815
    runAsNonRoot: bool | None  # noqa: N815
    runAsUser: int | None  # noqa: N815
    runAsGroup: int | None  # noqa: N815
    procMount: str | None  # noqa: N815
    capabilities: Capabilities | None
    seccompProfile: Profile | None  # noqa: N815
    appArmorProfile: Profile | None  # noqa: N815
    seLinuxOptions: SeLinux | None  # noqa: N815
    windowsOptions: Object | None  # noqa: N815
    sysctls: tuple[Sysctl, ...] | None


class Capabilities(NamedTuple):
    """Linux capabilities."""

    add: tuple[str, ...] | None
    drop: tuple[str, ...] | None


class Profile(NamedTuple):
    """A seccomp or AppArmor profile."""

    type: str | None
    localhostProfile: str | None  # noqa: N815


class SeLinux(NamedTuple):
    """SELinux options."""

    type: str | None
    user: str | None
    role: str | None
    level: str | None


class Sysctl(NamedTuple):
    """A kernel parameter."""

    name: str
    value: str


class Container(NamedTuple):
    """A container of a pod, of whatever list; the fields as Kubernetes has them."""

    kind: Annotated[str, "containers, initContainers or ephemeralContainers."]
    path: Annotated[str, "Where it stands in its object, for `at`."]
    name: str
    image: Annotated[str, "The image; empty when none is said."]
    securityContext: SecurityContext | None  # noqa: N815
    resources: Annotated[Object | None, "Requests and limits."]
    ports: Annotated[tuple[Object, ...] | None, "The ports."]
    env: Annotated[tuple[Object, ...] | None, "The variables."]
    readinessProbe: Object | None  # noqa: N815
    livenessProbe: Object | None  # noqa: N815
    startupProbe: Object | None  # noqa: N815
    lifecycle: Object | None
    volumeMounts: tuple[Object, ...] | None  # noqa: N815


class Pod(NamedTuple):
    """The pods that an object makes: a Pod's own, or the template of a workload."""

    kind: Annotated[str, "The object's kind."]
    path: Annotated[str, "Where the pod's spec stands in its object, for `at`."]
    labels: Annotated[dict[str, str], "The pods' labels."]
    annotations: Annotated[dict[str, str], "The pods' annotations."]
    containers: Annotated[tuple[Container, ...], "Containers of every list."]
    replicas: Annotated[int, "How many are asked for; 1 when nothing is said."]
    spec: Annotated[Object, "The pod's spec, as Kubernetes has it."]
    securityContext: Annotated[SecurityContext | None, "The pod's own settings."]  # noqa: N815


class Instruction(NamedTuple):
    """An instruction of a Dockerfile."""

    name: Annotated[str, "FROM, RUN, USER ..., in capitals."]
    value: Annotated[str, "What follows it, lines joined."]
    line: Annotated[int, "The first line."]
    stage: Annotated[int, "The build stage, from 0; -1 before the first FROM."]


class Dockerfile(NamedTuple):
    """A rendered Dockerfile."""

    path: Annotated[str, "Its path in the output."]
    instructions: Annotated[tuple[Instruction, ...], "The instructions in order."]
    bases: Annotated[tuple[str, ...], "The images that stages begin from, ARG defaults filled in."]
    user: Annotated[str, "The user that the image runs as; empty when none is said."]


class File(NamedTuple):
    """A rendered file."""

    path: Annotated[str, "Its path in the output."]
    size: Annotated[int, "Its characters."]
    secrets: Annotated[tuple[LiteralSecret, ...], "What in its text looks like a secret."]
