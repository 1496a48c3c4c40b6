"""JSON that is safe to print and to encode, whatever the strings in it hold."""

from __future__ import annotations

import json
import re
from typing import TypeAlias

from fairway.report.printable import COMMAND

Json: TypeAlias = "bool | int | str | list[Json] | dict[str, Json] | None"

# JSON leaves these as they are, but a terminal obeys C1 controls and marks that reorder text,
# JavaScript breaks lines at U+2028, and half of a surrogate pair cannot be encoded.
_UNSAFE = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_encode = json.JSONEncoder(ensure_ascii=False).encode


def json_text(value: Json) -> str:
    """Return a value as JSON (RFC 8259) on one line, keys in the order given.

    Characters are written as themselves but for those that would act on a terminal or a CI log or
    cannot be encoded in UTF-8: they are escaped, which a reader undoes.
    """
    text = _UNSAFE.sub(lambda match: f"\\u{ord(match[0]):04x}", _encode(value))
    return COMMAND.sub(r"#\\u0023", text)
