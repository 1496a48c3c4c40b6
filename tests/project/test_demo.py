"""The demo ends with a prediction; however it ends, nothing is left."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from project.tree import ROOT

pytestmark = pytest.mark.slow


def start(script: Path, temporary: Path) -> subprocess.Popen[str]:
    temporary.mkdir()
    return subprocess.Popen(
        [sys.executable, script],
        env={**os.environ, "TMPDIR": str(temporary)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def refuses_connections(url: str) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", int(url.rpartition(":")[2]))) != 0


def test_demo_prints_a_prediction(tmp_path: Path):
    demo = start(ROOT / "docs/demo.py", tmp_path / "tmp")
    out, err = demo.communicate(timeout=180)
    assert demo.returncode == 0, out + err
    assert err == ""
    assert re.search(r"answers:\n +label +\[1\]\n +probability +\[0\.\d+, 0\.\d+\]", out)
    assert len(out.splitlines()) < 80
    assert refuses_connections(re.search(r"serving on (http://127\.0\.0\.1:\d+)", out)[1])
    assert list((tmp_path / "tmp").iterdir()) == []


def test_stopped_demo_stops_its_server(tmp_path: Path):
    demo = start(ROOT / "docs/demo.py", tmp_path / "tmp")
    assert demo.stdout is not None
    # Stopped while the server starts: as early as it can be, and as late as it matters.
    for line in demo.stdout:
        if line.startswith("$ python -m fairway.serve"):
            break
    demo.send_signal(signal.SIGTERM)
    _, err = demo.communicate(timeout=60)
    assert demo.returncode == 130
    assert "Interrupted" in err
    assert list((tmp_path / "tmp").iterdir()) == []
    processes = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True).stdout
    assert str(tmp_path) not in processes


def test_demo_says_what_failed(tmp_path: Path):
    for name in ("docs", "specs"):
        shutil.copytree(ROOT / name, tmp_path / name)
    spec = tmp_path / "specs/tumour-screening/deployment.yaml"
    spec.write_text(spec.read_text("utf-8").replace("stable: 1.0.0", "stable: 9.9.9"), "utf-8")
    demo = start(tmp_path / "docs/demo.py", tmp_path / "tmp")
    _, err = demo.communicate(timeout=60)
    assert demo.returncode == 1
    assert "The demo failed: fairway validate ended with exit code 1" in err
    assert "9.9.9" in err
    assert list((tmp_path / "tmp").iterdir()) == []
