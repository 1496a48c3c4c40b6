"""``--env`` and ``--target``: a part of the output is made, the rest is left as it is."""

from __future__ import annotations

import pytest
from compile.repository import SCORER, Repository


@pytest.fixture
def changed(repository: Repository) -> Repository:
    """A repository whose every artifact would change when compiled."""
    repository.write()
    repository.compiled()
    metadata = {"metadata": {**SCORER["metadata"], "description": "New."}}
    repository.write(**metadata, serving={**SCORER["serving"], "port": 9000})
    document = repository.root / "specs" / "scorer" / "deployment.yaml"
    text = document.read_text("utf-8").replace('"team": "payments"', '"team": "fraud"')
    document.write_text(text, encoding="utf-8")
    return repository


SELECTIONS = {
    "one environment": (["--env", "staging"], ("staging/", "images/")),
    "both environments": (
        ["--env", "staging", "--env", "production"],
        ("staging/", "production/", "images/"),
    ),
    "images": (["--target", "docker"], ("images/",)),
    "workload": (["--target", "kubernetes"], ("staging/", "production/")),
    "router": (
        ["--target", "gateway-api"],
        ("staging/scorer/manifest.yaml", "production/scorer/manifest.yaml"),
    ),
    "both kinds": (["--env", "staging", "--target", "kubernetes"], ("staging/",)),
    "nothing": (["--env", "staging", "--target", "docker"], ("images/",)),
}


@pytest.mark.parametrize("selection", SELECTIONS.values(), ids=SELECTIONS.keys())
def test_only_what_is_selected_changes(
    changed: Repository, selection: tuple[list[str], tuple[str, ...]]
) -> None:
    arguments, prefixes = selection
    before, entries = changed.tree(), paths(changed)
    changed.compiled(*arguments)
    after = changed.tree()
    assert set(after) == set(before)
    assert paths(changed) == entries
    different = {path for path in after if after[path] != before[path]} - {"index.json"}
    assert different
    assert all(path.startswith(prefixes) for path in different), different
    changed.compiled()
    rest = {path for path in after if changed.tree()[path] != after[path]} - {"index.json"}
    assert not any(path.startswith(prefixes) for path in rest)


def paths(repository: Repository) -> set[str]:
    return {entry["path"] for entry in repository.index()["artifacts"]}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--env", "prod"], "--env prod: the project has"),
        (["--target", "docer"], "--target docer: there are"),
    ],
)
def test_an_unknown_name_is_a_usage_error(
    repository: Repository, arguments: list[str], message: str
) -> None:
    repository.write()
    done = repository.compile(*arguments)
    assert done.code == 2
    assert message in done.said
    assert not repository.out.exists()


def test_a_spec_that_is_not_in_the_environment_keeps_its_files(repository: Repository) -> None:
    repository.write(environments={"production": {}})
    repository.compiled()
    before = repository.tree()
    repository.compiled("--env", "staging")
    assert repository.tree() == before


def test_images_of_the_other_environment_stay(repository: Repository) -> None:
    ready_made = {"runtime": "image", "image": {"repository": "ghcr.io/acme/scorer", "tag": "1"}}
    repository.write(environments={"staging": {"serving": ready_made}, "production": {}})
    repository.compiled()
    before = repository.tree()
    assert "images/scorer/1.0/Dockerfile" in before
    repository.compiled("--env", "staging")
    assert repository.tree() == before


def test_environments_of_different_runtimes(repository: Repository) -> None:
    ready_made = {"runtime": "image", "image": {"repository": "ghcr.io/acme/scorer", "tag": "1"}}
    repository.write(environments={"staging": {"serving": ready_made}, "production": {}})
    repository.compiled()
    images = {
        environment: [
            o["spec"]["template"]["spec"]["containers"][0]["image"]
            for o in repository.objects(environment=environment)
            if o["kind"] == "Deployment"
        ]
        for environment in ("staging", "production")
    }
    assert images["staging"] == ["ghcr.io/acme/scorer:1"]
    (ours,) = images["production"]
    assert ours.startswith("registry.example.com:5000/ml/scorer:1.0-")


def test_a_removed_spec_loses_only_what_is_selected(repository: Repository) -> None:
    repository.write()
    repository.write("other")
    repository.compiled()
    repository.delete("other")
    repository.compiled("--env", "staging")
    tree = repository.tree()
    assert "staging/other/manifest.yaml" not in tree
    assert "production/other/manifest.yaml" in tree
    assert repository.entry("other", "production")["serves"] == "other"
