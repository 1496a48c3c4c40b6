"""Downloads from a server that fails: what broke off is gone on with, and never mixed."""

from __future__ import annotations

import hashlib
import time
from email.utils import formatdate
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from resolve.conftest import QUICK
from resolve.fault_server import Faults, Reply

from fairway.errors import FairwayError, UsageError
from fairway.lock.digest import SourceRefusedError
from fairway.resolve.answers import BrokenTransferError
from fairway.resolve.download import Download, Downloader
from fairway.resolve.http import Http
from fairway.resolve.store import Blob, Store

BODY = bytes(range(256)) * 400
DIGEST = f"sha256:{hashlib.sha256(BODY).hexdigest()}"
TAGGED = {"ETag": '"v1"'}


def get(http: Http, store: Store, url: str, **named: object) -> Blob:
    file = Download(url, "model.bin", **named)  # type: ignore[arg-type]
    return Downloader(http, store).get(file, store.allowance("model"))


def kept(store: Store) -> list[Path]:
    return [*store.root.glob("parts/*"), *store.root.glob("beside/*")]


def test_a_file_is_downloaded_with_progress(http: Http, store: Store, faults: Faults):
    url = faults.on("/m", Reply(BODY, headers=TAGGED))
    seen: list[tuple[str, int, int | None]] = []
    downloader = Downloader(http, store, lambda *args: seen.append(args))
    blob = downloader.get(Download(url, "model.bin"), store.allowance("model"))
    assert (blob.digest, blob.size, blob.path.read_bytes()) == (DIGEST, len(BODY), BODY)
    assert seen[-1] == ("model.bin", len(BODY), len(BODY))
    assert [so_far for _, so_far, _ in seen] == sorted({so_far for _, so_far, _ in seen})
    assert faults.requests("/m")[0]["accept-encoding"] == "identity"
    assert kept(store) == []


def test_a_known_blob_is_not_fetched(http: Http, store: Store, faults: Faults):
    store.add([BODY], "m")
    assert get(http, store, faults.url + "/m", digest=DIGEST).digest == DIGEST
    assert faults.asked == []


@pytest.mark.parametrize("length", [True, False])
def test_a_cut_body_is_gone_on_with(http: Http, store: Store, faults: Faults, length: bool):
    first = Reply(BODY, headers=TAGGED, cut=50_000, length=length)
    url = faults.on("/m", first, Reply(BODY, headers=TAGGED))
    assert get(http, store, url, size=len(BODY)).digest == DIGEST
    ranged = faults.requests("/m")[1]
    assert (ranged["range"], ranged["if-range"]) == ("bytes=50000-", '"v1"')
    assert faults.sent["/m"] == len(BODY)


def test_the_next_run_goes_on(store: Store, faults: Faults, tmp_path: Path):
    cut = Reply(BODY, headers=TAGGED, cut=30_000)
    url = faults.on("/m", cut, Reply(status=404))
    with Http(QUICK) as http, pytest.raises(SourceRefusedError):
        get(http, store, url)
    assert [path.stat().st_size for path in kept(store)] == [30_000]
    faults.on("/m", Reply(BODY, headers=TAGGED))
    with Http(QUICK) as http:
        assert get(http, Store(tmp_path / "cache"), url).digest == DIGEST
    assert faults.requests("/m")[-1]["range"] == "bytes=30000-"
    assert kept(store) == []


def test_a_date_is_a_validator_when_it_is_old(http: Http, store: Store, faults: Faults):
    for age, ranged in ((3600, "bytes=9-"), (0, None)):
        dated = {"Last-Modified": formatdate(time.time() - age, usegmt=True)}
        path = f"/m{age}"
        url = faults.on(path, Reply(BODY, headers=dated, cut=9), Reply(BODY, headers=dated))
        assert get(http, store, url).digest == DIGEST
        assert faults.requests(path)[1].get("range") == ranged


@pytest.mark.parametrize(
    "second",
    [
        pytest.param(Reply(BODY, headers=TAGGED, ranges=False), id="Range is ignored"),
        pytest.param(Reply(BODY, headers={"ETag": '"v2"'}), id="other ETag, whole body"),
        pytest.param(Reply(BODY, headers={"ETag": '"v2"'}, if_range=False), id="If-Range ignored"),
        pytest.param(Reply(BODY, headers=TAGGED, range_status=416), id="416"),
        pytest.param(Reply(BODY, headers={}, if_range=False), id="no ETag any more"),
    ],
)
def test_other_bytes_are_never_mixed(http: Http, store: Store, faults: Faults, second: Reply):
    old = Reply(b"\xff" * len(BODY), headers=TAGGED, cut=20_000)
    url = faults.on("/m", old, second)
    assert get(http, store, url).digest == DIGEST
    assert kept(store) == []


def test_what_does_not_belong_together_is_fetched_from_the_beginning(
    http: Http, store: Store, faults: Faults
):
    """The server says that its bytes are the same, and they are not: the digest tells."""
    old = Reply(b"\xff" * len(BODY), headers=TAGGED, cut=20_000)
    url = faults.on("/m", old, Reply(BODY, headers=TAGGED))
    assert get(http, store, url, digest=DIGEST).digest == DIGEST
    assert [asked.get("range") for asked in faults.requests("/m")] == [None, "bytes=20000-", None]


