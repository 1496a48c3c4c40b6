"""The corpus' findings as a page that people can check by eye: the fault, the line, the words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from corpus.planting import Planted, Wanted
from corpus.secret_faults import MADE

from fairway.finding import Diagnostic

EXPECTED = Path(__file__).parent / "expected.txt"
_HEAD = """\
# What is planted in the corpus, and what is found of it: UPDATE_CORPUS=1 pytest tests/corpus
# writes this file. Each entry is a line of a file, the rule that is broken there and where, what
# somebody got wrong, the line's text, what the finding says, and how it is mended. `rendered`
# is the line of the team's template that the finding names as well.
"""


def found_places(diagnostics: Iterable[Diagnostic]) -> dict[Wanted, list[Diagnostic]]:
    """Return the findings of each place in each environment."""
    found: dict[Wanted, list[Diagnostic]] = {}
    for each in diagnostics:
        assert each.span is not None, each
        related = (each.related[0].file, each.related[0].span.line) if each.related else None
        for name in each.environments or ("everywhere",):
            place = Wanted(each.rule, each.file, each.span.line, name, related)
            found.setdefault(place, []).append(each)
    return found


def page(root: Path, planted: Sequence[Planted], diagnostics: Sequence[Diagnostic]) -> str:
    """Return the page: every finding in the order of files and lines."""
    wanted = {place[:4]: (place, what) for each in planted for place, what in each.wanted.items()}
    lines: list[str] = [_HEAD.rstrip()]
    file = ""
    for each in diagnostics:
        if each.file != file:
            file = each.file
            lines += ["", file]
        lines += _entry(root, each, wanted)
    return _without_secrets("\n".join(lines) + "\n")


def _entry(
    root: Path, each: Diagnostic, wanted: Mapping[tuple[object, ...], tuple[Wanted, str]]
) -> Iterator[str]:
    assert each.span is not None
    line = each.span.line
    key = (each.rule, each.file, line, *each.environments[:1])
    place, what = wanted.get(key, (None, "NOTHING"))
    yield f"  {line}: {each.severity.label} {each.rule} [{', '.join(each.environments)}]"
    yield f"      planted:  {what}"
    yield f"      line:     {_line(root, each.file, line)}"
    yield f"      says:     {_shown(each.message)}"
    yield f"      fix:      {_shown(each.fix.description) if each.fix else '(none)'}"
    if place is not None and place.related is not None:
        path, number = place.related
        template = path.split("/", 1)[1]
        yield f"      rendered: {template}:{number}: {_line(root, path, number)}"


def _line(root: Path, file: str, number: int) -> str:
    return (root / file).read_text("utf-8").splitlines()[number - 1].strip()


def _shown(text: str) -> str:
    """Return a text without what every release of the model server changes: tags by content."""
    return re.sub(r"(?<=-)[0-9a-f]{12}\b", "<content>", text)


def _without_secrets(text: str) -> str:
    for made in MADE:
        text = text.replace(made, "(made up)")
    return text
