"""Faults of the platform team: what ``fairway.yaml`` says, and what two specs say together."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import ceil
from typing import TypeAlias

from corpus.case import Case, Expect
from corpus.disk import Organisation
from corpus.fault import EVERYTHING
from corpus.secret_faults import letters
from corpus.written import route_of

PROJECT = "../fairway.yaml"
Planted: TypeAlias = Iterator[tuple[Case | None, Expect]]
Plant: TypeAlias = Callable[[Organisation], Planted]


def _set(made: Organisation, at: str, written: str) -> None:
    made.project.set(route_of(at), written)


def _environment(made: Organisation, at: str) -> str:
    return f"environments.{made.fleet.last}.{at}"


def _pods(case: Case) -> int:
    """Return how many pods of a deployment may run at once in the last environment."""
    most = int(case.value("serving.scaling.max"))
    if case.candidate is not None:
        return 2 * (most + 1)
    surge = case.value("release.strategy.rolling.surge", 1)
    more = surge if isinstance(surge, int) else ceil(most * int(surge[:-1]) / 100)
    return most + more


def _cores(case: Case) -> float:
    cpu = str(case.value("serving.resources.cpu"))
    return _pods(case) * (int(cpu[:-1]) / 1000 if cpu.endswith("m") else float(cpu))


def _gibibytes(case: Case) -> float:
    last = case.value(f"environments.{case.last[0]}.serving.resources.memory")
    memory = str(last or case.value("serving.resources.memory"))
    return _pods(case) * int(memory[:-2]) / (1024 if memory.endswith("Mi") else 1)


def _keep_sizes(made: Organisation) -> None:
    """Let no other fault change how much the fleet takes."""
    for case in made.cases:
        case.touched |= {"resources", "scaling", "strategy", "versions"}


def too_few_cores(made: Organisation) -> Planted:
    """Give the fleet a quota of cores between its largest deployment's and everybody's."""
    at = _environment(made, "quota.cpu")
    cores = [_cores(case) for case in made.cases]
    _keep_sizes(made)
    _set(made, at, f'"{ceil((max(cores) + sum(cores)) / 2)}"')
    yield None, Expect("fleet/quota-of-cpu", at, (made.fleet.last,), file=PROJECT)


def too_little_memory(made: Organisation) -> Planted:
    """Give the fleet a quota of memory between its largest deployment's and everybody's."""
    at = _environment(made, "quota.memory")
    memory = [_gibibytes(case) for case in made.cases]
    _keep_sizes(made)
    _set(made, at, f"{ceil((max(memory) + sum(memory)) / 2)}Gi")
    yield None, Expect("fleet/quota-of-memory", at, (made.fleet.last,), file=PROJECT)


def too_few_gpus(made: Organisation) -> Planted:
    """Let two deployments take GPUs, and have as many as one of them takes."""
    at = _environment(made, "quota.gpu")
    for case in made.cases[:2]:
        case.set("serving.resources.gpu", "1")
    _keep_sizes(made)
    _set(made, at, str(max(_pods(case) for case in made.cases[:2])))
    yield None, Expect("fleet/quota-of-gpu", at, (made.fleet.last,), file=PROJECT)


def system_namespace(made: Organisation) -> Planted:
    """Put deployments into namespaces of the cluster itself."""
    _set(made, _environment(made, "namespace"), '"kube-{team}"')
    for case in made.cases:
        yield case, Expect("security/namespace-is-own", "metadata.team", case.last)


def one_namespace(made: Organisation) -> Planted:
    """Put the deployments of all teams into one namespace."""
    _set(made, _environment(made, "namespace"), "models")
    first = made.cases[0].value("metadata.team")
    for case in made.cases:
        if case.value("metadata.team") != first:
            yield case, Expect("fleet/namespace-has-one-team", "metadata.team", case.last)


def retired(made: Organisation) -> Planted:
    """Retire a source that a deployment still names."""
    for case in made.cases:
        uris = [case.spec.node(route_of(case.uri(name))) for name in case.sound.values["versions"]]
        if not uris[0].value.startswith("models:/"):  # type: ignore[union-attr]
            continue
        made.project.set(("retired", f'"{uris[0].value}"'), "made of leaked data")  # type: ignore[union-attr]
        name = next(iter(case.sound.values["versions"]))
        yield case, Expect("fleet/sources-are-not-retired", f'versions["{name}"]', case.all)
        return


def team_is_gone(made: Organisation) -> Planted:
    """Forget a team whose models still run."""
    gone = made.cases[-1].value("metadata.team")
    made.project.remove(("teams", gone))
    for case in made.cases:
        if case.value("metadata.team") == gone:
            yield case, Expect("fleet/teams-are-known", "metadata.team", case.all)
            case.touched |= {"team", "owners"}


def owners_have_left(made: Organisation) -> Planted:
    """Give a team new owners, and no deployment."""
    team = made.cases[0].value("metadata.team")
    _set(made, f"teams.{team}.owners", '["@new-people"]')
    for case in made.cases:
        if case.value("metadata.team") == team:
            yield case, Expect("fleet/owners-belong-to-the-team", "metadata.owners", case.all)
            case.touched |= {"team", "owners"}


def every_listener(made: Organisation) -> Planted:
    """Leave out the listener, so that routes attach to that of plain HTTP as well."""
    made.project.remove(route_of(_environment(made, "gateway.listener")))
    for case in made.cases:
        if case.public:
            yield case, Expect("security/gateway-has-tls-listener", "serving.hosts", case.last)
            case.touched |= {"hosts"}


def other_registry(made: Organisation) -> Planted:
    """Allow images of a registry that none is pushed to."""
    _set(made, "trust.imagePrefixes", "[registry.example.com/]")
    for case in made.cases:
        at = "serving.runtime" if case.ours else "serving.image.repository"
        yield (
            case,
            Expect(
                "security/image-source-is-allowed", at, case.all, "key" if case.ours else "value"
            ),
        )
        case.touched |= {"image"}


def scaled_by_memory(made: Organisation) -> Planted:
    """Let all pods follow their memory by default."""
    _set(made, "defaults.serving.scaling.metric", "memory")
    if any(case.value("serving.scaling.metric") is None for case in made.cases):
        at = "defaults.serving.scaling.metric"
        environments = made.fleet.environments
        yield None, Expect("reliability/scaling-follows-load", at, environments, file=PROJECT)
    for case in made.cases:
        case.touched |= {"scaling"}


def no_headroom(made: Organisation) -> Planted:
    """Let pods be used up by default before others are added."""
    at = "defaults.serving.scaling.target"
    _set(made, at, "98%")
    if any(case.value("serving.scaling.target") is None for case in made.cases):
        environments = made.fleet.environments
        yield None, Expect("reliability/scaling-leaves-headroom", at, environments, file=PROJECT)
    for case in made.cases:
        case.touched |= {"scaling"}


def blind_gateway(made: Organisation) -> Planted:
    """Take a gateway that counts nothing of a version: objectives are left with the servers'."""
    _set(made, _environment(made, "gateway.implementation"), "nginx")
    for case in made.cases:
        for index in range(len(case.value("release.strategy.canary.gates", ()))):
            at = f"release.strategy.canary.gates[{index}].metric"
            yield case, Expect("target/metric", at, case.last)
            case.touched |= {EVERYTHING}


