"""Prometheus metrics that carry the version and the status, which kserve's own do not."""

from __future__ import annotations

from typing import Final

from prometheus_client import REGISTRY, Counter, Gauge, Histogram, exposition

_BUCKETS: Final = (
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.25, 0.3, 0.5, 0.75,
    1.0, 2.0, 5.0, 10.0,
)  # fmt: skip
_REQUESTS = Counter(
    "fairway_requests_total", "Inference requests answered.", ["model", "version", "code"]
)
_DURATION = Histogram(
    "fairway_request_duration_seconds",
    "Time from the head of an inference request to its answer.",
    ["model", "version"],
    buckets=_BUCKETS,
)
_ROWS = Counter("fairway_rows_total", "Rows predicted.", ["model", "version"])
_IN_FLIGHT = Gauge("fairway_requests_in_flight", "Requests not yet answered.", ["model", "version"])
_READY = Gauge("fairway_ready", "1 while the server wants traffic.", ["model", "version"])


class ModelMetrics:
    """The series of one version of one model."""

    def __init__(self, model: str, version: str) -> None:
        labels = {"model": model, "version": version}
        self._codes: Final = {
            # All from the start: a rate over a series that does not exist yet is no value, not 0.
            code: _REQUESTS.labels(**labels, code=str(code))
            for code in (200, 400, 404, 405, 413, 499, 500, 503)
        }
        self._duration: Final = _DURATION.labels(**labels)
        self._rows: Final = _ROWS.labels(**labels)
        self.in_flight: Final = _IN_FLIGHT.labels(**labels)
        self.ready: Final = _READY.labels(**labels)

    def answered(self, code: int, seconds: float, rows: int) -> None:
        """Count one inference request; ``rows`` is 0 where none was predicted."""
        self._codes[code].inc()
        self._duration.observe(seconds)
        self._rows.inc(rows)


def exposed(accept: str) -> tuple[bytes, str]:
    """Return every metric of the process and the content type, for an Accept header."""
    encoder, content_type = exposition.choose_encoder(accept)
    return encoder(REGISTRY), content_type
