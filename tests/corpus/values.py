"""What the corpus' deployments say: sound, plausible, and different in all that a spec may vary."""

from __future__ import annotations

import random
from dataclasses import dataclass

from corpus.fleets import DIGEST, Data, Fleet

STRATEGIES = {"rolling": 22, "blueGreen": 15, "canary": 32, "ab": 17, "shadow": 14}
NAMESPACES = ("checkout", "web", "mobile", "crm", "batch-jobs", "backoffice", "partners")


@dataclass(frozen=True)
class Sound:
    """A sound deployment: what its spec says, and what its models and tests must be."""

    fleet: Fleet
    name: str
    values: Data
    strategy: str
    pods_for_expected: int  # so many pods of a version take the traffic that is expected

    @property
    def folder(self) -> str:
        """Its folder in the corpus."""
        return f"{self.fleet.name}/{self.name}"


def sound(fleet: Fleet, index: int, source: random.Random) -> Sound:
    """Return deployment number ``index`` of a fleet."""
    drawn = _Drawn(fleet, index, source)
    values: Data = {
        "apiVersion": "fairway.dev/v1",
        "kind": "ModelDeployment",
        "metadata": drawn.metadata(),
    }
    sections = {
        "model": drawn.model,
        "versions": drawn.versions,
        "serving": drawn.serving(),
        "release": drawn.release(),
        "monitoring": drawn.monitoring(),
    }
    if drawn.framework != "tensorflow":
        sections["evidence"] = drawn.evidence()
    order = list(sections)
    if source.random() < 0.2:
        source.shuffle(order)
    values |= {key: sections[key] for key in order}
    values["environments"] = drawn.environments()
    return Sound(fleet, drawn.name, values, drawn.strategy, drawn.pods)


