"""Names in Kubernetes that are made from those of a spec."""

from __future__ import annotations

import re
from functools import lru_cache

_OTHER = re.compile(r"[^a-z0-9]+")


@lru_cache(maxsize=4096)
def slug(version: str) -> str:
    """Return the version in lower case, all but letters and digits as ``-``: ``3-1-0``."""
    return _OTHER.sub("-", version.lower()).strip("-")


def filled(pattern: str, team: str, name: str) -> str:
    """Return a namespace's pattern with the team and the name of a deployment in it."""
    return pattern.replace("{team}", team).replace("{name}", name)
