"""Text templates: the little of Jinja2 that they may use, and every value quoted."""

from __future__ import annotations

import pytest
from target.subject import text_rendered

from fairway.errors import UsageError

CASES: dict[str, tuple[str, str]] = {
    "no expression": ("FROM scratch\n", "FROM scratch\n"),
    "text": ("LABEL a={{ thing.name }}\n", 'LABEL a="one"\n'),
    "number": ("EXPOSE {{ thing.count }}\n", "EXPOSE 3\n"),
    "condition as value": ("A={{ thing.ready }}\n", "A=true\n"),
    "list": ("CMD {{ thing.tags }}\n", 'CMD ["a", "b"]\n'),
    "constant": ("A={{ 'x' }}\n", 'A="x"\n'),
    "joined": ("A={{ '/app/' ~ thing.name }}\n", 'A="/app/one"\n'),
    "if": ("{% if thing.ready %}\nA\n{% else %}\nB\n{% endif %}\nC\n", "A\nC\n"),
    "elif": ("{% if not thing.ready %}\nA\n{% elif thing.count == 3 %}\nB\n{% endif %}\n", "B\n"),
    "for": (
        "{% for part in thing.parts %}\nCOPY {{ part.name }} {{ part.share }}\n{% endfor %}\n",
        'COPY "first" 1\nCOPY "second" "50%"\n',
    ),
    "comment": ("{# not shown #}\nA\n", "A\n"),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_rendering(case: tuple[str, str]) -> None:
    template, expected = case
    assert text_rendered(template) == expected


REFUSED: dict[str, tuple[str, str]] = {
    "include": ("A\n{% include 'x' %}", "t.j2:2: `include` is not allowed in a template"),
    "import": ("{% import 'x' as y %}", "`import` is not allowed in a template"),
    "set": ("{% set a = 1 %}", "`assign` is not allowed in a template"),
    "macro": ("{% macro a() %}{% endmacro %}", "`macro` is not allowed in a template"),
    "filter block": ("{% filter upper %}a{% endfilter %}", "`filterblock` is not allowed"),
    "safe": ("{{ thing.name | safe }}", "the filter `safe` cannot be applied here"),
    "if of text": ("{% if thing.name %}A{% endif %}", "`if` needs a condition"),
    "fault in a branch": (
        "{% if thing.ready %}\nA\n{% else %}\n{{ thing.nam }}\n{% endif %}",
        "t.j2:4: a thing has no `nam`",
    ),
    "fault in elif": (
        "{% if thing.ready %}\n{% elif thing.nam == 'x' %}\n{% endif %}",
        "a thing has no `nam`",
    ),
    "for over text": ("{% for a in thing.name %}{% endfor %}", "`for` needs one name and a list"),
    "for with else": (
        "{% for a in thing.tags %}{% else %}none{% endfor %}",
        "`for` needs one name and a list",
    ),
    "for with a filter": (
        "{% for a in thing.tags if thing.ready %}{% endfor %}",
        "`for` needs one name and a list",
    ),
    "for two names": (
        "{% for a, b in thing.tags %}{% endfor %}",
        "`for` needs one name and a list",
    ),
    "loop variable": (
        "{% for a in thing.tags %}{{ loop.index }}{% endfor %}",
        "`loop` is not defined",
    ),
    "object": ("{{ thing.part }}", "a part cannot stand in text"),
    "not closed": ("A\nB\n{% if thing.ready %}", "t.j2:3: "),
    "unknown tag": ("{% frobnicate %}", "t.j2:1: Encountered unknown tag 'frobnicate'."),
}


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED.keys())
def test_refused(case: tuple[str, str]) -> None:
    template, message = case
    with pytest.raises(UsageError) as refused:
        text_rendered(template)
    assert message in refused.value.message
