"""The manual page of a rule: what its file says, in the order in which people ask for it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from textwrap import dedent, wrap
from typing import Any, Literal, NamedTuple

from fairway.location import Route
from fairway.policy import cel_env
from fairway.policy.expression import read_expression
from fairway.policy.expression_text import lines_of
from fairway.policy.rule_file import RuleFile

_ABOUT: Mapping[str, str] = {
    "deployment": "each deployment, in each environment",
    "plan": "what is decided for each deployment, in each environment",
    "pods": "the pods of every rendered object",
    "objects": "every rendered object",
    "dockerfiles": "every rendered Dockerfile",
    "files": "every rendered file",
    "fleet": "all deployments of an environment together",
}
_UNCHANGED = "{} # the deployment of all examples, as it is"
_CONDITION_WIDTH = 92


class Section(NamedTuple):
    """A part of a page: prose lines are wrapped, those of code are printed as they are."""

    title: str
    lines: tuple[str, ...]
    form: Literal["prose", "list", "cel", "yaml", "console"] = "prose"


def about(rule: RuleFile) -> str:
    """Return what a rule is about, in words."""
    words = _ABOUT[rule.about]
    if rule.kinds:
        words = f"every rendered {' or '.join(rule.kinds)}"
    return f"each {rule.as_} of {words}" if rule.each else words


def condition_lines(rule: RuleFile, width: int = _CONDITION_WIDTH) -> tuple[str, ...]:
    """Return a rule's condition, laid out; raises ``UsageError`` where it is not right."""
    env = inner = _env(rule.about)
    lines: list[str] = []
    if rule.each:
        element = _compiled(rule, "each", f"({rule.each})[0]", env).return_type()
        inner = cel_env.typed(rule.about, {rule.as_: element})
        lines += _labelled(f"each {rule.as_} of", rule, "each", env, width)
    if rule.when:
        lines += _labelled("when", rule, "when", inner, width)
    if not lines:
        return tuple(_laid_out(rule, "require", inner, width))
    return (*lines, *_labelled("require", rule, "require", inner, width))


def sections(rule: RuleFile, width: int = _CONDITION_WIDTH) -> list[Section]:
    """Return the page of a rule after its head: the title and how much it matters."""
    page = [
        Section("Why", (rule.why,)),
        Section("Condition", condition_lines(rule, width), "cel"),
        Section("Finding", (rule.message, *((f"at {rule.at}",) if rule.at else ()))),
    ]
    if rule.fix is not None:
        page.append(Section("Fix", tuple(_fix(rule))))
    if rule.references:
        page.append(Section("References", rule.references, "list"))
    page.append(Section("Good examples", tuple(_examples(rule, "good")), "yaml"))
    page.append(Section("Bad examples", tuple(_examples(rule, "bad")), "yaml"))
    return page


def waiver_lines(rule: RuleFile) -> tuple[str, ...]:
    """Return the command that waives a rule for a time."""
    return (
        f"fairway waive {rule.id} specs/NAME \\",
        '    --until YYYY-MM-DD --owner @TEAM --reason "WHY THIS IS ACCEPTABLE"',
    )


def as_text(page: list[Section], width: int) -> list[tuple[str, list[str]]]:
    """Return the sections' titles, and their lines for a terminal."""
    return [(section.title, _text(section, width)) for section in page]


def as_markdown(rule: RuleFile) -> str:
    """Return what the reference says of a rule, under its heading."""
    mandatory = ", mandatory" if rule.mandatory else ""
    lines = [
        f"### {rule.id}\n",
        f"**{rule.title}** ({rule.severity.label}{mandatory}; {about(rule)}).\n",
        f"{rule.why}\n",
        "```text",
        *condition_lines(rule),
        "```\n",
    ]
    if rule.fix is not None:
        lines.append(f"Fix: {'. '.join(_fix(rule))}.\n")
    if rule.references:
        lines.append(f"References: {'; '.join(rule.references)}.\n")
    return "\n".join(lines)


def _text(section: Section, width: int) -> list[str]:
    if section.form in ("cel", "yaml", "console"):
        return [f"  {line}".rstrip() for line in section.lines]
    mark = "- " if section.form == "list" else ""
    return [
        line
        for text in section.lines
        for line in wrap(
            " ".join(text.split()), width, initial_indent=f"  {mark}",
            subsequent_indent="  " + " " * len(mark), break_long_words=False,
            break_on_hyphens=False,
        )
    ]  # fmt: skip


def _fix(rule: RuleFile) -> list[str]:
    assert rule.fix is not None  # noqa: S101 - checked by the callers
    said = [" ".join(rule.fix.say.split())]
    edits = [f"sets {route} to {value}" for route, value in rule.fix.set]
    edits += [f"removes {route}" for route in rule.fix.remove]
    return [*said, f"`fairway validate --fix` {' and '.join(edits)}"] if edits else said


def _labelled(label: str, rule: RuleFile, key: str, env: Any, width: int) -> list[str]:
    lines = _laid_out(rule, key, env, width - 2)
    if len(lines) == 1 and len(label) + len(lines[0]) < width:
        return [f"{label} {lines[0]}"]
    return [label, *(f"  {line}" for line in lines)]


def _laid_out(rule: RuleFile, key: str, env: Any, width: int) -> list[str]:
    text = getattr(rule, key)
    serialised = _compiled(rule, key, text, env).serialize()
    try:
        return lines_of(read_expression(serialised), width)
    except ValueError:
        return [" ".join(text.split())]


def _compiled(rule: RuleFile, key: str, text: str, env: Any) -> Any:
    try:
        return env.compile(text)
    except Exception:  # noqa: BLE001 - the loader says it at its line
        from fairway.policy.program import compile_rule

        compile_rule(rule)
        rule.fail((key,), "this is not an expression")


@cache
def _env(about: str) -> Any:
    return cel_env.typed(about)


def _examples(rule: RuleFile, which: str) -> list[str]:
    """Return examples as they stand in the rule's file, moved to the left."""
    found: list[str] = []
    for example in rule.good if which == "good" else rule.bad:
        lines = _source(rule, example.route).split("\n")
        if lines == ["{}"]:
            lines = [_UNCHANGED]
        found += [f"{'  ' if index else '- '}{line}" for index, line in enumerate(lines)]
    return found


def _source(rule: RuleFile, route: Route) -> str:
    """Return the text of a part of a rule's file without what all of its lines are indented by."""
    document = rule.document
    start, end = document.offsets(route)
    before = document.text.rfind("\n", 0, start) + 1
    return dedent(" " * (start - before) + document.text[start:end]).rstrip()
