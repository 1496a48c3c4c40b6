"""Faults that only arithmetic finds: canaries that see nothing, samples that never come, quotas."""

from __future__ import annotations

from collections.abc import Iterable

from corpus.case import Case, Expect
from corpus.fault import EVERYTHING, Change, Fault
from corpus.fleets import Data

CANARY = "release.strategy.canary"
AB = "release.strategy.ab"


def _ab(case: Case) -> bool:
    return case.strategy == "ab"


def _canary(case: Case) -> bool:
    return case.strategy == "canary"


def _free(case: Case) -> bool:
    """Whether a canary may be read as often as one likes."""
    return _canary(case) and case.sound.fleet.router != "flagger"


def _strict(case: Case) -> bool:
    return _canary(case) and case.value("monitoring.slos[0].objective") == "99.9%"


def _lax(case: Case) -> bool:
    return _canary(case) and case.value("monitoring.slos[0].objective") == "99.5%"


def _rate(case: Case) -> int:
    return int(case.value("serving.traffic.expected")[:-2])


def _weights(case: Case) -> list[float]:
    return [float(step["weight"][:-1]) / 100 for step in case.value(f"{CANARY}.steps")]


CHANGES = (
    Change(
        "a fault that no gate forbids",
        "release/canary-finds-the-fault",
        f"{CANARY}.fault",
        "0.9%",
        "strategy",
        _canary,
        found_at=f"{CANARY}.gates",
    ),
    Change(
        "a budget that one step uses up",
        "release/blast-radius-within-budget",
        f"{CANARY}.budget",
        "20",
        "strategy",
        _canary,
    ),
    Change(
        "a gate as tight as the objective",
        "release/canary-alarms-are-rare",
        f"{CANARY}.gates[0].max",
        "0.5%",
        "strategy slos",
        _lax,
        found_at=f"{CANARY}.minRequests",
    ),
    Change(
        "an experiment with a user an hour",
        "release/ab-reaches-its-sample",
        f"{AB}.users",
        "1/h",
        "strategy",
        _ab,
        found_at=f"{AB}.duration",
    ),
    Change(
        "an experiment that looks for nothing",
        "release/ab-effect-is-possible",
        f"{AB}.effect",
        "0pp",
        "strategy",
        lambda c: c.value(f"{AB}.effect") is not None,
    ),
    Change(
        "a further outcome that cannot rise or fall so far",
        "release/ab-effect-is-possible",
        f"{AB}.secondary[0].effect",
        "99pp",
        "strategy",
        lambda c: c.value(f"{AB}.secondary") is not None,
    ),
    Change(
        "an experiment that takes requests for users",
        "release/ab-counts-users",
        f"{AB}.users",
        None,
        "strategy traffic",
        _ab,
    ),
)


def _read_too_rarely(case: Case) -> Iterable[Expect] | None:
    if not _free(case) or case.value(f"{CANARY}.steps[0].hold") == "1d":
        return None  # what a day of it costs is more than the objective allows
    case.set(f"{CANARY}.interval", "12h")
    case.set(f"{CANARY}.window", "12h")
    late = [f"{CANARY}.steps[{index}].hold" for index, _ in enumerate(_weights(case))]
    return [
        Expect("release/canary-window-fits-its-holds", f"{CANARY}.window", case.last),
        *(Expect("release/canary-finds-it-in-time", at, case.last) for at in late),
    ]


def _short_window(case: Case) -> Iterable[Expect] | None:
    if not _free(case):
        return None
    # The last step's share fills it, and the first one's does not.
    needed = case.value(f"{CANARY}.minRequests") / (_rate(case) * _weights(case)[-1])
    case.set(f"{CANARY}.window", f"{int(needed) + 60}s")
    return [Expect("release/canary-window-holds-enough", f"{CANARY}.window", case.last)]


def _paused_unseen(case: Case) -> Iterable[Expect] | None:
    if not (_strict(case) and _free(case)) or _weights(case)[0] > 0.05:
        return None
    case.set(f"{CANARY}.onFailure", "pause")
    # Nobody is told, so that it matters more than elsewhere that it only pauses.
    rules = ("release/canary-rolls-back", "release/alerts-see-a-paused-canary")
    return [Expect(rule, f"{CANARY}.onFailure", case.last) for rule in rules]


def _caller_past_the_gateway(case: Case) -> Iterable[Expect] | None:
    if not case.splits or case.sound.fleet.splits_inside:
        return None
    case.spec.append(("serving", "callers"), "{namespace: reporting}")
    return [Expect("release/callers-pass-the-router", "serving.callers", case.all[-1:])]


