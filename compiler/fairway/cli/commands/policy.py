"""``fairway policy``: the rules of a project, their pages, their tests, and new ones."""

from __future__ import annotations

from pathlib import Path

import click

from fairway.policy.rule_file import SUBJECTS

_SEVERITIES = ("error", "warning", "info", "off")
_project = click.option(
    "--project",
    metavar="DIR",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="The folder of fairway.yaml; default: here or specs, else the built-in pack.",
)


@click.group
def command() -> None:
    """Read, test and write policies: the rules that deployments must keep.

    The rules are those of the packs that fairway.yaml names, or of the built-in pack where there
    is no project.
    """


@command.command("list")
@click.option("--family", "families", metavar="FAMILY", multiple=True,
              help="Only this family, such as security; repeatable.")  # fmt: skip
@click.option("--subject", "subjects", type=click.Choice(SUBJECTS), multiple=True,
              help="Only rules about this; repeatable.")  # fmt: skip
@click.option("--severity", "severities", type=click.Choice(_SEVERITIES), multiple=True,
              help="Only rules that matter this much in some environment; repeatable.",
              )  # fmt: skip
@click.option("--environment", "environments", metavar="NAME", multiple=True,
              help="Only the severities of this environment; repeatable.")  # fmt: skip
@click.option("--reference", metavar="TEXT", default="",
              help="Only rules that cover a control with this in its name, such as SLSA.",
              )  # fmt: skip
@click.option("--format", "form", type=click.Choice(("table", "json")), default="table",
              show_default=True, help="What is printed.")  # fmt: skip
@_project
def list_(
    families: tuple[str, ...],
    subjects: tuple[str, ...],
    severities: tuple[str, ...],
    environments: tuple[str, ...],
    reference: str,
    form: str,
    project: Path | None,
) -> None:
    """List the rules, with how much each matters in every environment."""
    from fairway.cli.policy.listing import Wanted, print_rules

    wanted = Wanted(families, subjects, severities, environments, reference)
    print_rules(wanted, project, form)


@command.command
@click.argument("rule")
@_project
def explain(rule: str, project: Path | None) -> None:
    """Print the manual page of RULE: why it is, what it asks, how to mend it, examples.

    RULE is a rule's id as reports show it, such as security/model-is-pinned.
    """
    from fairway.cli.policy.explaining import print_page

    print_page(rule, project)


@command.command
@click.argument("pack", required=False)
@click.option("--mutants", is_flag=True,
              help="Change every clause of every condition; the examples must notice each.",
              )  # fmt: skip
@click.option("--rule", "rules", metavar="RULE", multiple=True, help="Only this rule; repeatable.")
@_project
@click.pass_context
def test(
    ctx: click.Context,
    pack: str | None,
    mutants: bool,
    rules: tuple[str, ...],
    project: Path | None,
) -> None:
    """Try every example of every rule of PACK.

    PACK is a folder of rules, or a pack's name in fairway.yaml; default: all packs of the project.
    What is wrong is printed as FILE:LINE:COLUMN: MESSAGE, and the exit code is then 1.
    """
    from fairway.cli.policy.testing import test as run

    ctx.exit(run(pack, mutants, rules, project))


@command.command
@click.argument("rule", metavar="FAMILY/NAME")
@click.option("--subject", type=click.Choice(SUBJECTS), default="deployment", show_default=True,
              help="What the rule is about.")  # fmt: skip
@click.option("--folder", default="policies", show_default=True,
              type=click.Path(path_type=Path, file_okay=False), help="The pack's folder.",
              )  # fmt: skip
def new(rule: str, subject: str, folder: Path) -> None:
    """Write a rule to start from: a file in which every key is explained.

    It loads and passes `fairway policy test` as it is.
    """
    from fairway.cli.policy.starting import write_rule

    write_rule(rule, subject, folder)
