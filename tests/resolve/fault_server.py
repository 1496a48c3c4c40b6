"""A real HTTP server on the loopback that fails as it is told to."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True)
class Reply:
    """How one request is answered; the last reply of a path answers all further requests.

    ``cut``: the connection closes after so many bytes of the body. ``hang``: seconds before the
    head, or before the rest of the body where it is cut. ``ranges``: whether Range is honoured.
    ``length``: whether the length is said; otherwise the body ends with the connection.
    """

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None
    hang: float = 0.0
    ranges: bool = True
    if_range: bool = True
    length: bool = True
    range_status: int = 206


class Faults:
    """The server's script, and what was asked of it: path, headers and the end of each answer."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.replies: dict[str, list[Reply]] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.sent: defaultdict[str, int] = defaultdict(int)
        self.lock = threading.Lock()
        self.die: Callable[[], None] = lambda: None

    def on(self, path: str, *replies: Reply) -> str:
        """Script a path and return its URL."""
        self.replies[path] = list(replies)
        return self.url + path

    def requests(self, path: str) -> list[dict[str, str]]:
        return [headers for asked, headers in self.asked if asked == path]

    def next(self, path: str, headers: dict[str, str]) -> Reply:
        with self.lock:
            self.asked.append((path, headers))
            script = self.replies.get(path, [Reply(status=404)])
            return script.pop(0) if len(script) > 1 else script[0]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    faults: Faults

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        reply = self.faults.next(path, {k.lower(): v for k, v in self.headers.items()})
        if reply.hang and reply.cut is None:
            time.sleep(reply.hang)
        body, status, headers = reply.body, reply.status, dict(reply.headers)
        wanted = self.headers.get("Range", "")
        known = (headers.get("ETag"), headers.get("Last-Modified"))
        same = not reply.if_range or self.headers.get("If-Range") in known
        if wanted and reply.ranges and status == 200 and same:
            begin = int(wanted.removeprefix("bytes=").rstrip("-"))
            if reply.range_status == 416 or begin >= len(body):
                status, body = 416, b""
            else:
                headers["Content-Range"] = f"bytes {begin}-{len(body) - 1}/{len(body)}"
                status, body = reply.range_status, body[begin:]
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if reply.length and "Content-Length" not in headers:
            self.send_header("Content-Length", str(len(body)))
        if not reply.length or reply.cut is not None:
            self.send_header("Connection", "close")
            self.close_connection = True
        self.end_headers()
        if self.command == "HEAD":
            return
        self.wfile.write(body if reply.cut is None else body[: reply.cut])
        self.wfile.flush()
        with self.faults.lock:
            self.faults.sent[path] += len(body if reply.cut is None else body[: reply.cut])
        if reply.cut is not None and reply.hang:
            time.sleep(reply.hang)

    def do_HEAD(self) -> None:
        self.do_GET()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """A client that went away is no news."""


@contextmanager
def serving() -> Iterator[Faults]:
    handler = type("Handler", (_Handler,), {})
    server = _Server(("127.0.0.1", 0), handler)
    faults = Faults(f"http://127.0.0.1:{server.server_port}")
    handler.faults = faults
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()

    def die() -> None:
        """Stop listening; nobody connects any more."""
        server.shutdown()
        server.server_close()
        thread.join(5)

    faults.die = die
    try:
        yield faults
    finally:
        die()
