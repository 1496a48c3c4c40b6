"""Every strategy on a running Envoy with two real model servers behind it."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from pathlib import Path

import httpx
import pytest
from local.reader import CANDIDATE, STABLE, WORKLOADS, canary, chosen
from local.rig import Answer, behind
from scipy.stats import binom

from fairway.local.ports import HOST, free_ports
from fairway.local.stepping import at_step

pytestmark = pytest.mark.slow
SURE = 0.999999


def assert_split(answered: int, asked: int, share: float) -> None:
    """Hold a count against all that the share allows but once in a million times."""
    low, high = binom.interval(SURE, asked, share)
    assert low <= answered <= high, f"{answered} of {asked} at {share:.1%}"


@pytest.mark.parametrize(("weight", "share"), [("10%", 0.1), ("2.5%", 0.025)])
def test_a_canary_gets_its_weight(
    tmp_path: Path, servers: Mapping[str, int], weight: str, share: float
) -> None:
    plan = chosen(tmp_path / "specs", canary(weight)).plan
    with behind(plan, servers, tmp_path) as rig:
        split = rig.split(2000)
        assert_split(split[CANDIDATE], 2000, share)
        counters = rig.counters()
        # What the proxy counted of each version is what clients saw.
        assert {v: counters[w].completed for v, w in WORKLOADS.items()} == dict(split)


def test_a_shadow_gets_a_copy_of_everything_and_answers_nothing(
    tmp_path: Path, servers: Mapping[str, int]
) -> None:
    plan = chosen(tmp_path / "specs", {"shadow": {"mirror": "100%"}}).plan
    before = served(servers[CANDIDATE])
    with behind(plan, servers, tmp_path) as rig:
        assert rig.split(600) == {STABLE: 600}
        counters = rig.counters()
        for _ in range(200):
            if counters[f"{WORKLOADS[CANDIDATE]}/mirror"].completed == 600:
                break
            time.sleep(0.05)
            counters = rig.counters()
        assert counters[f"{WORKLOADS[CANDIDATE]}/mirror"].completed == 600
        assert served(servers[CANDIDATE]) - before == 600
        # The series of gates and objectives do not have them.
        assert counters[WORKLOADS[CANDIDATE]].completed == 0
        assert counters[WORKLOADS[STABLE]].completed == 600


def test_a_shadow_may_get_a_part(tmp_path: Path, servers: Mapping[str, int]) -> None:
    plan = chosen(tmp_path / "specs", {"shadow": {"mirror": "12.5%"}}).plan
    before = served(servers[CANDIDATE])
    with behind(plan, servers, tmp_path) as rig:
        assert rig.split(800) == {STABLE: 800}
        time.sleep(0.5)
        assert_split(served(servers[CANDIDATE]) - before, 800, 0.125)


def served(port: int) -> int:
    """How many predictions a server says that it has answered."""
    text = httpx.get(f"http://{HOST}:{port}/metrics").text
    return sum(
        int(float(line.rsplit(" ", 1)[1]))
        for line in text.splitlines()
        if line.startswith("fairway_requests_total{")
    )


WEIGHTS = ("1%", "5%", "10%", "25%", "50%", "75%", "99%", "100%")


@pytest.mark.parametrize(("by", "users"), [("header", 200), ("cookie", 100)])
def test_nobody_goes_back_while_the_weight_rises(
    tmp_path: Path, servers: Mapping[str, int], by: str, users: int
) -> None:
    spec = canary(*WEIGHTS, sticky={by: "user-id"})

    def named(number: int) -> Mapping[str, str]:
        user = f"user-{number}"
        return {"user-id": user} if by == "header" else {"cookie": f"a=b; user-id={user}"}

    plan = chosen(tmp_path / "specs", spec).plan
    moved: set[int] = set()
    with behind(at_step(plan, 0), servers, tmp_path) as rig:
        for step in range(len(WEIGHTS) + 1):
            rig.proxy.route(at_step(plan, step))
            time.sleep(0.1)  # until every thread of the proxy has them
            answers = rig.ask(users, named)
            assert {answer.status for answer in answers} == {200}
            now = {n for n, answer in enumerate(answers) if answer.version == CANDIDATE}
            assert moved <= now, f"step {step}: {len(moved - now)} users went back"
            share = float(WEIGHTS[step - 1].rstrip("%")) / 100 if step else 0.0
            assert_split(len(now), users, share)
            moved = now
    assert len(moved) == users


def test_the_same_user_is_answered_by_the_same_version(
    tmp_path: Path, servers: Mapping[str, int]
) -> None:
    ab = {
        "split": {"by": "user-hash", "name": "x-user"},
        "weight": "40%",
        "metric": "conversion",
        "baseline": "5%",
        "effect": "1pp",
        "duration": "14d",
    }
    plan = chosen(tmp_path / "specs", {"ab": ab}).plan
    with behind(plan, servers, tmp_path) as rig:
        answers = rig.ask(600, lambda number: {"x-user": f"u{number % 300}"})
    versions = [answer.version for answer in answers]
    assert versions[:300] == versions[300:]
    assert_split(versions[:300].count(CANDIDATE), 300, 0.4)


@pytest.mark.parametrize("by", ["header", "cookie"])
def test_an_experiment_answers_those_who_say_so(
    tmp_path: Path, servers: Mapping[str, int], by: str
) -> None:
    ab = {
        "split": {"by": by, "name": "x-cohort", "candidate": ["beta", "be.a"]},
        "weight": "10%",
        "metric": "conversion",
        "baseline": "5%",
        "effect": "1pp",
        "duration": "14d",
    }
    plan = chosen(tmp_path / "specs", {"ab": ab}).plan
    said = {"beta": CANDIDATE, "be.a": CANDIDATE, "beXa": STABLE, "betas": STABLE, "": STABLE}
    cookies = (
        "x-cohort={}",
        "a=1; x-cohort={}",
        "x-cohort={}; z=beta",
        "xx-cohort=beta; x-cohort={}",
    )
    cases = [
        ({by: form.format(value)} if by == "cookie" else {"x-cohort": value}, version)
        for value, version in said.items()
        for form in (cookies if by == "cookie" else cookies[:1])
    ]
    with behind(plan, servers, tmp_path) as rig:
        assert rig.split(50) == {STABLE: 50}
        answers = rig.ask(len(cases), lambda number: cases[number][0])
    assert [answer.version for answer in answers] == [version for _, version in cases]


def test_a_switch_under_load_fails_no_request(tmp_path: Path, servers: Mapping[str, int]) -> None:
    blue = chosen(tmp_path / "blue", {"blueGreen": {"active": "stable"}}).plan
    green = chosen(tmp_path / "green", {"blueGreen": {"active": "candidate"}}).plan
    with behind(blue, servers, tmp_path) as rig:
        assert rig.split(20) == {STABLE: 20}
        answers: list[Answer] = []
        load = threading.Thread(target=lambda: answers.extend(rig.ask(1000)))
        load.start()
        for plan in (green, blue, green):
            time.sleep(0.3)
            rig.proxy.route(plan)
        load.join()
        assert {answer.status for answer in answers} == {200}
        assert {answer.version for answer in answers} == {STABLE, CANDIDATE}
        assert rig.split(20) == {CANDIDATE: 20}


def test_a_rolling_release_has_one_server(tmp_path: Path, servers: Mapping[str, int]) -> None:
    plan = chosen(tmp_path / "specs", {"rolling": {}}, candidate=None).plan
    with behind(plan, servers, tmp_path) as rig:
        assert rig.split(20) == {STABLE: 20}
        assert rig.counters()["digit-reader"].completed == 20


def test_only_the_models_paths_are_led_to_servers(
    tmp_path: Path, servers: Mapping[str, int]
) -> None:
    plan = chosen(tmp_path / "specs", canary("10%")).plan
    with behind(plan, servers, tmp_path) as rig:
        url = f"http://{HOST}:{rig.port}"
        assert httpx.get(f"{url}/v2/health/ready").status_code == 200
        for path in ("/metrics", "/v2x", "/", "/v2/../metrics"):
            assert httpx.get(url + path).status_code == 404
        metrics = httpx.get(f"http://{HOST}:{rig.proxy.metrics}/metrics").text
        assert (
            f'envoy_cluster_upstream_rq_completed{{envoy_cluster_name="{WORKLOADS[STABLE]}"}}'
            in metrics
        )
        assert httpx.post(f"http://{HOST}:{rig.proxy.metrics}/quitquitquit").status_code == 404


def test_a_version_that_is_dead_is_noticed_without_requests(
    tmp_path: Path, servers: Mapping[str, int]
) -> None:
    plan = chosen(tmp_path / "specs", canary("10%")).plan
    (nobody,) = free_ports(1)
    with behind(plan, {**servers, CANDIDATE: nobody}, tmp_path) as rig:
        for _ in range(100):
            if rig.counters()[WORKLOADS[STABLE]].healthy == 1:
                break
            time.sleep(0.1)
        counters = rig.counters()
        assert counters[WORKLOADS[STABLE]].healthy == 1
        assert counters[WORKLOADS[CANDIDATE]].healthy == 0
        # Its requests are errors, and the series of its gates have them.
        answers = rig.ask(200)
        failed = sum(answer.status == 503 for answer in answers)
        counters = rig.counters()
        assert counters[WORKLOADS[CANDIDATE]].errors == failed > 0
        assert counters[WORKLOADS[CANDIDATE]].completed == failed
