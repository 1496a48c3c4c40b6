"""Nothing in the repository names one machine's folders or one site's package index."""

import re
from pathlib import Path

import pytest
from project.tree import ROOT, tracked_files

FORBIDDEN = re.compile(
    r"""
    (?<![\w$}.*-])/(?:work|root|home|Users)/\w      # somebody's folders
    | /tmp/(?:exp|trial)                            # somebody's experiments
    | /opt/wheels
    | pythonhosted | \bpypi\.(?:org|python) | artifactory | devpi
    | \bindex[-_]url\s*[=:]?\s*["']?https?: | https?://[^\s"']*/simple\b
    | (?:find[-_]links|trusted[-_]host)\s*[=:]?\s*["']?[/h\w]
    """,
    re.VERBOSE | re.IGNORECASE,
)
THIS = Path(__file__).relative_to(ROOT).as_posix()


def places(name: str) -> list[str]:
    try:
        text = (ROOT / name).read_text("utf-8")
    except UnicodeDecodeError:
        return []  # a model, or a spec that is wrong on purpose
    return [
        f"{name}:{text.count(chr(10), 0, match.start()) + 1}: {match[0]}"
        for match in FORBIDDEN.finditer(text)
    ]


def test_files_are_free_of_places():
    assert [place for name in tracked_files() if name != THIS for place in places(name)] == []


@pytest.mark.parametrize(
    "text",
    [
        "see /home/ann/x",
        "cd /work/main",
        "index-url = https://x.example/simple",
        "--find-links=/srv",
        "https://pypi.example/root/simple/",
    ],
)
def test_places_are_recognised(text: str):
    assert FORBIDDEN.search(text)
