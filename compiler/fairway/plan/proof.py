"""What the arithmetic says of a plan before it runs: the fields that rules hold against bounds.

The formulas are in ``fairway.arithmetic``, each with its source. Like all of a plan, optional
things are tuples of at most one: there is nothing to say of a canary without expected traffic.
"""

from __future__ import annotations

from typing import NamedTuple

from fairway.arithmetic.burn import BurnDetection
from fairway.arithmetic.cost import HourCost
from fairway.arithmetic.deadlock import Deadlock
from fairway.arithmetic.detection import StepDetection
from fairway.arithmetic.exposure import Exposure
from fairway.arithmetic.resources import Resources, Shortfall
from fairway.arithmetic.rollout import Rollout


class CanaryStep(NamedTuple):
    """What is known of a canary's step: ``at`` is its place, ``found`` what its gates see."""

    at: str
    found: StepDetection


class ObjectiveBurn(NamedTuple):
    """When the burn alerts of an objective see the canary's fault at a step's weight.

    ``never`` says that none of them ever pages; ``seconds`` is when the first page goes out, -1
    when never.
    """

    at: str
    objective: str
    step: int
    weight: float
    never: bool
    seconds: float
    alerts: tuple[BurnDetection, ...]


class CanaryProof(NamedTuple):
    """What a canary can find, and what that costs.

    ``fault`` is the error ratio that is looked for and ``healthy`` that of a version which keeps
    its objective. ``blast`` is the blast radius of the fault; ``budget`` is how many bad answers
    it may cost, by ``budget_at``: the spec's number, else all that the availability objective
    allows in its window. 0 and an empty text when neither is said.
    """

    fault: float
    healthy: float
    blast: Exposure
    budget: float
    budget_at: str


class OutcomeProof(NamedTuple):
    """What one outcome of an experiment needs: users for each side, and the time until they came.

    It is not ``possible`` where no number of users tells its rate from one that is higher by the
    effect. The numbers are 0 in an experiment that is not possible.
    """

    at: str
    metric: str
    baseline: float
    effect: float
    possible: bool
    stable: int
    candidate: int
    seconds: float


class ExperimentProof(NamedTuple):
    """What an experiment can decide.

    It is not ``possible`` for rates, shares and errors that no test can have. A unit is a user,
    since every split is one of users. ``seconds`` is when every outcome has its sample at ``rate``
    users per second, ``enough`` that this is within ``duration``. ``users_said`` is false where
    every request is taken for a user of its own, so that ``rate`` is the most that it can be.
    Every outcome is tested at ``alpha_each``; ``inflation`` is what ``looks`` cost.
    """

    rate: float
    users_said: bool
    duration: float
    seconds: float
    enough: bool
    alpha_each: float
    looks: int
    inflation: float
    possible: bool
    boundaries: tuple[float, ...]
    outcomes: tuple[OutcomeProof, ...]


class Capacity(NamedTuple):
    """What runs at every moment of the rollout, held against the environment's quota.

    ``limited`` says that there is a quota; ``quota`` has -1 for what it leaves open. ``short`` is
    what the rollout's dearest moment lacks without scaling, ``short_at_most`` with every workload
    scaled to the most.
    """

    rollout: Rollout
    limited: bool
    quota: Resources
    short: Shortfall
    short_at_most: Shortfall
    deadlock: Deadlock


class Cost(NamedTuple):
    """What an hour costs now, at the rollout's peak, and after it.

    ``limit`` is the most that the environment allows at the peak, 0 when it does not say.
    """

    currency: str
    hour: HourCost
    limit: float


class ContractChange(NamedTuple):
    """A difference between the contracts of stable and candidate, and what it breaks.

    ``breaks`` says that callers get wrong or no answers in this strategy, ``breaks_rollback`` that
    they do when the candidate answered and stable answers again.
    """

    at: str
    kind: str
    side: str
    name: str
    column: str
    breaks: bool
    breaks_rollback: bool
    sentence: str


class Proof(NamedTuple):
    """Everything that the arithmetic says of a plan.

    ``steps`` and ``burn`` are the canary's, empty without one. ``contract`` is what the candidate's
    contract changes.
    """

    canary: tuple[CanaryProof, ...]
    steps: tuple[CanaryStep, ...]
    burn: tuple[ObjectiveBurn, ...]
    experiment: tuple[ExperimentProof, ...]
    contract: tuple[ContractChange, ...]
    capacity: Capacity
    cost: tuple[Cost, ...]
