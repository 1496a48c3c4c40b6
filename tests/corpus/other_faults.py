"""Faults in what is watched and tested, in who owns a model, and in what a version is."""

from __future__ import annotations

from collections.abc import Iterable

from corpus.case import Case, Expect
from corpus.fault import Change, Fault
from corpus.fleets import Data
from corpus.tested import worse


def _drift_only_watched(case: Case) -> bool:
    return case.risk != "low" and case.value("monitoring.retraining") is None


def _latency(case: Case) -> bool:
    return case.value("monitoring.slos[1]") is not None


def _prediction(case: Case) -> bool:
    return case.value("monitoring.drift.prediction") is not None


def _features(case: Case) -> bool:
    return case.value("monitoring.drift.features") is not None


def _high(case: Case) -> bool:
    return case.risk == "high"


CHANGES = (
    Change(
        "no objectives",
        "monitoring/online-models-have-slos",
        "monitoring.slos",
        None,
        "slos",
        where="last",
    ),
    Change(
        "no drift for a model that matters",
        "monitoring/drift-is-watched",
        "monitoring.drift",
        None,
        "drift",
        _drift_only_watched,
        "last",
    ),
    Change(
        "a PSI in percent",
        "monitoring/feature-drift-bound-can-be-met",
        "monitoring.drift.features.max",
        "20",
        "drift",
        _features,
    ),
    Change(
        "a bound of prediction drift that nothing reaches",
        "monitoring/prediction-drift-bound-can-be-met",
        "monitoring.drift.prediction.max",
        "1.0",
        "drift",
        _prediction,
    ),
    Change(
        "a bound of drift in production that everything breaks",
        "monitoring/feature-drift-bound-can-be-met",
        "monitoring.drift.features.max",
        "0",
        "drift",
        _features,
        override=True,
    ),
    Change(
        "drift of the last seconds",
        "monitoring/drift-window-fills-the-sample",
        "monitoring.drift.features.window",
        "20s",
        "drift traffic",
        _features,
    ),
    Change(
        "only latency counts",
        "monitoring/availability-has-an-slo",
        "monitoring.slos[0]",
        None,
        "slos",
        _latency,
        found_at="monitoring.slos",
    ),
    Change(
        "no latency objective for clients outside",
        "monitoring/gateway-latency-has-an-slo",
        "monitoring.slos[1]",
        None,
        "slos",
        lambda c: c.public,
        found_at="monitoring.slos",
    ),
    Change(
        "nobody is paged",
        "monitoring/pages-have-a-route",
        "monitoring.alerts.page",
        None,
        "alerts",
        where="last",
    ),
    Change(
        "no alerts at all",
        "monitoring/pages-have-a-route",
        "monitoring.alerts",
        None,
        "alerts",
        where="last",
        found_at="monitoring.alerts.page",
    ),
    Change(
        "no tickets",
        "monitoring/tickets-have-a-route",
        "monitoring.alerts.ticket",
        None,
        "alerts",
        where="last",
    ),
    Change(
        "retraining without a cooldown",
        "monitoring/retraining-has-a-cooldown",
        "monitoring.retraining.cooldown",
        None,
        "retraining",
    ),
    Change(
        "retraining every minute",
        "monitoring/retraining-has-a-cooldown",
        "monitoring.retraining.cooldown",
        "1m",
        "retraining",
        lambda c: c.value("monitoring.retraining") is not None,
    ),
    Change(
        "retraining on no schedule",
        "monitoring/retraining-has-its-trigger",
        "monitoring.retraining.schedule",
        None,
        "retraining",
        found_at="monitoring.retraining.on",
    ),
    Change(
        "an objective of a hundred percent",
        "reliability/objective-can-be-missed",
        "monitoring.slos[0].objective",
        "100%",
        "slos",
    ),
    Change(
        "an objective with nines too many",
        "reliability/error-budget-is-countable",
        "monitoring.slos[0].objective",
        "99.9999%",
        "slos traffic",
        lambda c: c.value("serving.traffic.expected") == "3/s",
        "last",
    ),
    Change(
        "an objective over a year",
        "reliability/objective-window-is-usual",
        "monitoring.slos[0].window",
        "52w",
        "slos",
    ),
    Change(
        "a threshold that no bucket ends at",
        "target/metric",
        "monitoring.slos[1].threshold",
        "220ms",
        "slos strategy",
        _latency,
    ),
    Change(
        "a threshold over the timeout",
        "reliability/timeout-over-slo",
        "monitoring.slos[1].threshold",
        "5s",
        "slos traffic",
        _latency,
    ),
    # testing
    Change("evidence for ever", "testing/evidence-is-fresh", "evidence.maxAge", None, "evidence"),
    Change(
        "evidence for two years",
        "testing/evidence-expires-in-time",
        "evidence.maxAge",
        "730d",
        "evidence",
        lambda c: c.ours,
    ),
    Change(
        "evidence for half a year",
        "testing/evidence-expires-in-time",
        "evidence.maxAge",
        "26w",
        "evidence",
        lambda c: _high(c) and c.ours,
    ),
    Change(
        "evidence of speed only",
        "testing/quality-is-measured",
        "evidence.metrics[0]",
        None,
        "evidence",
        lambda c: not _high(c) and len(c.value("evidence.metrics", ())) == 2,
        found_at="evidence.metrics",
    ),
    Change(
        "no evidence asked", "testing/evidence-is-declared", "evidence", None, "evidence models"
    ),
    Change(
        "a risky model without slices",
        "testing/slices-for-high-risk",
        "evidence.metrics[0].slice",
        None,
        "evidence",
        _high,
        found_at="evidence.metrics",
    ),
    Change(
        "a bound that guessing meets",
        "testing/bounds-beat-chance",
        "evidence.metrics[0].min",
        "0.5",
        "evidence",
        lambda c: c.value("evidence.metrics[0].name") == "roc_auc",
        found_at="evidence.metrics[0]",
    ),
    Change(
        "a latency bound over the objective",
        "testing/latency-evidence-meets-slo",
        "evidence.metrics[1].max",
        "900ms",
        "evidence slos",
        lambda c: _latency(c) and c.value("evidence.metrics[1].max") is not None,
        found_at="evidence.metrics",
    ),
    Change(
        "one owner of a risky model",
        "testing/high-risk-has-two-owners",
        "metadata.owners[1]",
        None,
        "owners",
        _high,
        found_at="metadata.owners",
    ),
    # fleet
    Change(
        "a misspelt team",
        "fleet/teams-are-known",
        "metadata.team",
        "platfrom",
        "team owners",
        lambda c: c.sound.fleet.known_teams,
    ),
    Change(
        "owners of another team",
        "fleet/owners-belong-to-the-team",
        "metadata.owners",
        '["@platform", "oncall@example.com"]',
        "owners",
        lambda c: c.sound.fleet.known_teams,
    ),
    # security
    Change(
        "a format that runs code",
        "security/format-runs-no-code",
        "model.format",
        "joblib",
        "model models",
        lambda c: c.value("model.framework") == "sklearn",
    ),
)


