"""A catalogue is read once for its bytes: the next run has the same, and does not parse it."""

from __future__ import annotations

from pathlib import Path

import pytest
from target.catalogue import built_in

from fairway.errors import UsageError
from fairway.target import series, series_file
from fairway.target.series import Catalogue, load_series

BUILT_IN = sorted({path for target in built_in() for path in target.series})


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache directory of its own."""
    monkeypatch.setenv("FAIRWAY_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


def in_a_new_process(path: str) -> Catalogue:
    """Load as a process that has not read it yet does."""
    load_series.cache_clear()
    return load_series(path)


def no_reading(path: str) -> Catalogue:
    raise AssertionError(f"{path} was read again")


@pytest.mark.parametrize("path", BUILT_IN)
def test_the_next_run_has_the_same_and_reads_nothing(
    path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = series_file.read_series(path)
    assert in_a_new_process(path) == read
    monkeypatch.setattr(series_file, "read_series", no_reading)
    kept = in_a_new_process(path)
    assert kept == read
    first = next(iter({**kept.runtimes, **kept.implementations}.values()))
    assert all(isinstance(each, series.Series) for each in first.series.values())


def test_what_changed_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "series.yaml"
    text = Path(BUILT_IN[0]).read_text()
    path.write_text(text)
    before = in_a_new_process(str(path))
    name, exporter = next(iter({**before.runtimes, **before.implementations}.items()))
    path.write_text(text.replace(f"title: {exporter.title}", "title: another", 1))
    after = in_a_new_process(str(path))
    assert {**after.runtimes, **after.implementations}[name].title == "another"


def test_a_damaged_cache_costs_time_only(cache: Path) -> None:
    before = in_a_new_process(BUILT_IN[0])
    (kept,) = cache.iterdir()
    kept.write_bytes(kept.read_bytes()[:-9])
    assert in_a_new_process(BUILT_IN[0]) == before


def test_what_is_wrong_is_never_kept(tmp_path: Path, cache: Path) -> None:
    path = tmp_path / "series.yaml"
    path.write_text("runtimes: 1\n")
    for _ in range(2):
        with pytest.raises(UsageError, match=r"series.yaml:1:11: `runtimes` must be a map"):
            in_a_new_process(str(path))
    assert not cache.exists()
