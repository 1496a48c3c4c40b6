"""The recipe of images: the docker target's files and the model server's sources, by digest."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from fairway.errors import UsageError
from fairway.packs import PACKAGE as PACKAGE_PATH
from fairway.plan.image import Recipe
from fairway.plan.model import ContextFile
from fairway.target.load import Target

PACKAGE = Path(PACKAGE_PATH)
REQUIREMENTS = ("sklearn", "onnx", "python")


def image_recipe(targets: Mapping[str, Target]) -> Recipe | None:
    """Return what images are made of, or None when the project has no target for images."""
    target = next((target for target in targets.values() if target.role == "image"), None)
    if target is None:
        return None
    folder = Path(target.folder)
    ignore = _file(
        folder / "dockerignore", ".dockerignore", "target", f"{target.name}/dockerignore"
    )
    return Recipe(
        template=target.template_digest(),
        requirements={
            runtime: _file(
                folder / "requirements" / f"{runtime}.txt",
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
    if file.source == "engine":
        return PACKAGE / file.name
    name, _, rest = file.name.partition("/")
    if name not in targets:
        raise UsageError(f"the build context needs the target {name}, which is not installed")
    return Path(targets[name].folder) / rest


@cache
def _server() -> tuple[ContextFile, ...]:
    paths = [PACKAGE / "__init__.py", *sorted((PACKAGE / "serve").glob("*.py"))]
    return tuple(
        _file(path, f"fairway/{name}", "engine", name)
        for path in paths
        for name in (path.relative_to(PACKAGE).as_posix(),)
    )


def _file(path: Path, context_path: str, source: str, name: str) -> ContextFile:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from error
    digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
    return ContextFile(context_path, digest, len(data), source, name)  # type: ignore[arg-type]
