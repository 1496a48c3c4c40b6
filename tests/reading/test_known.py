"""The keys that are kept between runs are those of the models, at every depth."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fairway.location import Route
from fairway.spec import known
from fairway.spec.deployment import DeploymentSpec
from fairway.spec.known import has_key
from fairway.spec.walk import field_at, field_tree


def routes(tree: Any, route: Route = ()) -> Iterator[Route]:
    """Yield every route of the language, and beside each one that it does not have."""
    yield route
    if isinstance(tree, dict):
        yield (*route, "nosuch")
        for key, below in tree.items():
            yield from routes(below, (*route, key))
    elif isinstance(tree, tuple):
        yield from routes(tree[0], (*route, 0))
    else:
        yield (*route, "nosuch")


ROUTES = list(routes(field_tree(DeploymentSpec)))


def test_every_route_is_known_as_the_models_know_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAIRWAY_CACHE_DIR", str(tmp_path))
    # Once as it is made, once as it was kept.
    for _ in range(2):
        known._tree.cache_clear()
        for route in ROUTES:
            in_list = tuple("any" if step == 0 else step for step in route)
            expected = any(field_at(DeploymentSpec, each) for each in (route, in_list))
            assert has_key(route) == expected, route
    assert len(ROUTES) > 200
    assert [path.name.partition("-")[0] for path in tmp_path.iterdir()] == ["keys"]


@pytest.mark.parametrize(
    ("route", "expected"),
    [
        (("release", "candidate"), True),
        (("release", "candidat"), False),
        (("release", "strategy", "canary", "steps", 3, "hold"), True),
        (("versions", "1.0.0", "uri"), True),
        (("versions", "1.0.0", "url"), False),
        (("metadata", "name", "first"), False),
    ],
)
def test_examples(route: Route, expected: bool) -> None:
    assert has_key(route) is expected
