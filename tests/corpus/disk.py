"""The corpus on disk: projects with their targets and keys, specs, models, locks and evidence."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from corpus.case import SPEC, Case
from corpus.fault import ENGINE_RULES
from corpus.fleets import DIGEST, FLEETS, Data, Fleet, drawn
from corpus.tested import write_evidence
from corpus.values import Sound, sound
from corpus.written import Written
from cryptography.hazmat.primitives.asymmetric import ec

from fairway.check import check_spec
from fairway.compile import Compiler
from fairway.deployment import Deployment
from fairway.fleet import Fleet as CheckedFleet
from fairway.locking.run import LockRun
from fairway.project import load_project
from fairway.signing.keys import PrivateKey, PublicKey, load_public_key
from fairway.signing.model import sign_model

REPOSITORY = Path(__file__).parents[2]
sys.path.append(str(REPOSITORY / "benchmarks"))

import model_files  # noqa: E402
from yaml_style import YamlWriter  # noqa: E402

NOW = "2026-11-20T12:00:00Z"
LOCK = "deployment.lock.json"
TARGETS = Path(__file__).parent / "targets"
COMMENTS = (
    "see the runbook",
    "raised after the load test, p99 was too close",
    "the platform team asked for this",
    "TODO: lower it again when the cache is back",
    "größer wäre Verschwendung",
    "as agreed with checkout: 100% of calls, no retries",
)


class Organisation:
    """A fleet of cases and the files of its project; faults edit both."""

    def __init__(self, fleet: Fleet) -> None:
        self.fleet = fleet
        source = drawn(f"project {fleet.name}")
        text = YamlWriter(source, COMMENTS).document(fleet.project())
        self.project = Written(f"# {fleet.name}: where models run.\n{text}")
        names = ["watch", fleet.workload, fleet.router, fleet.images]
        names += ["extras"] if fleet.extras else []
        self.targets = {name: _target(name) for name in names if (TARGETS / name).is_dir()}
        self.cases = [_case(fleet, index) for index in range(5)]
        self.cases.sort(key=lambda case: case.sound.name)

    def template(self, path: str) -> Written:
        """Return a template of the team's targets, such as ``hardened/workload.yaml``."""
        name, _, file = path.partition("/")
        return self.targets[name][file]


def organisations() -> list[Organisation]:
    """Return all fleets, sound."""
    return [Organisation(fleet) for fleet in FLEETS]


def _target(name: str) -> dict[str, Written]:
    return {path.name: Written(path.read_text("utf-8")) for path in (TARGETS / name).iterdir()}


def _case(fleet: Fleet, index: int) -> Case:
    source = drawn(f"{fleet.name} {index}")
    made = sound(fleet, index, source)
    return Case(made, Written(YamlWriter(source, COMMENTS).document(made.values)))


# -- writing ---------------------------------------------------------------------------------------


def write_corpus(root: Path, fleets: Iterable[Organisation]) -> None:
    """Write fleets into ``root``, which must be the working directory, as reports show paths."""
    for fleet in fleets:
        _write_fleet(root / fleet.fleet.name, fleet)


def _write_fleet(folder: Path, made: Organisation) -> None:
    folder.mkdir()
    (folder / "fairway.yaml").write_text(made.project.text, "utf-8")
    for name, files in made.targets.items():
        (folder / "targets" / name).mkdir(parents=True)
        for file, written in files.items():
            (folder / "targets" / name / file).write_text(written.text, "utf-8")
    builtin = REPOSITORY / "targets"
    for name, own in (("kubernetes", "hardened"), ("gateway-api", "edge")):
        if own in made.targets:
            shutil.copy(builtin / name / "series.yaml", folder / "targets" / own)
    if made.fleet.keys:
        (folder / "keys").mkdir()
        (folder / "keys" / "release.pub").write_bytes(signing_key(folder).public.pem)
    for case in made.cases:
        _write_files(folder / case.sound.name, case)
    _lock(folder, made)
    for case in made.cases:
        _complete(folder / case.sound.name, case)
    loaded = load_project(str(folder / "fairway.yaml"))
    assert loaded.findings == (), loaded.findings
    compiler = Compiler(loaded)
    for case in made.cases:
        own = folder / case.sound.name
        checked = check_spec(str(own / SPEC), loaded, NOW)
        if not checked.judged:  # nothing of it can be
            assert {each.rule for each in checked.findings} <= ENGINE_RULES, checked.findings
            continue
        last = checked.judged[-1]
        _record_images(own, case, compiler, last)
        _test_versions(own, case, checked.judged)


def _write_files(folder: Path, case: Case) -> None:
    source = drawn(f"files {case.sound.folder}")
    contract = model_files.contract(source)
    files = {"contract.json": contract.encode(), "data/reference.csv": b"x,y\n1,2\n"}
    files["data/holdout.csv"] = model_files.holdout(source).encode()
    if case.contract_edit is not None:
        edited = json.loads(contract)
        case.contract_edit(edited)
        files["contract-2.json"] = json.dumps(edited, indent=1, ensure_ascii=False).encode()
    if "model.py" in case.spec.text:
        files["model.py"] = model_files.MODEL_CODE.format(factor=3).encode()
    first: dict[str, bytes] = {}
    for version in _names(case.spec):
        # What is signed and what is the same as before are the bytes, so they have their own seed.
        own = drawn(f"model {case.sound.folder} {version}")
        edited_too = case.contract_edit is not None and version == case.candidate
        text = files["contract-2.json" if edited_too else "contract.json"].decode()
        made = model_files.model_files(own, _format(case.spec, version), text)
        if case.same_model and version == case.candidate:
            made = first
        first = first or (made if version == case.stable else {})
        files |= {f"models/{version}/{name}": data for name, data in made.items()}
    files[SPEC] = _local(case.spec).encode()
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)


