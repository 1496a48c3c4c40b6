import json
from collections import Counter
from pathlib import Path

import jsonschema
import pytest

from fairway.finding import Severity, Suppression
from fairway.location import Span

SCHEMA = Path(__file__).with_name("sarif-2.1.0-written.schema.json")


@pytest.fixture(scope="module")
def validator():
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    jsonschema.Draft4Validator.check_schema(schema)
    return jsonschema.Draft4Validator(schema, format_checker=jsonschema.FormatChecker())


def results(text):
    return json.loads(text)["runs"][0]["results"]


def test_a_fleet_reads_as_expected(show, fleet, expected):
    text = show("sarif", *fleet)
    assert json.loads(text) == json.loads(expected("fleet.sarif"))
    assert text.endswith("}\n")


def test_the_output_is_valid_sarif(show, fleet, many, validator):
    for diagnostics in ((), fleet, many[:200]):
        validator.validate(json.loads(show("sarif", *diagnostics)))


def test_the_schema_refuses_what_sarif_does(show, fleet, validator):
    log = json.loads(show("sarif", *fleet))
    log["runs"][0]["results"][0]["level"] = "fatal"
    log["runs"][0]["results"][1]["colour"] = "red"
    log["runs"][0]["results"][2].pop("message")
    assert len(list(validator.iter_errors(log))) == 3


def test_every_result_names_its_rule(show, fleet):
    run = json.loads(show("sarif", *fleet))["runs"][0]
    rules = run["tool"]["driver"]["rules"]
    assert all(rules[item["ruleIndex"]]["id"] == item["ruleId"] for item in run["results"])
    assert [rule["id"] for rule in rules] == sorted({item.rule for item in fleet})


def test_a_name_is_percent_encoded(show, typo):
    def uri(file):
        place = results(show("sarif", typo._replace(file=file)))[0]["locations"][0]
        return place["physicalLocation"]["artifactLocation"]["uri"]

    assert uri("specs/100% new, a:b#c?.yaml") == "specs/100%25%20new%2C%20a%3Ab%23c%3F.yaml"
    assert uri("名.yaml") == "%E5%90%8D.yaml"
    assert uri("\udcff.yaml") == "%FF.yaml"  # the byte of a name that is not UTF-8
    assert uri("\ud800.yaml") == "%3F.yaml"


def test_a_fingerprint_outlives_a_move_and_tells_equals_apart(show, typo):
    def prints(*diagnostics):
        return [item["partialFingerprints"] for item in results(show("sarif", *diagnostics))]

    moved = typo._replace(span=Span(90, 3, 90, 11), snippet=())
    first, second = prints(typo, typo)
    assert prints(moved) == [first]
    assert second != first
    changes = ({"rule": "a/b"}, {"file": "b"}, {"route": "c"}, {"message": "d"})
    different = [prints(typo._replace(**change))[0] for change in changes]
    assert len({json.dumps(item) for item in [first, *different]}) == 5


def test_a_fix_without_its_text_is_words_only(show, typo):
    words = typo._replace(fix=typo.fix._replace(replacement=None), environments=())
    (result,) = results(show("sarif", words))
    assert result["message"]["text"].endswith("in serving\nFix: rename it to `scaling`")
    assert "fixes" not in result


def test_the_gravest_five_thousand_are_kept(show, many):
    waived = many[3]._replace(suppressed=Suppression("later"))
    text = show("sarif", waived, *many[4:])
    kept = results(text)
    assert Counter(item["level"] for item in kept) == {"error": 4999, "warning": 1}
    (invocation,) = json.loads(text)["runs"][0]["invocations"]
    assert invocation["toolExecutionNotifications"][0]["message"]["text"].startswith(
        "14,997 findings left out: this report holds the gravest 5,000"
    )


def test_exactly_five_thousand_need_no_note(show, many):
    errors = [item for item in many if item.severity is Severity.ERROR]
    (invocation,) = json.loads(show("sarif", *errors))["runs"][0]["invocations"]
    assert invocation == {"executionSuccessful": True}
