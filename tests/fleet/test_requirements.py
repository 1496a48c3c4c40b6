"""The locks of the model servers' images can be installed as written, from anywhere."""

import re
from pathlib import Path

import pytest

REQUIREMENTS = Path(__file__).resolve().parents[2] / "targets" / "docker" / "requirements"
RUNTIMES = ("onnx", "python", "sklearn")
PACKAGE = re.compile(r"[a-z0-9-]+==[0-9a-z.]+(?: ; platform_machine == '(?:x86_64|aarch64)')?")
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")


def packages(runtime: str) -> dict[str, list[str]]:
    """Hashes by package line; a line that is neither fails."""
    text = (REQUIREMENTS / f"{runtime}.txt").read_text("utf-8")
    header, body = text.split("\n", 1)
    assert header.startswith(f"# Made by lock.sh from {runtime}.in")
    found: dict[str, list[str]] = {}
    for entry in body.replace(" \\\n    ", "\n\t").rstrip("\n").split("\n"):
        if entry.startswith("\t"):
            assert HASH.fullmatch(entry[1:]), entry
            found[next(reversed(found))].append(entry[1:])
        else:
            assert PACKAGE.fullmatch(entry), entry
            found[entry] = []
    return found


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_every_package_is_exact_and_hashed(runtime: str):
    locked = packages(runtime)
    assert all(locked.values())
    wanted = (REQUIREMENTS / f"{runtime}.in").read_text("utf-8")
    for line in wanted.splitlines():
        if line and not line.startswith("#"):
            name = re.split(r"[<>=]", line)[0]
            assert any(entry.startswith(f"{name}==") for entry in locked), name


def test_runtimes_share_every_version():
    onnx, python, sklearn = (packages(runtime) for runtime in RUNTIMES)
    assert python.items() <= onnx.items()
    assert python.items() <= sklearn.items()
