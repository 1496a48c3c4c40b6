"""Which replacements may be made unasked: those that cannot be anything but what was written.

The text that a finding offers is often the nearest known word, and near is not meant: `1.1.0` is
near `1.0.0`, `min` near `max`. Those are for a person to decide on. Left are four that keep what
the author wrote, character for character: quotes put around a value that has to be a string,
quotes taken from one that may not be, brackets put around the only item of a list, and a key of
the language written in its own way of case, hyphens and underscores (`max_age`, `maxAge`).
"""

from __future__ import annotations

import re

from fairway import rule
from fairway.source.scalar import resolve

_QUOTED = re.compile(r"""(?:"[^"\\\r\n]*"|'[^'\r\n]*')\Z""")
_ONE_ITEM = re.compile(r"""(?:[^\s,:\[\]{}#&*!|>'"%@`?-][^,:\[\]{}\r\n]*)\Z""")
_ONE_MAP = re.compile(r"\{[^{}\[\]\r\n]*\}\Z")


def is_exact(rule_id: str, written: str, replacement: str) -> bool:
    """Whether ``replacement`` says what the author wrote, in the only form that it can have."""
    if rule_id in (rule.KEY.id, rule.TYPE.id) and replacement == f'"{written}"':
        return not re.search(r'["\\\r\n]', written)
    if rule_id == rule.TYPE.id:
        if _QUOTED.match(written):
            inner = written[1:-1] == replacement and not isinstance(resolve(replacement), str)
            return inner or replacement == f"[{written}]"
        one = _ONE_ITEM.match(written) or _ONE_MAP.match(written)
        return one is not None and replacement == f"[{written}]"
    return rule_id == rule.UNKNOWN_KEY.id and _letters(written) == _letters(replacement)


def _letters(key: str) -> str:
    return re.sub(r"[-_]", "", key).lower()
