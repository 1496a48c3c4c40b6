"""Faults in how a model is served: sizes, scaling, traffic, who may call and be called."""

from __future__ import annotations

from collections.abc import Iterable

from corpus.case import Case, Expect
from corpus.fault import Change, Fault


def _has_target(case: Case) -> bool:
    return case.value("serving.scaling.target") is not None


def _egress(case: Case) -> bool:
    return len(case.value("serving.egress", ())) == 2


def _roomy(case: Case) -> bool:
    return case.sound.pods_for_expected == 1


def _quota(case: Case) -> bool:
    return case.sound.fleet.quota


def _called_inside(case: Case) -> bool:
    return case.value("serving.callers[0].namespace") is not None


def _jwt(case: Case) -> bool:
    return case.value("serving.auth.jwt") is not None


CHANGES = (
    # reliability
    Change(
        "one pod in production",
        "reliability/two-replicas",
        "serving.scaling.min",
        "1",
        "scaling",
        lambda c: _roomy(c) and c.strategy != "rolling",
        override=True,
    ),
    Change(
        "one pod everywhere",
        "reliability/two-replicas",
        "serving.scaling.min",
        "1",
        "scaling",
        lambda c: _roomy(c) and c.strategy != "rolling",
        "last",
    ),
    Change(
        "cores without the m",
        "reliability/cpu-is-plausible",
        "serving.resources.cpu",
        "250",
        "resources",
        lambda c: not _quota(c),
    ),
    Change(
        "milli-cores with an m too many",
        "reliability/cpu-is-plausible",
        "serving.resources.cpu",
        "1m",
        "resources",
    ),
    Change(
        "Mi where Gi was meant",
        "reliability/memory-is-plausible",
        "serving.resources.memory",
        "2Mi",
        "resources",
        override=True,
    ),
    Change(
        "memory too small to load anything",
        "reliability/memory-is-plausible",
        "serving.resources.memory",
        "32Mi",
        "resources",
    ),
    Change(
        "pods follow memory",
        "reliability/scaling-follows-load",
        "serving.scaling.metric",
        "memory",
        "scaling",
    ),
    Change(
        "a target without headroom",
        "reliability/scaling-leaves-headroom",
        "serving.scaling.target",
        "95%",
        "scaling",
        _has_target,
    ),
    Change(
        "a target of a hundred percent in production",
        "reliability/scaling-leaves-headroom",
        "serving.scaling.target",
        "100%",
        "scaling",
        override=True,
    ),
    Change(
        "nothing says the expected traffic",
        "reliability/expected-traffic-is-said",
        "serving.traffic.expected",
        None,
        "traffic",
        where="last",
    ),
    Change(
        "nothing says the peak",
        "reliability/peak-traffic-is-said",
        "serving.traffic.peak",
        None,
        "traffic",
        where="last",
    ),
    # security
    Change(
        "no authentication at the gateway",
        "security/gateway-callers-are-authenticated",
        "serving.auth",
        None,
        "auth",
        lambda c: c.public,
    ),
    Change(
        "no host at the gateway",
        "security/gateway-callers-have-hosts",
        "serving.hosts",
        None,
        "hosts",
        lambda c: c.public,
    ),
    Change(
        "a wildcard host",
        "security/hosts-are-exact",
        "serving.hosts[0]",
        '"*.NAME.example.com"',
        "hosts",
        lambda c: c.public,
    ),
    Change(
        "a reason that is none",
        "security/no-authentication-is-argued",
        "serving.auth.none",
        "internal",
        "auth",
        lambda c: c.value("serving.auth.none") is not None,
    ),
    Change(
        "an issuer over http",
        "security/jwt-issuer-is-https",
        "serving.auth.jwt.issuer",
        '"http://login.example.com"',
        "auth",
        _jwt,
    ),
    Change(
        "any audience",
        "security/jwt-audiences-are-exact",
        "serving.auth.jwt.audiences[1]",
        '"*"',
        "auth",
        _jwt,
    ),
    Change(
        "any client of a domain",
        "security/mtls-principals-are-exact",
        "serving.auth.mtls[1]",
        '"spiffe://example.com/*"',
        "auth",
        lambda c: c.value("serving.auth.mtls") is not None,
    ),
    Change(
        "the default namespace may call",
        "security/callers-have-namespaces-of-their-own",
        "serving.callers[0].namespace",
        "default",
        "callers",
        _called_inside,
    ),
    Change(
        "kube-system may call",
        "security/callers-have-namespaces-of-their-own",
        "serving.callers[0].namespace",
        "kube-system",
        "callers",
        _called_inside,
    ),
    Change(
        "egress to everywhere",
        "security/egress-is-closed",
        "serving.egress[1].cidr",
        "0.0.0.0/0",
        "egress",
        _egress,
    ),
    Change(
        "egress to half of the internet",
        "security/egress-is-narrow",
        "serving.egress[1].cidr",
        "8.0.0.0/7",
        "egress",
        _egress,
    ),
    Change(
        "a Secret of a service account",
        "security/secrets-are-not-account-tokens",
        "serving.secrets[0].from",
        "default-token-x7k2p/token",
        "secrets",
        lambda c: bool(c.value("serving.secrets")),
    ),
    Change(
        "an image of another registry",
        "security/image-source-is-allowed",
        "serving.image.repository",
        "docker.io/tensorflow/serving",
        "image",
        lambda c: not c.ours,
    ),
    Change(
        "a ready-made image by tag",
        "security/ready-made-image-is-pinned",
        "serving.image.digest",
        None,
        "image",
        lambda c: not c.ours,
    ),
    # fleet
    Change(
        "a limit with zeros too many",
        "fleet/deployment-fits-the-quota",
        "serving.scaling.max",
        "9000",
        "scaling",
        _quota,
        "last",
    ),
)


