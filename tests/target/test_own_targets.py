"""A team's own targets, named in ``fairway.yaml``, and what the command says of broken ones."""

from __future__ import annotations

from pathlib import Path

import pytest
from compile.repository import Document, Repository
from target.subject import write_target

NOTES = """\
target: notes
title: Notes
role: addon
artifacts:
  - path: ${{ plan.environment }}/${{ plan.name }}/notes.yaml
    template: notes.yaml
    for: plan
"""


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    made = Repository(tmp_path)

    def use(document: Document) -> None:
        document["targets"] = ["builtin", "../targets"]
        document["environments"]["staging"]["targets"] = ["docker", "notes"]

    made.project(use)
    made.write()
    return made


def own(repository: Repository, text: str = NOTES, **templates: str) -> None:
    template = {"notes_yaml": "name: ${{ plan.name }}\n"}
    write_target(repository.root / "targets", "notes", text, **{**template, **templates})


def test_it_renders_where_it_is_named(repository: Repository) -> None:
    own(repository)
    repository.compiled()
    tree = repository.tree()
    assert tree["staging/scorer/notes.yaml"] == b"name: scorer\n"
    assert "production/scorer/notes.yaml" not in tree
    entries = {entry["path"]: entry["targets"] for entry in repository.index()["artifacts"]}
    assert entries["staging/scorer/notes.yaml"] == ["notes"]


def test_it_may_add_to_the_manifest(repository: Repository) -> None:
    path = "${{ plan.environment }}/${{ plan.name }}/manifest.yaml"
    text = NOTES.replace("for: plan", "for: plan\n    order: 99").replace(
        "${{ plan.environment }}/${{ plan.name }}/notes.yaml", path
    )
    own(
        repository,
        text,
        notes_yaml="""\
            apiVersion: v1
            kind: ConfigMap
            metadata:
              name: ${{ plan.name }}-notes
              namespace: ${{ plan.namespace }}
            data:
              team: ${{ plan.team }}
            """,
    )
    repository.compiled()
    assert repository.objects()[-1]["data"] == {"team": "payments"}
    assert [o["kind"] for o in repository.objects()][-2:] == ["HTTPRoute", "ConfigMap"]
    assert repository.objects(environment="production")[-1]["kind"] == "HTTPRoute"


def test_a_file_may_be_left_out(repository: Repository) -> None:
    own(repository, notes_yaml="$when: ${{ plan.strategy == 'blueGreen' }}\na: 1\n")
    repository.compiled()
    assert "staging/scorer/notes.yaml" not in repository.tree()


def test_json_may_be_left_out_as_well(repository: Repository) -> None:
    text = NOTES.replace("for: plan", "for: plan\n    format: json")
    own(repository, text, notes_yaml="$when: ${{ plan.strategy == 'blueGreen' }}\na: 1\n")
    repository.compiled()
    assert "staging/scorer/notes.yaml" not in repository.tree()


@pytest.mark.parametrize(
    "path",
    [
        "../escape.yaml",
        "/tmp/escape.yaml",  # noqa: S108 - refused, never written
        "${{ plan.name }}/../../escape.yaml",
        "a\\\\..\\\\escape.yaml",
        "index.json",
        "./index.json",
        "staging//x.yaml",
    ],
)
def test_a_path_stays_inside_the_output(repository: Repository, path: str) -> None:
    own(repository, NOTES.replace("${{ plan.environment }}/${{ plan.name }}/notes.yaml", path))
    done = repository.compile()
    assert done.code == 2, done
    assert "must stay inside the output" in done.said
    assert not list(repository.root.rglob("escape.yaml"))
    assert not (repository.out / "index.json").exists()


def test_two_deployments_cannot_share_a_file(repository: Repository) -> None:
    own(repository, NOTES.replace("${{ plan.name }}/notes.yaml", "notes.yaml"))
    repository.write("other")
    done = repository.compile()
    assert done.code == 2
    assert "staging/notes.yaml would be written for other/deployment.yaml and scorer" in done.said


BROKEN: dict[str, tuple[str, str, str]] = {
    "target.yaml": (NOTES.replace("addon", "adon"), "a: 1\n", "targets/notes/target.yaml:3:7: "),
    "template": (
        NOTES,
        "a: ${{ plan.nam }}\n",
        "targets/notes/notes.yaml:1:4: a plan has no `nam`",
    ),
    "not YAML": (NOTES, "a: [\n", "targets/notes/notes.yaml"),
    "two JSON documents": (
        NOTES.replace("for: plan", "for: plan\n    format: json"),
        "a: 1\n---\nb: 2\n",
        "notes.yaml: a JSON file holds one document; this makes 2",
    ),
}


@pytest.mark.parametrize("case", BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_target_is_a_configuration_error(
    repository: Repository, case: tuple[str, str, str]
) -> None:
    text, template, message = case
    own(repository, text, notes_yaml=template)
    done = repository.compile()
    assert done.code == 2
    assert message in done.said
    assert not repository.out.exists()


def test_a_folder_that_is_not_there(repository: Repository) -> None:
    done = repository.compile()
    assert done.code == 2
    assert "the target folder ../targets does not exist" in done.said


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("workload", "kubernets", ["no target kubernets", "kubernetes"]),
        ("workload", "gateway-api", ["gateway-api", "router", "workload", "kubeflow, kubernetes"]),
        ("router", "docker", ["docker", "image", "router", "fitting targets:", "gateway-api"]),
        ("targets", ["docker", "kubernetes"], ["kubernetes", "workload", "addon", "notes"]),
    ],
)
def test_a_target_in_the_wrong_place(
    repository: Repository, field: str, value: object, words: list[str]
) -> None:
    own(repository)

    def change(document: Document) -> None:
        document["targets"] = ["builtin", "../targets"]
        document["environments"]["staging"][field] = value

    repository.project(change)
    done = repository.compile()
    assert done.code == 1
    assert "target/unknown" in done.report
    assert [word for word in words if word not in done.report] == []
