"""``fairway policy explain``: a rule's manual page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from textwrap import wrap

from fairway.cli.policy.packs_here import PackedRule, packs_of, project_here, rules_of
from fairway.cli.policy.severities import Severity, severities
from fairway.cli.policy.terminal import Terminal
from fairway.errors import UsageError
from fairway.policy.manual import Section, about, as_text, sections, waiver_lines
from fairway.rule import Rule
from fairway.rules import ALL_RULES
from fairway.waivers.kinds import waivable_rules

_WIDEST = 100


def print_page(name: str, folder: Path | None) -> None:
    """Print the page of a rule. Raises ``UsageError`` for one that there is not."""
    terminal = Terminal()
    width = min(terminal.width or _WIDEST, _WIDEST)
    engine = ALL_RULES
    if name in engine:
        _print_engine(engine[name], terminal, width)
        return
    loaded = project_here(folder)
    packed = rules_of(packs_of(loaded))
    found = next((each for each in packed if each.rule.id == name), None)
    if found is None:
        raise _unknown(name, [*(each.rule.id for each in packed), *engine])
    _print_rule(found, severities(found.rule, loaded), terminal, width)


def _print_rule(
    packed: PackedRule, where: Mapping[str, Severity], terminal: Terminal, width: int
) -> None:
    rule = packed.rule
    terminal.print(terminal.bold(rule.id))
    _print_wrapped(terminal, rule.title, width, "")
    terminal.print()
    for label, lines in (
        ("severity", _severity(packed, where, terminal)),
        ("about", [about(rule)]),
        ("pack", [packed.pack]),
        ("file", [rule.document.path]),
    ):
        for index, line in enumerate(lines):
            terminal.print(f"{'' if index else label:<10}{line}")
    page = sections(rule, width - 4)
    if rule.mandatory:
        page.append(Section("Waiver", ("The rule is mandatory: no waiver may cover it.",)))
    else:
        page.append(Section("Waiver", waiver_lines(rule), "console"))
    for title, lines in as_text(page, width):
        terminal.print(f"\n{terminal.bold(title)}")
        for line in lines:
            terminal.print(line)


def _severity(packed: PackedRule, where: Mapping[str, Severity], terminal: Terminal) -> list[str]:
    own = packed.rule.severity.label
    mandatory = ", mandatory" if packed.rule.mandatory else ""
    lines = [terminal.severity(own) + mandatory]
    changed: dict[Severity, list[str]] = {}
    for environment, severity in where.items():
        if severity.said:
            changed.setdefault(severity, []).append(environment)
    for severity, environments in changed.items():
        named = "everywhere" if len(environments) == len(where) else f"in {', '.join(environments)}"
        lines.append(f"{terminal.severity(severity.word)} {named} ({severity.said})")
    return lines


def _print_engine(rule: Rule, terminal: Terminal, width: int) -> None:
    terminal.print(terminal.bold(rule.id))
    _print_wrapped(terminal, rule.title, width, "")
    terminal.print()
    terminal.print(f"severity  {terminal.severity(rule.severity.label)}, of the engine itself")
    waivable = waivable_rules({}).kind(rule.id) == "waivable"
    waiver = "it can be waived" if waivable else "it cannot be waived, nor its severity changed"
    terminal.print(f"waiver    {waiver}")
    terminal.print(f"\n{terminal.bold('Why')}")
    _print_wrapped(terminal, rule.why, width, "  ")


def _print_wrapped(terminal: Terminal, text: str, width: int, indent: str) -> None:
    for line in wrap(text, width, initial_indent=indent, subsequent_indent=indent):
        terminal.print(line)


def _unknown(name: str, known: Iterable[str]) -> UsageError:
    from difflib import get_close_matches

    every = list(known)
    # A rule is mostly known by the second half of its name.
    close = [each for each in every if each.partition("/")[2] == name.rpartition("/")[2]]
    close += [each for each in get_close_matches(name[:100], every, 3, 0.6) if each not in close]
    fix = f"did you mean {' or '.join(close[:3])}?" if close else "see `fairway policy list`"
    return UsageError(f"there is no rule {name}", fix)
