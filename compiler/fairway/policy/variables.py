"""The variables of conditions."""

from __future__ import annotations

from collections.abc import Mapping

VARIABLES: Mapping[str, tuple[str, ...]] = {
    "deployment": ("deployment",),
    "plan": ("plan", "deployment"),
    "pods": ("pod", "object", "objects", "deployment"),
    "objects": ("object", "objects", "deployment"),
    # Many specs have the same text, which is judged once: nothing else may matter.
    "dockerfiles": ("dockerfile",),
    "files": ("file",),
    "fleet": ("fleet",),
}
"""The variables of a condition, by what it is about."""
