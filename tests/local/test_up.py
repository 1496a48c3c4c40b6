"""``fairway up`` from its start to its end, with real servers and a real proxy."""

from __future__ import annotations

import os
import shutil
import signal
import socket
from pathlib import Path

import pytest
from local.command import children_of, listening, up
from local.reader import CANDIDATE, STABLE, canary, document, write
from local.rig import Client

pytestmark = pytest.mark.slow


def versions(port: int, count: int = 60) -> set[str]:
    """Return the versions that answer; every request must be answered."""
    client = Client(port)
    answers = [client.ask() for _ in range(count)]
    client.close()
    assert {answer.status for answer in answers} == {200}
    return {answer.version for answer in answers}


def test_an_edit_re_routes_without_a_restart(tmp_path: Path) -> None:
    spec = write(tmp_path, document(canary("50%", "100%")))
    with up(spec) as run:
        port = run.ready()
        before = set(run.children)
        assert versions(port) == {STABLE, CANDIDATE}

        write(tmp_path, document(canary("50%", "100%", step=2)))
        run.until("the edit is live")
        assert versions(port) == {CANDIDATE}

        said = len(run.lines)
        write(tmp_path, document(canary("50%", "1000%")))
        run.until(r"deployment\.yaml:\d+:\d+: .*1000%.*more than 100%", said)
        run.until("the edit is not live", said)
        assert versions(port) == {CANDIDATE}  # as before

        write(tmp_path, document(canary("50%", "100%", step=0)))
        run.until("the edit is live", said)
        assert versions(port) == {STABLE}

        said = len(run.lines)
        write(tmp_path, document({"blueGreen": {"active": "candidate"}}))
        run.until("the edit is live", said)
        assert versions(port) == {CANDIDATE}
        assert before <= set(run.children) == before  # nothing was started for any of this
        assert run.stop() == 0
    assert "stopped: 1.0.0 answered" in run.lines[-1].text


def test_another_version_starts_first_and_gets_traffic_when_it_is_ready(tmp_path: Path) -> None:
    spec = write(tmp_path, document({"rolling": {}}, stable=STABLE, candidate=None))
    with up(spec) as run:
        port = run.ready()
        first = run.child("fairway.serve", f"--version {STABLE}")
        write(tmp_path, document({"rolling": {}}, stable=CANDIDATE, candidate=None))
        client = Client(port)
        seen: list[str] = []
        while not seen or seen[-1] != CANDIDATE:
            answer = client.ask()
            assert answer.status == 200  # no request is lost on the way
            seen.append(answer.version)
            assert len(seen) < 100_000
        client.close()
        run.until("the edit is live")
        run.child("fairway.serve", f"--version {CANDIDATE}")
        assert not Path(f"/proc/{first}").exists()
        assert versions(port) == {CANDIDATE}
        assert run.stop() == 0


def test_a_step_of_its_own_and_steps_that_follow(tmp_path: Path) -> None:
    spec = write(tmp_path, document(canary("50%", "100%", step=0, interval="15s", window="30s")))
    with up(spec, "--step", "2") as run:
        port = run.ready()
        assert versions(port) == {CANDIDATE}
        assert run.stop() == 0
    with up(spec, "--auto", "--time-scale", "120") as run:
        port = run.ready()
        run.until("step 1 begins")
        run.until("step 1 has passed, step 2 begins")
        run.until("step 2 has passed: `fairway promote` may be called")
        assert versions(port) == {CANDIDATE}
        assert run.stop() == 0


def test_a_dead_candidate_is_rolled_back(tmp_path: Path) -> None:
    spec = write(tmp_path, document(canary("50%")))
    with up(spec) as run:
        port = run.ready()
        assert versions(port) == {STABLE, CANDIDATE}
        assert listening(run.children) == {"0100007F"}  # 127.0.0.1, and nothing else
        os.kill(run.child("fairway.serve", f"--version {CANDIDATE}"), signal.SIGKILL)
        run.until("digit-reader-1-1-0 ended with signal 9")
        run.until("rolled back: the candidate's server has ended")
        assert versions(port) == {STABLE}
        assert run.stop() == 1


