"""Rules of meaning: what the fields of a spec say together.

Each rule is a function from a view of one environment to faults; adding a rule is adding a
function to ``RULES``, with the routes that it reads.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from fairway import rule
from fairway.finding import Finding, Fix
from fairway.location import Route
from fairway.source.layers import Merged
from fairway.spec.limits import LIMITS
from fairway.spec.nearest import listed, nearest
from fairway.spec.positive import POSITIVE
from fairway.spec.slug import slug
from fairway.spec.strategies import STRATEGIES
from fairway.spec.units import Percentage
from fairway.spec.view import Fault, MeaningRule, View

FORMATS: dict[str, tuple[str, ...]] = {
    "sklearn": ("skops", "onnx", "joblib", "pickle", "mlflow"),
    "onnx": ("onnx",),
    "tensorflow": ("savedmodel", "onnx", "mlflow"),
    "xgboost": ("onnx", "mlflow", "joblib", "pickle"),
    "lightgbm": ("onnx", "mlflow", "joblib", "pickle"),
    "pytorch": ("onnx", "safetensors", "mlflow"),
    "python": ("python",),
}
SERVED_BY_FAIRWAY = ("skops", "onnx", "joblib", "python")


def check_meaning(view: View) -> list[Finding]:
    """Return a finding for every rule of meaning that the spec breaks in this environment."""
    return [
        fault.rule(
            fault.message,
            view.merged.locate(fault.route, fault.part),
            fix=fault.fix,
            environments=(view.environment,),
        )
        for check, reads in RULES.items()
        if not view.faulty or not any(unread(view.faulty, route) for route in reads)
        for fault in check(view)
    ]


def unread(faulty: frozenset[Route], route: Route) -> bool:
    """Whether something at, above or below ``route`` did not bind."""
    return any(each[: len(route)] == route or route[: len(each)] == each for each in faulty)


def check_versions_named(merged: Merged, environments: tuple[str, ...]) -> list[Finding]:
    """Check a release's versions in a spec that other faults keep from being bound."""
    release, versions = merged.value.get("release"), merged.value.get("versions")
    if not isinstance(release, dict) or not isinstance(versions, dict):
        return []
    named = [(key, release.get(key)) for key in ("stable", "candidate")]
    known = [(key, name) for key, name in named if isinstance(name, str)]
    return [
        fault.rule(
            fault.message,
            merged.locate(fault.route, fault.part),
            fix=fault.fix,
            environments=environments,
        )
        for fault in _unknown_versions(known, versions)
    ]


def _unknown_versions(
    named: Iterable[tuple[str, str | None]], versions: Collection[str]
) -> Iterator[Fault]:
    for key, name in named:
        if name is None or name in versions or not versions:
            continue
        close = nearest(name, versions)
        have = f"versions: {listed(versions)}"
        others = close or "one of them"
        fix = Fix(f"write {others}, or add {name} to `versions`", f'"{close}"' if close else None)
        message = f"there is no version {name}; {have}"
        yield Fault(rule.REFERENCE, ("release", key), message, fix)


def _release_versions(view: View) -> Iterator[Fault]:
    release = view.spec.release
    named = (("stable", release.stable), ("candidate", release.candidate))
    yield from _unknown_versions(named, view.spec.versions)
    if release.candidate is not None and release.candidate == release.stable:
        message = f"the candidate is the stable version ({release.stable})"
        fix = Fix("name another version, or remove the candidate")
        yield Fault(rule.CONSISTENT, ("release", "candidate"), message, fix)


