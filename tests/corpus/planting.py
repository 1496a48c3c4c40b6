"""Which faults are planted where: every kind at least once, in a third of the specs several."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from corpus import object_faults, pod_faults, project_faults
from corpus.case import Case, Expect, nearest
from corpus.disk import Organisation
from corpus.fault import EVERYTHING, Fault, plant
from corpus.fleets import drawn
from corpus.other_faults import FAULTS as OTHERS
from corpus.project_faults import Plant
from corpus.proof_faults import FAULTS as PROOFS
from corpus.release_faults import FAULTS as RELEASES
from corpus.secret_faults import FAULTS as SECRETS
from corpus.serving_faults import FAULTS as SERVING
from corpus.template_fault import TemplateFault
from corpus.written import Written

FAULTS: tuple[Fault, ...] = (*RELEASES, *PROOFS, *OTHERS, *SERVING, *SECRETS)
"""Every kind of fault of a single deployment."""

PROJECTS: Mapping[str, tuple[str, Plant]] = {
    "northbank": ("a quota of cores that is too small", project_faults.too_few_cores),
    "aquila": ("a quota of memory that is too small", project_faults.too_little_memory),
    "motoria": ("a quota of GPUs that is too small", project_faults.too_few_gpus),
    "verdant": ("a default without headroom", project_faults.no_headroom),
    "shopline": ("a team that is gone", project_faults.team_is_gone),
    "newsdesk": ("owners that have left", project_faults.owners_have_left),
    "insura": ("a step that nobody looks for in the cluster", project_faults.step_of_a_controller),
    "mediq": ("images of another registry", project_faults.other_registry),
    "parcelo": ("namespaces of the cluster", project_faults.system_namespace),
    "pharmex": ("one namespace for all teams", project_faults.one_namespace),
    "hotelia": ("a source that was retired", project_faults.retired),
    "bookery": ("a source of two deployments", project_faults.one_source_twice),
    "agrow": ("a host of two deployments", project_faults.one_host_twice),
    "railnet": ("a gateway that counts nothing", project_faults.blind_gateway),
    "gridiron": ("a token in fairway.yaml", project_faults.token_in_a_comment),
    "lexica": ("pods that follow memory by default", project_faults.scaled_by_memory),
    "playfield": ("a route of every listener", project_faults.every_listener),
}
"""What is wrong with a fleet's ``fairway.yaml``, or with two of its specs together."""

TEMPLATES: Mapping[str, tuple[str, Sequence[TemplateFault]]] = {
    "teleone": ("hardened/workload.yaml", pod_faults.FIRST),
    "gridiron": ("hardened/workload.yaml", pod_faults.SECOND),
    "cityhall": ("hardened/workload.yaml", pod_faults.THIRD),
    "steelworks": ("hardened/workload.yaml", pod_faults.FOURTH),
    "agrow": ("extras/extras.yaml", object_faults.EXTRAS[0]),
    "bookery": ("extras/extras.yaml", object_faults.EXTRAS[1]),
    "hotelia": ("extras/extras.yaml", object_faults.EXTRAS[2]),
    "mediq": ("edge/route.yaml", object_faults.ROUTES[:1]),
    "motoria": ("edge/route.yaml", object_faults.ROUTES[1:]),
    "lexica": ("plain-docker/Dockerfile.j2", object_faults.DOCKERFILES[0]),
    "playfield": ("plain-docker/Dockerfile.j2", object_faults.DOCKERFILES[1]),
}
"""What is wrong with a template of a fleet's own targets."""


class Wanted(NamedTuple):
    """What must be found: a place of a file in one environment, and why."""

    rule: str
    file: str
    line: int
    environment: str
    related: tuple[str, int] | None


class Planted(NamedTuple):
    """What was planted in a fleet: for each place that must be found, what somebody got wrong."""

    organisation: Organisation
    wanted: Mapping[Wanted, str]
    several: int  # in how many of its specs there is more than one fault


