"""A real Prometheus on the loopback that scrapes counters which a test chooses."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

BINARY = shutil.which("prometheus")
_CONFIG = """
global: {{scrape_interval: 500ms}}
scrape_configs:
- job_name: experiment
  static_configs: [{{targets: ["127.0.0.1:{port}"]}}]
"""


@contextmanager
def exposition(text: str) -> Iterator[int]:
    """Serve metrics in Prometheus' text format; yields the port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = text.encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def prometheus(folder: Path, metrics: str) -> Iterator[str]:
    """Run Prometheus until it has scraped ``metrics``; yields its URL."""
    assert BINARY is not None
    with exposition(metrics) as port:
        config = folder / "prometheus.yml"
        config.write_text(_CONFIG.format(port=port))
        own = free_port()
        command = [
            BINARY, f"--config.file={config}", f"--storage.tsdb.path={folder / 'tsdb'}",
            f"--web.listen-address=127.0.0.1:{own}", "--log.level=error",
        ]  # fmt: skip
        with (folder / "prometheus.log").open("w") as log:
            process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
        try:
            url = f"http://127.0.0.1:{own}"
            wait_for(url, process, folder / "prometheus.log")
            yield url
        finally:
            process.terminate()
            process.wait(timeout=60)


def wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until the first scrape is in."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text()
        try:
            if query(url, 'up{job="experiment"} == 1')["data"]["result"]:
                return
        except (urllib.error.URLError, ConnectionError):
            pass
        time.sleep(0.1)
    raise AssertionError(f"Prometheus has scraped nothing: {log.read_text()}")


def query(url: str, promql: str) -> Mapping[str, Any]:
    """Ask Prometheus with the standard library alone."""
    words = urllib.parse.urlencode({"query": promql})
    with urllib.request.urlopen(f"{url}/api/v1/query?{words}", timeout=30) as answer:  # noqa: S310
        return json.load(answer)  # type: ignore[no-any-return]


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
