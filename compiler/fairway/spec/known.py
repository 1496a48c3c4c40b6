"""Which keys the deployment's language has, kept between runs: most runs import no model."""

from __future__ import annotations

import os
from functools import cache
from typing import Any, TypeAlias

from fairway import kept
from fairway.location import Route
from fairway.packs import PACKAGE

Tree: TypeAlias = "dict[str, Tree] | tuple[Tree] | None"
"""What may stand somewhere: a map's fixed keys, one thing for all keys and indices, or a value."""


def has_key(route: Route) -> bool:
    """Return whether the language has what ``route`` leads to.

    As ``walk.field_at`` has it: below a value of several forms it knows of nothing.
    """
    node: Any = _tree()
    for step in route:
        if isinstance(node, dict):
            if step not in node:
                return False
            node = node[step]
        elif isinstance(node, tuple):
            node = node[0]
        else:
            return False
    return True


@cache
def _tree() -> Tree:
    path = kept.path("keys", *kept.sources(os.path.join(PACKAGE, "spec")))
    found: Tree = kept.load(path)
    if found is None:
        from fairway.spec.deployment import DeploymentSpec  # and with it pydantic
        from fairway.spec.walk import field_tree

        found = field_tree(DeploymentSpec)
        kept.store(path, found)
    return found