def test_without_a_validator_it_begins_anew(http: Http, store: Store, faults: Faults):
    url = faults.on("/m", Reply(BODY, cut=20_000), Reply(BODY, headers={"ETag": 'W/"v1"'}, cut=9),
                    Reply(BODY))  # fmt: skip
    assert get(http, store, url).digest == DIGEST
    assert all("range" not in asked for asked in faults.requests("/m"))


@pytest.mark.parametrize(
    ("reply", "error", "message"),
    [
        (Reply(status=404), SourceRefusedError, r"/m does not exist \(404 Not Found\)"),
        (Reply(status=410), SourceRefusedError, r"/m does not exist \(410 Gone\)"),
        (Reply(status=401), SourceRefusedError, r"/m: access denied \(401 Unauthorized\)"),
        (Reply(status=403), SourceRefusedError, r"/m: access denied \(403 Forbidden\)"),
        (Reply(status=418), SourceRefusedError, r"the server refuses it \(418 "),
        (Reply(status=500), FairwayError, "the server answers 500 Internal Server Error"),
        (Reply(status=503), FairwayError, "the server answers 503 Service Unavailable"),
        (Reply(status=599), FairwayError, "the server answers 599"),
        (Reply(status=206, body=b"x"), FairwayError, "the server answers 206"),
        (Reply(status=304), FairwayError, "the server answers 304"),
        (Reply(status=429), FairwayError, "the server answers 429 Too Many Requests"),
        (Reply(BODY, hang=3), FairwayError, "no answer for 1 s"),
        (Reply(BODY, cut=100, hang=3), BrokenTransferError, "broke off: no answer for 1 s"),
        (Reply(BODY, cut=100), BrokenTransferError, r"broke off: peer closed connection .*100 b"),
        (Reply(BODY, headers={"Content-Encoding": "gzip"}), FairwayError, "sends gzip, although"),
    ],
)
def test_each_failure_is_one_error(
    http: Http, store: Store, faults: Faults, reply: Reply,
    error: type[Exception], message: str,
):  # fmt: skip
    before = store.add([b"here before"], "before")
    url = faults.on("/m", reply)
    with pytest.raises(error, match=message) as caught:
        get(http, store, url)
    assert caught.value.fix  # type: ignore[attr-defined]
    assert kept(store) == []
    assert [path for path in store.root.rglob("*") if path.is_file()] == [before.path]


def test_a_server_that_is_not_there(http: Http, store: Store):
    with pytest.raises(FairwayError, match=r"^http://127\.0\.0\.1:9/m: connection refused$"):
        get(http, store, "http://127.0.0.1:9/m")


def test_a_server_that_dies_in_the_middle(http: Http, store: Store, faults: Faults):
    url = faults.on("/m", Reply(BODY, headers=TAGGED, cut=60_000, hang=0.2))
    died: list[int] = []

    def die(_what: str, so_far: int, _total: int | None) -> None:
        if not died:
            died.append(so_far)
            faults.die()

    before = store.add([b"here before"], "before")
    with pytest.raises(FairwayError, match=r"/m: connection refused$") as caught:
        Downloader(http, store, die).get(Download(url, "m"), store.allowance("m"))
    assert "try again later" in caught.value.fix
    assert store.blob(before.digest) == before.path
    assert [path.stat().st_size for path in kept(store)] == [60_000], "for the next run"


def test_what_passes_is_waited_for(http: Http, store: Store, faults: Faults):
    url = faults.on("/m", Reply(status=503), Reply(status=429, headers={"Retry-After": "0"}),
                    Reply(BODY))  # fmt: skip
    assert get(http, store, url).digest == DIGEST
    assert len(faults.asked) == 3


def test_retries_end(http: Http, store: Store, faults: Faults):
    url = faults.on("/m", Reply(status=502))
    with pytest.raises(FairwayError, match="502"):
        get(http, store, url)
    assert len(faults.asked) == 1 + QUICK.retries


def test_a_long_wait_is_not_waited(http: Http, store: Store, faults: Faults):
    url = faults.on("/m", Reply(status=429, headers={"Retry-After": "3600"}))
    begin = time.monotonic()
    with pytest.raises(FairwayError, match="it asks to wait 3600 s"):
        get(http, store, url)
    assert time.monotonic() - begin < 5
    assert len(faults.asked) == 1


@pytest.mark.parametrize(
    ("reply", "named", "message"),
    [
        (Reply(BODY), {"size": 7}, "model.bin: it has 102,400 bytes, not 7"),
        (Reply(BODY, length=False), {"size": 7}, "bytes, not 7"),
        (Reply(BODY), {"digest": "sha256:" + "0" * 64}, "model.bin: its bytes are"),
    ],
)
def test_other_bytes_than_named_are_refused(
    http: Http, store: Store, faults: Faults, reply: Reply, named: dict[str, object], message: str
):
    with pytest.raises(SourceRefusedError, match=message):
        get(http, store, faults.on("/m", reply), **named)
    assert kept(store) == []


