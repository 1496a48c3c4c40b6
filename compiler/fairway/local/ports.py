"""Ports of this machine's loopback: whether one is free, and some that are."""

from __future__ import annotations

import socket
from contextlib import ExitStack
from typing import Final

from fairway.errors import FairwayError

HOST: Final = "127.0.0.1"
"""The only address that a local run listens on."""


def free_ports(count: int) -> tuple[int, ...]:
    """Return ports that nothing listens on; all are held until the last is found."""
    with ExitStack() as held:
        sockets = [held.enter_context(_bound(0)) for _ in range(count)]
        return tuple(int(each.getsockname()[1]) for each in sockets)


def claimed(port: int) -> int:
    """Return ``port``, or a free one for 0. Raises ``FairwayError`` when something has it."""
    if port == 0:
        return free_ports(1)[0]
    try:
        _bound(port).close()
    except PermissionError as error:
        message = f"{HOST}:{port} cannot be listened on: {error.strerror}"
        raise FairwayError(message, "give a --port of 1024 or above") from error
    except OSError as error:
        message = f"{HOST}:{port} is in use: something else listens there"
        raise FairwayError(
            message, "stop it, or give another --port (0: any that is free)"
        ) from error
    return port


def _bound(port: int) -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        # A port whose last connections are still closing is free: servers take it like this too.
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((HOST, port))
        made.listen(1)
    except OSError:
        made.close()
        raise
    return made