def _scaling(view: View) -> Iterator[Fault]:
    scaling = view.spec.serving.scaling
    route: Route = ("serving", "scaling")
    if scaling.max is not None and scaling.max < scaling.min:
        message = f"max ({scaling.max}) is less than min ({scaling.min})"
        fix = Fix(f"raise max to {scaling.min} or more, or lower min")
        yield Fault(rule.CONSISTENT, (*route, "max"), message, fix)
    if scaling.min == 0 and scaling.metric in ("cpu", "memory"):
        message = f"no pod is left to measure {scaling.metric} on when min is 0"
        yield Fault(rule.CONSISTENT, (*route, "min"), message, Fix("set min to 1 or more", "1"))
    share = isinstance(scaling.target, Percentage)
    if scaling.metric in ("cpu", "memory", "gpu") and not share:
        message = f"scaling by {scaling.metric} aims at a share of the request, such as 70%"
        fix = Fix("write a percentage, or scale by concurrency or rps")
        yield Fault(rule.CONSISTENT, (*route, "target"), message, fix)
    if scaling.metric in ("concurrency", "rps") and share:
        message = f"scaling by {scaling.metric} aims at a number per pod, such as 20"
        fix = Fix("write a number, or scale by cpu or memory")
        yield Fault(rule.CONSISTENT, (*route, "target"), message, fix)
    if isinstance(scaling.target, Percentage) and scaling.target.percent % 1:
        message = "Kubernetes takes whole percentages as targets"
        whole = f"{max(1, round(scaling.target.percent))}%"
        yield Fault(rule.VALUE, (*route, "target"), message, Fix(f"write {whole}", whole))


def _traffic(view: View) -> Iterator[Fault]:
    traffic = view.spec.serving.traffic
    if traffic.expected and traffic.peak and traffic.peak < traffic.expected:
        message = f"the peak ({traffic.peak}) is below the expected rate ({traffic.expected})"
        fix = Fix("write the highest rate to be ready for, which is at least the expected one")
        yield Fault(rule.CONSISTENT, ("serving", "traffic", "peak"), message, fix)
    if not traffic.timeout.milliseconds:
        message = "a timeout of 0 gives up every request; it must be more than 0"
        yield Fault(rule.VALUE, ("serving", "traffic", "timeout"), message)


def _framework(view: View) -> Iterator[Fault]:
    model = view.spec.model
    views = [(("model",), model.framework, model.format, model.entrypoint)]
    for name, version in view.spec.versions.items():
        if version.framework or version.format or version.entrypoint:
            views.append(
                (
                    ("versions", name),  # type: ignore[arg-type]
                    version.framework or model.framework,
                    version.format or model.format,
                    version.entrypoint or model.entrypoint,
                )
            )
    for route, framework, form, entrypoint in views:
        accepted = FORMATS[framework]
        if form not in accepted:
            message = f"{framework} models are not saved as {form}; formats: {', '.join(accepted)}"
            yield Fault(rule.CONSISTENT, (*route, "format"), message, _instead(accepted))
        if (framework == "python") != (entrypoint is not None):
            if entrypoint is None:
                message = "framework python needs `entrypoint`, the file and class that predicts"
                fix = Fix("add it, for example `entrypoint: model.py:Model`")
                yield Fault(rule.CONSISTENT, (*route, "framework"), message, fix)
            else:
                message = f"`entrypoint` is for framework python, and this is {framework}"
                yield Fault(rule.CONSISTENT, (*route, "entrypoint"), message, Fix("remove it"))
        ours = view.spec.serving.runtime == "fairway"
        if ours and form in accepted and form not in SERVED_BY_FAIRWAY:
            served = ", ".join(SERVED_BY_FAIRWAY)
            message = f"the fairway runtime serves {served}, not {form}"
            convert = [each for each in accepted if each in SERVED_BY_FAIRWAY]
            fix = Fix(f"convert the model to {' or '.join(convert)}, or choose another runtime")
            yield Fault(rule.CONSISTENT, (*route, "format"), message, fix)


def _instead(accepted: tuple[str, ...]) -> Fix:
    if len(accepted) == 1:
        return Fix(f"write {accepted[0]}", accepted[0])
    return Fix("write the format of the files, or correct the framework")


