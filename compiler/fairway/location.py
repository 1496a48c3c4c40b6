"""A location is a file and a route inside it; a span is where that is, in lines and columns."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple, TypeAlias

Step: TypeAlias = str | int
Route: TypeAlias = tuple[Step, ...]
"""Keys and indices from a document's root, such as ``("versions", "3.1.0", "uri")``."""

Part: TypeAlias = Literal["key", "value"]

_BARE = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*\Z")
_TOKEN = re.compile(
    r"""\.?(?P<bare>[A-Za-z_][A-Za-z0-9_-]*)   # .key
      | \[(?P<index>[0-9]+)\]                  # [3]
      | \["(?P<quoted>(?:[^"\\]|\\.)*)"\]      # ["3.1.0"]
    """,
    re.VERBOSE,
)


class Location(NamedTuple):
    """Where a finding points: symbolic (file and route) until something prints it.

    ``offsets`` (start and end, in code points) is for what has no route: a file that
    could not be parsed, or a duplicate key. ``part`` chooses the key or the value at ``route``.
    """

    file: str
    route: Route = ()
    part: Part = "value"
    offsets: tuple[int, int] | None = None


class Span(NamedTuple):
    """A range of text: lines and columns from 1, columns in code points, the end exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int


def format_route(route: Route) -> str:
    """Return a route as people write it: ``release.candidate``, ``versions["3.1.0"].uri``."""
    parts: list[str] = []
    for step in route:
        if isinstance(step, int):
            parts.append(f"[{step}]")
        elif _BARE.match(step):
            parts.append(f".{step}" if parts else step)
        else:
            escaped = step.replace("\\", "\\\\").replace('"', '\\"')
            parts.append(f'["{escaped}"]')
    return "".join(parts)


def parse_route(text: str) -> Route:
    """Read what ``format_route`` writes. Raises ``ValueError`` naming the position of a fault."""
    route: list[Step] = []
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None or (match.group("bare") and bool(route) != text.startswith(".", position)):
            raise ValueError(f"not a route at character {position + 1}: {text!r}")
        if match.group("index") is not None:
            route.append(int(match.group("index")))
        elif match.group("quoted") is not None:
            route.append(re.sub(r"\\(.)", r"\1", match.group("quoted")))
        else:
            route.append(match.group("bare"))
        position = match.end()
    return tuple(route)
