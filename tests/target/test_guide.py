"""The guide's example target is a target: it loads, and renders what it says."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from fairway.cli import cli

ROOT = Path(__file__).parents[2]


def test_the_guides_target_renders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    guide = (ROOT / "docs/writing-a-target.md").read_text("utf-8")
    _, target, template = re.findall(r"```yaml\n(.*?)```", guide, re.DOTALL)
    folder = tmp_path / "targets/audit-note"
    folder.mkdir(parents=True)
    (folder / "target.yaml").write_text(target)
    (folder / "note.yaml").write_text(template)
    shutil.copytree(ROOT / "specs", tmp_path / "specs")
    project = tmp_path / "specs/fairway.yaml"
    text = project.read_text().replace("prometheus]", "prometheus, audit-note]", 1)
    project.write_text(text + "targets: [builtin, ../targets]\n")
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(cli, ["compile", "specs/digit-reader"], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    manifest = (tmp_path / "rendered/staging/digit-reader/manifest.yaml").read_text()
    notes = [d for d in yaml.safe_load_all(manifest) if d["kind"] == "ConfigMap"]
    assert [(note["metadata"]["name"], note["data"]) for note in notes] == [
        ("digit-reader-note", {"version": "1.1.0", "args": "--port 9000"})
    ]
