"""DSSE envelopes: what is signed, and what is refused before any key is tried."""

from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from signing.keypairs import KeyPair
from sigstore import dsse as sigstore_dsse

from fairway.signing import dsse
from fairway.signing.errors import SignatureRefusedError
from fairway.signing.strict import decode_base64

TYPE = "application/vnd.in-toto+json"


def test_the_encoding_is_that_of_the_protocol() -> None:
    """The example of the protocol's own page, and the encoding of Sigstore's library."""
    found = dsse.encoding(b"hello world", "http://example.com/HelloWorld")
    assert found == b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    statement = sigstore_dsse.Statement(
        b'{"_type": "https://in-toto.io/Statement/v1", "subject": [{"name": "a", "digest": '
        b'{"sha256": "00"}}], "predicateType": "https://a", "predicate": {}}'
    )
    assert dsse.encoding(statement._contents, TYPE) == statement._pae()


@settings(max_examples=50, deadline=None)
@given(payload=st.binary(min_size=1, max_size=200))
def test_what_is_signed_comes_back(payload: bytes, keys: KeyPair, stranger: KeyPair) -> None:
    envelope = dsse.sign(payload, TYPE, keys.private)
    again = dsse.read_envelope(json.dumps(envelope).encode())
    verified = dsse.verify(again, [stranger.public, keys.public])
    assert verified == (payload, TYPE, keys.public.key_id)


def test_the_url_safe_alphabet_is_read(keys: KeyPair) -> None:
    payload = b"\xfb\xef\xbe\xff" * 6
    envelope = dsse.sign(payload, TYPE, keys.private)
    signatures = envelope["signatures"]
    assert isinstance(signatures, list)
    raw = base64.b64decode(signatures[0]["sig"])
    envelope["payload"] = base64.urlsafe_b64encode(payload).decode()
    envelope["signatures"] = [{"sig": base64.urlsafe_b64encode(raw).decode()}]
    assert dsse.verify(envelope, [keys.public]).payload == payload


def test_one_right_signature_among_several_is_enough(keys: KeyPair, stranger: KeyPair) -> None:
    ours, theirs = (dsse.sign(b"text", TYPE, pair.private) for pair in (keys, stranger))
    both = {**ours, "signatures": [*theirs["signatures"], *ours["signatures"]]}  # type: ignore[misc]
    assert dsse.verify(both, [keys.public]).key_id == keys.public.key_id


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"payloadType": None}, "no payloadType"),
        ({"payloadType": ""}, "no payloadType"),
        ({"payloadType": "a" * 300}, "no payloadType"),
        ({"payloadType": "text/\nplain"}, "not printable ASCII"),
        ({"payload": None}, "payload is not a string"),
        ({"payload": ""}, "payload is not base64"),
        ({"payload": "YQ"}, "payload is not base64"),
        ({"payload": "Y Q=="}, "payload is not base64"),
        ({"payload": "YR=="}, "payload is not base64"),
        ({"payload": "ä==="}, "payload is not base64"),
        ({"payload": "+_8="}, "payload is not base64"),
        ({"signatures": None}, "no signatures"),
        ({"signatures": []}, "no signatures"),
        ({"signatures": [1]}, "is no object"),
        ({"signatures": [{}]}, "not a string"),
        ({"signatures": [{"sig": "YQ=="}] * 17}, "17 signatures, more than 16"),
        ({"signatures": [{"sig": "YQ=="}]}, "not by a trusted key"),
    ],
)
def test_malformed_envelopes_are_refused(
    change: dict[str, object], message: str, keys: KeyPair
) -> None:
    envelope = {**dsse.sign(b"text", TYPE, keys.private), **change}
    with pytest.raises(SignatureRefusedError, match=message) as refused:
        dsse.verify(envelope, [keys.public])
    assert refused.value.fix


@given(data=st.binary(min_size=1, max_size=40))
def test_base64_has_one_spelling_in_each_alphabet(data: bytes) -> None:
    for text in (base64.b64encode(data).decode(), base64.urlsafe_b64encode(data).decode()):
        assert decode_base64(text, "it", "") == data


@given(text=st.text(alphabet="ABab01+/-_=", min_size=1, max_size=12))
def test_no_two_texts_of_one_alphabet_stand_for_the_same_bytes(text: str) -> None:
    try:
        data = decode_base64(text, "it", "")
    except SignatureRefusedError:
        return
    assert text in (base64.b64encode(data).decode(), base64.urlsafe_b64encode(data).decode())
