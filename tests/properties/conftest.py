"""One project folder for all generated specs of a run."""

from __future__ import annotations

import pytest
from workspace import Workspace


@pytest.fixture(scope="session")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return Workspace(tmp_path_factory.mktemp("generated") / "specs")
