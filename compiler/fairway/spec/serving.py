"""How a model is served: the ``serving`` part of a spec."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, TypeAlias

from pydantic import Field

from fairway.spec import base
from fairway.spec.base import Choice, SpecModel, field

Runtime: TypeAlias = Literal["fairway", "tensorflow-serving", "triton", "image"]
ScalingMetric: TypeAlias = Literal["cpu", "memory", "concurrency", "rps", "gpu"]


class ImagePaths(SpecModel):
    """The HTTP paths that a ready-made image answers on."""

    ready: base.HttpPath = field(
        "Answers 200 when the model is loaded.", "/healthz/ready", "/v2/health/ready"
    )
    live: base.HttpPath = field(
        "Answers 200 while the process is sound.", "/healthz/live", "/v2/health/live"
    )
    metrics: base.HttpPath = field("Prometheus metrics.", "/metrics", "/metrics")


class Image(SpecModel):
    """A ready-made image, for runtime `image`."""

    repository: base.ImageRepository = field(
        "The image's repository, without tag.", "registry.example.com/ml/scorer"
    )
    tag: base.VersionName | None = field("The tag, for people; the digest decides.", "2.4.1", None)
    digest: base.Digest | None = field("The digest that runs.", "sha256:" + "0" * 64, None)
    paths: ImagePaths = field("Where the image answers.", {"ready": "/healthz/ready"}, {})


class Resources(SpecModel):
    """What each pod asks for; memory is also its limit."""

    cpu: base.Cpu = field("Processor time, as a Kubernetes quantity.", "500m")
    memory: base.Memory = field("Memory, as request and as limit.", "1Gi")
    gpu: Annotated[int, Field(ge=0, le=64)] = field("Whole GPUs.", 1, 0)


class Scaling(SpecModel):
    """How many pods run: between `min` and `max`, so that `metric` stays at `target`."""

    min: Annotated[int, Field(ge=0, le=10000)] = field("The least number of pods.", 2, 2)
    max: Annotated[int, Field(ge=1, le=10000)] | None = field(
        "The largest number of pods; `min` when left out, which is no scaling at all.", 10, None
    )
    metric: ScalingMetric = field(
        "What is measured; concurrency, rps and gpu need a target that can scale by them.",
        "cpu",
        "cpu",
    )
    target: base.ScalingTarget = field("The value that scaling aims at, per pod.", "70%", "70%")


class Traffic(SpecModel):
    """How much traffic is expected; the release arithmetic and capacity rules use it."""

    expected: base.Rate | None = field("The usual rate of requests.", "40/s", None)
    peak: base.Rate | None = field("The highest rate to be ready for.", "120/s", None)
    timeout: base.Duration = field("When a request is given up.", "2s", "10s")


class Caller(Choice):
    """One source of requests: a namespace of the cluster, or a gateway."""

    ONE_OF: ClassVar[tuple[str, ...]] = ("namespace", "gateway")
    namespace: base.Label | None = field("A namespace whose pods may call.", "checkout", None)
    gateway: base.Label | None = field("A gateway whose clients may call.", "public", None)
    timeout: base.Duration | None = field(
        "When the caller gives up; the model's own timeout is shorter.", "3s", None
    )


class Jwt(SpecModel):
    """Callers show a token that this issuer signed."""

    issuer: base.Text = field("Who signs the tokens.", "https://login.example.com")
    audiences: Annotated[list[base.Text], Field(min_length=1)] = field(
        "Whom the tokens are meant for.", ["fraud-detector"]
    )


class Auth(Choice):
    """How callers prove who they are."""

    ONE_OF: ClassVar[tuple[str, ...]] = ("jwt", "mtls", "none")
    jwt: Jwt | None = field(
        "A signed token.", {"issuer": "https://login.example.com", "audiences": ["fraud"]}, None
    )
    mtls: Annotated[list[base.Text], Field(min_length=1)] | None = field(
        "A client certificate of one of these principals.",
        ["cluster.local/ns/checkout/sa/checkout"],
        None,
    )
    none: base.Text | None = field(
        "No proof, and the reason why that is right.", "network policy admits checkout only", None
    )


class Egress(Choice):
    """One destination that the model's pods may connect to."""

    ONE_OF: ClassVar[tuple[str, ...]] = ("namespace", "cidr", "host")
    namespace: base.Label | None = field("A namespace of the cluster.", "features", None)
    cidr: base.Cidr | None = field("A block of addresses.", "10.8.0.0/16", None)
    host: base.Host | None = field(
        "A host name, for routers that can admit names.", "api.example.com", None
    )
    port: base.Port = field("The port.", 6566)


class Secret(SpecModel):
    """An environment variable that is read from a Secret of the namespace."""

    name: base.EnvironmentVariable = field("The variable.", "FEATURE_STORE_TOKEN")
    from_: base.SecretReference = field(
        "The Secret and its key.", "feature-store/token", alias="from"
    )


class Serving(SpecModel):
    """How the model is served, scaled and reached."""

    mode: Literal["online", "batch"] = field("Requests over HTTP, or batches.", "online", "online")
    runtime: Runtime = field(
        "What serves the model: Fairway's own server, TensorFlow Serving, Triton, or an image.",
        "fairway",
        "fairway",
    )
    protocol: Literal["v2", "v1", "tensorflow"] = field(
        "The inference protocol; v2 is the Open Inference Protocol.", "v2", "v2"
    )
    image: Image | None = field(
        "Runtime `image` only: the image.", {"repository": "registry.example.com/ml/scorer"}, None
    )
    port: Annotated[int, Field(ge=1024, le=65535)] = field(
        "The port that the server listens on.", 8080, 8080
    )
    resources: Resources = field("What each pod asks for.", {"cpu": "500m", "memory": "1Gi"})
    scaling: Scaling = field("How many pods run.", {"min": 2, "max": 10}, {})
    traffic: Traffic = field("How much traffic is expected.", {"expected": "40/s"}, {})
    callers: list[Caller] = field(
        "Who may call; empty means nobody.", [{"namespace": "checkout"}], []
    )
    hosts: list[base.Host] = field("Host names of the route.", ["fraud.ml.example.com"], [])
    auth: Auth | None = field(
        "How callers prove who they are.", {"none": "internal callers only"}, None
    )
    egress: list[Egress] = field(
        "Where the pods may connect to; empty means nowhere.",
        [{"namespace": "features", "port": 6566}],
        [],
    )
    secrets: list[Secret] = field(
        "Environment variables from Secrets.",
        [{"name": "FEATURE_STORE_TOKEN", "from": "feature-store/token"}],
        [],
    )
