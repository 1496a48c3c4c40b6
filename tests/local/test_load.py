"""Load: as many requests a second as are asked for, of users that a release would meet."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from local.reader import FLEET, canary, chosen

from fairway.errors import UsageError
from fairway.local.load import Load, Users
from fairway.serve.contract import Contract

CONTRACT = Contract.model_validate_json((FLEET / "contract.json").read_bytes())


class Seen:
    """A server that notes what it is asked, and answers every tenth request with 500."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        seen = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                assert self.path == "/v2/models/digit-reader/infer"
                seen.bodies.append(self.rfile.read(int(self.headers["content-length"])))
                self.send_response(500 if len(seen.bodies) % 10 == 0 else 200)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = int(self.server.server_address[1])


@pytest.fixture
def seen() -> Iterator[Seen]:
    made = Seen()
    thread = threading.Thread(target=made.server.serve_forever)
    thread.start()
    yield made
    made.server.shutdown()
    made.server.server_close()
    thread.join()


def test_the_rate_is_kept_and_the_answers_are_counted(tmp_path: Path, seen: Seen) -> None:
    release = chosen(tmp_path, canary("5%")).plan.release
    load = Load(seen.port, "digit-reader", CONTRACT, release, 100)
    began = time.monotonic()
    load.start()
    time.sleep(1.0)
    load.stop()
    elapsed = time.monotonic() - began
    tally = load.tally()
    total = sum(tally)
    assert tally.lost == 0
    assert total == len(seen.bodies)
    assert 0 < total <= 100 * elapsed + 1  # never more, and less where the machine is slow
    assert abs(tally.bad - total / 10) <= 1
    assert load.tally() == tally  # nothing comes after the end
    names = {tensor["name"] for body in seen.bodies for tensor in json.loads(body)["inputs"]}
    assert names == {"pixels"}


def test_nobody_there_is_counted_as_lost(tmp_path: Path, seen: Seen) -> None:
    release = chosen(tmp_path, canary("5%")).plan.release
    seen.server.server_close()
    load = Load(seen.port, "digit-reader", CONTRACT, release, 200)
    load.start()
    while not load.tally().lost:
        time.sleep(0.01)
    load.stop()
    assert load.tally().good == 0


def test_without_examples_there_is_nothing_to_send(tmp_path: Path) -> None:
    release = chosen(tmp_path, canary("5%")).plan.release
    with pytest.raises(UsageError, match="has no examples in its contract"):
        Load(1, "digit-reader", CONTRACT.model_copy(update={"examples": ()}), release, 1)


def test_users_are_the_same_every_time(tmp_path: Path) -> None:
    sticky = chosen(tmp_path / "a", canary("5%", sticky={"cookie": "session"})).plan.release
    users = Users(sticky)
    cookies = [users.of(number)["cookie"] for number in range(2000)]
    assert cookies == [Users(sticky).of(number)["cookie"] for number in range(2000)]
    assert all(cookie.startswith("session=user-") for cookie in cookies)
    assert 500 < len(set(cookies)) <= 1000
    assert Users(chosen(tmp_path / "b", canary("5%")).plan.release).of(1) == {}


def test_as_many_ask_for_the_candidate_as_the_experiment_plans(tmp_path: Path) -> None:
    ab = {"split": {"by": "header", "name": "x-cohort", "candidate": ["a", "b"]}, "weight": "30%",
          "metric": "m", "baseline": "5%", "effect": "1pp", "duration": "14d"}  # fmt: skip
    users = Users(chosen(tmp_path, {"ab": ab}).plan.release)
    sent = Counter(users.of(number).get("x-cohort", "") for number in range(5000))
    assert 0.26 < (sent["a"] + sent["b"]) / 5000 < 0.34
    assert 0.8 < sent["a"] / sent["b"] < 1.25
