"""Faults in how a new version gets its traffic."""

from __future__ import annotations

from collections.abc import Iterable

from corpus.case import Case, Expect
from corpus.fault import Change, Fault
from corpus.fleets import Data

CANARY = "release.strategy.canary"
AB = "release.strategy.ab"


def _canary(case: Case) -> bool:
    return case.strategy == "canary"


def _seen_by_alerts(case: Case) -> bool:
    """Whether a tenth of errors at the first step, and so at every step, is enough for a page."""
    first, objective = f"{CANARY}.steps[0].weight", "monitoring.slos[0].objective"
    return (
        case.value(first) == "10%"
        and case.value(objective) == "99.9%"
        and case.value(f"{CANARY}.fault") is None
        and case.sound.fleet.router != "flagger"
    )


def _ab(case: Case) -> bool:
    return case.strategy == "ab"


def _by_header(case: Case) -> bool:
    return case.value(f"{AB}.split.by") == "header"


CHANGES = (
    Change("no gates", "release/canary-has-gates", f"{CANARY}.gates", None, "strategy", _canary),
    Change(
        "gates on any number of requests",
        "release/canary-counts-requests",
        f"{CANARY}.minRequests",
        None,
        "strategy",
        _canary,
    ),
    Change(
        "gates on a hundred requests",
        "release/canary-requests-suffice",
        f"{CANARY}.minRequests",
        "100",
        "strategy slos",
        lambda c: _canary(c) and c.value("monitoring.slos[0].objective") == "99.9%",
    ),
    Change(
        "a hold of half a minute",
        "release/canary-holds-long-enough",
        f"{CANARY}.steps[0].hold",
        "30s",
        "strategy traffic",
        _canary,
    ),
    Change(
        "a last step with all traffic",
        "release/canary-leaves-stable-a-share",
        f"{CANARY}.steps[1].weight",
        "100%",
        "strategy",
        lambda c: len(c.value(f"{CANARY}.steps", ())) == 2,
    ),
    Change(
        "a first step too large",
        "release/canary-starts-small",
        f"{CANARY}.steps[0].weight",
        "40%",
        "strategy",
        lambda c: c.value(f"{CANARY}.steps[1].weight") == "50%",
    ),
    Change(
        "a step like the one before",
        "release/canary-steps-rise",
        f"{CANARY}.steps[1].weight",
        "5%",
        "strategy",
        lambda c: c.value(f"{CANARY}.steps[0].weight") == "5%",
    ),
    Change(
        "a canary that stays when it fails",
        "release/canary-rolls-back",
        f"{CANARY}.onFailure",
        "pause",
        "strategy slos",
        _seen_by_alerts,
    ),
    Change(
        "a relative gate that compares with nothing",
        "release/relative-gates-compare",
        f"{CANARY}.gates[2].against",
        None,
        "strategy",
        _canary,
        found_at=f"{CANARY}.gates[2]",
    ),
    Change(
        "a gate on a metric that nobody has",
        "target/metric",
        f"{CANARY}.gates[1].metric",
        "latency-p75",
        "strategy",
        _canary,
    ),
    Change(
        "a shadow that compares nothing",
        "release/shadow-compares",
        "release.strategy.shadow.compare",
        None,
        "strategy",
    ),
    Change(
        "a comparison that cannot fail",
        "release/shadow-comparison-can-fail",
        "release.strategy.shadow.compare.max",
        "60%",
        "strategy",
        lambda c: c.strategy == "shadow",
    ),
    Change(
        "an experiment of ten days",
        "release/ab-runs-whole-weeks",
        f"{AB}.duration",
        "10d",
        "strategy",
        _ab,
    ),
    Change(
        "most users in the experiment",
        "release/ab-weight-is-a-share",
        f"{AB}.weight",
        "80%",
        "strategy",
        _ab,
    ),
    Change(
        "an experiment with few alarms missed",
        "release/ab-alarms-are-rare",
        f"{AB}.alpha",
        "0.3",
        "strategy",
        _ab,
    ),
    Change(
        "an experiment without power", "release/ab-has-power", f"{AB}.power", "0.5", "strategy", _ab
    ),
    Change(
        "an experiment with two effects",
        "release/ab-names-one-effect",
        f"{AB}.effectRelative",
        "10%",
        "strategy",
        lambda c: c.value(f"{AB}.effect") is not None,
        found_at=f"{AB}.effect",
    ),
    Change(
        "an experiment without an effect",
        "release/ab-names-one-effect",
        f"{AB}.effect",
        None,
        "strategy",
        _ab,
    ),
    Change(
        "a split that nobody is in",
        "release/ab-split-reaches-users",
        f"{AB}.split.candidate",
        None,
        "strategy",
        _by_header,
    ),
    Change(
        "the version that answers is scaled down soon",
        "release/blue-green-keeps-stable",
        "release.strategy.blueGreen.scaleDownAfter",
        "10m",
        "strategy",
        lambda c: c.strategy == "blueGreen" and c.sound.fleet.router == "argo-rollouts",
    ),
)


