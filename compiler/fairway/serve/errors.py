"""The three ways in which serving goes wrong: the caller, the model, the start."""

from __future__ import annotations


class Refusal(Exception):  # noqa: N818 - an answer to the caller, not a fault of the program
    """A caller's mistake, answered with an HTTP status of the 4xx class.

    ``message`` names the tensor, row and column and what was expected, and may quote the caller's
    data; it goes to the caller only. ``reason`` is one word that is safe in a log.
    """

    def __init__(self, reason: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.status = status


class ModelError(Exception):
    """The model's answer breaks its own contract; the caller gets a 500 without details."""


class StartupError(Exception):
    """The server cannot start.

    ``exit_code`` is 2 for what the operator asked for (flags, contract, model), 3 for what the
    machine refused (a busy port).
    """

    def __init__(self, message: str, exit_code: int = 2) -> None:
        super().__init__(message)
        self.exit_code = exit_code
