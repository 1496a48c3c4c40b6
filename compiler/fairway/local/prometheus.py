"""A Prometheus beside the local run, where its program is on the PATH: gates as they are rendered.

It scrapes the proxy and the servers every second, and gates are their own PromQL, with the time
that they look back in place of the window. Without it, ``history`` reads them.
"""

from __future__ import annotations

import http.client
import json
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

from fairway.errors import FairwayError
from fairway.local.child import Children
from fairway.local.files import replace
from fairway.local.ports import HOST
from fairway.plan.release import Canary, Gate
from fairway.plan.verdict import Reading

SCRAPE_SECONDS: Final = 1
LEAST_WINDOW: Final = 5 * SCRAPE_SECONDS
"""The shortest window, in seconds here, that so many samples can say something of."""

_SECONDS: Final = 5.0
_NAN: Final = float("nan")


def program() -> str | None:
    """Return the path of the program, None where there is none."""
    return shutil.which("prometheus")


class SilentError(FairwayError):
    """Prometheus does not answer."""


class Prometheus:
    """A running Prometheus, whose data goes with the run."""

    def __init__(self, children: Children, folder: Path, port: int, proxy: int, log: Path) -> None:
        """Start it in ``folder``; ``port`` is its own, ``proxy`` that of the proxy's metrics.

        What it is told to scrape later it scrapes only after five seconds: as often does it look
        (prometheus, discovery/manager.go). So it starts before the proxy does.
        """
        folder.mkdir()
        self.port = port
        self._servers = folder / "servers.json"
        self.scrape(())
        every = f"{SCRAPE_SECONDS}s"
        servers = {"files": [str(self._servers)], "refresh_interval": every}
        config = {
            "global": {"scrape_interval": every, "scrape_timeout": every},
            "scrape_configs": [
                {"job_name": "proxy", "static_configs": [{"targets": [f"{HOST}:{proxy}"]}]},
                {"job_name": "servers", "file_sd_configs": [servers]},
            ],
        }
        path = folder / "prometheus.yaml"  # of which JSON is a part
        replace(path, json.dumps(config, indent=2))
        command = [program() or "prometheus", f"--config.file={path}"]
        command += [f"--storage.tsdb.path={folder / 'data'}", "--log.level=warn"]
        command += [f"--web.listen-address={HOST}:{port}"]
        self.child = children.start("prometheus", command, log)

    def scrape(self, ports: Iterable[int]) -> None:
        """Scrape the servers at these ports of this machine from now on."""
        targets = [{"targets": [f"{HOST}:{port}" for port in ports]}]
        replace(self._servers, json.dumps(targets))

    def scrapes(self) -> bool:
        """Whether it answers queries, and has read the proxy's metrics."""
        try:
            return self.ask('max(up{job="proxy"})') == 1
        except FairwayError:
            return False

    def read_gate(self, canary: Canary, gate: Gate, back: float, scale: float) -> Reading:
        """Return what ``gate`` reads of the last ``back`` seconds here.

        Everything is NaN or 0 while there is too little to say something, or no answer.
        """
        window, own = f"[{canary.window_text}]", f"[{max(1, round(back * 1000))}ms]"
        queries = (gate.query, gate.reference, gate.requests)
        try:
            value, reference, requests = (self.ask(each.replace(window, own)) for each in queries)
        except SilentError:
            return Reading(_NAN, _NAN, 0.0)
        if gate.metric.endswith("request-count"):
            value, reference = value * scale, reference * scale
        return Reading(value, reference, 0.0 if requests != requests else requests * scale)

    def ask(self, query: str) -> float:
        """Return the one number that a query gives now; NaN for none, and for no query.

        Raises ``SilentError``, and ``FairwayError`` for a query that is not taken.
        """
        if not query:
            return _NAN
        status, body = self._get(f"/api/v1/query?{urlencode({'query': query})}")
        if status != 200:
            why = body.decode("utf-8", "replace").strip()
            raise FairwayError(f"Prometheus does not take {query!r}: {why}")
        found = json.loads(body)["data"]["result"]
        return float(found[0]["value"][1]) if found else _NAN

    def _get(self, path: str) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection(HOST, self.port, timeout=_SECONDS)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException) as error:
            raise SilentError(f"Prometheus does not answer: {error}") from error
        finally:
            connection.close()
