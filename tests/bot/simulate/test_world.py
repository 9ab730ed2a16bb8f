"""A world on a real git repository: pushes become live, traffic is counted, and the real gates judge it."""

from datetime import timedelta
from pathlib import Path

import pytest

from bot.cluster.interface import Progress
from bot.evidence import Stage, State
from bot.history import ArrivalKey
from bot.observe.rollout import status
from bot.observe.verdict import measure
from bot.series import Matcher, Selector
from bot.simulate.behaviour import Behaviour
from bot.simulate.clock import START, SimulatedClock
from bot.simulate.scene import Gauge
from bot.simulate.world import Scenario, World
from generator.errors import OutsideError
from generator.policy import RatioGate, ThresholdGate, Verify
from tests.bot.simulate.shop import Shop

GATE = RatioGate("errors", 'http_requests_total{code=~"5.."}', "http_requests_total", 0.995)
KEY = ArrivalKey("test", "web", "d" * 64, "c" * 40)
STEP = timedelta(minutes=1)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


def live(world: World, environment: str = "test"):
    state = world.cluster.services(environment, ["web"]).get("web")
    return status(environment, "web", state, contains=True, same_tree=True)


def verdict(world: World, gate=GATE, deadline=timedelta(hours=1)):
    return measure(world.metrics, [gate], live(world), KEY, None, Verify(deadline=deadline), world.clock.now())


def test_a_push_becomes_applied_then_rolls_out_then_is_live(shop: Shop):
    first = shop.release("test", "1.0")
    world = World(shop.path, SimulatedClock())
    before = world.cluster.services("test", ["web"])["web"]
    assert (before.application.revision, before.application.attempted) == (None, first)
    world.advance(timedelta(seconds=20))
    rolling = world.cluster.services("test", ["web"])["web"]
    assert rolling.application.revision == first
    assert [one.progress for one in rolling.workloads] == [Progress.PROGRESSING]
    world.advance(timedelta(seconds=40))
    reached = live(world)
    assert (reached.stage, reached.since) == (Stage.LIVE, world.clock.now())


def test_a_commit_elsewhere_moves_the_revision_but_restarts_nothing(shop: Shop):
    shop.release("test", "1.0")
    world = World(shop.path, SimulatedClock())
    world.advance(timedelta(minutes=5))
    since = live(world).since
    other = shop.release("prod", "1.0")
    world.advance(timedelta(minutes=5))
    assert world.cluster.services("test", ["web"])["web"].application.revision == other
    assert live(world).since == since


def test_a_change_without_new_pods_is_live_since_it_was_applied(shop: Shop):
    shop.release("test", "1.0")
    world = World(shop.path, SimulatedClock())
    world.advance(timedelta(minutes=5))
    shop.write("environments/test/rendered/web/service.yaml", "apiVersion: v1\nkind: Service\n")
    shop.commit()
    world.advance(timedelta(minutes=5))
    assert live(world).since == world.clock.now() - timedelta(minutes=5) + world.scenario.timing.apply


def test_a_world_that_is_started_again_goes_on_where_it_was(shop: Shop):
    """The dates of the commits say when things happened while nobody looked."""
    shop.release("test", "1.0", START - timedelta(days=9))
    shop.release("test", "2.0", START - timedelta(hours=2))
    shop.release("test", "3.0", START - timedelta(hours=1))
    shop.release("prod", "1.0", START - timedelta(minutes=30))
    scenario = Scenario((Behaviour(tag="3.0", stuck=True), Behaviour(requests=600)))
    world = World(shop.path, SimulatedClock(), scenario)
    assert live(world).stage is Stage.FAILED
    assert live(world, "prod").since == START - timedelta(minutes=29)
    serving = [pod for pod in world.pods("test") if pod.runs(START)]
    assert {pod.started for pod in serving} == {
        START - timedelta(hours=2, seconds=-40),
        START - timedelta(hours=2, seconds=-60),
    }
    ended = [pod for pod in world.pods("test") if not pod.runs(START)]
    assert {pod.started for pod in ended} == {
        START - timedelta(days=1, seconds=-40),
        START - timedelta(days=1, seconds=-60),
    }
    assert world.cluster.services("test", ["web"])["web"].application.revision == shop.head


def test_a_commit_from_the_future_is_seen_now(shop: Shop):
    shop.release("test", "1.0", START - timedelta(hours=1))
    future = shop.release("test", "2.0", START + timedelta(hours=1))
    world = World(shop.path, SimulatedClock())
    found = world.cluster.services("test", ["web"])["web"].application
    assert (found.revision, found.attempted) == (shop.parent(future), future)


