"""What rules see of artifacts: pods with their labels and annotations, bases of Dockerfiles."""

from __future__ import annotations

from typing import Any

import pytest

from fairway.policy.objects import dockerfile_of, pods_of
from fairway.policy.sample import samples_of

DIGEST = "sha256:" + "0" * 64


def deployment_of(template: dict[str, Any]) -> dict[str, Any]:
    return {"kind": "Deployment", "metadata": {"name": "fraud"}, "spec": {"template": template}}


def test_a_pod_has_the_labels_and_annotations_of_its_template() -> None:
    metadata = {"labels": {"app": "fraud"}, "annotations": {"team": "payments"}}
    (pod,) = pods_of(deployment_of({"metadata": metadata, "spec": {}}))
    assert (pod["labels"], pod["annotations"]) == ({"app": "fraud"}, {"team": "payments"})


@pytest.mark.parametrize("metadata", [None, {}, {"labels": None}, {"annotations": "none"}, []])
def test_labels_and_annotations_are_always_there(metadata: Any) -> None:
    (pod,) = pods_of(deployment_of({"metadata": metadata, "spec": {"containers": []}}))
    assert (pod["labels"], pod["annotations"]) == ({}, {})


@pytest.mark.parametrize(
    ("text", "bases"),
    [
        ("FROM python:3.12\n", ["python:3.12"]),
        (f"ARG BASE=python@{DIGEST}\nFROM ${{BASE}} AS build\nFROM $BASE\n", [f"python@{DIGEST}"]),
        ('ARG BASE="python:3.12"\nFROM $BASE\n', ["python:3.12"]),
        ("FROM python:3.12 AS build\nFROM scratch\nFROM Build\n", ["python:3.12"]),
        ("FROM --platform=linux/arm64 a:3 AS build\nFROM b:1\n", ["a:3", "b:1"]),
        ("ARG BASE\nFROM $BASE\n", [""]),
        ("FROM $BASE\n", ["$BASE"]),
        ("FROM alpine:3\nARG BASE=python:3.12\nFROM $BASE\n", ["alpine:3", "$BASE"]),
        ("RUN true\n", []),
    ],
)  # fmt: skip
def test_the_bases_of_a_dockerfile(text: str, bases: list[str]) -> None:
    assert dockerfile_of("Dockerfile", text)["bases"] == bases


def test_the_samples_images_are_pushed() -> None:
    (sample,) = samples_of("plan", (), {})
    images = [workload["image"] for workload in sample.variables["plan"]["workloads"]]
    assert len(images) == 2
    assert all("@sha256:" in image for image in images)


def test_other_objects_of_a_sample_are_changed_by_kind() -> None:
    change = {"NetworkPolicy": {"spec": {"policyTypes": ["Ingress"]}}}
    (sample,) = samples_of("pods", (), {"others": change})
    policies = [o for o in sample.variables["objects"] if o["kind"] == "NetworkPolicy"]
    assert [policy["spec"]["policyTypes"] for policy in policies] == [["Ingress"]]


def test_parts_of_serving_know_their_places() -> None:
    auth = {"none": None, "jwt": {"issuer": "https://login.example.com", "audiences": ["fraud"]}}
    (sample,) = samples_of("deployment", (), {"serving": {"auth": auth}})
    facts = sample.variables["deployment"]
    assert facts["hosts"] == [{"at": "serving.hosts[0]", "text": "fraud.ml.example.com"}]
    assert facts["audiences"] == [{"at": "serving.auth.jwt.audiences[0]", "text": "fraud"}]
    assert facts["principals"] == []
    assert [placed["at"] for placed in facts["egress"]] == ["serving.egress[0]"]
    assert [placed["secret"]["name"] for placed in facts["variables"]] == ["FEATURE_STORE_TOKEN"]
