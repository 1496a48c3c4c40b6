"""Texts that are clean are read once; those with a secret are read every time."""

from __future__ import annotations

from pathlib import Path

import pytest

from fairway.policy import clean
from fairway.secrets.find import Secret

CLEAN = ["FROM python\n", "kind: Service\n"]
LEAK = "password: correct-horse-battery\n"


@pytest.fixture
def reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts that were looked into, with a cache directory of its own."""
    monkeypatch.setenv("FAIRWAY_CACHE_DIR", str(tmp_path / "cache"))
    seen: list[str] = []
    find = clean.find_secrets

    def noted(text: str) -> list[Secret]:
        seen.append(text)
        return find(text)

    monkeypatch.setattr(clean, "find_secrets", noted)
    return seen


def test_clean_texts_are_read_once(reads: list[str]) -> None:
    assert clean.are_clean(CLEAN)
    assert clean.are_clean(CLEAN)
    assert reads == CLEAN


def test_a_secret_is_found_every_time(reads: list[str]) -> None:
    assert not clean.are_clean([*CLEAN, LEAK])
    assert not clean.are_clean([*CLEAN, LEAK])
    assert reads.count(LEAK) == 2


def test_other_texts_are_other_texts(reads: list[str]) -> None:
    assert clean.are_clean(CLEAN)
    assert clean.are_clean(["".join(CLEAN)])
    assert not clean.are_clean([CLEAN[0], LEAK])
    assert reads == [*CLEAN, "".join(CLEAN), CLEAN[0], LEAK]
