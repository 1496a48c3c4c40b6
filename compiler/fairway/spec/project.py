"""The whole of ``fairway.yaml``: the platform team's file."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Field, WithJsonSchema

from fairway.spec import base
from fairway.spec.base import SpecModel, field


class Gateway(SpecModel):
    """The gateway that routes attach to."""

    name: base.Label = field("The Gateway object's name.", "public")
    namespace: base.Label = field("The Gateway object's namespace.", "gateways")
    implementation: Literal["envoy-gateway", "istio", "nginx", "cilium", "traefik", "contour"] = (
        field("What runs it; it decides the names of the metrics that gates read.", "envoy-gateway")
    )
    listener: base.Label | None = field(
        "The listener that routes attach to, the one with TLS; without it they attach to all.",
        "https",
        None,
    )


class Quota(SpecModel):
    """What an environment has."""

    cpu: base.Cpu | None = field("Processor time.", "200", None)
    memory: base.Memory | None = field("Memory.", "800Gi", None)
    gpu: Annotated[int, Field(ge=0)] | None = field("Whole GPUs.", 8, None)


Severity: TypeAlias = Literal["error", "warning", "info", "off"]


class Prometheus(SpecModel):
    """The Prometheus that counts an environment's requests."""

    address: base.HttpAddress = field(
        "Where it is asked, from inside the cluster.", "http://prometheus.monitoring:9090"
    )


class Environment(SpecModel):
    """A place that deployments run in, and what renders what runs there."""

    cluster: base.Label = field("The cluster's name.", "staging-eu")
    namespace: base.NamespacePattern = field(
        "The namespace; {team} and {name} stand for the deployment's.", "ml-{team}"
    )
    workload: base.Label = field("The target that renders what runs.", "kubernetes")
    targets: list[base.Label] = field("The targets that are rendered besides.", ["docker"], [])
    router: base.Label = field("The target that renders the routes.", "gateway-api", "gateway-api")
    gateway: Gateway | None = field(
        "The gateway that routes attach to.",
        {"name": "public", "namespace": "gateways", "implementation": "envoy-gateway"},
        None,
    )
    prometheus: Prometheus | None = field(
        "The Prometheus that controllers of releases ask.",
        {"address": "http://prometheus.monitoring:9090"},
        None,
    )
    requires: list[base.Label] = field(
        "Environments where a version must have served before.", ["staging"], []
    )
    soak: base.Duration | None = field("For how long it must have served there.", "24h", None)
    quota: Quota | None = field("What the environment has.", {"gpu": 8, "cpu": "200"}, None)
    max_cost_per_hour: base.Number | None = field(
        "The most that an hour of one deployment may cost here, at the peak of its rollout.",
        50,
        None,
    )
    severity: dict[str, Severity] = field(
        "Severities of policies that differ here.", {"security/image-is-pinned": "error"}, {}
    )


class Team(SpecModel):
    """A team that owns deployments."""

    owners: Annotated[list[base.Owner], Field(min_length=1)] = field(
        "Who may own its deployments: @team, @org/team or e-mail addresses.", ["@payments-ml"]
    )


class Mlflow(SpecModel):
    """The MLflow server that `models:/` URIs refer to."""

    tracking: base.Text = field("Its address.", "http://127.0.0.1:5000")


class SigningIdentity(SpecModel):
    """Who may sign models without a key: the identity that a certificate is issued for."""

    identity: base.Text = field(
        "The certificate's subject: an e-mail address, or a workflow's URI.", "release@example.com"
    )
    issuer: base.Text = field("Who vouched for it.", "https://accounts.example.com")


class Trust(SpecModel):
    """Whose models and images are trusted."""

    model_keys: list[base.RelativePath] = field(
        "Public keys that sign models: PEM files, elliptic curves.", ["keys/model-signing.pub"], []
    )
    model_identities: list[SigningIdentity] = field(
        "Identities that sign models with certificates (Sigstore); they need `trustRoot`.",
        [{"identity": "release@example.com", "issuer": "https://accounts.example.com"}],
        [],
    )
    trust_root: base.RelativePath | None = field(
        "The Sigstore trusted root that certificates are verified against.",
        "keys/trusted-root.json",
        None,
    )
    signed_evidence: bool = field(
        "Whether test results count only with a signature of one of `modelKeys`.", True, False
    )
    skops_types: list[base.Text] = field(
        "Types that a skops file may hold, besides the safe ones.", ["sklearn.*"], []
    )
    pickle_globals: list[base.Text] = field(
        "Classes and functions that a joblib or pickle file may name, besides the safe ones.",
        ["acme_features.Encoder"],
        [],
    )
    image_prefixes: list[base.Text] = field(
        "Where images may come from.", ["registry.example.com/"], []
    )


class Prices(SpecModel):
    """What an hour costs."""

    cpu: base.Number = field("A core.", 0.04)
    memory_gi: base.Number = field("A GiB of memory.", 0.005)
    gpu: base.Number = field("A GPU.", 2.50, 0.0)
    currency: base.Text = field("The currency.", "EUR")


Fragment = Annotated[dict[str, Any], WithJsonSchema({"x-part": "DeploymentFragment"})]


class Project(SpecModel):
    """Environments, targets and trust: what the platform team decides for every deployment."""

    api_version: Literal["fairway.dev/v1"] = field("The language's version.", "fairway.dev/v1")
    kind: Literal["Project"] = field("What the file is.", "Project")
    environments: Annotated[dict[base.Label, Environment], Field(min_length=1)] = field(
        "The environments in the order of promotion.",
        {"staging": {"cluster": "staging-eu", "namespace": "ml-{team}", "workload": "kubernetes"}},
    )
    defaults: Fragment = field("Merged under every spec.", {"serving": {"scaling": {"min": 2}}}, {})
    policies: list[base.Text] = field(
        "Policy packs: builtin, paths, git+https:// and oci:// references.",
        ["builtin"],
        ["builtin"],
    )
    severity: dict[str, Severity] = field(
        "Severities of policies that differ in every environment.",
        {"security/image-is-pinned": "error"},
        {},
    )
    teams: dict[base.Label, Team] = field(
        "The teams that there are; without any, every team is taken as it is named.",
        {"payments": {"owners": ["@payments-ml"]}},
        {},
    )
    retired: dict[base.Uri, base.Text] = field(
        "Sources of model versions that nobody may name any more, and why.",
        {"models:/fraud-detector/6": "trained on rows that had to be deleted"},
        {},
    )
    targets: list[base.Text] = field(
        "Target folders: builtin, or paths from this file.", ["builtin"], ["builtin"]
    )
    registry: base.ImageRepository = field(
        "Where the images that Fairway renders are pushed.", "registry.example.com/ml"
    )
    images: dict[Literal["python", "envoy"], base.PinnedImage] = field(
        "Images of others by digest: what ours are based on, and the proxy of the envoy target.",
        {"python": "docker.io/library/python:3.12-slim@sha256:" + "0" * 64},
    )
    mlflow: Mlflow | None = field("The MLflow server.", {"tracking": "http://127.0.0.1:5000"}, None)
    trust: Trust = field(
        "Whose models are trusted.",
        {"imagePrefixes": ["registry.example.com/"]},
        {},
    )
    prices: Prices | None = field(
        "What an hour costs.", {"cpu": 0.04, "memoryGi": 0.005, "currency": "EUR"}, None
    )
