"""A real Prometheus scrapes simulated services, and the gates are answered through prometheus-api-client."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.cluster.interface import Progress
from bot.evidence import State, Verdict
from bot.history import ArrivalKey
from bot.metrics.interface import Metrics
from bot.observe.rollout import status
from bot.observe.verdict import measure
from bot.simulate.behaviour import Behaviour
from bot.simulate.prometheus import real_metrics
from bot.simulate.running import running_clock
from bot.simulate.world import Scenario, World
from generator.policy import Gate, RatioGate, ThresholdGate, Verify
from tests.bot.simulate.shop import Shop

CLOCK = running_clock(60)  # a minute each second
ERRORS = RatioGate("errors", 'http_requests_total{code=~"5.."}', "http_requests_total", 0.995)
BEHAVIOURS = (
    Behaviour(requests=600, errors=0.001),
    Behaviour(environment="staging", errors=0.05),
    Behaviour(environment="prod", requests=0),
)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """The same release in three environments: healthy in test, failing in staging, without traffic in prod."""
    shop = Shop(tmp_path_factory.mktemp("shop"))
    for environment in ("test", "staging", "prod"):
        shop.release(environment, "1.0")
    return World(shop.path, CLOCK, Scenario(BEHAVIOURS))


@pytest.fixture(scope="module")
def metrics(world: World, need: Callable[[str], Path]) -> Iterator[Metrics]:
    need("prometheus")
    with real_metrics(world, CLOCK, ("test", "staging", "prod")) as found:
        yield found


def judged(world: World, metrics: Metrics, environment: str, *gates: Gate) -> Verdict:
    state = world.cluster.services(environment, ["web"])["web"]
    live = status(environment, "web", state, contains=True, same_tree=True)
    key = ArrivalKey(environment, "web", "d" * 64, "c" * 40)
    return measure(metrics, gates, live, key, None, Verify(deadline=timedelta(minutes=15)), world.clock.now())


def final(world: World, metrics: Metrics, environment: str, *gates: Gate) -> Verdict:
    """Look every simulated minute until it is decided."""
    while not (found := judged(world, metrics, environment, *gates)).state.is_final:
        world.advance(timedelta(minutes=1))
    return found


@pytest.fixture(scope="module")
def live(world: World, metrics: Metrics) -> World:
    """Everything rolled out, and discovered by Prometheus, which takes it up to five seconds of real time."""
    world.advance(timedelta(minutes=8))
    states = [world.cluster.services(name, ["web"])["web"] for name in world.environments()]
    assert {one.progress for state in states for one in state.workloads} == {Progress.COMPLETE}
    return world


def test_a_healthy_release_passes(live, metrics):
    found = final(live, metrics, "test", ERRORS)
    assert found.state is State.PASS, found
    assert (found.gates[0].total or 0) >= 300


def test_a_bad_release_fails(live, metrics):
    found = final(live, metrics, "staging", ERRORS)
    assert found.state is State.FAIL, found
    assert (found.gates[0].bad or 0) >= 5


def test_without_traffic_nothing_is_decided(live, metrics):
    found = final(live, metrics, "prod", ERRORS)
    assert found.state is State.INCONCLUSIVE, found
    assert found.gates[0].total == 0


def test_a_threshold_on_a_promql_query(live, metrics):
    rate = 'sum(rate(http_requests_total{pod=~"$pods",namespace="simulation-test"}[5s]))'
    # 600 a simulated minute are 600 a real second.
    gate = ThresholdGate("traffic", rate, above=300, hold=timedelta(minutes=3))
    found = final(live, metrics, "test", gate)
    assert found.state is State.PASS, found
    assert 300 < (found.gates[0].value or 0) < 900


def test_a_bad_query_is_an_error_with_what_prometheus_says(live, metrics):
    found = judged(live, metrics, "test", ThresholdGate("broken", "sum(", above=1))
    assert found.state is State.ERROR
    assert "parse error" in found.gates[0].detail


def test_a_bad_regular_expression_is_an_error(live, metrics):
    found = judged(live, metrics, "test", RatioGate("broken", 'a_total{b=~"("}', "a_total", 0.9))
    assert found.state is State.ERROR
    assert "HTTP 400" in found.gates[0].detail
