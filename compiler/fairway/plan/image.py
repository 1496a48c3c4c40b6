"""Planning images: what is in a version's image, and the name that follows from its content."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple

from fairway.deployment import Deployment, ModelVersion
from fairway.plan.model import ContextFile, ImagePlan

IMAGE_PORT = 8080
"""The port that our own images listen on unless an argument says otherwise."""

RUNTIMES: Mapping[str, str] = {
    "skops": "sklearn",
    "joblib": "sklearn",
    "onnx": "onnx",
    "python": "python",
}
"""The locked set of requirements that serves each format."""

_canonical = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode


class Recipe(NamedTuple):
    """What images are made of besides the model: the docker target's files and the server's.

    ``template`` is the sha256 (hex) of the Dockerfile's template; ``requirements`` holds the
    locked set of each runtime.
    """

    template: str
    requirements: Mapping[str, ContextFile]
    server: tuple[ContextFile, ...]


def plan_image(deployment: Deployment, version: ModelVersion, recipe: Recipe) -> ImagePlan:
    """Return the image of one version; the same inputs give the same tag on any machine."""
    spec = deployment.spec
    runtime = RUNTIMES[version.format]
    resolved = version.locked.resolved
    plan = ImagePlan(
        deployment=deployment.name,
        version=version.name,
        title=f"{deployment.name} {version.name}",
        description=spec.metadata.description or f"Serves the model {deployment.name}.",
        team=spec.metadata.team,
        base=deployment.project.images["python"],
        format=version.format,
        runtime=runtime,
        folder=deployment.folder,
        uri=resolved.uri if resolved is not None else version.uri,
        model_digest=version.locked.digest,
        command=_command(deployment, version),
        port=IMAGE_PORT,
        files=tuple(sorted(_files(deployment, version, recipe), key=lambda file: file.path)),
        content="",
        repository="",
        tag="",
    )
    content = _content(plan, recipe.template)
    return _named(plan, content, f"{deployment.project.registry}/{deployment.name}")


def _command(deployment: Deployment, version: ModelVersion) -> tuple[str, ...]:
    command = ["/opt/venv/bin/python", "-m", "fairway.serve"]
    command += ["--name", deployment.name, "--version", version.name]
    command += ["--format", version.format, "--model", "/app/model"]
    command += ["--contract", "/app/contract.json"]
    for file, class_name in version.entrypoint:
        command += ["--entrypoint", f"{file.path}:{class_name}"]
    for pattern in deployment.project.trust.skops_types if version.format == "skops" else ():
        command += ["--trusted-type", pattern]
    return (*command, "--host", "0.0.0.0", "--port", str(IMAGE_PORT))  # noqa: S104 - in a pod


def _files(deployment: Deployment, version: ModelVersion, recipe: Recipe) -> Iterable[ContextFile]:
    yield from recipe.server
    for locked in version.locked.files:
        path = f"model/{locked.path}"
        yield ContextFile(path, locked.digest, locked.size, "model", locked.path)
    own: list[tuple[str, str, int, str]] = [
        ("contract.json", version.contract.digest, version.contract.size, version.contract.path)
    ]
    for file, _ in version.entrypoint:
        own.append((f"model/{file.path}", file.digest, file.size, file.path))
    for path, digest, size, name in own:
        yield ContextFile(path, digest, size, "spec", f"{deployment.folder}/{name}")
    for file in version.requirements:
        name = f"{deployment.folder}/{file.path}"
        yield ContextFile("requirements.txt", file.digest, file.size, "spec", name)
    if not version.requirements:
        yield recipe.requirements[RUNTIMES[version.format]]


def _content(plan: ImagePlan, template: str) -> str:
    """Return the sha256 (hex) over all that decides the image: plan, files, Dockerfile template.

    That is the plan as JSON, keys in alphabetical order, without blanks; put together from
    parts, because most of the files are those of every other image as well.
    """
    values = {**plan._asdict(), "files": 0, "template": template}
    # Within a string its quotes would be escaped, so this is the key.
    before, key, after = _canonical(values).partition('"files":')
    files = ",".join(map(_canonical_file, plan.files))
    text = f"{before}{key}[{files}]{after[1:]}"
    return hashlib.sha256(text.encode()).hexdigest()


@lru_cache(maxsize=1024)
def _canonical_file(file: ContextFile) -> str:
    return _canonical(file._asdict())


def _named(plan: ImagePlan, content: str, repository: str) -> ImagePlan:
    tag = f"{plan.version}-{content[:12]}"
    return plan._replace(content=content, repository=repository, tag=tag)