# -- contracts ---------------------------------------------------------------------------------


def _own_contract(case: Case, change: str) -> str | None:
    """Give the candidate a contract whose first limited column ends elsewhere."""
    if case.candidate is None:
        return None
    uri = case.sound.values["versions"][case.candidate]
    if isinstance(uri, dict):
        return None

    def edit(contract: Data) -> None:
        columns = contract["inputs"][0]["columns"]
        index, column = next((i, c) for i, c in enumerate(columns) if "max" in c)
        typical = contract["examples"][0]["inputs"]["features"][0][index]
        column["max"] = column["max"] + 100 if change == "wider" else (typical + column["max"]) / 2

    case.contract_edit = edit
    at = f'versions["{case.candidate}"]'
    case.set(at, f'{{uri: "{uri}", contract: contract-2.json}}')
    return at


def _narrower_limit(case: Case) -> Iterable[Expect] | None:
    at = _own_contract(case, "narrower")
    shown = case.seen("release.candidate")
    return at and [Expect("release/contract-fits-the-strategy", at, shown)]


def _wider_limit(case: Case) -> Iterable[Expect] | None:
    at = _own_contract(case, "wider") if case.strategy == "blueGreen" else None
    shown = case.seen("release.candidate")
    return at and [Expect("release/contract-survives-rollback", at, shown)]


def _wider_limit_for_some(case: Case) -> Iterable[Expect] | None:
    at = _own_contract(case, "wider") if case.strategy in ("canary", "ab") else None
    return at and [Expect("release/contract-fits-the-strategy", at, case.last)]


# -- pods and money ----------------------------------------------------------------------------


def _gpus(case: Case, least: int, strategy: str) -> bool:
    """Let every pod have a GPU, of which the last environment has sixteen."""
    if not case.sound.fleet.quota or case.strategy != "rolling":
        return False
    case.set("serving.resources.gpu", "1")
    case.set("serving.scaling.min", str(least))
    case.set("serving.scaling.max", str(least))
    case.set("release.strategy", strategy)
    return True


def _no_room_for_one_more(case: Case) -> Iterable[Expect] | None:
    if not _gpus(case, 16, "{rolling: {surge: 1, unavailable: 0}}"):
        return None
    return [Expect("reliability/rollout-can-progress", "release.strategy", case.last)]


def _no_room_for_the_surge(case: Case) -> Iterable[Expect] | None:
    if not _gpus(case, 12, '{rolling: {surge: "50%"}}'):
        return None
    return [Expect("reliability/rollout-fits-the-quota", "serving.scaling.min", case.last)]


def _dear_at_the_most(case: Case) -> Iterable[Expect] | None:
    if not case.sound.fleet.prices or case.sound.fleet.quota:
        return None
    case.set("serving.scaling.max", "2000")
    return [Expect("reliability/rollout-cost-within-limit", "serving.scaling.max", case.last)]


PLANTED = (
    ("gates that are read twice a day, over twelve hours", "strategy", _read_too_rarely),
    ("a window that a small share never fills", "strategy traffic", _short_window),
    ("a broken canary that nobody is told of", "strategy slos", _paused_unseen),
    ("a caller that goes past the gateway", "callers", _caller_past_the_gateway),
    ("a candidate that takes less than stable", "versions models evidence", _narrower_limit),
    ("a candidate that takes more than stable", "versions models evidence", _wider_limit),
    ("a trial of a wider contract", "versions models evidence", _wider_limit_for_some),
    ("GPUs for all pods and for no other", "strategy scaling resources", _no_room_for_one_more),
    ("a surge of GPUs", "strategy scaling resources", _no_room_for_the_surge),
    ("a limit that nobody could pay", "scaling resources", _dear_at_the_most),
)


def _effects_twice(case: Case) -> Iterable[Expect] | None:
    if case.strategy != "shadow":
        return None
    case.set("model.sideEffects", "true")
    # No environment can have it as it is written, and what a rollout meets there is not asked.
    return [Expect("spec/consistent", "release.strategy.shadow", case.last, "key")]


FAULTS = (
    *(change.fault() for change in CHANGES),
    *(Fault(what, frozenset(touches.split()), plant) for what, touches, plant in PLANTED),
    Fault("a copy to what books orders", frozenset((EVERYTHING,)), _effects_twice),
)
