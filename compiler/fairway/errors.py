"""Faults of the environment and of usage: what the user's input cannot mend as a finding."""

from __future__ import annotations


class FairwayError(Exception):
    """Something outside the specs failed: a file cannot be written, a registry is down.

    ``exit_code`` is 3; ``UsageError`` has 2. The message says what, where and why; ``fix``
    says what to do about it.
    """

    exit_code = 3

    def __init__(self, message: str, fix: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.fix = fix


class UsageError(FairwayError):
    """The command or the configuration asks for something that cannot be done."""

    exit_code = 2
