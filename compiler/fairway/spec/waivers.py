"""The whole of ``waivers.yaml``: findings that do not count, why, and until when."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, TypeAlias

from pydantic import PlainSerializer, PlainValidator, WithJsonSchema

from fairway.spec import base, waiver_forms
from fairway.spec.base import SpecModel, field

RuleId: TypeAlias = Annotated[
    str,
    PlainValidator(waiver_forms.parse_rule),
    WithJsonSchema({"type": "string", "pattern": waiver_forms.RULE_PATTERN}),
]
Ticket: TypeAlias = Annotated[
    str,
    PlainValidator(waiver_forms.parse_ticket),
    WithJsonSchema({"type": "string", "pattern": waiver_forms.TICKET_PATTERN}),
]
Day: TypeAlias = Annotated[
    date,
    PlainValidator(waiver_forms.parse_date),
    PlainSerializer(date.isoformat),
    WithJsonSchema({"type": "string", "pattern": waiver_forms.DATE_PATTERN}),
]
WaivedRoute: TypeAlias = Annotated[
    str, PlainValidator(waiver_forms.parse_waived_route), WithJsonSchema({"type": "string"})
]
SpecPath: TypeAlias = Annotated[
    str,
    PlainValidator(waiver_forms.parse_spec_path),
    WithJsonSchema({"type": "string", "minLength": 1}),
]


class WaiverEntry(SpecModel):
    """One finding that does not count."""

    rule: RuleId = field("The rule that the finding is of.", "security/authentication-is-said")
    path: SpecPath | None = field(
        "The spec, from this folder; only in the file beside fairway.yaml.",
        "fraud/deployment.yaml",
        None,
    )
    route: WaivedRoute = field(
        "The place that the finding points at, as reports print it; left out when they print none.",
        "serving.auth",
        "",
    )
    environments: list[base.Label] = field(
        "Where it does not count; left out: wherever it shows.", ["staging"], []
    )
    reason: base.Text = field(
        "Why this is acceptable, in 20 characters or more.",
        "The gateway is only reachable from the VPN until it moves in the first quarter.",
    )
    owner: base.Owner = field("Who answers for it.", "@payments-ml")
    ticket: Ticket | None = field(
        "Where the work that ends it is tracked.", "https://tracker.example.com/SEC-12", None
    )
    until: Day = field("The last day on which it holds, in UTC.", "2027-01-31")
    scope: base.Digest = field(
        "The digest of what is waived, which `fairway waive` writes.", "sha256:" + "0" * 64
    )


class Waivers(SpecModel):
    """Findings that do not count, each for a reason and a time."""

    api_version: Literal["fairway.dev/v1"] = field("The language's version.", "fairway.dev/v1")
    kind: Literal["Waivers"] = field("What the file is.", "Waivers")
    waivers: list[WaiverEntry] = field(
        "The waivers.",
        [
            {
                "rule": "security/authentication-is-said",
                "route": "serving.auth",
                "reason": "The gateway is only reachable from the VPN.",
                "owner": "@payments-ml",
                "until": "2027-01-31",
                "scope": "sha256:" + "0" * 64,
            }
        ],
    )
