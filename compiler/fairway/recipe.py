"""The recipe of images: the docker target's files and the model server's sources, by digest."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING

from fairway.errors import UsageError
from fairway.packs import PACKAGE
from fairway.plan.image import Recipe
from fairway.plan.model import ContextFile
from fairway.target.load import Target

if TYPE_CHECKING:
    from pathlib import Path

REQUIREMENTS = ("sklearn", "onnx", "python")


def image_recipe(targets: Mapping[str, Target]) -> Recipe | None:
    """Return what images are made of, or None when the project has no target for images."""
    target = next((target for target in targets.values() if target.role == "image"), None)
    if target is None:
        return None
    folder = target.folder
    ignore = _file(
        f"{folder}/dockerignore", ".dockerignore", "target", f"{target.name}/dockerignore"
    )
    return Recipe(
        template=target.template_digest(),
        requirements={
            runtime: _file(
                f"{folder}/requirements/{runtime}.txt",
                "requirements.txt",
                "target",
                f"{target.name}/requirements/{runtime}.txt",
            )
            for runtime in REQUIREMENTS
        },
        server=(*_server(), ignore),
    )


def source_file(file: ContextFile, targets: Mapping[str, Target]) -> Path:
    """Return where a context's ``target`` or ``engine`` file is on this machine."""
    from pathlib import Path

    if file.source == "engine":
        return Path(PACKAGE) / file.name
    name, _, rest = file.name.partition("/")
    if name not in targets:
        raise UsageError(f"the build context needs the target {name}, which is not installed")
    return Path(targets[name].folder) / rest


@cache
def _server() -> tuple[ContextFile, ...]:
    serve = sorted(os.listdir(os.path.join(PACKAGE, "serve")))
    names = ["__init__.py", *(f"serve/{name}" for name in serve if name.endswith(".py"))]
    return tuple(_file(f"{PACKAGE}/{name}", f"fairway/{name}", "engine", name) for name in names)


def _file(path: str, context_path: str, source: str, name: str) -> ContextFile:
    try:
        with open(path, "rb") as stream:
            data = stream.read()
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from error
    digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
    return ContextFile(context_path, digest, len(data), source, name)  # type: ignore[arg-type]
