"""What ``fairway validate`` imports: nothing heavy stands between a person and the findings."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
LIST = """\
import sys
from fairway.cli import main
sys.argv = ["fairway", "validate", sys.argv[1]]
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
print(*sorted(sys.modules))
"""
PACKAGES = {"click", "fairway", "pydantic_core", "typing_extensions", "yaml"}
"""All packages besides the standard library; of ``yaml`` the parser only."""
NEVER = {
    "asyncio", "concurrent", "ctypes", "email", "http", "importlib.metadata", "logging",
    "multiprocessing", "sqlite3", "ssl", "tempfile", "unittest", "urllib", "xml",
    "fairway.output", "fairway.policy.cel_env", "fairway.policy.schema", "fairway.serve",
    "fairway.spec.deployment", "fairway.target.fused", "yaml.constructor", "yaml.loader",
}  # fmt: skip


def imported(spec: Path) -> set[str]:
    command = [sys.executable, "-c", LIST, str(spec)]
    # The first run keeps the schemas that the second one starts from.
    for _ in range(2):
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines()[-1].split())


def test_validating_one_spec_imports_little() -> None:
    spec = next(iter(sorted((ROOT / "specs").glob("*/deployment.yaml"))))
    modules = imported(spec)
    roots = {name.partition(".")[0] for name in modules}
    foreign = {name for name in roots - sys.stdlib_module_names if not name.startswith("_")}
    assert foreign - {"cython_runtime"} == PACKAGES
    heavy = {name for name in modules for never in NEVER if f"{name}.".startswith(f"{never}.")}
    assert not heavy
