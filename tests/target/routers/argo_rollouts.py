"""Argo Rollouts' own code, asked about its objects: its validation, and its conditions.

``argo/main.go`` is built against the release once, in some minutes, and kept.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from artifacts.engines import Engine, build

KUBERNETES = "v0.34.1"
_STAGED = (
    "api", "apiextensions-apiserver", "apimachinery", "apiserver", "cli-runtime", "client-go",
    "cloud-provider", "cluster-bootstrap", "code-generator", "component-base",
    "component-helpers", "controller-manager", "cri-api", "cri-client", "csi-translation-lib",
    "dynamic-resource-allocation", "endpointslice", "externaljwt", "kms", "kube-aggregator",
    "kube-controller-manager", "kube-proxy", "kube-scheduler", "kubectl", "kubelet", "metrics",
    "mount-utils", "pod-security-admission", "sample-apiserver",
)  # fmt: skip
ARGO_ROLLOUTS = Engine(
    "argo-rollouts",
    ".",
    "github.com/argoproj/argo-rollouts",
    "v1.9.1",
    "\n".join(f"replace k8s.io/{name} => k8s.io/{name} {KUBERNETES}" for name in _STAGED),
    Path(__file__).parent / "argo" / "main.go",
)


def phases(questions: Iterable[tuple[Mapping[str, Any], Sequence[float]]]) -> list[str]:
    """Return the phase of each measurement: a metric, and the samples that the query gave."""
    asked = [
        {"metric": metric, "result": [repr(value) for value in samples]}
        for metric, samples in questions
    ]
    return _ask(asked)


def validated(objects: Iterable[Mapping[str, Any]]) -> str:
    """Return ``ok: N`` for the objects' N Rollouts, or what Argo Rollouts has against them."""
    return _ask([{"objects": list(objects)}])[0]


def _ask(questions: Sequence[Mapping[str, Any]]) -> list[str]:
    lines = "".join(json.dumps(each) + "\n" for each in questions)
    done = subprocess.run([build(ARGO_ROLLOUTS)], input=lines, capture_output=True,
                          encoding="utf-8", check=True, timeout=120)  # fmt: skip
    answers = done.stdout.splitlines()
    assert len(answers) == len(questions)
    return answers


if __name__ == "__main__":
    print(build(ARGO_ROLLOUTS))
