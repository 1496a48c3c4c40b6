"""A virtual environment with MLflow in it, made once: its server and client stay out of ours."""

from __future__ import annotations

import fcntl
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / ".venv-mlflow"
PYTHON = FOLDER / "bin" / "python"
REQUIREMENTS = ("mlflow==3.17.2", "scikit-learn", "skops", "boto3")
_READY = FOLDER / "ready.txt"


class NotInstalledError(Exception):
    """MLflow could not be installed; the message is pip's last words."""


def make() -> Path:
    """Return the environment's Python, after making it if need be; other processes wait."""
    wanted = "\n".join(REQUIREMENTS)
    FOLDER.mkdir(exist_ok=True)
    with (FOLDER / "making.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if _READY.is_file() and _READY.read_text("utf-8") == wanted:
            return PYTHON
        subprocess.run([sys.executable, "-m", "venv", str(FOLDER)], check=True)
        constraints = ROOT / ".github" / "constraints.txt"
        install = [PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        for more in (("-c", str(constraints)), ()):
            done = subprocess.run(
                [*install, *more, *REQUIREMENTS], capture_output=True, text=True, check=False
            )
            if done.returncode == 0:
                _READY.write_text(wanted, "utf-8")
                return PYTHON
        raise NotInstalledError(" / ".join(done.stderr.strip().splitlines()[-3:]))


if __name__ == "__main__":
    print(make())
