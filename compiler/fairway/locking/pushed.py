"""Images of our own: their digests recorded in the lock once they were pushed."""

from __future__ import annotations

from collections.abc import Mapping

from fairway import rule
from fairway.check import check_spec
from fairway.compile import Compiler
from fairway.deployment import Deployment
from fairway.finding import Finding
from fairway.images.pushed import own_labels, pushed_image
from fairway.lock.digest import SourceRefusedError
from fairway.plan.model import ImagePlan
from fairway.project import LoadedProject
from fairway.resolve.oci.registry import Registry
from fairway.spec.lock import LockedImage


class Pushed:
    """Asks the registry for the images of one spec, under the tags that their content gives."""

    def __init__(self, path: str, loaded: LoadedProject, registry: Registry) -> None:
        self._registry = registry
        checked = check_spec(path, loaded)
        self.findings: list[Finding] = []
        self.images: dict[str, LockedImage] = {}
        for deployment in checked.deployments[:1]:
            images = Compiler(loaded).images(deployment)
            serving = {each for d in checked.deployments for _, each in d.workloads}
            self._look_up(deployment, images, serving)

    def _look_up(
        self, deployment: Deployment, images: Mapping[str, ImagePlan], serving: set[str]
    ) -> None:
        for version, image in images.items():
            labels = own_labels(deployment.name, version)
            try:
                self.images[version] = pushed_image(
                    image.repository, image.tag, self._registry, labels
                )
            except SourceRefusedError as error:
                if version not in serving:
                    continue  # nothing runs it, so nobody need have built it
                at = deployment.merged.locate(("versions", version))
                message = f"version {version}: its image is not what runs: {error}"
                self.findings.append(rule.IMAGE(message, at, fix=error.fix))
