"""Whether an analysis follows from its own counts: a verdict that was edited promotes nothing."""

from __future__ import annotations

from collections.abc import Mapping

from fairway.analyze.counts import Arms, Counts, counts_of
from fairway.analyze.experiment import Word, judge
from fairway.analyze.shadow import ALPHA
from fairway.arithmetic.proportions import Count, wilson
from fairway.errors import UsageError
from fairway.plan.release import Experiment
from fairway.stepping.move import Situation
from fairway.stepping.words import span

_FIX = "run `fairway analyze` again, for this release"
_WHERE = "the analysis"


def counted(situation: Situation, report: Mapping[str, object]) -> str:
    """Return the verdict that a report's counts give by the plan.

    Raises ``UsageError`` for a report without counts.
    """
    release = situation.release
    if release.experiment:
        return _experiment(release.experiment[0], _counts(situation, report))
    pairs, different = report.get("pairs"), report.get("different")
    if type(pairs) is not int or type(different) is not int or not 0 <= different <= pairs:
        raise UsageError(f"{_WHERE} has no numbers of `pairs` and `different` ones", _FIX)
    low, high = wilson(Count(different, pairs), ALPHA)
    most = release.shadow[0].most
    return "passes" if pairs and high < most else "fails" if low > most else "undecided"


def surplus(situation: Situation, report: Mapping[str, object], seconds: float) -> str:
    """Return a note on units that are more than the users expected in so many seconds."""
    for experiment in situation.release.experiment:
        counts = _counts(situation, report)
        units = counts.stable.units + counts.candidate.units
        if experiment.users and units > experiment.users * seconds:
            users = f"{experiment.users * seconds:,.0f} new users"
            return f"{units:,} units are counted, and {users} are expected in {span(seconds)}"
    return ""


def _counts(situation: Situation, report: Mapping[str, object]) -> Counts:
    table, state = report.get("counts"), situation.state
    if not isinstance(table, dict) or not all(isinstance(row, dict) for row in table.values()):
        raise UsageError(f"{_WHERE} has no `counts` of both arms", _FIX)
    metrics = tuple(each.metric for each in situation.release.experiment[0].outcomes)
    return counts_of(table, _WHERE, Arms(state.stable, state.candidate, metrics))


def _experiment(experiment: Experiment, counts: Counts) -> Word:
    result = judge(experiment, counts, 0.0)
    first = result.outcomes[0].found
    # Where looks are recorded, the boundary depends on when they were taken, which a report does
    # not hold. It is never below that of a test with one look, so that is what must be reached.
    crossed = first.p <= experiment.alpha and first.estimate > 0
    if experiment.looks > 1 and crossed and result.word == "not yet" and result.look.number:
        return "candidate wins"
    return result.word