def test_a_service_nobody_rendered_is_unknown_and_a_removed_one_becomes_so(shop: Shop):
    shop.release("test", "1.0")
    world = World(shop.path, SimulatedClock())
    world.advance(timedelta(minutes=5))
    assert world.cluster.services("test", ["web", "other"]).keys() == {"web"}
    shop.remove("environments/test/rendered/web")
    world.advance(timedelta(minutes=5))
    assert not world.cluster.services("test", ["web"])
    assert not [pod for pod in world.pods("test") if pod.runs(world.clock.now())]


def test_a_stuck_image_fails_at_the_progress_deadline_while_the_old_pods_serve_on(shop: Shop):
    shop.release("test", "1.0")
    world = World(shop.path, SimulatedClock(), Scenario((Behaviour(tag="2.0", stuck=True),)))
    world.advance(timedelta(minutes=5))
    shop.release("test", "2.0")
    world.advance(timedelta(minutes=5))
    assert live(world).stage is Stage.ROLLING
    world.advance(timedelta(minutes=6))
    assert live(world).stage is Stage.FAILED
    assert verdict(world).state is State.FAIL
    serving = [pod for pod in world.pods("test") if pod.runs(world.clock.now())]
    assert len(serving) == 2
    assert all(pod.load.stuck is False for pod in serving)


@pytest.mark.parametrize(("errors", "expected"), [(0.0, State.PASS), (0.03, State.FAIL)])
def test_the_real_gates_judge_simulated_traffic(shop: Shop, errors: float, expected: State):
    shop.release("test", "1.0")
    scenario = Scenario((Behaviour(requests=600, errors=errors),), seed=7)
    world = World(shop.path, SimulatedClock(), scenario)
    world.advance(timedelta(minutes=30))
    found = verdict(world)
    assert found.state is expected
    assert found.at is not None
    assert found.at > (found.live_since or found.at)


def test_without_traffic_nothing_is_decided(shop: Shop):
    shop.release("test", "1.0")
    world = World(shop.path, SimulatedClock(), Scenario((Behaviour(requests=0),)))
    world.advance(timedelta(minutes=30))
    assert verdict(world).state is State.MEASURING
    world.advance(timedelta(minutes=40))
    assert verdict(world).state is State.INCONCLUSIVE


def test_only_the_pods_of_the_release_count(shop: Shop):
    shop.release("test", "1.0")
    scenario = Scenario((Behaviour(requests=600, errors=0.5, tag="1.0"), Behaviour(errors=0.0, tag="2.0")))
    world = World(shop.path, SimulatedClock(), scenario)
    world.advance(timedelta(minutes=10))
    shop.release("test", "2.0")
    world.advance(timedelta(minutes=10))
    assert verdict(world).state is State.PASS


def test_counters_are_the_same_whenever_and_by_whomever_they_are_read(shop: Shop):
    shop.release("test", "1.0")

    def read(stops: list[int]):
        world = World(shop.path, SimulatedClock(), Scenario((Behaviour(errors=0.1),), seed=3))
        start = world.clock.now()
        selector = Selector("http_requests_total", (Matcher("code", "=~", "5.."),))
        for minutes in stops:
            world.advance(timedelta(minutes=minutes))
            world.metrics.counters("test", selector, "web-.*", start, start + STEP * 20, STEP)
        answers = world.metrics.counters("test", selector, "web-.*", start, start + STEP * 20, STEP)
        return [(dict(one.labels), one.samples) for one in answers]

    assert read([5, 1, 14]) == read([20])
    assert read([20])


def test_counters_need_the_metric_the_labels_and_the_pods(shop: Shop):
    shop.release("test", "1.0")
    world = World(shop.path, SimulatedClock())
    start = world.clock.now()
    world.advance(timedelta(minutes=10))

    def found(selector: Selector, pods: str = "web-.*", environment: str = "test") -> int:
        return len(world.metrics.counters(environment, selector, pods, start, world.clock.now(), STEP))

    assert found(Selector("http_requests_total")) == 2
    assert found(Selector("http_requests_total", (Matcher("code", "!=", "200"),))) == 0
    assert found(Selector("http_requests_total"), "other-.*") == 0
    assert found(Selector("http_requests_total"), "web") == 0
    assert found(Selector("http_requests_total"), environment="prod") == 0
    assert found(Selector("nothing_total")) == 0
    with pytest.raises(OutsideError, match="regular expression"):
        found(Selector("http_requests_total", (Matcher("code", "=~", "("),)))


def test_only_known_expressions_are_answered(shop: Shop):
    shop.release("test", "1.0")
    gate = ThresholdGate("latency", 'max(latency{pod=~"$pods"})', below=0.5)
    world = World(shop.path, SimulatedClock(), Scenario(gauges=(Gauge(gate.query, lambda _, __: 0.2),)))
    world.advance(timedelta(minutes=10))
    assert verdict(world, gate).state is State.PASS
    unknown = verdict(world, ThresholdGate("other", "up", above=1))
    assert unknown.state is State.ERROR
    assert "simulation does not evaluate PromQL" in unknown.gates[0].detail