def _same_name_twice(case: Case) -> Iterable[Expect] | None:
    if not _latency(case):
        return None
    copied = '{name: availability, objective: "99%", window: 4w}'
    case.spec.append(("monitoring", "slos"), copied)
    rule = "monitoring/slo-names-are-unique"
    where = case.seen("monitoring.slos")
    return [Expect(rule, f"monitoring.slos[{index}].name", where) for index in (0, 2)]


def _own_code(case: Case) -> Iterable[Expect] | None:
    if not case.ours or case.sound.fleet.keys:
        return None
    case.set("model.framework", "python")
    case.set("model.format", "python")
    case.set("model.entrypoint", "model.py:Model")
    return [Expect("security/custom-code-is-reviewed", "model.entrypoint", case.all)]


def _old_format_of_one_version(case: Case) -> Iterable[Expect] | None:
    if case.value("model.framework") != "sklearn":
        return None
    uri = case.sound.values["versions"][case.stable]
    if isinstance(uri, dict):
        return None
    case.set(f'versions["{case.stable}"]', f'{{uri: "{uri}", format: joblib}}')
    at = f'versions["{case.stable}"].format'
    return [Expect("security/format-runs-no-code", at, case.all)]


def _never_tested(case: Case) -> Iterable[Expect] | None:
    if not case.ours or case.candidate is None:
        return None
    case.untested.add(case.candidate)
    at = f'versions["{case.candidate}"]'
    # Where it is not the candidate any more, it is stable.
    return [Expect("testing/evidence-exists", at, case.all)]


