"""Reading JSON and base64 that a stranger may have written: bounded, and only one way to say it."""

from __future__ import annotations

import base64
import binascii
import json
from typing import NoReturn

from fairway.signing.errors import SignatureRefusedError
from fairway.source.strict_json import unique

LARGEST = 64 << 20
"""The largest signature or envelope that is read, in bytes: a model of some 200,000 files."""


def read_object(data: bytes, what: str, fix: str) -> dict[str, object]:
    """Return the JSON object in ``data``.

    Raises ``SignatureRefusedError`` when it is too large, is not UTF-8 or JSON, gives a key twice,
    is nested too deep, or holds NaN, an infinity or anything but an object at its top.
    """
    if len(data) > LARGEST:
        raise SignatureRefusedError(f"{what} is larger than {LARGEST >> 20} MiB", fix)
    try:
        text = data.decode("utf-8")
        value = json.loads(text, object_pairs_hook=unique, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise SignatureRefusedError(f"{what} is not JSON: {_why(error)}", fix) from error
    if not isinstance(value, dict):
        raise SignatureRefusedError(f"{what} is not a JSON object", fix)
    return value


def decode_base64(value: object, what: str, fix: str) -> bytes:
    """Return the bytes of a base64 string, in the standard or the URL-safe alphabet, padded.

    Raises ``SignatureRefusedError`` for anything else, unused bits that are not zero included.
    """
    if not isinstance(value, str):
        raise SignatureRefusedError(f"{what} is not a string", fix)
    standard = value
    if "-" in value or "_" in value:
        standard = value.replace("-", "+").replace("_", "/") if not set("+/") & set(value) else ""
    try:
        data = base64.b64decode(standard, validate=True)
    except (ValueError, binascii.Error) as error:
        raise SignatureRefusedError(f"{what} is not base64", fix) from error
    if not data or base64.b64encode(data).decode() != standard:
        raise SignatureRefusedError(f"{what} is not base64", fix)
    return data


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _why(error: Exception) -> str:
    if isinstance(error, UnicodeDecodeError):
        return "it is not UTF-8"
    if isinstance(error, RecursionError):
        return "it is nested too deep"
    if isinstance(error, json.JSONDecodeError):
        return f"line {error.lineno}, column {error.colno}"
    return str(error)
