"""The HTTP face of the server: an ASGI application with the paths of the protocol.

kserve's own endpoints are not used. They answer 422 or 500 to malformed requests and 501 to paths
with a version, and their error handlers let exceptions through to the HTTP server, which then
drops the connection. Its ``DataPlane`` and ``Model`` do the work behind.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING, Final

import orjson
from kserve.errors import InvalidInput  # type: ignore[import-untyped,import-not-found,unused-ignore]
from kserve.protocol.dataplane import DataPlane  # type: ignore[import-untyped,import-not-found,unused-ignore]
from pydantic import JsonValue

from fairway.serve.errors import Refusal
from fairway.serve.lifecycle import Lifecycle
from fairway.serve.log import Field, log, logger
from fairway.serve.metrics import ModelMetrics, exposed
from fairway.serve.request import RequestReader
from fairway.serve.response import JSON, Header, encode

if TYPE_CHECKING:  # the only typed ASGI types, in a private module
    from uvicorn._types import ASGIReceiveCallable, ASGISendCallable, HTTPScope, Scope

_GONE: Final = 499  # nginx's status for a caller that did not wait; it is logged, never sent


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer; ``rows``, ``reason`` and ``request_id`` are for the log."""

    status: int
    body: bytes = b""
    headers: tuple[Header, ...] = (JSON,)
    rows: int = 0
    reason: str | None = None
    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class _Route:
    method: str
    handler: Callable[[HTTPScope, ASGIReceiveCallable], Awaitable[Reply]]
    infers: bool = False


