"""The JSON Schema of the json report, version 1 of its contract."""

from __future__ import annotations

from fairway.report.json_findings import CONTRACT_VERSION
from fairway.report.json_text import Json


def findings_schema() -> dict[str, Json]:
    """Return the schema (draft-07) that every output of ``--format json`` is valid against."""
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Fairway findings",
        "description": "What `fairway validate --format json` prints.",
        **_object(
            {
                "version": {
                    "description": "The version of this contract; it changes when a reader must.",
                    "const": CONTRACT_VERSION,
                },
                "summary": {"description": "Counts of what was read and found.", **_summary()},
                "findings": {
                    "description": "Every finding in order, those that are waived included.",
                    "type": "array",
                    "items": _finding(),
                },
            }
        ),
    }


def _summary() -> dict[str, Json]:
    return _object(
        {
            "files": _count("Files that were read."),
            "deployments": _count("Deployments that the files describe."),
            "errors": _count("Errors that no waiver covers."),
            "warnings": _count("Warnings that no waiver covers."),
            "infos": _count("Remarks that no waiver covers."),
            "suppressed": _count("Findings of any severity that a waiver covers."),
        }
    )


def _finding() -> dict[str, Json]:
    return _object(
        {
            "rule": _string("The rule's id: its family, a slash and its name."),
            "severity": {
                "description": "How much the finding matters.",
                "enum": ["error", "warning", "info"],
            },
            "message": _string("What is wrong."),
            "file": _string("The file, relative to the working directory, with forward slashes."),
            **_place(nullable=True),
            "route": _string("The keys to the place, such as `release.candidate`; may be empty."),
            "environments": {
                "description": "The environments that show the finding; empty for all of them.",
                "type": "array",
                "items": {"type": "string"},
            },
            "fix": _nullable("What mends it, if known.", _fix()),
            "related": {
                "description": "Other places that explain the finding.",
                "type": "array",
                "items": _related(),
            },
            "suppressed": _nullable("The waiver, if one covers it.", _suppression()),
        }
    )


def _fix() -> dict[str, Json]:
    return _object(
        {
            "description": _string("What to do."),
            "replacement": {
                "description": "The exact text to put at the finding's place, if known.",
                "type": ["string", "null"],
            },
        }
    )


def _related() -> dict[str, Json]:
    return _object(
        {
            "message": _string("What is at this place."),
            "file": _string("The file, as above."),
            **_place(nullable=False),
        }
    )


def _suppression() -> dict[str, Json]:
    return _object(
        {
            "reason": _string("Why the finding does not count."),
            "owner": {
                "description": "Who answers for the waiver, if known.",
                "type": ["string", "null"],
            },
            "until": {
                "description": "The waiver's last day (ISO 8601), if it has one.",
                "type": ["string", "null"],
            },
            "daysLeft": {
                "description": "The days until then, 0 on the last one, if known.",
                "type": ["integer", "null"],
                "minimum": 0,
            },
        }
    )


def _place(*, nullable: bool) -> dict[str, Json]:
    texts = {
        "line": "The first line, from 1",
        "column": "The first column, from 1, in code points",
        "endLine": "The line that holds the end, from 1",
        "endColumn": "The column behind the last code point (exclusive), from 1",
    }
    kind: Json = ["integer", "null"] if nullable else "integer"
    ending = "; null when the file has no text to point into." if nullable else "."
    return {
        name: {"description": f"{text}{ending}", "type": kind, "minimum": 1}
        for name, text in texts.items()
    }


def _object(properties: dict[str, Json]) -> dict[str, Json]:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": list(properties),
        "properties": properties,
    }


def _nullable(description: str, schema: dict[str, Json]) -> dict[str, Json]:
    return {"description": description, "oneOf": [{"type": "null"}, schema]}


def _string(description: str) -> dict[str, Json]:
    return {"description": description, "type": "string"}


def _count(description: str) -> dict[str, Json]:
    return {"description": description, "type": "integer", "minimum": 0}
