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


@pytest.mark.parametrize("name", [name for name in tracked_files() if name != THIS])
def test_file_is_free_of_places(name: str):
    try:
        text = (ROOT / name).read_text("utf-8")
    except UnicodeDecodeError:
        return  # a model, or a spec that is wrong on purpose
    found = [f"{name}:{text.count(chr(10), 0, match.start()) + 1}: {match[0]}"
             for match in FORBIDDEN.finditer(text)]  # fmt: skip
    assert found == []


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
