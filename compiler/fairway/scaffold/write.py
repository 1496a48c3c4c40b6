"""Writing scaffolds: everything or nothing, and never over a file that is there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from fairway.errors import FairwayError, UsageError
from fairway.json_schema import NAMES, json_schema
from fairway.version import version

FOLDER = Path(__file__).parent
SCHEMAS = ".schemas"


def project_files() -> dict[str, str]:
    """Return the files of a new repository by their path in it."""
    root = FOLDER / "project"
    files = {
        path.relative_to(root).as_posix(): path.read_text("utf-8")
        for path in sorted(root.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }
    workflow = ".github/workflows/fairway.yml"
    files[workflow] = files[workflow].replace("fairway==VERSION", f"fairway=={version()}")
    files[".gitignore"] = files.pop("gitignore")  # an ignore file here would act on this folder
    return {**files, **schema_files("specs")}


def schema_files(folder: str) -> dict[str, str]:
    """Return the JSON Schemas that editors are pointed at, by path below ``folder``."""
    return {f"{folder}/{SCHEMAS}/{name}.json": schema_text(name) for name in NAMES}


def schema_text(name: str) -> str:
    """Return a JSON Schema as it is written and printed."""
    return json.dumps(json_schema(name), indent=2, ensure_ascii=False) + "\n"


def write_files(root: Path, files: Mapping[str, str], keep: str = "") -> list[Path]:
    """Write the files below ``root`` and return their paths; refuse when one is there already.

    Files whose path holds ``keep`` are left as they are when they exist.
    """
    taken = [name for name in files if (root / name).exists() and not (keep and keep in name)]
    if taken:
        shown = ", ".join(taken[:3]) + (f" and {len(taken) - 3} more" if len(taken) > 3 else "")
        raise UsageError(f"{root / taken[0]}: there already ({shown})", "choose another folder")
    written: list[Path] = []
    try:
        for name, text in files.items():
            path = root / name
            if path.exists():
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("x", encoding="utf-8", newline="\n") as stream:
                written.append(path)
                stream.write(text)
    except OSError as error:
        for path in written:
            path.unlink(missing_ok=True)
        raise FairwayError(f"{root}: cannot be written: {error.strerror}") from error
    return written
