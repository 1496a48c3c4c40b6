"""A signature that does not count, and the one reason why."""

from __future__ import annotations


class SignatureRefusedError(Exception):
    """A signature is malformed, by an unknown key, or over something else.

    ``fix`` says what mends it. The caller turns it into a finding at the line of the spec that
    names what is signed.
    """

    def __init__(self, message: str, fix: str) -> None:
        super().__init__(message)
        self.fix = fix
