"""The reference pages of policies: the rules of a pack, and what conditions can read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from fairway.policy.controls import CATALOGUES, Catalogue, catalogue_of, coverage
from fairway.policy.field_words import words_of
from fairway.policy.manual import as_markdown
from fairway.policy.rule_file import RuleFile
from fairway.policy.schema import ROOTS, Field, Kind, Message, message_name, messages
from fairway.policy.variables import VARIABLES

_FAMILIES: Mapping[str, str] = {
    "security": "Who may change, reach and run a model, and with which rights.",
    "testing": "What must be known of a version before it takes traffic.",
    "release": "How traffic moves to a new version, and back.",
    "reliability": "What keeps a model answering.",
    "monitoring": "How anybody notices.",
    "fleet": "What holds between deployments.",
}
_SUBJECTS: Mapping[str, str] = {
    "deployment": "`subject: deployment`: spec, lock and evidence of a deployment, in an"
    " environment",
    "plan": "`subject: plan`: what was decided for a deployment, with every default",
    "pods": "`subject: artifact`, `for: pods`: the pods that a rendered object makes",
    "objects": "`subject: artifact`, `for: objects` or `for: [Kind, …]`: a rendered object",
    "dockerfiles": "`subject: artifact`, `for: dockerfiles`: a rendered Dockerfile",
    "files": "`subject: artifact`, `for: files`: any rendered file",
    "fleet": "`subject: fleet`: all deployments of an environment",
}
_UNTYPED: Mapping[str, str] = {
    "object": "a Kubernetes object as it is rendered, without types: ask `has(…)` level by level",
    "objects": "all objects of the deployment, in the order of the manifest",
}


def policies_page(rules: Sequence[RuleFile]) -> str:
    """Return the page of a pack's rules by family, and of the controls that they cover."""
    mandatory = sum(rule.mandatory for rule in rules)
    lines = [
        "# Policies\n",
        f"The {len(rules)} rules of the built-in pack, {mandatory} of them mandatory: no waiver may"
        " cover those. Severities are the rules' own; `fairway.yaml` can change them, for all"
        " environments or for one. `fairway policy explain RULE` prints a rule with its examples;"
        " [writing a policy](../writing-a-policy.md) says how rules are made, and"
        " [what conditions read](policy-subjects.md) what they see.\n",
    ]
    by_family = {
        family: list(members)
        for family, members in groupby(
            sorted(rules, key=_order), key=lambda rule: rule.id.partition("/")[0]
        )
    }
    for family, members in by_family.items():
        lines += [f"## {family}\n"]
        if family in _FAMILIES:
            lines.append(f"{_FAMILIES[family]}\n")
        lines += ["| rule | severity | title |", "|---|---|---|"]
        for rule in members:
            severity = (
                f"{rule.severity.label}, mandatory" if rule.mandatory else rule.severity.label
            )
            name = f"[{rule.id.partition('/')[2]}](#{rule.id.replace('/', '')})"
            lines.append(f"| {name} | {severity} | {_cell(rule.title)} |")
        lines.append("")
        lines += [as_markdown(rule) for rule in members]
    lines += _controls(rules)
    return "\n".join(lines)


def subjects_page() -> str:
    """Return the page of every variable and field that conditions can read."""
    lines = [
        "# What conditions read\n",
        "The variables of a rule's condition, by what the rule is about, and every field of theirs."
        " Types are CEL's. Units are taken off: a duration is a number of seconds, 5% is `5.0`. A"
        " field marked *optional* is missing where the spec does not say it, and has to be asked"
        " for first: `has(deployment.monitoring) && …`. Lists and texts are always there, and may"
        " be empty.\n",
        "| rules of | variables |",
        "|---|---|",
    ]
    for about, names in VARIABLES.items():
        lines.append(f"| {_SUBJECTS[about]} | {', '.join(map(_variable, names))} |")
    lines += [""] + [f"* `{name}`: {words}." for name, words in _UNTYPED.items()] + [""]
    for message in messages().values():
        lines += _message(message)
    return "\n".join(lines)


def _order(rule: RuleFile) -> tuple[int, str]:
    family = rule.id.partition("/")[0]
    known = list(_FAMILIES)
    return (known.index(family) if family in known else len(known), rule.id)


def _controls(rules: Sequence[RuleFile]) -> Iterator[str]:
    yield "## Controls\n"
    yield "The controls of public catalogues, and the rules that cover them.\n"
    found: dict[Catalogue | None, list[tuple[str, tuple[str, ...]]]] = {}
    for control, covered in coverage(rules).items():
        found.setdefault(catalogue_of(control), []).append((control, covered))
    for catalogue in (*CATALOGUES, None):
        if catalogue not in found:
            continue
        if catalogue is None:
            yield "### Others\n"
        else:
            yield f"### {catalogue.title}\n\n<{catalogue.url}>\n"
        yield "| control | rules |\n|---|---|"
        for control, covered in found[catalogue]:
            links = ", ".join(f"[{each}](#{each.replace('/', '')})" for each in covered)
            yield f"| {_cell(control)} | {links} |"
        yield ""


def _variable(name: str) -> str:
    if name not in ROOTS:
        return f"`{name}`"
    message = message_name(ROOTS[name])
    return f"`{name}` ([{message}](#{message.lower()}))"


def _message(message: Message) -> Iterator[str]:
    yield f"## {message.name}\n"
    if message.description and not message.description.startswith(f"{message.name}("):
        yield f"{message.description.replace('``', '`')}\n"
    yield "| field | type | unit | meaning |\n|---|---|---|---|"
    for field in message.fields:
        words = _cell(field.description or words_of(message.name, field.name))
        yield f"| `{field.name}` | {_type(field)} | {field.kind.note} | {words} |"
    yield ""


def _type(field: Field) -> str:
    kind = field.kind
    own = _named(kind)
    shaped = {"one": own, "list": f"list of {own}", "map": f"map of text to {own}"}[kind.shape]
    return f"{shaped}, *optional*" if kind.optional else shaped


def _named(kind: Kind) -> str:
    if kind.name in ("double", "int", "bool", "string"):
        return kind.name
    return "dyn" if kind.name == "dyn" else f"[{kind.name}](#{kind.name.lower()})"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
