"""Every rule that the engine itself can break a spec by, those of its rooms included."""

from __future__ import annotations

from fairway.evidence.rules import EVIDENCE_RULES
from fairway.rule import ENGINE_RULES, Rule
from fairway.waivers.rules import WAIVER_RULES

ALL_RULES: dict[str, Rule] = {**ENGINE_RULES, **EVIDENCE_RULES, **WAIVER_RULES}
"""The rules by id: the language's, then those of evidence and of waivers."""
