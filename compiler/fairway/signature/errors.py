"""A signature in a model's files that cannot be read."""

from __future__ import annotations


class OwnSignatureError(Exception):
    """A model's files hold a signature that is malformed; ``fix`` says what mends it."""

    def __init__(self, message: str, fix: str) -> None:
        super().__init__(message)
        self.fix = fix
