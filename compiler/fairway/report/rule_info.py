"""What a report may say about a rule beyond the finding itself."""

from __future__ import annotations

from typing import NamedTuple

from fairway.finding import Severity


class RuleInfo(NamedTuple):
    """A rule as its manual page knows it.

    ``title`` is one line, ``help`` says why the rule exists and ``url`` is its page; either of
    the last two may be empty. ``severity`` is the rule's default, which a finding may differ from.
    """

    id: str
    title: str
    help: str
    url: str
    severity: Severity