def _only_latency(case: Case) -> Iterable[Expect] | None:
    if not _canary(case):
        return None
    case.remove(f"{CANARY}.gates[2]")
    case.remove(f"{CANARY}.gates[0]")
    return [Expect("release/canary-gates-on-errors", f"{CANARY}.gates", case.last)]


def _same_bytes(case: Case) -> Iterable[Expect] | None:
    if case.candidate is None or not case.ours:
        return None
    case.same_model = True
    at = f'versions["{case.candidate}"]'
    return [Expect("release/candidate-is-another-model", at, _with_candidate(case))]


def _other_everything(case: Case) -> Iterable[Expect] | None:
    if case.candidate is None or case.value("model.format") != "skops":
        return None
    uri = case.sound.values["versions"][case.candidate]
    if isinstance(uri, dict):
        return None
    at = f'versions["{case.candidate}"]'
    other = "framework: onnx, format: onnx, contract: contract-2.json"
    case.set(at, f'{{uri: "{uri}", {other}}}')
    # Another contract, though none of its callers can tell.
    case.contract_edit = lambda contract: contract["examples"][0].update(name="usual")
    return [Expect("release/one-change-at-a-time", at, _with_candidate(case))]


def _with_candidate(case: Case) -> tuple[str, ...]:
    return case.seen("release.candidate")


def _handover(case: Case) -> Iterable[Expect] | None:
    if not case.active_candidate or case.risk == "high" or case.sound.fleet.controlled:
        return None
    places = [f"environments.{name}.release.strategy" for name in case.all[:-1]]
    if any(case.value(at) is not None and not case.value(f"{at}.blueGreen") for at in places):
        return None  # what rolls there has nothing to hand over
    case.set("release.handover", "rolling")
    return [Expect("release/handover-moves-no-version", "release.handover", case.all)]


def _never_served_before(case: Case) -> Iterable[Expect] | None:
    fleet = case.sound.fleet
    if not fleet.soak or case.candidate is not None:
        return None

    case.lock_edits.append(lambda lock: lock["served"].pop(fleet.requires[0]))
    return [Expect("release/promoted-in-order", "release.stable", case.last)]


def _candidate_never_served_before(case: Case) -> Iterable[Expect] | None:
    fleet = case.sound.fleet
    # A risky one that answers at once breaks two rules: it is planted below.
    at_once = case.active_candidate and case.risk == "high"
    if not fleet.soak or at_once or not (case.active_candidate or _canary(case)):
        return None
    case.lock_edits.append(lambda lock: lock["served"][fleet.requires[0]].pop())
    return [Expect("release/promoted-in-order", "release.candidate", case.last)]


def _served_for_an_hour(case: Case) -> Iterable[Expect] | None:
    fleet = case.sound.fleet
    if fleet.soak in ("", "1h") or not (case.active_candidate or _canary(case)):
        return None

    def edit(lock: Data) -> None:
        lock["served"][fleet.requires[0]][-1]["since"] = "2026-11-20T10:30:00Z"

    case.lock_edits.append(edit)
    return [Expect("release/soaked", "release.candidate", case.last)]


def _replaced_in_place(case: Case) -> Iterable[Expect] | None:
    fleet = case.sound.fleet
    if fleet.soak or case.candidate is not None or case.risk == "low":
        return None
    other = next(name for name in case.sound.values["versions"] if name != case.stable)
    record = {"version": other, "commit": "77aa012", "since": "2026-09-14T07:00:00Z"}

    def edit(lock: Data) -> None:
        lock["served"] = {fleet.last: [record]}

    case.lock_edits.append(edit)
    return [Expect("release/new-version-has-a-strategy", "release.strategy", case.last)]


def _risky_at_once(case: Case) -> Iterable[Expect] | None:
    fleet = case.sound.fleet
    if fleet.soak or case.strategy != "blueGreen" or case.risk != "high":
        return None
    case.set("release.strategy.blueGreen.active", "candidate")

    def edit(lock: Data) -> None:
        for name in fleet.environments[:-1]:
            lock["served"][name].pop()

    case.lock_edits.append(edit)
    return [Expect("testing/high-risk-is-tried-first", "release.strategy", case.last)]


PLANTED = (
    ("gates on latency only", "strategy", _only_latency),
    ("a candidate with the bytes of stable", "models evidence", _same_bytes),
    ("a candidate with everything changed", "versions models", _other_everything),
    ("a handover to the candidate", "strategy", _handover),
    ("a version that nobody tried before", "served", _never_served_before),
    ("a candidate that nobody tried before", "served strategy", _candidate_never_served_before),
    ("a candidate that was tried for an hour", "served strategy", _served_for_an_hour),
    ("a new version in place", "served strategy", _replaced_in_place),
    ("a risky candidate that answers at once", "served strategy", _risky_at_once),
)
FAULTS = (
    *(change.fault() for change in CHANGES),
    *(Fault(what, frozenset(touches.split()), plant) for what, touches, plant in PLANTED),
)
