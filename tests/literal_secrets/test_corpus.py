"""What is found of the corpus, and what of the look-alikes is taken for a secret."""

from __future__ import annotations

from pathlib import Path

import pytest
from literal_secrets.lookalikes import lookalikes
from literal_secrets.planted import Case, planted

from fairway.secrets.find import find_secrets

ROOT = Path(__file__).parents[2]


def exact(case: Case) -> bool:
    return [case.text[each.start : each.end] for each in find_secrets(case.text)] == [case.secret]


@pytest.mark.parametrize("held_out", [False, True], ids=["tuned on", "held out"])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_planted_secrets_are_found_with_their_exact_span(seed: int, held_out: bool) -> None:
    cases = planted(seed, held_out=held_out)
    assert len(cases) >= 200
    assert len({case.kind for case in cases}) >= 15
    missed = [case for case in cases if not exact(case)]
    assert len(missed) <= 0.02 * len(cases), missed


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_lookalikes_are_left_alone(seed: int) -> None:
    cases = lookalikes(seed)
    assert len(cases) >= 500
    flagged = [case for case in cases if find_secrets(case.text)]
    assert len(flagged) <= 0.01 * len(cases), flagged


def test_the_corpus_is_the_same_for_the_same_seed() -> None:
    assert planted(5) == planted(5)
    assert lookalikes(5) == lookalikes(5)
    assert planted(5) != planted(6)


def test_all_planted_secrets_of_one_text_are_found_together() -> None:
    cases = planted(9)
    text = "\n".join(case.text for case in cases)
    found = {text[each.start : each.end] for each in find_secrets(text)}
    missed = [case for case in cases if case.secret not in found]
    assert len(missed) <= 0.02 * len(cases), missed


@pytest.mark.parametrize("folder", ["specs", "targets", "docs", "tests/golden/fleet", ".github"])
def test_this_repository_has_none(folder: str) -> None:
    suffixes = {".yaml", ".yml", ".json", ".md", ".txt", ".j2", ".csv", ".py", ""}
    files = [path for path in (ROOT / folder).rglob("*") if path.suffix in suffixes]
    texts = {path: path.read_text("utf-8", "replace") for path in files if path.is_file()}
    assert texts
    found = {path: find_secrets(text) for path, text in texts.items()}
    assert not {str(path): secrets for path, secrets in found.items() if secrets}