def _names(spec: Written) -> list[str]:
    return [str(key.value) for key, _ in spec.node(("versions",)).value]  # type: ignore[union-attr]


def _format(spec: Written, version: str) -> str:
    own = spec.node(("versions", version, "format"))
    found = own or spec.node(("model", "format"))
    return str(found.value)  # type: ignore[union-attr]


def _uris(spec: Written) -> dict[str, str]:
    found = {}
    for name in _names(spec):
        node = spec.node(("versions", name, "uri")) or spec.node(("versions", name))
        found[name] = str(node.value)  # type: ignore[union-attr]
    return found


def _local(spec: Written) -> str:
    """Return the spec with models beside it in place of those of a registry, to lock them."""
    made = Written(spec.text)
    for name, uri in _uris(spec).items():
        if not uri.startswith("./"):
            whole = made.has(("versions", name, "uri"))
            made.set(("versions", name, *(("uri",) if whole else ())), f"./models/{name}")
    if made.has(("serving", "image")):  # an image without a digest would be looked up
        made.set(("serving", "image", "digest"), DIGEST)
    return made.text


def _lock(folder: Path, made: Organisation) -> None:
    """Do what ``fairway lock`` does, after what signs models."""
    if made.fleet.keys:
        for model in sorted(folder.glob("*/models/*")):
            sign_model(model, signing_key(folder))
    run = LockRun(CheckedFleet([str(folder)], NOW))
    for _ in run.each():
        pass
    found = [each for each in run.diagnostics() if each.rule not in ENGINE_RULES]
    assert not found, found[0]


def _complete(folder: Path, case: Case) -> None:
    """Give the registry's names back, and record what has served where."""
    (folder / SPEC).write_text(case.spec.text, "utf-8")
    lock = json.loads((folder / LOCK).read_text("utf-8"))
    for name, uri in _uris(case.spec).items():
        if uri.startswith("models:/"):
            registered, _, number = uri.removeprefix("models:/").partition("/")
            resolved = {"uri": uri, "name": registered, "version": number, "runId": "8f2c" * 8}
            lock["versions"][name] |= {"uri": uri, "resolved": resolved}
            shutil.rmtree(folder / "models" / name)
            (folder / "models" / f"{name}.sig").unlink(missing_ok=True)
    lock["served"] = _served(case.sound)
    for edit in case.lock_edits:
        edit(lock)
    (folder / LOCK).write_text(json.dumps(lock, indent=2) + "\n", "utf-8")


def _served(made: Sound) -> Data:
    release = made.values["release"]
    first = {"version": release["stable"], "commit": "4f1d0c2", "since": "2026-08-03T09:00:00Z"}
    second = {"commit": "9ab3e71", "since": "2026-10-05T08:30:00Z"}
    served: Data = {name: [first] for name in made.fleet.environments}
    if "candidate" in release:
        for name in made.fleet.environments[:-1]:
            served[name] = [first, {"version": release["candidate"], **second}]
    return served


def _record_images(folder: Path, case: Case, compiler: Compiler, deployment: Deployment) -> None:
    """Write the digest of every image that was pushed into the lock."""
    lock = json.loads((folder / LOCK).read_text("utf-8"))
    lock["images"] = {
        name: {"tag": image.tag, "digest": image.model_digest}
        for name, image in compiler.images(deployment).items()
        if name not in case.unpushed
    }
    (folder / LOCK).write_text(json.dumps(lock, indent=2) + "\n", "utf-8")


def _test_versions(folder: Path, case: Case, deployments: Iterable[Deployment]) -> None:
    for deployment, name in _serving(deployments):
        if deployment.spec.evidence is None or name in case.untested:
            continue
        signs = case.sound.fleet.keys and case.risk == "high" and name not in case.unsigned
        expected = int(case.value("serving.traffic.expected")[:-2])

        def edit(report: Data, name: str = name) -> None:
            for change in case.report_edits:
                change(name, report)

        write_evidence(
            folder,
            deployment,
            deployment.versions[name],
            round(expected * 1.1 / case.sound.pods_for_expected, 1),
            edit,
            signing_key(folder.parent) if signs else None,
        )


def _serving(deployments: Iterable[Deployment]) -> Iterator[tuple[Deployment, str]]:
    seen: set[str] = set()
    for deployment in deployments:
        release = deployment.spec.release
        for name in (release.stable, release.candidate):
            if name is not None and name not in seen:
                seen.add(name)
                yield deployment, name


@cache
def signing_key(folder: Path) -> PrivateKey:
    """Return a key that signs, the same for every run."""
    key = ec.derive_private_key(2**200 + 12345, ec.SECP256R1())
    public = PublicKey(folder, "", key.public_key(), "keys/release.pub")
    made = folder / "release.tmp"
    made.write_bytes(public.pem)
    known = load_public_key(made, "keys/release.pub")
    made.unlink()
    return PrivateKey(folder, key, known)
