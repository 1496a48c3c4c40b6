"""What is analysed: the release of one deployment in one environment, as its plan has it."""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

from fairway.check import check_spec
from fairway.deployment import Deployment
from fairway.errors import UsageError
from fairway.finding import Severity
from fairway.fleet import Fleet
from fairway.plan.release import Experiment, Release, Shadow
from fairway.plan.releasing import plan_release
from fairway.project import LoadedProject
from fairway.spec.nearest import listed
from fairway.stepping.measured import release_digest
from fairway.target.meter import meter_of

Strategy: TypeAlias = Literal["ab", "shadow"]
_NAMES = {"ab": "an A/B test", "shadow": "a shadow release"}


class Subject(NamedTuple):
    """A release on trial: its versions, how it is judged, and its traffic.

    ``rate`` is requests per second, 0 when the spec expects none, and for an experiment the users
    per second that are new, where the spec says how many; ``mirrored`` is the share of requests
    that a shadow copies. One of ``experiment`` and ``shadow`` is there. ``digest`` is that of the
    release, by which a promotion knows what was analysed.
    """

    name: str
    environment: str
    stable: str
    candidate: str
    rate: float
    mirrored: float
    experiment: tuple[Experiment, ...]
    shadow: tuple[Shadow, ...]
    digest: str = ""

    @property
    def strategy(self) -> Strategy:
        """Which of the two it is."""
        return "ab" if self.experiment else "shadow"


def find_subject(path: str, environment: str | None, wanted: Strategy | None) -> Subject:
    """Return the release that ``path`` has in ``environment``, of the strategy ``wanted``.

    Without an environment there must be one that has such a release. Raises ``UsageError`` for
    a spec with errors, and for one without such a release.
    """
    fleet = Fleet([path])
    if len(fleet.paths) != 1:
        raise UsageError(f"{path} holds {len(fleet.paths)} specs", "name one of them")
    loaded = fleet.project(fleet.paths[0])
    checked = check_spec(fleet.paths[0], loaded)
    if not checked.judged:
        errors = sum(finding.severity >= Severity.ERROR for finding in checked.findings)
        counted = f"{errors} error{'s' if errors != 1 else ''}"
        raise UsageError(f"{checked.path} has {counted}", f"run `fairway validate {checked.path}`")
    known = [deployment.environment for deployment in checked.judged]
    if environment is not None and environment not in known:
        raise UsageError(f"--env {environment}: the spec has {listed(known)}")
    found = [
        subject
        for deployment in checked.judged
        if environment in (None, deployment.environment)
        and (subject := _subject(deployment, loaded, wanted)) is not None
    ]
    if not found:
        what = _NAMES[wanted] if wanted else "an A/B test or a shadow release"
        where = environment or listed(known)
        raise UsageError(
            f"{checked.path} has no release in {where} that is {what}",
            "analyse a deployment whose `release.strategy` is `ab` or `shadow`",
        )
    if len(found) > 1:
        places = [subject.environment for subject in found]
        raise UsageError(f"{checked.path} is on trial in {listed(places)}", "name one with --env")
    return found[0]


def _subject(
    deployment: Deployment, loaded: LoadedProject, wanted: Strategy | None
) -> Subject | None:
    meter = meter_of(deployment.place, deployment.spec.serving, loaded.targets)
    release = plan_release(deployment, meter)
    if release.strategy not in ((wanted,) if wanted else _NAMES):
        return None
    versions = deployment.spec.release
    expected = deployment.spec.serving.traffic.expected
    requests = float(expected.per_second) if expected is not None else 0.0
    users = release.experiment[0].users if release.experiment else 0.0
    return Subject(
        name=deployment.name,
        environment=deployment.environment,
        stable=versions.stable,
        candidate=versions.candidate or "",
        rate=users or requests,
        mirrored=_mirrored(release),
        experiment=release.experiment,
        shadow=release.shadow,
        digest=release_digest(deployment),
    )


def _mirrored(release: Release) -> float:
    return release.mirrors[0].percent / 100 if release.mirrors else 0.0
