"""The public catalogues of controls that rules refer to, by how their references begin."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from fairway.policy.rule_file import RuleFile


class Catalogue(NamedTuple):
    """A catalogue: what references to it begin with, its title and its address."""

    prefix: str
    title: str
    url: str


CATALOGUES = (
    Catalogue(
        "PSS", "Kubernetes Pod Security Standards",
        "https://kubernetes.io/docs/concepts/security/pod-security-standards/",
    ),
    Catalogue(
        "NSA-CISA", "NSA and CISA: Kubernetes Hardening Guide",
        "https://media.defense.gov/2022/Aug/29/2003066362/-1/-1/0/"
        "CTR_KUBERNETES_HARDENING_GUIDANCE_1.2_20220829.PDF",
    ),
    Catalogue(
        "CIS", "CIS Benchmarks", "https://www.cisecurity.org/benchmark/kubernetes",
    ),
    Catalogue("SLSA", "Supply-chain Levels for Software Artifacts", "https://slsa.dev/spec/"),
    Catalogue(
        "OWASP ML", "OWASP Machine Learning Security Top Ten",
        "https://owasp.org/www-project-machine-learning-security-top-10/",
    ),
    Catalogue(
        "ML Test Score", "The ML Test Score (Breck et al., 2017)",
        "https://research.google/pubs/pub46555/",
    ),
    Catalogue("SRE", "Google's books on site reliability", "https://sre.google/books/"),
    Catalogue("CWE", "Common Weakness Enumeration", "https://cwe.mitre.org/"),
)  # fmt: skip
"""The catalogues that the reference lists; a team's pack may refer to others as well."""

_NUMBER = re.compile(r"(\d+)")


def catalogue_of(reference: str) -> Catalogue | None:
    """Return the catalogue that a reference is to, or None for another one."""
    for catalogue in CATALOGUES:
        rest = reference.removeprefix(catalogue.prefix)
        if rest != reference and not rest[:1].islower():
            return catalogue
    return None


def coverage(rules: Iterable[RuleFile]) -> Mapping[str, tuple[str, ...]]:
    """Return the rules that cover each control, controls in the order of their numbers."""
    found: dict[str, list[str]] = {}
    for rule in rules:
        for reference in rule.references:
            found.setdefault(reference, []).append(rule.id)
    return {control: tuple(sorted(found[control])) for control in sorted(found, key=_order)}


def _order(control: str) -> list[tuple[int, int, str]]:
    parts = _NUMBER.split(control)
    return [(1, int(part), "") if part.isdigit() else (0, 0, part) for part in parts]
