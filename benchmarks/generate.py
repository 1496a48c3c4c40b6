"""A fleet of N varied deployment specs: the same seed gives the same bytes, on any machine.

``python benchmarks/generate.py OUT --specs N --seed S`` writes a project file and N deployments
with their contracts, models and locks. The fleet validates without a finding.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterator
from pathlib import Path

import model_files
from spec_values import COMMENTS, GeneratedSpec, generate_spec
from yaml_style import YamlWriter

from fairway.check import SPEC_FILE
from fairway.fleet import Fleet
from fairway.locking.run import LockRun
from fairway.project import PROJECT_FILE

PROJECT = """\
# The platform team's file: where deployments run, and what renders what runs there.
apiVersion: fairway.dev/v1
kind: Project

environments: # in the order of promotion
  staging:
    cluster: staging-eu
    namespace: "ml-{team}"
    workload: kubernetes
    router: gateway-api
    targets: [docker]
    gateway: {name: internal, namespace: gateways, implementation: envoy-gateway, listener: https}
  production:
    cluster: production-eu
    namespace: "ml-{team}"
    workload: kubernetes
    router: gateway-api
    targets: [docker]
    gateway: {name: internal, namespace: gateways, implementation: envoy-gateway, listener: https}

defaults:
  serving:
    traffic: {timeout: 2s}

policies: [builtin]
severity: # what is drawn at random, or would take other tools to make
  testing/evidence-exists: "off"
  testing/evidence-is-fresh: "off"
  monitoring/online-models-have-slos: "off"
  monitoring/drift-is-watched: "off"
  security/image-is-pinned: "off"
  security/format-runs-no-code: "off"
  security/custom-code-is-reviewed: "off"
  release/contract-fits-the-strategy: "off"
  release/contract-survives-rollback: "off"
  release/handover-moves-no-version: "off"
registry: registry.example.com/ml
images:
  python: docker.io/library/python:3.12-slim@sha256:{digest}
trust:
  skopsTypes: [sklearn.*, numpy.*]
  imagePrefixes: [registry.example.com/ml/]
prices: {cpu: 0.04, memoryGi: 0.005, currency: EUR}
""".replace("{digest}", "3f" * 32)
REQUIREMENTS = "numpy==2.1.0 \\\n    --hash=sha256:" + "ab" * 32 + "\n"


SPEC_CONTRACT = "contract.json"


def write_fleet(out: Path, specs: int, seed: int) -> list[Path]:
    """Write a fleet of ``specs`` deployments into the new folder ``out``; return the specs' files.

    A spec depends on the seed and its own number only, so a larger fleet begins with the
    specs of a smaller one. Raises ``FileExistsError`` when there is such a folder.
    """
    out.mkdir(parents=True)
    (out / PROJECT_FILE).write_text(PROJECT, "utf-8", newline="\n")
    paths = []
    for index in range(specs):
        # A string as seed is hashed by SHA-512, not by this process's hash function.
        source = random.Random(f"fairway fleet {seed} spec {index}")
        paths.append(_write_spec(out, source, generate_spec(source, index)))
    _write_locks(out)
    return paths


def _write_spec(out: Path, source: random.Random, spec: GeneratedSpec) -> Path:
    folder = out / spec.name
    text = YamlWriter(source, COMMENTS).document(spec.values)
    for name, data in ((SPEC_FILE, text.encode()), *_files(source, spec)):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder / SPEC_FILE


def _files(source: random.Random, spec: GeneratedSpec) -> Iterator[tuple[str, bytes]]:
    contracts = {name: model_files.contract(source) for name in spec.contracts}
    for name, text in contracts.items():
        yield name, text.encode()
    for version, form in spec.formats.items():
        own = spec.values["versions"][version]
        named = own.get("contract", SPEC_CONTRACT) if isinstance(own, dict) else SPEC_CONTRACT
        for name, data in model_files.model_files(source, form, contracts[named]).items():
            yield f"models/{version}/{name}", data
    if spec.python:
        code = model_files.MODEL_CODE.format(factor=source.randint(1, 9))
        yield "model.py", code.encode()
    if spec.requirements:
        yield "requirements.txt", REQUIREMENTS.encode()
    yield "data/holdout.csv", model_files.holdout(source).encode()


def _write_locks(out: Path) -> None:
    """Do what ``fairway lock`` does."""
    run = LockRun(Fleet([str(out)]))
    for _ in run.each():
        pass
    found = run.diagnostics()
    assert not found, found[0]


def main() -> None:
    """Write a fleet to the folder that the command line names."""
    parser = argparse.ArgumentParser(description="Write a fleet of varied deployment specs.")
    parser.add_argument("out", type=Path, help="a folder that does not exist yet")
    parser.add_argument("--specs", type=int, default=1000, help="how many (default: 1000)")
    parser.add_argument("--seed", type=int, default=1, help="which fleet (default: 1)")
    arguments = parser.parse_args()
    paths = write_fleet(arguments.out, arguments.specs, arguments.seed)
    print(f"{len(paths)} specs in {arguments.out}")


if __name__ == "__main__":
    main()
