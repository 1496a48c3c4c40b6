"""Specs that are right: a hypothesis strategy that draws deployments of every kind.

``specs()`` covers what the built-in targets express, for the project of ``workspace``. Each spec
is valid by construction, so a finding about one is a fault of Fairway's or of this file.
"""

from __future__ import annotations

import re

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy
from workspace import GATEWAY, Document, GeneratedSpec, digest

FORMATS = [("sklearn", "skops"), ("sklearn", "joblib"), ("onnx", "onnx"), ("python", "python")]
OTHER_FORMATS = [("tensorflow", "savedmodel"), ("pytorch", "safetensors"), ("xgboost", "pickle")]

LETTERS = "abcdefghijklmnopqrstuvwxyz"
DIGITS = "0123456789"


def labels(longest: int = 20) -> SearchStrategy[str]:
    """Return DNS labels."""
    return _words(LETTERS + DIGITS + "-", longest)


def service_names(longest: int = 20) -> SearchStrategy[str]:
    """Return DNS labels that a Service may have: they begin with a letter."""
    rest = st.one_of(st.just(""), labels(longest - 1))
    return st.builds("{}{}".format, st.sampled_from(LETTERS), rest)


def _words(alphabet: str, longest: int) -> SearchStrategy[str]:
    """Return words whose first and last characters are letters or digits."""
    written = st.text(alphabet, min_size=1, max_size=longest)
    return written.map(lambda text: text.strip("-._")).filter(bool)


def texts() -> SearchStrategy[str]:
    """Return text that is not blank, with whatever a person or an attacker may write."""
    nasty = st.sampled_from(
        ["no", "012", "1e3", "~", "a: b", "- x", "'", '"', "\\", "$HOME", "`id`", "#", "{{ 7 }}"]
    )
    pieces = st.one_of(nasty, st.text(st.characters(codec="utf-8"), max_size=30))
    return st.lists(pieces, min_size=1, max_size=4).map("\n".join).filter(str.strip)


def version_names() -> SearchStrategy[str]:
    """Return names of versions."""
    return st.one_of(
        st.lists(st.integers(0, 20).map(str), min_size=1, max_size=4).map(".".join),
        _words(LETTERS + LETTERS.upper() + DIGITS + "-._", 20),
        st.sampled_from(["1e3", "0x1F", "012", "no", "2024-01-01", "1.0-RC_1", "null"]),
    )