def _runtime_image(view: View) -> Iterator[Fault]:
    serving = view.spec.serving
    if serving.runtime == "image" and serving.image is None:
        message = "runtime image needs `serving.image`"
        fix = Fix("add it, for example `image: {repository: registry.example.com/ml/scorer}`")
        yield Fault(rule.CONSISTENT, ("serving", "runtime"), message, fix)
    if serving.image is None:
        return
    if serving.runtime != "image":
        message = f"`image` is for runtime image, and this is {serving.runtime}"
        yield Fault(rule.CONSISTENT, ("serving", "image"), message, Fix("remove it"), "key")
    elif serving.image.tag is None and serving.image.digest is None:
        message = "the image has neither a tag nor a digest"
        yield Fault(rule.CONSISTENT, ("serving", "image"), message, Fix("add its digest"), "key")


def _gateway(view: View) -> Iterator[Fault]:
    serving, gateway = view.spec.serving, view.place.gateway
    called = [i for i, caller in enumerate(serving.callers) if caller.gateway is not None]
    for index in called:
        name = serving.callers[index].gateway
        if gateway is None or gateway.name != name:
            have = f"the environment's is {gateway.name}" if gateway else "the environment has none"
            message = f"there is no gateway {name}: {have}"
            fix = Fix(f"write {gateway.name}", gateway.name) if gateway else None
            yield Fault(rule.REFERENCE, ("serving", "callers", index, "gateway"), message, fix)
    if serving.hosts and not called:
        message = "host names need a gateway, and no gateway is among the callers"
        name = gateway.name if gateway else "public"
        fix = Fix(f"add `{{gateway: {name}}}` to `serving.callers`, or remove the hosts")
        yield Fault(rule.CONSISTENT, ("serving", "hosts"), message, fix, "key")


def _unique_items(view: View) -> Iterator[Fault]:
    serving = view.spec.serving
    lists: tuple[tuple[Route, list[str]], ...] = (
        (("serving", "hosts"), serving.hosts),
        (("serving", "secrets"), [secret.name for secret in serving.secrets]),
        (("metadata", "owners"), view.spec.metadata.owners),
    )
    for route, names in lists:
        seen: set[str] = set()
        for index, name in enumerate(names):
            if name not in seen:
                seen.add(name)
            else:
                message = f"{name} is listed twice"
                yield Fault(rule.CONSISTENT, (*route, index), message, Fix("remove one of the two"))


def _slugs(view: View) -> Iterator[Fault]:
    seen: dict[str, str] = {}
    name = view.spec.metadata.name
    for version in view.spec.versions:
        short = slug(version)
        if short in seen:
            message = (
                f"versions {seen[short]} and {version} both become {name}-{short} in Kubernetes"
            )
            fix = Fix("rename one of the two")
            yield Fault(rule.CONSISTENT, ("versions", version), message, fix, "key")
        elif len(name) + 1 + len(short) > 63:
            message = f"{name}-{short} is longer than the 63 characters that Kubernetes allows"
            yield Fault(rule.CONSISTENT, ("versions", version), message, Fix("shorten it"), "key")
        seen.setdefault(short, version)


# No key is empty: below `versions`, this is touched by a fault of the whole map only.
_VERSION_NAMES: Route = ("versions", "")

RULES: Mapping[MeaningRule, tuple[Route, ...]] = {
    _release_versions: (("release", "stable"), ("release", "candidate"), _VERSION_NAMES),
    **STRATEGIES,
    _scaling: (("serving", "scaling"),),
    _traffic: (("serving", "traffic"),),
    _framework: (("model",), ("versions",), ("serving", "runtime")),
    _runtime_image: (("serving", "runtime"), ("serving", "image")),
    _gateway: (("serving", "callers"), ("serving", "hosts")),
    _unique_items: (("serving", "hosts"), ("serving", "secrets"), ("metadata", "owners")),
    _slugs: (("metadata", "name"), _VERSION_NAMES),
    **POSITIVE,
    **LIMITS,
}
"""Every rule with the routes that it reads: where they do not bind, it has nothing to say."""
