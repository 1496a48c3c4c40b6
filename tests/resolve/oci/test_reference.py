"""References to images and artifacts, read as Docker and OCI read them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairway.lock.digest import SourceRefusedError
from fairway.resolve.oci.reference import Reference, parse_oci_uri, parse_reference
from fairway.spec.forms import PARSERS

HEX = "0123456789abcdef" * 4
DIGEST = f"sha256:{HEX}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("python", Reference("docker.io", "library/python")),
        ("python:3.12-slim", Reference("docker.io", "library/python", "3.12-slim")),
        ("team/model", Reference("docker.io", "team/model")),
        ("index.docker.io/python", Reference("docker.io", "library/python")),
        ("Registry.Example.com/a/b:1", Reference("registry.example.com", "a/b", "1")),
        ("localhost/a", Reference("localhost", "a")),
        ("localhost:5000", Reference("docker.io", "library/localhost", "5000")),
        ("localhost:5000/a__b/c--d:v_1.2-x", Reference("localhost:5000", "a__b/c--d", "v_1.2-x")),
        ("[::1]:5000/a", Reference("[::1]:5000", "a")),
        (
            f"docker.io/library/python:3.12-slim@{DIGEST}",
            Reference("docker.io", "library/python", "3.12-slim", DIGEST),
        ),
        (f"10.0.0.1/a@{DIGEST}", Reference("10.0.0.1", "a", None, DIGEST)),
    ],
)
def test_references_as_docker_reads_them(text: str, expected: Reference):
    assert parse_reference(text) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "an empty string is not a reference"),
        (" python", "' python' is not a reference"),
        ("https://registry.example.com/a", "begins with a scheme"),
        ("registry.example.com/", "an empty string is not a repository"),
        ("registry.example.com/a//b", "a//b is not a repository"),
        ("registry.example.com/-a", "-a is not a repository"),
        ("registry.example.com/a..b", "a..b is not a repository"),
        ("registry.example.com/Team/a", "no capital letters"),
        ("registry.example.com:0/a", "registry.example.com:0 is not a registry's host"),
        ("registry.example.com:70000/a", "is not a registry's host"),
        ("registry_1.example.com/a", "is not a registry's host"),
        ("user:pass@registry.example.com/a", "is not a digest"),
        ("python:", "an empty string is not a tag"),
        ("python:.1", ".1 is not a tag"),
        ("python:" + "1" * 129, "is not a tag"),
        (f"python@sha512:{HEX}{HEX}", "is not a digest"),
        (f"python@sha256:{HEX.upper()}", "is not a digest"),
        ("python@sha256:123", "sha256:123 is not a digest"),
        ("a" * 300, "longer than 255 characters"),
        ("a" * 1000, "longer than any reference"),
        ("python:3\n", "is not a reference"),
        ("\u212a.example.com/a", "is not a reference"),
    ],
)
def test_errors_say_what_is_wrong(text: str, message: str):
    with pytest.raises(SourceRefusedError) as refused:
        parse_reference(text)
    assert message in str(refused.value)
    assert refused.value.fix
    assert len(str(refused.value)) < 400


@pytest.mark.parametrize(
    ("uri", "message"),
    [
        ("oci://models/fraud:1", "does not begin with a registry's host"),
        ("oci://registry.example.com", "does not begin with a registry's host"),
        ("oci://registry.example.com/fraud", "neither a tag nor a digest"),
        ("oci://user:secret@registry.example.com/fraud:1", "is not a digest"),
    ],
)
def test_uris_that_name_no_artifact(uri: str, message: str):
    with pytest.raises(SourceRefusedError) as refused:
        parse_oci_uri(uri)
    assert message in str(refused.value)
    assert refused.value.fix


def test_uri_of_an_artifact():
    found = parse_oci_uri(f"oci://registry.example.com:5000/team/fraud:3.1.0@{DIGEST}")
    assert found == Reference("registry.example.com:5000", "team/fraud", "3.1.0", DIGEST)
    assert found.uri == f"oci://registry.example.com:5000/team/fraud:3.1.0@{DIGEST}"


PARTS = st.from_regex(r"[a-z0-9]{1,6}((\.|_|__|-{1,2})[a-z0-9]{1,6}){0,2}", fullmatch=True)
HOSTS = st.from_regex(
    r"(localhost|[a-z0-9]{1,5}(\.[a-z]{2,5}){1,2})(:[1-9][0-9]{0,3})?", fullmatch=True
)
REFERENCES = st.builds(
    Reference,
    HOSTS,
    st.lists(PARTS, min_size=1, max_size=3).map("/".join),
    st.none() | st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,20}", fullmatch=True),
    st.none() | st.just(DIGEST),
)


@given(REFERENCES)
def test_what_is_written_is_read_again(reference: Reference):
    assert parse_reference(str(reference)) == reference


@given(REFERENCES)
def test_what_is_read_here_fits_the_language_of_specs(reference: Reference):
    assert PARSERS["image"](reference.name) == reference.name
    if reference.digest is not None:
        assert PARSERS["pinned-image"](str(reference)) == str(reference)


@given(st.text(max_size=80) | st.from_regex(r"[a-zA-Z0-9.:/@_-]{0,60}", fullmatch=True))
def test_any_text_is_read_or_refused(text: str):
    try:
        reference = parse_reference(text)
    except SourceRefusedError:
        return
    assert parse_reference(str(reference)) == reference