def step_of_a_controller(made: Organisation) -> Planted:
    """Forget that whoever works here was told where the step is kept."""
    made.project.remove(("severity",))
    for case in made.cases:
        if case.strategy == "canary":
            at = "release.strategy.canary.step"
            yield case, Expect("release/controller-keeps-the-step", at, case.last)
            case.touched |= {"strategy"}


def one_host_twice(made: Organisation) -> Planted:
    """Give a deployment the host of another one, copied with the rest of its spec."""
    first, second = [case for case in made.cases if case.public][:2]
    second.set("serving.hosts", f"[{first.value('serving.hosts[0]')}]")
    first.touched |= {"hosts"}
    second.touched |= {"hosts"}
    yield second, Expect("fleet/hosts-are-unique", "serving.hosts", second.all)


def one_source_twice(made: Organisation) -> Planted:
    """Serve another deployment's model as well, as the second version."""
    first = next(case for case in made.cases if "models:/" in case.spec.text)
    second = next(case for case in made.cases if case.sound.name > first.sound.name)
    uri = first.spec.node(route_of(first.uri(first.stable))).value  # type: ignore[union-attr]
    name = list(second.sound.values["versions"])[-1]
    second.set(second.uri(name), f'"{uri}"')
    first.touched |= {"versions"}
    second.touched |= {"versions", "models"}
    yield second, Expect("fleet/source-has-one-name", "versions", second.all)


def token_in_a_comment(made: Organisation) -> Planted:
    """Keep the token of the registry where everybody can read it."""
    made.project.text += f"# the registry takes {'gh' + 'p_' + letters('project', 36)}\n"
    at, where = "text:# the registry takes", made.fleet.environments
    yield None, Expect("security/project-holds-no-secrets", at, where, file=PROJECT)
