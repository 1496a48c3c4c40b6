"""The two servers that all tests of routes share, one process for each version."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping

import pytest
from local.reader import CANDIDATE, STABLE, canary, chosen

from fairway.local.child import Children
from fairway.local.servers import Servers
from fairway.local.waiting import Waiter


@pytest.fixture(scope="package")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, int]]:
    """The port of each version's server."""
    root = tmp_path_factory.mktemp("servers")
    choice = chosen(root / "specs", canary("10%"))
    children = Children()
    starter = Servers(children, Waiter(threading.Event()), root / "staged", root, None)
    try:
        running = starter.bring(choice, choice.plan, {})
        found = {each.server.bytes.version: each.port for each in running.values()}
        assert set(found) == {STABLE, CANDIDATE}
        yield found
    finally:
        children.end(children.all)
