"""Which rules may be waived."""

from __future__ import annotations

from collections.abc import Mapping

from fairway.evidence.rules import EVIDENCE_RULES
from fairway.rules import ALL_RULES
from fairway.waivers.book import Kind, WaivableRules


def waivable_rules(policies: Mapping[str, bool]) -> WaivableRules:
    """Return the kinds of all rules; ``policies`` says by id which ones are mandatory.

    Policies and the rules of evidence may be waived. Those of the language, of the lock and of
    waivers themselves are the engine's own, which a finding of cannot be lived with.
    """
    known = ALL_RULES

    def kind(rule: str) -> Kind:
        if rule in policies:
            return "mandatory" if policies[rule] else "waivable"
        if rule in EVIDENCE_RULES:
            return "waivable"
        return "engine" if rule in known else "unknown"

    return WaivableRules(kind, lambda: (*policies, *known))
