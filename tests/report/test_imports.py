import os
import subprocess
import sys
from pathlib import Path

import pytest

import fairway

PACKAGE = Path(fairway.__file__).parent

PROGRAM = """
import sys
from fairway.report import Summary, render
render({name!r}, [], Summary(0, 0, 0, 0, 0, 0), {{}}, version="0")
print(*sorted(name for name in sys.modules if name.startswith("fairway.report.")))
print(*sys.modules)
"""


@pytest.mark.parametrize(
    ("name", "modules", "absent"),
    [
        (
            "text",
            {"text", "excerpt", "printable", "waived"},
            {"json", "hashlib", "urllib", "pathlib"},
        ),
        ("json", {"json_findings", "json_text", "printable", "waived"}, {"hashlib", "urllib"}),
        ("github", {"github", "printable", "waived"}, {"json", "hashlib", "urllib"}),
    ],
)
def test_a_run_imports_only_what_it_prints(name, modules, absent):
    program = PROGRAM.format(name=name)
    # -S: what site imports for an editable install is not the program's doing.
    run = subprocess.run(
        [sys.executable, "-S", "-c", program],
        env={**os.environ, "PYTHONPATH": str(PACKAGE.parent)},
        capture_output=True,
        text=True,
        check=True,
    )
    ours, everything = run.stdout.splitlines()
    always = {"report", "rule_info", "summary"}
    assert set(ours.replace("fairway.report.", "").split()) == always | modules
    assert absent.isdisjoint(everything.split())
