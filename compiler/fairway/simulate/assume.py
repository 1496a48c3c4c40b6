"""From a scenario and a plan to conditions: what nobody says is taken from what is known."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, NamedTuple

from fairway.errors import UsageError
from fairway.simulate.conditions import Behaviour, Conditions, Fault, Lognormal, Outage
from fairway.simulate.curve import Curve, changing, constant, daily
from fairway.simulate.recorded import Recording
from fairway.simulate.subject import Subject

if TYPE_CHECKING:
    from fairway.spec import scenario

_HORIZON = 14 * 86_400.0  # how far waves and recordings are drawn out


class Given(NamedTuple):
    """What a simulation is asked for: a scenario, and what the command line says beside it.

    ``rate`` (requests per second) replaces the scenario's traffic; ``reaction`` (seconds) its
    own. ``recording`` replaces what it holds.
    """

    scenario: scenario.Scenario
    faults: tuple[scenario.Fault, ...] = ()
    rate: float | None = None
    at_peak: bool = False
    reaction: float | None = None
    duration: float | None = None
    recording: Recording = Recording()


def conditions_of(subject: Subject, given: Given) -> Conditions:
    """Return the conditions that a release is simulated against.

    Raises ``UsageError`` when nothing says how much traffic there is.
    """
    course, recording = given.scenario, given.recording
    stable = _latency(course.stable.latency, subject, subject.stable, recording, "stable")
    candidate = _latency(
        course.candidate.latency, subject, subject.candidate, recording, "candidate"
    )
    usual = _errors(recording, "stable", constant(course.stable.errors.ratio))
    own = _errors(recording, "candidate", usual)
    if course.candidate.errors is not None:
        own = constant(course.candidate.errors.ratio)
    faults = tuple(map(_fault, (*course.candidate.faults, *given.faults)))
    users = course.traffic.users
    reaction = given.reaction
    if reaction is None:
        reaction = course.reaction.seconds if course.reaction is not None else 0.0
    duration = given.duration
    if duration is None:
        duration = course.duration.seconds if course.duration is not None else 0.0
    return Conditions(
        rate=_rate(subject, given),
        users=(constant(float(users.per_second)),) if users is not None else (),
        stable=Behaviour(usual, stable or candidate),
        candidate=Behaviour(own, candidate or stable, faults),
        outages=tuple(Outage(o.from_.seconds, o.until.seconds) for o in course.outages),
        timeout=subject.plan.traffic.timeout,
        reaction=reaction,
        pod_start=course.pod_start.seconds,
        duration=duration,
        disagreement=course.candidate.disagreement.ratio,
        recorded=recording.notes,
        outcomes=tuple((n, rate.ratio) for n, rate in course.candidate.outcomes.items()),
    )


def _rate(subject: Subject, given: Given) -> Curve:
    course, traffic = given.scenario.traffic, subject.plan.traffic
    if given.recording.rate:
        return given.recording.rate[0]
    if given.rate is not None:
        return constant(given.rate)
    first = traffic.peak if given.at_peak else traffic.expected
    if course.rate is not None and not given.at_peak:
        first = float(course.rate.per_second)
    if not first and not course.changes:
        field = "peak" if given.at_peak else "expected"
        raise UsageError(
            "nothing says how much traffic there is",
            f"give --traffic 40/s, or write `serving.traffic.{field}` into the spec",
        )
    changes = [(c.at.seconds, float(c.rate.per_second), c.over.seconds) for c in course.changes]
    curve = changing(first, changes)
    if course.daily is None:
        return curve
    return daily(curve, course.daily.swing.ratio, course.daily.peak.seconds, _HORIZON)


def _latency(
    said: scenario.Latency | None, subject: Subject, version: str, recording: Recording, role: str
) -> tuple[Lognormal, ...]:
    """Return a version's latency: what is said, else recorded, else what its evidence measured."""
    if said is not None:
        return (Lognormal(said.p50.seconds, said.p95.seconds),)
    recorded = tuple(law for name, law in recording.latency if name in (role, ""))
    if recorded:
        return recorded[:1]
    return tuple(law for name, law in subject.evidence if name == version)


def _errors(recording: Recording, role: str, otherwise: Curve) -> Curve:
    return next((curve for name, curve in recording.errors if name in (role, "")), otherwise)


def _fault(each: scenario.Fault) -> Fault:
    return Fault(
        start=each.from_.seconds,
        end=each.until.seconds if each.until is not None else inf,
        over=each.over.seconds,
        errors=each.errors.ratio if each.errors is not None else 0.0,
        slower=each.slower.seconds if each.slower is not None else 0.0,
    )