@pytest.mark.parametrize("length", [True, False])
def test_what_is_too_large_is_refused(http: Http, faults: Faults, tmp_path: Path, length: bool):
    store = Store(tmp_path, limit=1000)
    url = faults.on("/m", Reply(BODY, headers=TAGGED, length=length))
    with pytest.raises(SourceRefusedError, match="larger than the limit of 1000 bytes"):
        get(http, store, url)
    assert kept(store) == []


def test_bytes_that_came_twice_count_once(http: Http, faults: Faults, tmp_path: Path):
    store = Store(tmp_path, limit=len(BODY))
    url = faults.on("/m", Reply(BODY, cut=90_000), Reply(BODY, cut=90_000), Reply(BODY))
    assert get(http, store, url).digest == DIGEST


def test_redirects(http: Http, store: Store, faults: Faults):
    target = faults.on("/m", Reply(BODY))
    url = faults.on("/here", Reply(status=302, headers={"Location": "/m"}))
    assert get(http, store, url).digest == DIGEST
    other = target.replace("127.0.0.1", "localhost")
    elsewhere = faults.on("/other", Reply(status=302, headers={"Location": other}))
    with pytest.raises(SourceRefusedError, match=r"the redirect to .* leaves https"):
        get(http, store, elsewhere)
    secret = target.replace("//", "//user:secret@") + "?token=secret"
    carrying = faults.on("/secret", Reply(status=302, headers={"Location": secret}))
    with pytest.raises(SourceRefusedError, match="holds credentials") as caught:
        get(http, store, carrying)
    assert "secret@" not in str(caught.value)
    assert "=secret" not in str(caught.value)
    circle = faults.on("/circle", Reply(status=302, headers={"Location": "/circle"}))
    with pytest.raises(SourceRefusedError, match="more than 5 redirects"):
        get(http, store, circle)


def test_netrc_speaks_to_its_host_only(store: Store, faults: Faults, tmp_path: Path):
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password hidden\n")
    url = faults.on("/m", Reply(BODY))
    with Http(QUICK) as http:
        get(http, store, url)
        http.get(url, {"Authorization": "Bearer mine"})
        http.get(url.replace("127.0.0.1", "localhost"))
    said = [asked.get("authorization") for asked in faults.requests("/m")]
    assert said == ["Basic bWU6aGlkZGVu", "Bearer mine", None]


def test_a_faulty_netrc_is_a_usage_error(tmp_path: Path):
    (tmp_path / "netrc").write_text("machine\n")
    with pytest.raises(UsageError, match="cannot be read as netrc"):
        Http(QUICK)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("https://me:secret@example.com/m", "holds a user name or password"),
        ("https://secret@example.com/m", "holds a user name or password"),
        ("ftp://example.com/m", "not an http or https address"),
        ("https:///m", "not an http or https address"),
        ("https://[::1/m", "not a URL"),
        ("https://example.com:99999999/m", "not a URL"),
    ],
)
def test_addresses_that_are_refused(http: Http, store: Store, url: str, message: str):
    with pytest.raises(SourceRefusedError, match=message) as caught:
        get(http, store, url)
    assert "secret" not in str(caught.value) + caught.value.fix


def test_secrets_in_headers_and_queries_are_not_told(http: Http, faults: Faults):
    with pytest.raises(FairwayError) as caught:
        http.get(faults.url, {"Authorization": "Bearer secret\n"})
    assert "secret" not in str(caught.value)
    url = faults.on("/m", Reply(status=500))
    with pytest.raises(FairwayError) as caught:
        http.get(f"{url}?token=secret")
    assert str(caught.value) == f"{url}?…: the server answers 500 Internal Server Error"


def test_an_answer_is_bounded(http: Http, faults: Faults):
    url = faults.on("/m", Reply(BODY))
    with pytest.raises(FairwayError, match="longer than 1000 bytes"):
        http.request("GET", url, limit=1000)
    assert http.request("GET", url).body == BODY
    with pytest.raises(FairwayError, match="is not JSON"):
        http.get(url).json()


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    body=st.binary(min_size=1, max_size=3000),
    cuts=st.lists(st.integers(0, 3000), max_size=6),
    validated=st.booleans(),
    ranges=st.booleans(),
)
def test_wherever_it_is_cut_the_bytes_are_the_same(
    faults: Faults, tmp_path_factory: pytest.TempPathFactory,
    body: bytes, cuts: list[int], validated: bool, ranges: bool,
):  # fmt: skip
    headers = TAGGED if validated else {}
    replies = [Reply(body, headers=headers, ranges=ranges, cut=cut) for cut in cuts]
    url = faults.on("/m", *replies, Reply(body, headers=headers, ranges=ranges))
    store = Store(tmp_path_factory.mktemp("cut"))
    patient = QUICK._replace(retries=2 * len(cuts) + 1, backoff=0.0)
    with Http(patient) as http:
        blob = get(http, store, url, size=len(body))
    assert blob.path.read_bytes() == body
    assert kept(store) == []
