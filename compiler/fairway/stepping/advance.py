"""The next step: a canary's next share, or the switch of a blue/green release."""

from __future__ import annotations

from fairway.plan.release import Canary
from fairway.stepping.gates import shown
from fairway.stepping.move import APPLY, Action, Change, Move, Refusal, Situation, refused
from fairway.stepping.put import Wanted
from fairway.stepping.words import percent, span

STEP = ("release", "strategy", "canary", "step")
ACTIVE = ("release", "strategy", "blueGreen", "active")


def advance(situation: Situation) -> Move:
    """Decide the next step of the release, with everything that speaks against it."""
    state, release = situation.state, situation.release
    fault = _nothing_to_advance(situation)
    if fault is not None:
        return Move("advance", "", refusals=(fault,))
    if state.strategy == "blueGreen":
        return _switch(situation)
    canary = release.canary[0]
    if canary.step >= len(canary.steps):
        why = f"step {canary.step} of {len(canary.steps)} is the last"
        return refused("advance", why, "`fairway promote` makes the candidate stable")
    return _next_step(situation, canary)


def _nothing_to_advance(situation: Situation) -> Refusal | None:
    state = situation.state
    if state.strategy in ("shadow", "ab"):
        what = {"shadow": "a shadow", "ab": "an experiment"}[state.strategy]
        why = f"{what} has no steps: it ends by `fairway promote`, or `fairway rollback`"
        return Refusal(why)
    if not state.candidate:
        return Refusal("there is no candidate", "name one: `release.candidate`")
    if situation.release.controlled and state.strategy == "canary":
        why = f"{situation.release.router} takes the steps itself, and keeps them in the cluster"
        return Refusal(why, "when it has finished, `fairway promote` says so in git")
    if state.handover:
        why = f"the {state.handover} form still serves (`handover`), so no share can move"
        return Refusal(why, "remove `release.handover` first, and apply that")
    if state.strategy == "blueGreen" and state.active == "candidate":
        why = f"{state.candidate} answers everything already"
        return Refusal(why, "`fairway promote` makes it stable")
    return None


def _next_step(situation: Situation, canary: Canary) -> Move:
    number, state = canary.step, situation.state
    now, coming = canary.steps[number - 1] if number else None, canary.steps[number]
    before = percent(now.percent) if now is not None else "0%"
    change = Change(
        Wanted(STEP, number + 1), str(number), str(number + 1),
        f"{before} → {percent(coming.percent)}",
    )  # fmt: skip
    last = number + 1 == len(canary.steps)
    command: Action = "promote" if last else "advance"
    hold = max(coming.hold, canary.window) if canary.gates else coming.hold
    move = Move(
        "advance",
        f"{state.candidate} to {percent(coming.percent)}",
        (change,),
        then=f"{APPLY}; hold it for {span(hold)}, then",
        following=command,
    )
    if now is None:
        return move._replace(refusals=_not_running(situation))
    proof = shown(situation, canary, now.hold, f"step {number} ({before})")
    return move._replace(
        wait=proof.wait, taken=proof.taken, judged=proof.judged, refusals=proof.refusals
    )


def _switch(situation: Situation) -> Move:
    state = situation.state
    meaning = f"{state.candidate} answers everything, in the place of {state.stable}"
    change = Change(Wanted(ACTIVE, "candidate"), "stable", "candidate", meaning)
    kept = situation.release.blue_green[0].scale_down_after
    then = f"keep {state.stable} for {span(kept)}, then" if kept else "when it does well"
    return Move(
        "advance",
        f"all traffic to {state.candidate}",
        (change,),
        refusals=_not_running(situation),
        then=f"{APPLY}; {then}",
        following="promote",
    )


def _not_running(situation: Situation) -> tuple[Refusal, ...]:
    """Refuse to move traffic to pods that nothing in git has asked for yet."""
    version = situation.state.candidate
    head = situation.history.head(situation.environment)
    if head is not None and head.runs(version):
        return ()
    why = f"{version} does not run yet: HEAD does not name it as candidate"
    return (Refusal(why, "commit and apply that first; traffic moves to what is ready"),)
