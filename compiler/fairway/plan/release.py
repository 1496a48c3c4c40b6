"""How traffic moves, decided: the parts of a plan that routers and controllers carry out.

Weights are whole numbers out of ``Release.total``. Times are in seconds, and as text where a
format takes text. Like all of a plan, optional things are tuples of at most one.
"""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

StrategyName: TypeAlias = Literal["rolling", "blueGreen", "canary", "shadow", "ab"]
Form: TypeAlias = Literal["rolling", "perVersion", "controlled"]
"""One set of pods that rolls, one for each version, or one that a controller replaces."""

Role: TypeAlias = Literal["stable", "candidate"]
GateKind: TypeAlias = Literal["max", "min", "within", "withinRelative"]


class Variant(NamedTuple):
    """A version that takes part in the release.

    ``weight`` is its share of the requests that no match takes out, of ``Release.total``;
    ``share`` is its share of all requests, from 0 to 1, as far as it is known before they come.
    """

    role: Role
    version: str
    workload: str
    service: str
    weight: int
    share: float


class Mirror(NamedTuple):
    """A service that gets a copy of ``numerator`` of ``denominator`` requests; answers are dropped.

    ``percent`` is the same share from 0 to 100.
    """

    service: str
    workload: str
    version: str
    numerator: int
    denominator: int
    percent: float


class Match(NamedTuple):
    """One way for a request to belong to the candidate's users.

    A header equals ``value``; a cookie of that name has it, which ``pattern`` says as a regular
    expression (RE2) over the whole ``cookie`` header.
    """

    by: Literal["header", "cookie"]
    name: str
    value: str
    pattern: str


class Sticky(NamedTuple):
    """What names a user, so that the same user stays on one side while weights change."""

    by: Literal["header", "cookie"]
    name: str


class Step(NamedTuple):
    """A step of a canary, counted from 1, with its place in the spec.

    ``percent`` is the candidate's share; ``hold_seconds`` is the hold in whole seconds, no less;
    ``start`` is when the step begins at the earliest, counted from the first one's begin.
    """

    at: str
    number: int
    weight: int
    percent: float
    hold: float
    hold_text: str
    hold_seconds: int
    start: float


class Gate(NamedTuple):
    """A bound on a metric of the candidate's own traffic, with the PromQL that measures it.

    ``bound`` is in what ``query`` gives (a ratio, seconds or a number); ``written`` is the spec's
    word for it. ``within`` and ``withinRelative`` compare with ``reference``, the same metric of
    the stable version: the candidate may be worse by ``bound``, or by that share of the reference.
    ``requests`` counts the candidate's requests in the window. ``name`` is unique in the plan and
    a DNS label. ``question`` is all of that in one query, whose result is bad below ``limit``
    (``limit_text``) for ``min`` and above it for the other kinds, and says nothing when it is
    empty or NaN (see ``fairway.plan.question``).
    """

    at: str
    name: str
    metric: str
    kind: GateKind
    bound: float
    written: str
    query: str
    reference: str
    requests: str
    question: str
    limit: float
    limit_text: str


class Action(NamedTuple):
    """What a controller of releases does next: it sets the candidate's weight, waits, or judges.

    ``weight`` and ``seconds`` are those of a weight and of a wait, 0 otherwise. It judges until
    every gate has passed.
    """

    does: Literal["weight", "wait", "judge"]
    weight: int
    seconds: int


class Canary(NamedTuple):
    """A growing share for the candidate.

    ``step`` is the one that git says is live, 0 before the first. Gates are read every
    ``interval`` over the last ``window``, and say nothing of fewer than ``min_requests``.
    ``fault`` is the error ratio that the canary must be able to find, and ``budget`` how many bad
    answers that may cost; 0 when nothing is said.

    ``hold_seconds`` is the first step's hold in whole seconds, for a controller that has one for
    all steps. ``actions`` are the steps one after another, for a controller, which ``step`` is
    nothing to. ``patience`` is how many readings that say nothing it takes at a step's end before
    it asks a person: those of a window, after which more of the same traffic changes nothing.
    ``retries`` is how often in a row it may ask a Prometheus that does not answer, every
    ``RETRY_SECONDS``: for a window, after which nobody has watched the candidate.
    """

    step: int
    steps: tuple[Step, ...]
    gates: tuple[Gate, ...]
    min_requests: int
    on_failure: Literal["rollback", "pause"]
    interval: float
    interval_text: str
    window: float
    window_text: str
    fault: float
    budget: int
    hold_seconds: int
    actions: tuple[Action, ...]
    patience: int
    retries: int


class BlueGreen(NamedTuple):
    """Which of the two sets answers, and for how long (seconds) the other is kept; 0: always.

    ``switched`` says that the newer of the two answers, or the only one there is;
    ``scale_down_seconds`` is the same time in whole seconds, no less.
    """

    active: Role
    switched: bool
    scale_down_after: float
    scale_down_seconds: int


class Shadow(NamedTuple):
    """How mirrored answers are compared with those that were served.

    ``compared`` is false without a bound; ``most`` is the largest share from 0 to 1 that may
    differ, numbers that are less than ``tolerance`` apart being equal.
    """

    compared: bool
    most: float
    tolerance: float


class Outcome(NamedTuple):
    """An outcome that an experiment measures: its rate today and the difference worth finding.

    ``effect`` is absolute and may not be 0; ``at`` is the outcome's place in the spec.
    """

    at: str
    metric: str
    baseline: float
    effect: float


class Experiment(NamedTuple):
    """Two versions for different users, to decide by a measured outcome.

    ``share`` is the candidate's share of the users, of whom ``users`` new ones come per second; 0
    when that is not said. The first outcome decides.
    """

    by: Literal["header", "cookie", "user-hash"]
    name: str
    share: float
    users: float
    outcomes: tuple[Outcome, ...]
    alpha: float
    power: float
    duration: float
    looks: int
    spending: str


class Release(NamedTuple):
    """How traffic moves in one environment.

    ``router`` is the target that moves it, ``controlled`` says that it keeps the stable version
    and the step in the cluster, and ``replicas`` how many pods it gives a version, -1 where an
    autoscaler decides. ``aside`` names the namespaces whose calls pass no router, so
    that only the stable version answers them. Of ``canary``, ``blue_green``, ``shadow`` and
    ``experiment`` there is at most one.
    """

    strategy: StrategyName
    form: Form
    router: str
    controlled: bool
    replicas: int
    total: int
    variants: tuple[Variant, ...]
    mirrors: tuple[Mirror, ...]
    matches: tuple[Match, ...]
    sticky: tuple[Sticky, ...]
    aside: tuple[str, ...]
    canary: tuple[Canary, ...]
    blue_green: tuple[BlueGreen, ...]
    shadow: tuple[Shadow, ...]
    experiment: tuple[Experiment, ...]

    @property
    def gates(self) -> tuple[Gate, ...]:
        """The gates of the canary, none without one."""
        return tuple(gate for canary in self.canary for gate in canary.gates)
