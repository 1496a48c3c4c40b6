"""Reading JSON that somebody gives to a command: a fault is said with its line and column."""

from __future__ import annotations

import json

from fairway.errors import UsageError
from fairway.source.strict_json import cause_of, unique

NOT_TEXT = "save it as UTF-8"


def given_json(data: str | bytes, where: str, fix: str) -> object:
    """Return the value of a JSON text, of which ``where`` is the file's name.

    Raises ``UsageError`` for bytes that are not UTF-8 (with or without a byte order mark), for a
    text that is not JSON, and for an object that has a key twice.
    """
    try:
        text = data if isinstance(data, str) else data.decode("utf-8-sig")
        value: object = json.loads(text, object_pairs_hook=unique)
    except UnicodeDecodeError:
        raise UsageError(f"{where}: not UTF-8 text", NOT_TEXT) from None
    except json.JSONDecodeError as error:
        at = f"{where}:{error.lineno}:{error.colno}"
        raise UsageError(f"{at}: not JSON: {cause_of(error)}", fix) from None
    except RecursionError:
        raise UsageError(f"{where}: not JSON: it is nested too deep", fix) from None
    except ValueError as error:
        raise UsageError(f"{where}: not JSON: {error}", fix) from None
    return value
