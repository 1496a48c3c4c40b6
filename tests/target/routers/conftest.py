"""The environments of all routers, each made once."""

from __future__ import annotations

import pytest
from target.routers.release import Places


@pytest.fixture(scope="session")
def places(tmp_path_factory: pytest.TempPathFactory) -> Places:
    return Places(tmp_path_factory.mktemp("routers"))