def _metadata_service(case: Case) -> Iterable[Expect] | None:
    if not _egress(case):
        return None
    case.set("serving.egress[1].cidr", "169.254.169.254/32")
    rule = "security/egress-spares-metadata-service"
    return [Expect(rule, "serving.egress[1]", case.seen("serving.egress"))]


def _risky_addresses(case: Case) -> Iterable[Expect] | None:
    if case.risk != "high" or not case.value("serving.egress"):
        return None
    case.spec.append(("serving", "egress"), "{cidr: 10.77.0.0/16, port: 5432}")
    rule = "security/high-risk-egress-is-named"
    return [Expect(rule, "serving.egress[1].cidr", case.seen("serving.egress"))]


def _risky_without_authentication(case: Case) -> Iterable[Expect] | None:
    if case.risk != "high" or not case.public:
        return None
    case.set("serving.auth", '{none: "only our own network reaches the gateway"}')
    rule = "security/high-risk-is-authenticated"
    return [Expect(rule, "serving.auth.none", case.seen("serving.auth"))]


def _impatient_caller(case: Case) -> Iterable[Expect] | None:
    if (
        case.value("serving.callers[0].timeout") is None
        or case.value("serving.traffic.timeout") is None
    ):
        return None
    case.set("serving.callers[0].timeout", "800ms")
    rule = "reliability/timeout-under-callers"
    return [Expect(rule, "serving.traffic.timeout", case.seen("serving.traffic.timeout"))]


def _impatient_caller_of_a_default(case: Case) -> Iterable[Expect] | None:
    if case.value("serving.callers[0].timeout") is None or case.value("serving.traffic.timeout"):
        return None
    case.set("serving.callers[0].timeout", "1s")
    rule = "reliability/timeout-under-callers"
    # The timeout is the project's default, and what was written is the caller's.
    return [Expect(rule, "text:timeout: 2s", case.all, file="../fairway.yaml")]


def _unbounded_gpus(case: Case) -> Iterable[Expect] | None:
    # With fewer pods the peak would be too much for them as well.
    if not _roomy(case) or case.value("serving.scaling.min") < 3:
        return None
    case.set("serving.resources.gpu", "1")
    case.remove("serving.scaling.max")
    # The environments before the last one say a limit of their own.
    return [Expect("reliability/gpus-are-bounded", "serving.scaling.max", case.last)]


def _more_expected(case: Case) -> Iterable[Expect] | None:
    if not case.ours or case.sound.pods_for_expected == 1:
        return None
    case.set("serving.traffic.expected", case.value("serving.traffic.peak"))
    rule = "reliability/capacity-for-expected-traffic"
    return [Expect(rule, "serving.scaling.min", case.last)]


def _higher_peak(case: Case) -> Iterable[Expect] | None:
    if not case.ours:
        return None
    peak = int(case.value("serving.traffic.peak")[:-2]) * 100
    case.set("serving.traffic.peak", f"{peak}/s")
    rule = "reliability/capacity-for-peak-traffic"
    return [Expect(rule, "serving.scaling.max", case.last)]


def _all_pods_missing(case: Case) -> Iterable[Expect] | None:
    if case.value("release.strategy.rolling.unavailable") is None:
        return None
    case.set("release.strategy.rolling.unavailable", '"100%"')
    rule = "reliability/rolling-keeps-serving"
    return [Expect(rule, "release.strategy.rolling.unavailable", case.last)]


def _as_many_missing_as_there_are(case: Case) -> Iterable[Expect] | None:
    if case.value("release.strategy.rolling") is None:
        return None
    least = case.value("serving.scaling.min")
    case.set("release.strategy", f"{{rolling: {{surge: 0, unavailable: {least}}}}}")
    rule = "reliability/rolling-keeps-serving"
    return [Expect(rule, "release.strategy.rolling.unavailable", case.last)]


PLANTED = (
    ("egress to the metadata service", "egress", _metadata_service),
    ("addresses for a risky model", "egress", _risky_addresses),
    ("a risky model without authentication", "auth", _risky_without_authentication),
    ("a caller that gives up first", "callers traffic", _impatient_caller),
    (
        "a caller that gives up before the default",
        "callers traffic",
        _impatient_caller_of_a_default,
    ),
    ("GPUs without a limit", "scaling resources traffic", _unbounded_gpus),
    ("more traffic than the pods take", "traffic scaling", _more_expected),
    ("a peak with zeros too many", "traffic scaling", _higher_peak),
    ("a rollout of all pods at once", "strategy scaling", _all_pods_missing),
    ("a rollout of as many pods as there are", "strategy scaling", _as_many_missing_as_there_are),
)
FAULTS = (
    *(change.fault() for change in CHANGES),
    *(Fault(what, frozenset(touches.split()), plant) for what, touches, plant in PLANTED),
)
