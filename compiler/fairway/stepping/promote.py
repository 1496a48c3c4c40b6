"""The promotion: the candidate becomes the stable version, and nothing is on trial any more."""

from __future__ import annotations

from fairway.stepping.advance import ACTIVE, STEP
from fairway.stepping.analysis import against
from fairway.stepping.gates import held, shown
from fairway.stepping.move import APPLY, Change, Move, Refusal, Situation, refused
from fairway.stepping.put import Wanted
from fairway.stepping.recount import surplus
from fairway.stepping.words import percent, span

STABLE = ("release", "stable")
CANDIDATE = ("release", "candidate")
STRATEGY = ("release", "strategy")
BLUE_GREEN: dict[str, object] = {"blueGreen": {"active": "stable"}}


def promote(situation: Situation) -> Move:
    """Decide whether the candidate has shown what the strategy asks of it."""
    state = situation.state
    if not state.candidate:
        why = f"there is no candidate: {state.stable} is stable already"
        fix = "a rolling release is made by naming another version in `release.stable`"
        return refused("promote", why, fix if state.strategy == "rolling" else "")
    if state.handover:
        why = f"the {state.handover} form still serves (`handover`), so no candidate was tried"
        return refused("promote", why, "remove `release.handover` first, and apply that")
    if state.strategy == "canary":
        return _canary(situation)
    if state.strategy == "blueGreen":
        return _blue_green(situation)
    return _experiment(situation)


def _promoted(situation: Situation, *more: Change) -> Move:
    """Return the move itself; the changes besides those of the versions are given."""
    state = situation.state
    title = f"{state.candidate} is stable"
    changes = (
        Change(Wanted(STABLE, state.candidate), state.stable, state.candidate, "and answers all"),
        Change(Wanted(CANDIDATE, remove=True), state.candidate, "none"),
        *more,
    )
    then = f"{APPLY}; name the next candidate when there is one"
    return Move("promote", title, changes, then=then)


def _canary(situation: Situation) -> Move:
    canary, state = situation.release.canary[0], situation.state
    to_zero = Change(Wanted(STEP, 0), str(state.step), "0", "waits for its next candidate")
    move = _promoted(situation, *((to_zero,) if state.step else ()))
    if situation.release.controlled:
        what, needed = f"the release of {state.candidate}", sum(s.hold for s in canary.steps)
    elif canary.step < len(canary.steps):
        why = f"step {canary.step} is not the last of {len(canary.steps)}"
        return refused("promote", why, "`fairway advance` takes the next one")
    else:
        step = canary.steps[-1]
        what, needed = f"step {step.number} ({percent(step.percent)})", step.hold
    proof = shown(situation, canary, needed, what)
    return move._replace(
        wait=proof.wait, taken=proof.taken, judged=proof.judged, refusals=proof.refusals
    )


def _blue_green(situation: Situation) -> Move:
    state, green = situation.state, situation.release.blue_green[0]
    if state.active != "candidate":
        why = f"{state.stable} still answers everything (`active: stable`)"
        return refused("promote", why, "`fairway advance` switches to the candidate")
    back = Change(Wanted(ACTIVE, "stable"), "candidate", "stable", f"{state.candidate} still")
    move = _promoted(situation, back)
    wait, refusals = held(situation, green.scale_down_after, f"the switch to {state.candidate}")
    return move._replace(wait=wait, refusals=tuple(refusals))


def _experiment(situation: Situation) -> Move:
    state = situation.state
    what = {"shadow": "shadow", "ab": "experiment"}[state.strategy]
    meaning = f"the {what} is over"
    move = _promoted(
        situation,
        Change(Wanted(STRATEGY, BLUE_GREEN), state.strategy, "blueGreen", meaning),
    )
    wait, refusals = held(situation, 0.0, f"the {what}")
    if wait:
        move = move._replace(notes=(f"the {what} has run for {span(wait[0].passed)}",))
    for report in situation.analysis:
        wrong = tuple(against(situation, report))
        refusals += wrong
        more = surplus(situation, report, wait[0].passed) if wait and not wrong else ""
        move = move._replace(notes=(*move.notes, *([more] if more else ())))
    if not situation.analysis:
        fix = "give --analysis FILE, the output of `fairway analyze --format json`"
        refusals.append(Refusal(f"nothing says how the {what} went", fix, forced=True))
    return move._replace(wait=wait, refusals=tuple(refusals))
