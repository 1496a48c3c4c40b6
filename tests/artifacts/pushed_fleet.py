"""The fleet compiled in a copy, as it is and as it will be once its images are in the registry."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

from golden.compile_command import compile_command


def compile_to(specs: Path, out: Path) -> None:
    """Compile a folder of specs as a user does."""
    done = compile_command(specs, "--out", out, folder=specs.parent)
    assert done.returncode == 0, done.stdout + done.stderr


def lock_images(specs: Path, compiled: Path) -> None:
    """Write a digest for every image of ``compiled`` into the locks, as after a push."""
    contexts = sorted(compiled.glob("images/*/*/context.json"))
    assert contexts
    for context in contexts:
        image = json.loads(context.read_text("utf-8"))
        tag = image["image"].rpartition(":")[2]
        file = specs / image["deployment"] / "deployment.lock.json"
        lock = json.loads(file.read_text("utf-8"))
        digest = f"sha256:{sha256(tag.encode()).hexdigest()}"
        lock.setdefault("images", {})[image["version"]] = {"tag": tag, "digest": digest}
        file.write_text(json.dumps(lock, indent=2) + "\n", "utf-8")
