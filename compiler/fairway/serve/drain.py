"""A uvicorn server that ends without losing a request.

uvicorn by itself closes idle connections the moment it is told to stop, under requests that are
on the wire; closes its socket over connections that the kernel has accepted and it has not; and
then ends by the signal, with a status that is not 0.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import socket
from collections.abc import Iterator
from time import monotonic
from types import FrameType
from typing import Final

import uvicorn

from fairway.serve.lifecycle import Lifecycle
from fairway.serve.log import log

_SETTLE: Final = 0.5  # seconds for a request that was on the wire when accepting stopped
_TICK: Final = 0.02


class DrainingServer(uvicorn.Server):
    """Stops in four steps, which together take at most ``grace`` seconds.

    1. For ``drain`` seconds everything is answered, with ``Connection: close``, and readiness
       is false, so that routers and callers go elsewhere.
    2. Accepting stops; connections waiting in the kernel's queue are taken in first.
    3. Connections get a last moment for a request that is on its way.
    4. Idle connections are closed; requests in flight are finished.
    """

    def __init__(
        self, config: uvicorn.Config, lifecycle: Lifecycle, *, drain: float, grace: float
    ) -> None:
        super().__init__(config)
        self._lifecycle: Final = lifecycle
        self._drain: Final = drain
        self._grace: Final = grace
        self.cut_off = 0  # requests that had no answer when the grace was over

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop on SIGTERM and SIGINT without raising the signal again at the end."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        yield

    def _stop(self, number: int, frame: FrameType | None) -> None:
        if self.should_exit and number == signal.SIGINT:
            self.force_exit = True
        self._lifecycle.draining = True
        self.should_exit = True

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, and say so with the address and the port, which may have been 0."""
        await super().startup(sockets)
        for listener in sockets or ():
            host, port = listener.getsockname()[:2]
            log(logging.INFO, "serving", host=host, port=port)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Finish what was asked; see the class for the steps."""
        deadline = monotonic() + self._grace
        log(logging.INFO, "draining", connections=len(self.server_state.connections))
        await self._wait(self._drain, until_idle=False)
        await self._stop_accepting(sockets or [])
        await self._wait(min(_SETTLE, deadline - monotonic()), until_idle=True)
        # uvicorn takes whole seconds by its type and any number in fact.
        self.config.timeout_graceful_shutdown = max(0.0, deadline - monotonic())  # type: ignore[assignment]
        await super().shutdown(sockets)
        self.cut_off = len(self.server_state.tasks)
        await asyncio.sleep(_TICK)  # cancelled requests say so to their callers
        level = logging.ERROR if self.cut_off else logging.INFO
        log(level, "stopped", cut_off=self.cut_off)

    async def _wait(self, seconds: float, *, until_idle: bool) -> None:
        end = monotonic() + seconds
        while monotonic() < end and not self.force_exit:
            if until_idle and not self.server_state.connections:
                return
            await asyncio.sleep(_TICK)

    async def _stop_accepting(self, sockets: list[socket.socket]) -> None:
        # A duplicate keeps the queue alive in the kernel when the event loop lets go of the
        # socket; closing the last descriptor resets whatever is still in the queue.
        duplicates = [listener.dup() for listener in sockets]
        for server in self.servers:
            server.close()
        accepted: list[socket.socket] = []
        for duplicate in duplicates:
            duplicate.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                while True:
                    accepted.append(duplicate.accept()[0])
            duplicate.close()
        for listener in sockets:
            listener.close()
        loop = asyncio.get_running_loop()
        for connection in accepted:
            connection.setblocking(False)
            await loop.connect_accepted_socket(self._protocol, connection)

    def _protocol(self) -> asyncio.Protocol:
        protocol: type[asyncio.Protocol] = self.config.http_protocol_class
        return protocol(  # type: ignore[call-arg]
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )
