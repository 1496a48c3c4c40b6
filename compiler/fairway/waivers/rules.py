"""The rules of waivers: none outlives its day, what it was written for, or its use."""

from __future__ import annotations

from fairway.finding import Severity
from fairway.rule import Rule

EXPIRED = Rule(
    "waiver/expired",
    "A waiver ends after its last day",
    "It was granted for a time; what was acceptable then is for somebody to decide again. The"
    " finding counts, and this is as severe as that is.",
)
MOVED = Rule(
    "waiver/moved",
    "A waiver holds for what it was written for",
    "The waived lines say something else now, which nobody has accepted. The finding counts, and"
    " this is as severe as that is.",
)
UNUSED = Rule(
    "waiver/unused",
    "Every waiver has something to waive",
    "One that is left over would hide the finding when it comes back.",
    Severity.WARNING,
)
MANDATORY = Rule(
    "waiver/mandatory",
    "Some rules allow no waiver",
    "The platform team marks rules that hold for everyone; the language's own rules, and those of"
    " the lock, say what can be compiled at all.",
)
UNKNOWN_RULE = Rule(
    "waiver/unknown-rule",
    "A waiver names a rule that exists",
    "A misspelt rule is waived nowhere, and one that is gone needs no waiver.",
)
FILE = Rule(
    "waiver/file",
    "Waivers are complete, and each stands once",
    "Who reads one later needs its reason, its spec and its end; an entry that is not right waives"
    " nothing.",
)

WAIVER_RULES: dict[str, Rule] = {
    each.id: each for each in list(globals().values()) if isinstance(each, Rule)
}
"""Every rule of waivers by its id, in the order of this page."""
