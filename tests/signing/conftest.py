"""A model of several files, and the keys that sign it."""

from __future__ import annotations

from pathlib import Path

import pytest
from signing.keypairs import KeyPair, make_pair

FILES = {
    "MLmodel": b"flavors: {}\n",
    "model.skops": b"bytes of a model" * 200,
    "data/categories.txt": b"red\ngreen\n",
    "data/columns.txt": b"a\nb\n",
}


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A model's folder with files at two levels."""
    folder = tmp_path / "models" / "3.1.0"
    for name, data in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> KeyPair:
    """The key pair that signs."""
    return make_pair(tmp_path_factory.mktemp("keys"), "risk")


@pytest.fixture(scope="session")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> KeyPair:
    """A key pair that nobody trusts."""
    return make_pair(tmp_path_factory.mktemp("keys"), "stranger")