class App:
    """Serves one model; ``max_body`` is in bytes."""

    def __init__(
        self,
        plane: DataPlane,
        reader: RequestReader,
        lifecycle: Lifecycle,
        *,
        name: str,
        version: str,
        platform: str,
        max_body: int,
        access_log: bool,
    ) -> None:
        self._plane: Final = plane
        self._reader: Final = reader
        self._lifecycle: Final = lifecycle
        self._name: Final = name
        self._version: Final = version
        self._platform: Final = platform
        self._max_body: Final = max_body
        self._access_log: Final = access_log
        self._metrics: Final = ModelMetrics(name, version)
        self._metrics.ready.set_function(lambda: 0 if lifecycle.draining else 1)
        self._routes: Final = self._table()

    def _table(self) -> dict[str, _Route]:
        routes = {
            "/metrics": _Route("GET", self._exposition),
            "/v2": _Route("GET", self._server_metadata),
            "/v2/health/live": _Route("GET", self._live),
            "/v2/health/ready": _Route("GET", self._ready),
            "/v2/models": _Route("GET", self._models),
        }
        model = f"/v2/models/{self._name}"
        for prefix in (model, f"{model}/versions/{self._version}"):
            routes[prefix] = _Route("GET", self._model_metadata)
            routes[f"{prefix}/ready"] = _Route("GET", self._model_ready)
            routes[f"{prefix}/infer"] = _Route("POST", self._infer, infers=True)
        return routes

    async def __call__(
        self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable
    ) -> None:
        """Answer one HTTP request, whatever happens inside."""
        if scope["type"] != "http":
            raise RuntimeError(f"unexpected ASGI scope {scope['type']}")
        started = perf_counter()
        route = self._routes.get(scope["path"])
        infers = route is not None and route.infers
        if infers:
            self._metrics.in_flight.inc()
        try:
            reply = await self._reply(route, scope, receive)
            if reply.status != _GONE:
                await self._send(reply, send)
        finally:
            if infers:
                self._metrics.in_flight.dec()
        seconds = perf_counter() - started
        if infers:
            self._metrics.answered(reply.status, seconds, reply.rows)
        self._log(scope, reply, seconds, quiet=not infers)

    async def _reply(
        self, route: _Route | None, scope: HTTPScope, receive: ASGIReceiveCallable
    ) -> Reply:
        try:
            if route is None:
                return self._unknown(scope["path"])
            if scope["method"] not in (route.method, "HEAD" if route.method == "GET" else ""):
                allow = (JSON, (b"allow", route.method.encode()))
                return _error(405, f"use {route.method} here", "method", headers=allow)
            return await route.handler(scope, receive)
        except Refusal as refusal:
            return _error(refusal.status, refusal.message, refusal.reason)
        except InvalidInput as error:  # how a model's own code refuses a request
            return _error(400, str(error), "model")
        except asyncio.CancelledError:
            return _error(503, "the server stopped before the model had answered", "stopped")
        except Exception:  # noqa: BLE001 - the last line of defence keeps the connection alive
            logger.exception("the model failed", extra={"fields": {"path": scope["path"][:256]}})
            return _error(500, "the model failed on this request; the server's log has more")

    def _unknown(self, path: str) -> Reply:
        parts = path.split("/")
        if parts[1:3] == ["v2", "models"] and len(parts) > 3 and parts[3] != self._name:
            text = f"unknown model {parts[3][:128]!r}; this server has {self._name!r}"
        elif parts[4:5] == ["versions"] and len(parts) > 5 and parts[5] != self._version:
            text = f"unknown version {parts[5][:128]!r}; this server has {self._version!r}"
        else:
            text = "no such path; see the Open Inference Protocol v2"
        return _error(404, text, "path")

    async def _infer(self, scope: HTTPScope, receive: ASGIReceiveCallable) -> Reply:
        headers = {name.decode("latin-1"): value.decode("latin-1")
                   for name, value in scope["headers"]}  # fmt: skip
        body = await self._body(headers, receive)
        if body is None:
            return Reply(_GONE, reason="disconnected")
        checked = self._reader.read(headers, body)
        response, _ = await self._plane.infer(self._name, checked.request, headers)
        wanted = checked.request.request_outputs
        binary = frozenset(output.name for output in wanted if output.binary_data)
        payload, content = encode(response, binary)
        return Reply(200, payload, content, checked.rows, request_id=checked.request.id)

    async def _body(self, headers: Mapping[str, str], receive: ASGIReceiveCallable) -> bytes | None:
        """Read the body up to its limit; None when the caller has gone."""
        length = headers.get("content-length", "0")
        if length.isdecimal() and int(length[:20]) > self._max_body:
            raise self._too_large()
        parts: list[bytes] = []
        size = 0
        while True:
            message = await receive()
            if message["type"] != "http.request":
                return None
            part = message.get("body", b"")
            size += len(part)
            if size > self._max_body:
                raise self._too_large()
            parts.append(part)
            if not message.get("more_body", False):
                return b"".join(parts)

    def _too_large(self) -> Refusal:
        return Refusal("size", f"the body is over {self._max_body} bytes", status=413)

    async def _exposition(self, scope: HTTPScope, receive: ASGIReceiveCallable) -> Reply:
        accept = dict(scope["headers"]).get(b"accept", b"").decode("latin-1")
        body, content_type = exposed(accept)
        return Reply(200, body, ((b"content-type", content_type.encode()),))

    async def _server_metadata(self, scope: HTTPScope, receive: ASGIReceiveCallable) -> Reply:
        metadata: dict[str, JsonValue] = dict(self._plane.metadata())
        return _json(200, {**metadata, "name": "fairway", "extensions": ["binary_tensor_data"]})

    async def _live(self, scope: HTTPScope, receive: ASGIReceiveCallable) -> Reply:
        return _json(200, {"live": True})

    async def _ready(self, scope: HTTPScope, receive: ASGIReceiveCallable) -> Reply:
        ready = await self._is_ready()
        return _json(200 if ready else 503, {"ready": ready})

    async def _models(self, scope: HTTPScope, receive: ASGIReceiveCallable) -> Reply:
        return _json(200, {"models": list(self._plane.model_registry.get_models())})

    async def _model_ready(self, scope: HTTPScope, receive: ASGIReceiveCallable) -> Reply:
        ready = await self._is_ready()
        return _json(200 if ready else 503, {"name": self._name, "ready": ready})

    async def _model_metadata(self, scope: HTTPScope, receive: ASGIReceiveCallable) -> Reply:
        metadata: dict[str, JsonValue] = dict(await self._plane.model_metadata(self._name))
        return _json(200, {**metadata, "versions": [self._version], "platform": self._platform})

    async def _is_ready(self) -> bool:
        return not self._lifecycle.draining and bool(await self._plane.model_ready(self._name))

    async def _send(self, reply: Reply, send: ASGISendCallable) -> None:
        headers = [*reply.headers, (b"content-length", str(len(reply.body)).encode())]
        if self._lifecycle.draining:
            # Tells the caller to open its next connection elsewhere, and ends this one after
            # its answer instead of under its next request.
            headers.append((b"connection", b"close"))
        await send(
            {
                "type": "http.response.start",
                "status": reply.status,
                "headers": headers,
                "trailers": False,
            }
        )
        await send({"type": "http.response.body", "body": reply.body, "more_body": False})

    def _log(self, scope: HTTPScope, reply: Reply, seconds: float, *, quiet: bool) -> None:
        level = logging.DEBUG if quiet or not self._access_log else logging.INFO
        if not logger.isEnabledFor(level):
            return
        fields: dict[str, Field] = {
            "method": scope["method"],
            "path": scope["path"][:256],
            "status": reply.status,
            "ms": round(seconds * 1000, 3),
            "rows": reply.rows,
            "model": self._name,
            "version": self._version,
        }
        if reply.reason is not None:
            fields["reason"] = reply.reason
        if reply.request_id is not None:
            fields["id"] = reply.request_id[:128]
        log(level, "request", **fields)


def _json(status: int, value: Mapping[str, JsonValue]) -> Reply:
    return Reply(status, orjson.dumps(value))


def _error(
    status: int, text: str, reason: str = "model", headers: tuple[Header, ...] = (JSON,)
) -> Reply:
    body = orjson.dumps({"error": text.encode(errors="replace").decode()})
    return Reply(status, body, headers, reason=reason)