def _slug(version: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", version.lower()).strip("-")


def durations() -> SearchStrategy[str]:
    """Return lengths of time from a millisecond to some hours."""
    amounts = {"ms": 99_999, "s": 7200, "m": 600, "h": 30}
    return st.sampled_from(sorted(amounts)).flatmap(
        lambda unit: st.integers(1, amounts[unit]).map(lambda number: f"{number}{unit}")
    )


def cpus() -> SearchStrategy[str | int]:
    """Return amounts of processor time in every accepted form."""
    return st.one_of(
        st.integers(1, 999),
        st.integers(1, 64_000).map("{}m".format),
        st.decimals("0.001", 64, places=3).map(str),
    )


def memories() -> SearchStrategy[str]:
    """Return amounts of memory in every accepted form."""
    suffixes = st.sampled_from(["Ki", "Mi", "Gi", "Ti", "k", "M", "G", "T"])
    numbers = st.one_of(st.integers(1, 4096).map(str), st.decimals(1, 64, places=1).map(str))
    return st.tuples(numbers, suffixes).map("".join)


def percentages(least: int = 1) -> SearchStrategy[str]:
    """Return whole percentages."""
    return st.integers(least, 100).map("{}%".format)


@st.composite
def serving(draw: DrawFn, *, own_image: bool, split: bool = False) -> Document:
    """Return the ``serving`` part, for our own image or a ready-made one.

    It can override another one: fields that depend on each other are always given. A gateway is
    among the callers where it has to ``split``.
    """
    least = draw(st.integers(1, 5))
    callers: list[Document] = draw(
        st.lists(st.builds(lambda n: {"namespace": n}, labels()), max_size=3)
    )
    made: Document = {
        "port": draw(st.one_of(st.just(8080), st.integers(1024, 65535))),
        "resources": {"cpu": draw(cpus()), "memory": draw(memories()),
                      "gpu": draw(st.integers(0, 2))},
        "scaling": {"min": least, "metric": draw(st.sampled_from(["cpu", "memory"])),
                    "target": draw(percentages()), "max": None},
        "traffic": {"timeout": draw(durations()), "expected": draw(_rates())},
        "egress": draw(st.lists(_egress(), max_size=3)),
        "secrets": draw(st.lists(_secrets(), max_size=3, unique_by=lambda s: s["name"])),
        "hosts": [],
        "runtime": "fairway",
        "image": None,
    }  # fmt: skip
    if draw(st.booleans()):
        made["scaling"]["max"] = least + draw(st.integers(0, 4))
    if split or draw(st.booleans()):
        callers.insert(0, {"gateway": GATEWAY})
        made["hosts"] = draw(st.lists(_hosts(), max_size=3, unique=True))
        made["auth"] = {"none": draw(texts())}
    if not own_image:
        made |= {"runtime": "image", "image": draw(_images())}
    return {**made, "callers": callers}


def _rates() -> SearchStrategy[str | None]:
    return st.one_of(st.none(), st.integers(1, 5000).map("{}/s".format), st.just("0.1/m"))


def _egress() -> SearchStrategy[Document]:
    ports = st.integers(1, 65535)
    cidrs = st.one_of(
        st.tuples(st.ip_addresses(v=4), st.just("/32")),
        st.tuples(st.ip_addresses(v=6), st.just("/128")),
    )
    return st.one_of(
        st.builds(lambda n, p: {"namespace": n, "port": p}, labels(), ports),
        st.builds(lambda c, p: {"cidr": f"{c[0]}{c[1]}", "port": p}, cidrs, ports),
        st.builds(lambda n, p: {"cidr": f"10.{n}.0.0/16", "port": p}, st.integers(0, 255), ports),
    )


def _secrets() -> SearchStrategy[Document]:
    # PATH and the like decide how the model server itself starts; those are refused.
    reserved = ("PATH", "PYTHON", "LD_")
    written = st.text(LETTERS.upper() + "_", min_size=1, max_size=12)
    names = written.filter(lambda name: not name.startswith(reserved))
    keys = _words(LETTERS + LETTERS.upper() + DIGITS + "._-", 12)
    return st.builds(lambda n, s, k: {"name": n, "from": f"{s}/{k}"}, names, labels(), keys)


def _hosts() -> SearchStrategy[str]:
    return st.builds("{}{}.example.com".format, st.sampled_from(["", "*."]), labels())


@st.composite
def _images(draw: DrawFn) -> Document:
    made: Document = {"repository": draw(st.sampled_from(["ghcr.io/acme/scorer", "r:5000/a_b/c"]))}
    if draw(st.booleans()):
        made["tag"] = draw(version_names())
    if "tag" not in made or draw(st.booleans()):
        made["digest"] = digest(draw(st.binary(max_size=4)))
    if draw(st.booleans()):
        made["paths"] = {"ready": "/healthz/ready", "live": "/healthz/live"}
    return made


@st.composite
def release(draw: DrawFn, versions: list[str]) -> Document:
    """Return a release of the first version, with the second as its candidate where one fits."""
    made: Document = {"stable": versions[0]}
    candidates = ["canary", "shadow", "ab"] if len(versions) > 1 else ["canary"]
    name = draw(st.sampled_from(["rolling", "blueGreen", *candidates]))
    if name == "rolling":
        surge, unavailable = draw(st.tuples(_pods(), _pods()).filter(_can_proceed))
        made["strategy"] = {"rolling": {"surge": surge, "unavailable": unavailable}}
    else:
        if len(versions) > 1:
            made["candidate"] = versions[1]
        strategies = {"canary": _canary, "shadow": _shadow, "ab": _ab}
        blue_green = _blue_green(candidate=len(versions) > 1)
        made["strategy"] = {name: draw(strategies[name]() if name in strategies else blue_green)}
        if "candidate" not in made and name == "canary":
            made["strategy"]["canary"]["step"] = 0  # it waits for its next candidate
    if draw(st.integers(0, 3)) == 0:
        made["handover"] = "perVersion" if name == "rolling" else "rolling"
    return made


def _blue_green(*, candidate: bool) -> SearchStrategy[Document]:
    choices = ["stable", "candidate"] if candidate else ["stable"]
    return st.sampled_from(choices).map(lambda active: {"active": active})


def shares(least: str = "0") -> SearchStrategy[str]:
    """Return percentages as fine as routers can split."""
    fine = st.decimals(least, 100, places=4).map("{}%".format)
    return st.one_of(st.sampled_from(["1%", "5%", "50%", "99.9%", "100%"]), fine)


@st.composite
def _canary(draw: DrawFn) -> Document:
    step = st.fixed_dictionaries({"weight": shares(), "hold": durations()})
    steps = draw(st.lists(step, min_size=1, max_size=4))
    made: Document = {"steps": steps, "step": draw(st.integers(0, len(steps)))}
    gates: list[Document] = [
        {"metric": "error-ratio", "max": "1%"},
        {"metric": "latency-p95", "max": "250ms"},
        {"metric": "request-rate", "min": 0.5},
        {"metric": "error-ratio", "against": "stable", "within": "0.5pp"},
        {"metric": "latency-p99", "against": "stable", "withinRelative": "10%"},
    ]
    made["gates"] = draw(st.lists(st.sampled_from(gates), max_size=4))
    more = {
        "minRequests": st.integers(0, 10**6),
        "interval": durations(),
        "window": durations(),
        "fault": shares("0.0001"),
        "budget": st.integers(1, 10**6),
        "onFailure": st.sampled_from(["rollback", "pause"]),
    }
    return made | draw(st.fixed_dictionaries({}, optional=more))


@st.composite
def _shadow(draw: DrawFn) -> Document:
    made: Document = {"mirror": draw(shares("0.0001"))}
    if draw(st.booleans()):
        made["compare"] = {"max": draw(shares()), "tolerance": draw(st.sampled_from([0.0, 1e-6]))}
    return made


@st.composite
def _ab(draw: DrawFn) -> Document:
    names = st.one_of(st.just("x-cohort"), _words(LETTERS + LETTERS.upper() + "-", 12))
    # Whatever a header may have: printable ASCII. A cookie's value ends at a semicolon.
    values = st.one_of(
        st.sampled_from(["beta", "a b", "a.b", "(", "$1", '"', "\\", "*", "x=y"]),
        st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters=";,"),
                min_size=1, max_size=10),
    )  # fmt: skip
    split = {
        "by": draw(st.sampled_from(["header", "cookie"])),
        "name": draw(names),
        "candidate": draw(st.lists(values, min_size=1, max_size=3, unique=True)),
    }
    made: Document = {"split": split, "weight": draw(shares()), "metric": "conversion"}
    made |= {"baseline": draw(shares()), "duration": draw(durations())}
    more = {
        "users": st.just("2/s"),
        "effect": st.just("0.5pp"),
        "alpha": st.sampled_from([0.05, 0.5]),
        "looks": st.integers(1, 4),
    }
    return made | draw(st.fixed_dictionaries({}, optional=more))