class _Drawn:
    """One deployment while it is drawn: what one part decides, the others read."""

    def __init__(self, fleet: Fleet, index: int, source: random.Random) -> None:
        self.fleet, self.source = fleet, source
        number = fleet.name.encode()[0] + fleet.name.encode()[-1] + index
        self.name = fleet.models[index]
        self.team = fleet.teams[index % 2]
        self.risk = ("medium", "low", "high", "medium", "medium")[(number + index) % 5]
        self.strategy = source.choices(list(STRATEGIES), list(STRATEGIES.values()))[0]
        if self.strategy == "ab" and (self.risk == "high" or fleet.controlled):
            self.strategy = "canary"
        if self.strategy == "shadow" and fleet.controlled:
            self.strategy = "canary"
        if self.risk == "high" and self.splits and not fleet.authenticates:
            self.strategy = "blueGreen"  # a split is the gateway's, and would want authentication
        kinds = (("sklearn", "skops"), ("onnx", "onnx"), ("xgboost", "onnx"), ("sklearn", "onnx"))
        self.framework, self.format = source.choice((*kinds[:1] * 4, *kinds))
        if number % 11 == 0:
            self.framework, self.format = "tensorflow", "savedmodel"
        self.stable, self.candidate = _version_names(source)
        self.model = self._model()
        self.versions = self._versions()
        self.tried = self.risk == "high" and fleet.authenticates
        self.public = source.random() < 0.5 and (self.risk != "high" or fleet.authenticates)
        self.public |= self.splits and not fleet.splits_inside
        self.expected = source.choice((3, 8, 20, 40, 150))
        self.least = source.choice((2, 2, 3, 4))
        self.pods = 1 if source.random() < 0.7 else self.least
        self.latency = source.choice((40, 50, 80))
        # A bucket of whatever counts the requests ends there.
        self.threshold = 300 if fleet.implementation == "traefik" else source.choice((250, 500))

    @property
    def splits(self) -> bool:
        """Whether requests are split, or copied, between two versions."""
        return self.strategy in ("canary", "shadow", "ab")

    def metadata(self) -> Data:
        owners = self.fleet.owners(self.team)
        metadata: Data = {"name": self.name, "team": self.team, "owners": owners[:1]}
        if self.risk == "high" or self.source.random() < 0.3:
            metadata["owners"] = self.source.sample(owners, 2)
        words = self.name.replace("-", " ")
        chance = self.source.random()
        if chance < 0.4:
            metadata["description"] = f"The {words} model of the {self.team} team."
        elif chance < 0.7:
            metadata["description"] = (
                f"{words.capitalize()}: gives each request of {self.team} a score from 0 to 1, and"
                ' says "unknown" where too little is known.'
            )
        return metadata

    def _model(self) -> Data:
        model: Data = {"framework": self.framework, "format": self.format}
        if self.source.random() < 0.5:
            model["contract"] = "contract.json"
        if self.risk != "medium" or self.source.random() < 0.6:
            model["risk"] = self.risk
        if self.strategy == "rolling" and self.source.random() < 0.2:
            model["sideEffects"] = True
        return model

    def _versions(self) -> Data:
        registry = self.source.random() < 0.35
        names = [self.stable, self.candidate]
        if self.source.random() < 0.2:
            names.insert(0, f"0.{self.stable}")
        uris = {
            name: f"models:/{self.name}/{number}" if registry else f"./models/{name}"
            for number, name in enumerate(names, 7)
        }
        return {n: {"uri": u} if self.source.random() < 0.15 else u for n, u in uris.items()}

    def serving(self) -> Data:
        source, serving = self.source, {}
        if self.framework == "tensorflow":
            repository = f"registry.{self.fleet.domain}/ml/{self.name}-server"
            serving |= {
                "runtime": "image",
                "image": {"repository": repository, "tag": "2.4.1", "digest": DIGEST},
            }
        if source.random() < 0.2:
            serving["port"] = source.choice((8000, 8081, 9000))
        memory = source.choice(("256Mi", "512Mi", "1Gi", "1536Mi"))
        cpu = source.choice(("250m", "500m", 1, "1500m"))
        serving["resources"] = {"cpu": cpu, "memory": memory}
        scaling: Data = {"min": self.least, "max": self.least * 4}
        if source.random() < 0.6:
            scaling |= {"metric": "cpu", "target": source.choice(("60%", "70%", "75 %"))}
        serving["scaling"] = scaling
        traffic = {"expected": f"{self.expected}/s", "peak": f"{self.expected * 3}/s"}
        if source.random() < 0.4:
            traffic["timeout"] = source.choice(("1500ms", "1s", "3s"))
        serving["traffic"] = traffic
        serving |= self._reach()
        if source.random() < 0.3:
            serving["secrets"] = [
                {"name": f"{each}_TOKEN", "from": f"{each.lower().replace('_', '-')}/token"}
                for each in source.sample(("FEATURE_STORE", "GEO", "LICENCE"), 2)
            ]
        return serving

    def _reach(self) -> Data:
        source = self.source
        callers: list[Data] = [
            {"namespace": each} for each in source.sample(NAMESPACES, source.randint(1, 3))
        ]
        if self.public:
            # Whoever calls the service itself goes past a gateway's split.
            inside = not self.splits or self.fleet.splits_inside
            callers = [*(callers if inside else ()), {"gateway": self.fleet.gateway}]
        if source.random() < 0.4:
            callers[0]["timeout"] = "5s"
        reach: Data = {"callers": callers}
        if self.public:
            reach["hosts"] = [f"{self.name}.{self.fleet.domain}"]
            if source.random() < 0.2:
                reach["hosts"].append(f"{self.name}.internal.{self.fleet.domain}")
            reach["auth"] = self._auth()
        if source.random() < 0.5:
            reach["egress"] = [{"namespace": "features", "port": 6566}]
            if self.risk != "high" and source.random() < 0.6:
                reach["egress"].append({"cidr": f"10.{source.randint(0, 99)}.0.0/16", "port": 5432})
        return reach

    def _auth(self) -> Data:
        if not self.fleet.authenticates:
            return {"none": "the gateway admits clients of our own network only"}
        if self.source.random() < 0.6:
            issuer = f"https://login.{self.fleet.domain}"
            return {"jwt": {"issuer": issuer, "audiences": [self.name, f"{self.team}-tools"]}}
        return {
            "mtls": [f"spiffe://{self.fleet.domain}/ns/{each}/sa/{each}" for each in ("web", "crm")]
        }

    def release(self) -> Data:
        release: Data = {"stable": self.stable}
        if self.strategy == "rolling":
            if self.source.random() < 0.8:
                rolling: Data = {"surge": self.source.choice((1, 2, "25%", "50%"))}
                if self.source.random() < 0.6:
                    rolling["unavailable"] = self.source.choice((0, 0, 1, "10%"))
                release["strategy"] = {"rolling": rolling}
            return release
        release["candidate"] = self.candidate
        parts = {"blueGreen": self._blue_green, "canary": self._canary, "shadow": self._shadow}
        parts["ab"] = self._ab
        release["strategy"] = {self.strategy: parts[self.strategy]()}
        return release

    def _blue_green(self) -> Data:
        if self.fleet.router == "flagger":  # whose candidates do not wait
            return {"active": "candidate"}
        safe = self.risk != "high" or bool(self.fleet.soak)
        return {"active": self.source.choice(("stable", "candidate") if safe else ("stable",))}

    def _canary(self) -> Data:
        weights = self.source.choice((("5%", "20%", "50%"), ("10%", "50%"), ("2%", "10%", "40%")))
        holds = self.source.choice(("6h", "8h", "1d"))
        canary: Data = {
            **({} if self.fleet.controlled else {"step": self.source.choice((1, 1, 2))}),
            "steps": [{"weight": weight, "hold": holds} for weight in weights],
            "gates": [
                {"metric": "error-ratio", "max": "1%"},
                {"metric": "latency-p95", "max": f"{self.threshold}ms"},
                {"metric": "error-ratio", "against": "stable", "within": "1pp"},
            ],
            # Errors of half a percent, which some objectives allow, pass on a thousand.
            "minRequests": 1000,
        }
        if self.fleet.router == "flagger":  # which reads the gates once, when a step ends
            canary["interval"] = holds
        elif self.source.random() < 0.5:
            canary |= self.source.choice(({"interval": "30s"}, {"window": "6h"}, {"fault": "5%"}))
        if self.source.random() < 0.5:
            canary["onFailure"] = "rollback"
        return canary

    def _shadow(self) -> Data:
        compare = {"metric": "disagreement", "max": self.source.choice(("2%", "5%"))}
        return {"mirror": self.source.choice(("100%", "10%")), "compare": compare}

    def _ab(self) -> Data:
        split: Data = {"by": "header", "name": "x-cohort", "candidate": ["beta"]}
        if self.source.random() < 0.4:
            split = {"by": "cookie", "name": "cohort", "candidate": ["beta", "staff"]}
        users = self.source.choice(("6/m", "0.2/s", "2/s"))
        ab: Data = {"split": split, "weight": "50%", "users": users}
        ab |= {"metric": "conversion", "baseline": "5.0%"}
        ab |= self.source.choice(({"effect": "0.5pp"}, {"effectRelative": "10%"}))
        if self.source.random() < 0.3:
            ab["secondary"] = [{"metric": "refunds", "baseline": "2.0%", "effect": "0.4pp"}]
        if self.source.random() < 0.3:
            ab["looks"] = self.source.choice((2, 4))
        if self.source.random() < 0.5:
            ab |= {"alpha": 0.05, "power": 0.8}
        return {**ab, "duration": self.source.choice(("14d", "4w"))}

    def monitoring(self) -> Data:
        source = self.source
        slos: list[Data] = [
            {
                "name": "availability",
                "objective": source.choice(("99.9%", "99.5%")),
                "window": "30d",
            }
        ]
        if self.public or source.random() < 0.5:
            threshold = f"{self.threshold}ms"
            latency = {"name": "latency", "objective": "99%", "threshold": threshold}
            slos.append({**latency, "window": source.choice(("30d", "4w"))})
        alerts = {"page": f"pagerduty-{self.team}", "ticket": f"jira-{self.team}"}
        monitoring: Data = {"slos": slos, "alerts": alerts}
        if self.risk != "low" or source.random() < 0.3:
            drift: Data = {"reference": "data/reference.csv"}
            window = {"window": "1d", "sample": 5000}
            drift["features"] = {"method": "psi", "max": 0.2, **window}
            if source.random() < 0.6:
                drift["prediction"] = {"method": "ks", "max": 0.1}
            monitoring["drift"] = drift
            if source.random() < 0.5:
                retraining = {"pipeline": "builtin", "on": ["schedule", "drift"]}
                monitoring["retraining"] = {
                    **retraining, "schedule": "0 3 * * 1", "cooldown": "7d"
                }  # fmt: skip
        return monitoring

    def evidence(self) -> Data:
        source = self.source
        metric: Data = source.choice(
            (
                {"name": "roc_auc", "min": 0.85},
                {"name": "accuracy", "min": "80%"},
                {"name": "r2", "min": 0.6},
                {"name": "brier_score", "max": 0.2},
            )
        )
        if self.risk == "high" or source.random() < 0.3:
            metric = {"name": "recall", "min": 0.8, "slice": {"by": "region", "worst": 0.7}}
        metrics = [metric, {"name": "latency-p95", "max": f"{self.latency}ms"}]
        if source.random() < 0.3:
            metrics.insert(1, {"name": "f1_macro", "min": 0.7})
        age = source.choice(
            ("30d", "60d", "12w") if self.risk == "high" else ("90d", "26w", "365d")
        )
        return {"dataset": "data/holdout.csv", "metrics": metrics, "maxAge": age}

    def environments(self) -> Data:
        """Return the overrides; the environments before the last one get the candidate first."""
        *before, last = self.fleet.environments
        found: Data = {}
        for name in before:
            small: Data = {"serving": {"scaling": {"min": 1, "max": 2}}}
            if self.strategy == "blueGreen" and self.source.random() < 0.5:
                small["release"] = {"strategy": {"blueGreen": {"active": "candidate"}}}
            elif self.strategy != "rolling":
                small["release"] = {
                    "stable": self.candidate, "candidate": None, "strategy": {"rolling": {}}
                }  # fmt: skip
            found[name] = small
        found[last] = {}
        if self.source.random() < 0.4:
            found[last] = {"serving": {"resources": {"memory": "2Gi"}}}
        return found


def _version_names(source: random.Random) -> tuple[str, str]:
    style = source.choice(("semantic", "semantic", "date", "short"))
    if style == "date":
        return f"2026-05-{source.randint(10, 28)}", f"2026-10-{source.randint(10, 28)}"
    if style == "short":
        return f"{source.randint(1, 4)}.{source.randint(0, 8)}", f"5.{source.randint(0, 8)}"
    minor = source.randint(0, 12)
    return f"3.{minor}.0", f"3.{minor + 1}.{source.randint(0, 3)}"