@pytest.mark.parametrize("words", [("envoy", "bootstrap"), ("fairway.serve", STABLE)])
def test_the_end_of_what_answers_ends_everything(tmp_path: Path, words: tuple[str, str]) -> None:
    spec = write(tmp_path, document(canary("50%")))
    with up(spec, "--logs", str(tmp_path / "logs")) as run:
        run.ready()
        os.kill(run.child(*words), signal.SIGKILL)
        assert run.wait() == 3
    assert "ended with signal 9" in run.error
    assert {each.name for each in (tmp_path / "logs").iterdir()} >= {"envoy.log"}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_at_any_time_leaves_nothing(tmp_path: Path, number: signal.Signals) -> None:
    spec = write(tmp_path, document(canary("50%")))
    with up(spec, "--requests", "20/s") as run:
        port = run.ready() if number is signal.SIGTERM else 0
        while not port and not any("fairway.serve" in each for each in run.children.values()):
            run.children |= children_of(run.pid)  # as soon as there is something to leave
        run.signal(number)
        assert run.wait() == (0 if port else 130)
    assert ("interrupted" in run.error) == (port == 0)
    assert ("stopped: 1.0.0 answered" in run.said) == (port > 0)
    if port:
        with socket.socket() as again:
            again.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            again.bind(("127.0.0.1", port))


def test_what_is_missing_is_said_before_anything_starts(tmp_path: Path) -> None:
    spec = write(tmp_path, document(canary("50%")))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        with up(spec, "--port", port) as run:
            assert run.wait() == 3
    assert f"error: 127.0.0.1:{port} is in use" in run.error
    assert "another --port" in run.error
    for options, words in {
        ("--drill", "9.9.9: errors=30%"): "does not run 9.9.9",
        ("--drill", "1.1.0: colour=red"): "no fault 'colour'",
        ("--step", "3"): "has steps 0 to 1",
        ("--logs", f"{spec}/logs"): "deployment.yaml is no folder",
        ("--env", "moon"): "--env moon: digit-reader has box",
        ("--requests", "many"): "--requests: `many` is not a rate",
    }.items():
        with up(spec, *options) as run:
            assert run.wait() == 2, options
        assert words in run.error
        assert not run.children
        assert not run.said
        assert not list((tmp_path / "temporary").iterdir())


def test_a_drill_that_nothing_judges_says_so(tmp_path: Path) -> None:
    spec = write(tmp_path, document({"rolling": {}}, stable=STABLE, candidate=None))
    with up(spec, "--drill", f"{STABLE}: errors=30%") as run:
        run.ready()
        assert run.stop() == 0
    said = [line.text for line in run.lines]
    note = said.index("it is the only version that serves, so nothing judges it")
    assert note < next(i for i, text in enumerate(said) if text.startswith("starting 1.0.0"))


def test_a_spec_with_findings_is_not_run(tmp_path: Path) -> None:
    spec = write(tmp_path, document(canary("50%"), candidate="7.0"))
    with up(spec) as run:
        assert run.wait() == 1
    assert "there is no version 7.0" in run.said


def test_bytes_that_are_not_locked_are_not_run(tmp_path: Path) -> None:
    spec = write(tmp_path, document(canary("50%")))
    (tmp_path / "digit-reader/models/1.1.0/model.onnx").write_bytes(b"other")
    with up(spec) as run:
        assert run.wait() == 3
    assert "version 1.1.0: not the bytes that were locked: model.onnx" in run.error


@pytest.mark.skipif(shutil.which("prometheus") is None, reason="prometheus is not installed")
def test_gates_are_read_from_prometheus(tmp_path: Path) -> None:
    gates = [{"metric": "error-ratio", "max": "5%"},
             {"metric": "error-ratio", "against": "stable", "within": "5pp"},
             {"metric": "server-error-ratio", "max": "5%"}]  # fmt: skip
    spec = write(tmp_path, document(canary("50%", gates=gates, minRequests=20, interval="2s")))
    options = (
        "--prometheus",
        "--requests",
        "60/s",
        "--for",
        "60s",
        "--drill",
        f"{CANDIDATE}: errors=50%",
    )
    with up(spec, *options) as run:
        run.until("gates are read from Prometheus")
        run.until(r"rolled back: error-ratio [\d.]+% above max 5%")
        assert run.stop() == 1