def is_split(strategy: Document) -> bool:
    """Whether a gateway splits or copies the requests, so that one must be called through."""
    return not strategy.keys() & {"rolling", "blueGreen"}


def _pods() -> SearchStrategy[int | str]:
    return st.one_of(st.integers(0, 4), percentages(0))


def _can_proceed(numbers: tuple[int | str, int | str]) -> bool:
    return any(number not in (0, "0%") for number in numbers)


@st.composite
def specs(draw: DrawFn, *, own_image: bool | None = None) -> GeneratedSpec:
    """Return a deployment, with our own image or a ready-made one unless an override differs."""
    ours = draw(st.booleans()) if own_image is None else own_image
    served = FORMATS if ours else FORMATS[:3] + OTHER_FORMATS
    framework, form = draw(st.sampled_from(served))
    versions = draw(st.lists(version_names(), min_size=1, max_size=3, unique_by=_slug))
    model: Document = {"framework": framework, "format": form}
    files = {}
    if framework == "python":
        model["entrypoint"] = "code/model.py:Model"
        files["code/model.py"] = b"class Model: ...\n"
    document: Document = {
        "apiVersion": "fairway.dev/v1",
        "kind": "ModelDeployment",
        "metadata": {"name": draw(service_names(40)), "team": draw(labels(60)), "owners": ["@ml"]},
        "model": model,
        "versions": {name: f"./models/{n}" for n, name in enumerate(versions)},
        "release": draw(release(versions)),
    }
    split = is_split(document["release"]["strategy"])
    document["serving"] = draw(serving(own_image=ours, split=split))
    if draw(st.booleans()):
        document["metadata"]["description"] = draw(texts())
    environments = draw(st.sampled_from([None, ["staging"], ["staging", "production"]]))
    if environments is not None:
        either = (framework, form) in FORMATS
        overrides = _overrides(own_image=ours, either=either, split=split)
        document["environments"] = {name: draw(overrides) for name in environments}
    return GeneratedSpec(document, files)


def _overrides(*, own_image: bool, either: bool, split: bool) -> SearchStrategy[Document]:
    least = st.integers(1, 3)
    other = serving(own_image=not own_image, split=split).map(lambda part: {"serving": part})
    scaling = st.builds(lambda n, more: {"min": n, "max": n + more}, least, st.integers(0, 3))
    whole = serving(own_image=own_image, split=split).map(lambda part: {"serving": part})
    scaled = st.builds(lambda s: {"serving": {"scaling": s}}, scaling)
    return st.one_of(st.just({}), scaled, whole, *([other] if either else []))
