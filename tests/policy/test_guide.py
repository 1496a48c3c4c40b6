"""The guide's rule is a rule: it loads, its examples cover it, and a spec is judged by it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import yaml
from policy.rules import change_project

from fairway.policy.mutation import KEYS
from fairway.policy.rule_file import GROUPS, SUBJECTS, read_rule

GUIDE = (Path(__file__).parents[2] / "docs/writing-a-policy.md").read_text("utf-8")
NAME = "serving/requests-end-soon"


def write(folder: Path) -> Path:
    (text,) = re.findall(r"```yaml\n(rule: .*?)```", GUIDE, re.DOTALL)
    path = folder / f"{NAME}.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(text, "utf-8")
    return path


def test_the_guides_rule_passes_its_own_test(pack, run):
    write(pack)
    ran = run("policy", "test", str(pack), "--mutants")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("1 rule, 6 examples, ")


def test_the_guides_rule_judges_a_spec(pack, fleet, run):
    write(pack)
    change_project(severity={NAME: "warning"})
    spec = fleet / "wine-cultivar" / "deployment.yaml"
    text = spec.read_text("utf-8").replace("peak: 10/s}", "peak: 10/s, timeout: 8s}")
    spec.write_text(text, "utf-8")
    ran = run("validate", str(spec), "--now", "2027-01-01T00:00:00Z", "--format", "json")
    (found,) = json.loads(ran.out)["findings"]
    assert (found["rule"], found["severity"]) == (NAME, "warning")
    assert "timeout: 8s" in text.splitlines()[found["line"] - 1]


def test_the_guide_explains_every_key(pack):
    rule = read_rule(str(write(pack)))
    for key in (*rule.document.value, *KEYS, "as", "for", "mandatory", "equivalent"):
        assert re.search(rf"^\|.*`{key}`.*\|", GUIDE, re.MULTILINE), key
    for word in (*SUBJECTS, *GROUPS):
        assert re.search(rf"`{word}`|\*\*{word}\*\*", GUIDE), word


def test_the_guides_other_blocks_are_yaml():
    blocks = re.findall(r"```ya?ml\n(.*?)```", GUIDE, re.DOTALL)
    assert len(blocks) == 5
    for block in blocks:
        assert isinstance(yaml.safe_load(block), dict)


def test_the_guides_links_lead_somewhere():
    links = re.findall(r"\]\((?!https://)([^)#]+)\)", GUIDE)
    assert links
    for link in links:
        assert (Path(__file__).parents[2] / "docs" / link).exists(), link
