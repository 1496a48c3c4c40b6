"""A version's name as part of a Kubernetes name."""

from __future__ import annotations

import re
from functools import lru_cache

_OTHER = re.compile(r"[^a-z0-9]+")


@lru_cache(maxsize=4096)
def slug(version: str) -> str:
    """Return the version in lower case, all but letters and digits as ``-``: ``3-1-0``."""
    return _OTHER.sub("-", version.lower()).strip("-")
