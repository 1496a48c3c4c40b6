"""A uvicorn server that ends without losing a request.

uvicorn by itself closes idle connections the moment it is told to stop, under requests that are
on the wire; closes its socket over connections that the kernel has accepted and it has not; and
then ends by the signal, with a status that is not 0.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import logging
import signal
import socket
import struct
import sys
from collections.abc import Iterator
from time import monotonic
from types import FrameType
from typing import Final

import uvicorn

from fairway.serve.lifecycle import Lifecycle
from fairway.serve.log import log

_SETTLE: Final = 1.5  # seconds for a request that was on its way when accepting stopped
_HANDSHAKE: Final = 0.1  # seconds for connections that were half open when accepting stopped
_TICK: Final = 0.02
_SO_ATTACH_FILTER: Final = 26  # of <asm-generic/socket.h>; Python has no name for it
# Code, jump if true, jump if false, operand. The packet starts at its TCP header.
_DROP_SYN: Final = (
    (0x30, 0, 0, 13),  # load the byte of the flags
    (0x54, 0, 0, 0x12),  # keep SYN and ACK
    (0x15, 0, 1, 0x02),  # SYN alone: the next instruction, else the one after it
    (0x06, 0, 0, 0),  # drop
    (0x06, 0, 0, 0xFFFFFFFF),  # accept all of it
)


class DrainingServer(uvicorn.Server):
    """Stops in four steps, which together take at most ``grace`` seconds.

    1. For ``drain`` seconds everything is answered, with ``Connection: close``, and readiness
       is false, so that routers and callers go elsewhere.
    2. Accepting stops; connections waiting in the kernel's queue are still taken in.
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
        for listener in sockets:
            _ignore_new_connections(listener)
        await asyncio.sleep(_HANDSHAKE)
        for server in self.servers:
            server.close()
        for listener in sockets:
            listener.close()


def _ignore_new_connections(listener: socket.socket) -> None:
    """Let the kernel drop connection attempts, so that its queue of accepted ones runs empty.

    Closing a listening socket resets what is in its queue, and between the last look into the
    queue and the close there is always room for one more. A dropped attempt is repeated by the
    caller's kernel after a second, and then refused. Only Linux has such filters, which need no
    privilege (https://docs.kernel.org/networking/filter.html).
    """
    if sys.platform != "linux":
        return
    program = b"".join(struct.pack("HBBI", *instruction) for instruction in _DROP_SYN)
    buffer = ctypes.create_string_buffer(program, len(program))
    # struct sock_fprog: the number of instructions and their address.
    pointer = struct.pack("HP", len(_DROP_SYN), ctypes.addressof(buffer))
    with contextlib.suppress(OSError):  # a sandbox without filters keeps the small gap
        listener.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, pointer)