def plant_all(fleets: Sequence[Organisation]) -> list[Planted]:
    """Plant faults in fleets, every kind of them; return what must be found of each fleet."""
    common: dict[str, list[tuple[str, Case | None, Expect]]] = {}
    for made in fleets:
        common[made.fleet.name] = list(_plant_common(made))
    _plant_each([case for made in fleets for case in made.cases])
    return [_planted(made, common[made.fleet.name]) for made in fleets]


def _plant_common(made: Organisation) -> Iterator[tuple[str, Case | None, Expect]]:
    name = made.fleet.name
    if name in PROJECTS:
        what, planted = PROJECTS[name]
        for case, expect in planted(made):
            yield what, case, expect
            if case is not None:
                case.touched.add("project")
    file, faults = TEMPLATES.get(name, ("", ()))
    for fault in faults:
        for case, expect in fault.plant(made, file):
            yield fault.what, case, expect
    if faults:
        # What their findings point at: it stays where it is.
        kept = {"egress", "hosts"} | ({"resources", "scaling"} if "workload" in file else set())
        for case in made.cases:
            case.touched |= kept


def _plant_each(cases: list[Case]) -> None:
    """Plant every kind once in a spec that it fits, then one more kind in specs without any."""
    source = drawn("planting")
    open_kinds = list(FAULTS)
    source.shuffle(open_kinds)
    order = source.sample(cases, len(cases))
    # First what stands alone, then where few kinds fit: the rest finds a place anywhere.
    for fault in sorted(
        open_kinds, key=lambda each: (EVERYTHING not in each.touches, _places(each, cases))
    ):
        fewest = sorted(order, key=lambda case: len(case.planted))
        assert any(plant(fault, case) for case in fewest), f"{fault.what} fits nowhere"
    for case in order:
        wanted = 1 + (source.random() < 0.1)
        for fault in source.sample(open_kinds, len(open_kinds)):
            if len(case.planted) < wanted and fault.what not in {f.what for f in case.planted}:
                plant(fault, case)


def _places(fault: Fault, cases: list[Case]) -> int:
    """Return about how many specs a kind of fault fits, by trying it on copies."""
    return sum(plant(fault, _copy(case)) for case in cases)


def _copy(case: Case) -> Case:
    return Case(case.sound, Written(case.spec.text), touched=set(case.touched))


def _planted(made: Organisation, common: list[tuple[str, Case | None, Expect]]) -> Planted:
    wanted: dict[Wanted, str] = {}
    for what, case, expect in common:
        wanted |= dict.fromkeys(_wanted(made, case, expect), what)
    for case in made.cases:
        for found in case.planted:
            for expect in found.expects:
                wanted |= dict.fromkeys(_wanted(made, case, expect), found.what)
    several = sum(_faults_of(case, common) > 1 for case in made.cases)
    return Planted(made, wanted, several)


def _faults_of(case: Case, common: list[tuple[str, Case | None, Expect]]) -> int:
    return len({what for what, of, _ in common if of is case}) + len(case.planted)


def _wanted(made: Organisation, case: Case | None, expect: Expect) -> Iterator[Wanted]:
    fleet = made.fleet.name
    in_spec = case is not None and not expect.file.startswith("../")
    written = case.spec if case is not None and in_spec else made.project
    file = f"{case.sound.folder}/{expect.file}" if case and in_spec else f"{fleet}/fairway.yaml"
    words = expect.at.removeprefix("text:")
    at = expect.at
    line = written.line_of(words) if at.startswith("text:") else nearest(written, at, expect.part)
    related = _related(made, expect.related) if expect.related else None
    for name in expect.environments:
        yield Wanted(expect.rule, file, line, name, related)


def _related(made: Organisation, said: str) -> tuple[str, int]:
    path, _, words = said.removeprefix("../targets/").partition(":")
    return f"{made.fleet.name}/targets/{path}", made.template(path).line_of(words)
