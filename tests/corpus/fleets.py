"""The corpus' fleets: twenty projects of five deployments, each project set up in its own way."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any, TypeAlias

Data: TypeAlias = dict[str, Any]
DIGEST = "sha256:" + "3f" * 32


def drawn(what: str) -> random.Random:
    """Return a source of chance that gives the same for the same words, on any machine."""
    return random.Random(f"corpus 1 {what}")  # noqa: S311 - nothing is kept secret by it


@dataclass(frozen=True)
class Fleet:
    """How one organisation has set Fairway up, and what its five deployments are."""

    name: str
    teams: tuple[str, ...]
    models: tuple[str, str, str, str, str]
    environments: tuple[str, ...] = ("staging", "production")
    gateway: str = "public"
    implementation: str = "envoy-gateway"
    workload: str = "kubernetes"
    router: str = "gateway-api"
    images: str = "docker"
    extras: bool = False
    soak: str = ""  # what production asks of the environments before; empty for nothing
    known_teams: bool = False
    quota: bool = False
    keys: bool = False
    prices: bool = False

    @property
    def domain(self) -> str:
        """The domain of its hosts."""
        return f"{self.name}.example.com"

    @property
    def last(self) -> str:
        """The last environment in the order of promotion."""
        return self.environments[-1]

    @property
    def requires(self) -> tuple[str, ...]:
        """Where a version must have served before it answers in the last environment."""
        return self.environments[-2:-1] if self.soak else ()

    @property
    def authenticates(self) -> bool:
        """Whether its router checks tokens and certificates."""
        return self.router in ("edge", "istio")

    @property
    def splits_inside(self) -> bool:
        """Whether its router splits the calls from inside the cluster as well."""
        return self.router == "istio"

    @property
    def controlled(self) -> bool:
        """Whether a controller in the cluster moves its traffic, which only promotes or aborts."""
        return self.router in ("argo-rollouts", "flagger")

    def owners(self, team: str) -> list[str]:
        """Return who may own the deployments of a team."""
        return [f"@{team}-ml", f"{team}@{self.domain}", f"@{self.name}/model-risk"]

    def project(self) -> Data:
        """Return what its ``fairway.yaml`` says."""
        value: Data = {
            "apiVersion": "fairway.dev/v1",
            "kind": "Project",
            "environments": {name: self._environment(name) for name in self.environments},
            "defaults": {"serving": {"traffic": {"timeout": "2s"}}},
            "policies": ["builtin"],
            "targets": ["builtin", "targets"],
            "registry": f"registry.{self.domain}/ml",
            "images": {"python": f"docker.io/library/python:3.12-slim@{DIGEST}"},
            "trust": {
                "skopsTypes": ["sklearn.*", "numpy.*"],
                "imagePrefixes": [f"registry.{self.domain}/"],
            },
            "retired": {
                f"models:/{self.models[0]}/1": "trained on rows that had to be deleted",
            },
        }
        if self.known_teams:
            value["teams"] = {team: {"owners": self.owners(team)} for team in self.teams}
        if self.keys:
            value["trust"]["modelKeys"] = ["keys/release.pub"]
        if self.controlled:  # who works here knows it
            value["severity"] = {"release/controller-keeps-the-step": "off"}
        if self.prices:
            value["prices"] = {"cpu": 0.04, "memoryGi": 0.005, "currency": "EUR"}
        return value

    def _environment(self, name: str) -> Data:
        value: Data = {
            "cluster": f"{name}-eu",
            "namespace": "ml-{team}",
            "workload": self.workload,
            "router": self.router,
            "targets": [self.images, "watch", *(["extras"] if self.extras else [])],
            "gateway": {
                "name": self.gateway,
                "namespace": "gateways",
                "implementation": self.implementation,
                "listener": "https",
            },
        }
        if name == self.last and self.soak:
            value |= {"requires": list(self.requires), "soak": self.soak}
        if self.controlled:
            value["prometheus"] = {"address": "http://prometheus.monitoring:9090"}
        if name == self.last and self.prices:
            value["maxCostPerHour"] = 20
        if name == self.last and self.quota:
            value["quota"] = {"cpu": "400", "memory": "1Ti", "gpu": 16}
        return value


FLEETS = (
    Fleet(
        "northbank",
        ("payments", "risk"),
        ("card-fraud", "credit-limit", "account-takeover", "chargeback", "cash-demand"),
        soak="24h",
        known_teams=True,
        quota=True,
    ),
    Fleet(
        "mediq",
        ("radiology", "wards"),
        ("chest-triage", "sepsis-alert", "length-of-stay", "readmission", "dose-check"),
        ("test", "production"),
        gateway="internal",
        keys=True,
        router="edge",
    ),
    Fleet(
        "parcelo",
        ("routing", "depots"),
        ("parcel-eta", "depot-load", "address-match", "return-rate", "courier-match"),
        ("staging", "production"),
        implementation="istio",
        router="istio",
        soak="12h",
    ),
    Fleet(
        "verdant",
        ("grid", "trading"),
        ("solar-yield", "load-forecast", "outage-risk", "price-spike", "turbine-wear"),
        ("dev", "staging", "production"),
        gateway="internal",
        quota=True,
    ),
    Fleet(
        "shopline",
        ("search", "pricing"),
        ("query-rank", "basket-next", "price-elasticity", "review-spam", "size-advice"),
        known_teams=True,
        implementation="contour",
        router="argo-rollouts",
    ),
    Fleet(
        "teleone",
        ("network", "retention"),
        ("cell-fault", "churn-score", "call-drop", "tariff-match", "spam-call"),
        ("lab", "live"),
        workload="hardened",
        router="edge",
        soak="48h",
    ),
    Fleet(
        "insura",
        ("claims", "underwriting"),
        ("claim-triage", "premium-band", "water-damage", "fraud-ring", "repair-cost"),
        router="argo-rollouts",
        keys=True,
        known_teams=True,
    ),
    Fleet(
        "railnet",
        ("maintenance", "timetable"),
        ("axle-heat", "delay-minutes", "seat-demand", "switch-failure", "crew-plan"),
        ("production",),
        gateway="internal",
        implementation="traefik",
    ),
    Fleet(
        "agrow",
        ("fields", "supply"),
        ("yield-map", "pest-alert", "soil-moisture", "harvest-date", "milk-price"),
        ("staging", "production"),
        extras=True,
    ),
    Fleet(
        "lexica",
        ("documents", "search"),
        ("clause-type", "duplicate-brief", "party-match", "deadline-find", "language-id"),
        ("dev", "production"),
        images="plain-docker",
    ),
    Fleet(
        "gridiron",
        ("scouting", "tickets"),
        ("player-value", "ticket-price", "crowd-size", "injury-risk", "no-show"),
        workload="hardened",
        prices=True,
    ),
    Fleet(
        "aquila",
        ("flights", "bookings"),
        ("flight-delay", "seat-price", "baggage-risk", "fuel-burn", "no-fly-match"),
        soak="6h",
        quota=True,
        implementation="cilium",
    ),
    Fleet(
        "cityhall",
        ("transit", "housing"),
        ("bus-arrival", "permit-route", "noise-source", "water-leak", "street-light"),
        ("test", "production"),
        gateway="internal",
        workload="hardened",
    ),
    Fleet(
        "pharmex",
        ("trials", "safety"),
        ("adverse-event", "trial-match", "batch-defect", "assay-score", "shelf-life"),
        router="edge",
        keys=True,
        soak="72h",
    ),
    Fleet(
        "bookery",
        ("catalogue", "marketing"),
        ("book-next", "cover-style", "stock-days", "reader-churn", "list-price"),
        extras=True,
        known_teams=True,
        prices=True,
    ),
    Fleet(
        "steelworks",
        ("furnace", "quality"),
        ("melt-temp", "crack-find", "roll-wear", "scrap-rate", "energy-use"),
        ("production",),
        gateway="internal",
        workload="hardened",
    ),
    Fleet(
        "playfield",
        ("matchmaking", "safety"),
        ("skill-rank", "toxic-chat", "cheat-score", "churn-risk", "offer-rank"),
        implementation="istio",
        router="istio",
        images="plain-docker",
    ),
    Fleet(
        "hotelia",
        ("revenue", "guests"),
        ("room-price", "cancel-risk", "guest-match", "breakfast-count", "review-tone"),
        soak="24h",
        extras=True,
        quota=True,
    ),
    Fleet(
        "motoria",
        ("telematics", "warranty"),
        ("battery-life", "brake-wear", "trip-purpose", "warranty-cost", "parts-demand"),
        router="edge",
        quota=True,
    ),
    Fleet(
        "newsdesk",
        ("homepage", "ads"),
        ("story-rank", "click-rate", "topic-tag", "paywall-offer", "image-crop"),
        ("staging", "production"),
        implementation="traefik",
        router="flagger",
        known_teams=True,
        soak="1h",
    ),
)
