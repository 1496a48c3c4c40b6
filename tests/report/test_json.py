import json

import jsonschema
import pytest

from fairway.report.json_schema import findings_schema


@pytest.fixture(scope="module")
def validator():
    jsonschema.Draft7Validator.check_schema(findings_schema())
    return jsonschema.Draft7Validator(findings_schema())


def test_a_fleet_reads_as_expected(show, fleet, expected):
    assert show("json", *fleet) == expected("fleet.json")


def test_the_output_is_valid_against_its_schema(show, fleet, validator):
    validator.validate(json.loads(show("json", *fleet)))
    validator.validate(json.loads(show("json")))


def test_the_schema_refuses_what_the_contract_does_not_name(show, fleet, validator):
    report = json.loads(show("json", *fleet))
    assert not validator.is_valid({**report, "version": 2})
    assert not validator.is_valid({**report, "extra": 1})
    first = report["findings"][0]
    for change in ({"line": 0}, {"extra": 1}, {"severity": "fatal"}, {"fix": "text"}):
        assert not validator.is_valid({**report, "findings": [{**first, **change}]})


def test_every_field_is_described():
    def fields(schema):
        for name, field in schema.get("properties", {}).items():
            yield name, field
            for inner in (field, field.get("items", {}), *field.get("oneOf", [])):
                yield from fields(inner)

    named = dict(fields(findings_schema()))
    assert len(named) >= 20
    assert all(field["description"].endswith(".") for field in named.values())


def test_no_findings(show):
    assert show("json") == (
        '{\n  "version": 1,\n  "summary": {"files": 4, "deployments": 3, "errors": 0, '
        '"warnings": 0, "infos": 0, "suppressed": 0},\n  "findings": []\n}\n'
    )


def test_what_acts_on_a_terminal_or_a_log_is_escaped(show, typo):
    hostile = "\x1b[2J\x9b2J\u202e\u2028##[group]x\udc80 é名"
    text = show("json", typo._replace(message=hostile))
    assert r'"\u001b[2J\u009b2J\u202e\u2028#\u0023[group]x\udc80 é名"' in text
    assert json.loads(text)["findings"][0]["message"] == hostile
    text.encode()


def test_all_of_many_findings_are_listed(show, many):
    assert len(json.loads(show("json", *many))["findings"]) == 20_000
