"""Compiling: deployments become plans, plans become artifacts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from fairway.artifact import Artifact
from fairway.deployment import Deployment
from fairway.errors import UsageError
from fairway.plan.image import plan_image
from fairway.plan.model import ImagePlan, Plan
from fairway.plan.planner import plan_deployment
from fairway.project import LoadedProject, environment_targets
from fairway.recipe import image_recipe
from fairway.spec.nearest import listed
from fairway.target.function import Code
from fairway.target.meter import TargetMeter, meter_of
from fairway.target.render import RenderedObject, Renderer


@dataclass(frozen=True, slots=True)
class Selection:
    """What of the output is wanted: environments and targets by name; empty means all."""

    environments: frozenset[str] = frozenset()
    targets: frozenset[str] = frozenset()

    def environment(self, name: str) -> bool:
        """Whether an environment is wanted; what all share, named by ``""``, always is."""
        return not self.environments or not name or name in self.environments

    def made_by(self, targets: Iterable[str]) -> bool:
        """Whether one of the targets that made an artifact is wanted."""
        return not self.targets or not self.targets.isdisjoint(targets)

    def of(self, compiled: Compiled, deployments: Iterable[Deployment]) -> Compiled:
        """Return what is wanted of what a spec's deployments compile to."""
        kept = tuple(
            artifact
            for artifact in compiled.artifacts
            if self.environment(artifact.environment) and self.made_by(artifact.targets)
        )
        makers = {d.environment: d.place.workload for d in deployments}
        made = {a.environment for a in kept if makers.get(a.environment) in a.targets}
        return Compiled(tuple(plan for plan in compiled.plans if plan.environment in made), kept)

    def check(self, loaded: LoadedProject) -> None:
        """Raise ``UsageError`` for a name that the project does not have."""
        known = loaded.project.environments if loaded.project is not None else {}
        for name in sorted(self.environments - set(known)):
            raise UsageError(f"--env {name}: the project has {listed(known)}")
        for name in sorted(self.targets - set(loaded.targets)):
            raise UsageError(f"--target {name}: there are {listed(loaded.targets)}")


EVERYTHING = Selection()


class Compiled(NamedTuple):
    """What one spec compiles to: the plans, and the artifacts of images and of plans.

    After a selection, a plan whose workloads are not among the artifacts is left out: none of it
    is carried out.
    """

    plans: tuple[Plan, ...]
    artifacts: tuple[Artifact, ...]


class Compiler:
    """The compiled targets of one project; turns the deployments of a spec into artifacts."""

    def __init__(self, loaded: LoadedProject) -> None:
        self._recipe = image_recipe(loaded.targets)
        self._targets = loaded.targets
        self._renderers: dict[str, Renderer] = {}
        codes: dict[str, list[Code]] = {}
        images: dict[str, None] = {}
        for name, place in loaded.project.environments.items() if loaded.project else ():
            targets = environment_targets(place, loaded.targets)
            self._renderers[name] = Renderer(targets, "plan", codes)
            images.update((target.name, None) for target in targets if target.role == "image")
        self._images = Renderer([loaded.targets[name] for name in images], "image", codes)

    def compile(
        self, deployments: Iterable[Deployment], selection: Selection = EVERYTHING
    ) -> Compiled:
        """Compile one spec's deployments; the images, which they share, come first."""
        given = tuple(deployments)
        wanted = [d for d in given if selection.environment(d.environment)]
        # Environments may differ in their runtime; the images are the same wherever they run.
        own = next((d for d in given if d.spec.serving.runtime == "fairway"), None)
        images = self.images(own) if own is not None else {}
        plans = tuple(plan_deployment(d, images, self._meter(d)) for d in wanted)
        artifacts = [
            artifact
            for image in images.values()
            for artifact in self._images.render(image, given[0].source, "")
        ]
        for plan in plans:
            artifacts += self._renderers[plan.environment].render(plan, plan.spec, plan.environment)
        return Compiled(plans, tuple(artifacts))

    def _meter(self, deployment: Deployment) -> TargetMeter:
        return meter_of(deployment.place, deployment.spec.serving, self._targets)

    def objects(self, plan: Plan) -> list[RenderedObject]:
        """Return the objects that a plan renders to, as data."""
        return self._renderers[plan.environment].objects(plan)

    def images(self, deployment: Deployment) -> Mapping[str, ImagePlan]:
        """Return the image of each version, for deployments that our own server serves."""
        recipe = self._recipe
        if deployment.spec.serving.runtime != "fairway" or recipe is None:
            return {}
        return {
            name: plan_image(deployment, version, recipe)
            for name, version in deployment.versions.items()
        }
