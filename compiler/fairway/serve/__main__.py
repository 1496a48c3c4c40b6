"""``python -m fairway.serve``: read the flags, then serve until SIGTERM."""

from __future__ import annotations

import logging
import os
import signal
import sys
from types import FrameType

from fairway.serve.cpu import bound_threads
from fairway.serve.errors import StartupError
from fairway.serve.log import log, log_to_stderr, logger
from fairway.serve.options import parse


def _stop_early(number: int, frame: FrameType | None) -> None:
    """End at once: nothing is served yet, and an exception could be caught by an import."""
    os._exit(0)


def main() -> int:
    """Run the server and return the exit status: 0, 2 for usage, 3 for the machine."""
    # Before the imports below, which take a second or two. As process 1 of a container Python
    # has no default action for these signals at all.
    signal.signal(signal.SIGTERM, _stop_early)
    signal.signal(signal.SIGINT, _stop_early)
    options = parse()
    log_to_stderr(options.log_level)
    bound_threads(options.cpu_threads)
    from fairway.serve.server import serve

    try:
        return serve(options)
    except StartupError as error:
        # The traceback is for who wrote the model; the message is enough for who runs it.
        logger.debug("cannot start", exc_info=True)
        log(logging.ERROR, f"cannot start: {error}", exit_code=error.exit_code)
        return error.exit_code


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    sys.stderr.flush()
    # Without waiting for worker threads: a model that never returns must not outlive its grace.
    os._exit(status)