def _signed_by_nobody(case: Case) -> Iterable[Expect] | None:
    if not (case.ours and case.sound.fleet.keys and _high(case)):
        return None
    case.unsigned.add(case.stable)
    at = f'versions["{case.stable}"]'
    shown = case.all if case.candidate is None else case.seen("release.stable")
    return [Expect("testing/evidence-is-signed-for-high-risk", at, shown)]


def _no_examples(case: Case) -> Iterable[Expect] | None:
    if not case.ours or case.candidate is not None:
        return None
    case.report_edits.append(lambda _, report: report.update(examples=[]))
    return [Expect("testing/examples-were-tried", f'versions["{case.stable}"]', case.all)]


def _slow_version(case: Case) -> Iterable[Expect] | None:
    if not case.ours or not _latency(case) or case.candidate is not None:
        return None
    case.report_edits.append(lambda _, report: report["measured"]["latency"].update(p99=650.25))
    return [Expect("testing/measured-latency-meets-slo", f'versions["{case.stable}"]', case.all)]


def _slower_than_the_timeout(case: Case) -> Iterable[Expect] | None:
    if not case.ours or _latency(case) or case.value("serving.traffic.timeout") is None:
        return None
    if case.candidate is not None:
        return None
    case.report_edits.append(lambda _, report: report["measured"]["latency"].update(p99=4200.0))
    at = "serving.traffic.timeout"
    return [Expect("testing/measured-latency-within-timeout", at, case.all)]


def _worse_candidate(case: Case) -> Iterable[Expect] | None:
    if not case.ours or not (case.active_candidate or case.strategy in ("canary", "ab")):
        return None

    def edit(version: str, report: Data) -> None:
        if version == case.candidate:
            worse(report, case.stable)

    case.report_edits.append(edit)
    return [Expect("testing/candidate-is-not-worse", "release.candidate", case.last)]


def _not_scanned(case: Case) -> Iterable[Expect] | None:
    case.lock_edits.append(lambda lock: lock["versions"][case.stable].pop("scan"))
    return [Expect("security/model-is-scanned", f'versions["{case.stable}"]', case.all)]


def _not_signed(case: Case) -> Iterable[Expect] | None:
    if not case.sound.fleet.keys or case.candidate is not None:
        return None
    case.lock_edits.append(lambda lock: lock["versions"][case.stable].pop("signer"))
    return [Expect("security/model-is-signed", f'versions["{case.stable}"]', case.all)]


def _not_pushed(case: Case) -> Iterable[Expect] | None:
    if not case.ours or case.strategy != "rolling":
        return None
    case.unpushed.add(case.stable)
    return [Expect("security/image-is-pinned", f'versions["{case.stable}"]', case.all)]


def _too_large(case: Case) -> Iterable[Expect] | None:
    if "models:/" not in case.uri(case.stable) + case.spec.text:
        return None
    if case.candidate is not None or "memory" in str(case.sound.values["environments"]):
        return None

    def edit(lock: Data) -> None:
        lock["versions"][case.stable]["files"][0]["size"] = 7 << 29  # 3.5 GiB

    case.lock_edits.append(edit)
    return [Expect("reliability/memory-holds-the-model", "serving.resources.memory", case.all)]


PLANTED = (
    ("an objective copied with its name", "slos", _same_name_twice),
    ("a model of own code", "model models", _own_code),
    ("one version in an old format", "versions model models", _old_format_of_one_version),
    ("a candidate without a test", "evidence", _never_tested),
    ("a test result that nobody signed", "evidence", _signed_by_nobody),
    ("a contract without examples", "evidence", _no_examples),
    ("a version that is too slow", "evidence slos", _slow_version),
    ("a version slower than the timeout", "evidence traffic", _slower_than_the_timeout),
    ("a candidate that is worse", "evidence strategy", _worse_candidate),
    ("a model that was not scanned", "models versions", _not_scanned),
    ("a model that nobody signed", "models versions", _not_signed),
    ("an image that was not pushed", "images team", _not_pushed),
    ("a model larger than the memory", "models resources", _too_large),
)
FAULTS = (
    *(change.fault() for change in CHANGES),
    *(Fault(what, frozenset(touches.split()), plant) for what, touches, plant in PLANTED),
)
