"""Measuring: what is asked of the metrics, and what a rollout that is not live means."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from bot.evidence import GateResult, RolloutStatus, Stage, State, Verdict
from bot.history import ArrivalKey
from bot.observe.verdict import measure
from bot.series import Matcher, Selector, Series
from generator.errors import OutsideError
from generator.policy import RatioGate, ThresholdGate, Verify

LIVE = datetime(2026, 1, 5, 9, tzinfo=UTC)
KEY = ArrivalKey("prod", "web", "d" * 64, "c" * 40)
RATIO = RatioGate("errors", 'requests_total{code="500"}', "requests_total", 0.99)
LATENCY = ThresholdGate("latency", 'max(latency{pod=~"$pods"})', below=0.5, hold=timedelta(minutes=1))
POLICY = Verify(deadline=timedelta(hours=1), settle=timedelta(minutes=2))
STEP = timedelta(minutes=1)
STATUS = RolloutStatus("prod", "web", Stage.LIVE, LIVE, r'(?:web-"\.x)')


class Steady:
    """A source with 100 requests a minute of which `bad` fail, since long before the release went live."""

    def __init__(self, bad: int = 0, broken: str = "") -> None:
        self.bad, self.broken = bad, broken
        self.asked: list[tuple] = []

    def counters(
        self, environment: str, selector: Selector, pods: str, start: datetime, end: datetime, step: timedelta
    ) -> Sequence[Series]:
        self.asked.append((environment, selector, pods, start, end, step))
        if self.broken == "counters":
            raise OutsideError("Prometheus does not answer")
        rate = self.bad if selector.matchers else 100
        times = [start + step * i for i in range((end - start) // step + 1)]
        return [Series({}, tuple((at, 5000.0 + rate * ((at - LIVE) / STEP)) for at in times))]

    def query(
        self, environment: str, expression: str, start: datetime, end: datetime, step: timedelta
    ) -> Sequence[Series]:
        self.asked.append((environment, expression, start, end, step))
        return [Series({}, tuple((start + step * i, 0.1) for i in range((end - start) // step + 1)))]


def measured(source: Steady, gates=(RATIO,), minutes: float = 30, baseline: Verdict | None = None, status=STATUS):
    return measure(source, gates, status, KEY, baseline, POLICY, LIVE + timedelta(minutes=minutes))


@pytest.mark.parametrize(
    ("stage", "state"),
    [
        (Stage.UNAPPLIED, State.UNAPPLIED),
        (Stage.ROLLING, State.ROLLING),
        (Stage.FAILED, State.FAIL),
        (Stage.SUPERSEDED, State.SUPERSEDED),
        (Stage.UNKNOWN, State.ERROR),
    ],
)
def test_what_is_not_live_is_not_measured(stage, state):
    source = Steady()
    found = measured(source, status=RolloutStatus("prod", "web", stage, LIVE, message="because"))
    assert (found.state, found.detail, source.asked) == (state, "because", [])
    assert found.at == (LIVE if state is State.FAIL else None)


def test_nothing_is_asked_while_it_settles():
    source = Steady()
    assert measured(source, minutes=2).state is State.SETTLING
    assert source.asked == []


def test_a_good_release_passes_and_a_bad_one_fails():
    good, bad = measured(Steady(0)), measured(Steady(8))
    assert (good.state, good.live_since) == (State.PASS, LIVE)
    assert good.at == LIVE + timedelta(minutes=4)  # 200 requests after settling
    assert bad.state is State.FAIL


def test_only_the_pods_of_the_release_are_asked_for_from_before_the_start_to_the_last_point():
    source = Steady()
    measured(source, gates=(RATIO, LATENCY), minutes=10.1)
    bad, _, query = source.asked
    selector = Selector("requests_total", (Matcher("code", "=", "500"),))
    end = LIVE + timedelta(minutes=9)
    assert bad == ("prod", selector, STATUS.pods, LIVE + timedelta(minutes=-8), end, STEP)
    assert query == ("prod", r'max(latency{pod=~"(?:web-\"\\.x)"})', LIVE + timedelta(minutes=2), end, STEP)


def test_the_past_of_a_long_lived_pod_is_not_counted():
    gate = measured(Steady(8), minutes=3.5).gates[0]
    assert (gate.bad, gate.total) == (8, 100)


def test_a_source_that_fails_is_an_error_and_not_an_exception():
    found = measured(Steady(broken="counters"), gates=(RATIO, LATENCY))
    assert found.state is State.ERROR
    assert [result.state for result in found.gates] == [State.ERROR, State.PASS]
    assert found.gates[0].detail == "Prometheus does not answer"


def test_a_selector_that_cannot_be_read_is_an_error_that_says_where():
    found = measured(Steady(), gates=(RatioGate("errors", "rate(x[5m])", "x", 0.99),))
    assert found.state is State.ERROR
    assert "functions are not allowed at column 5" in found.gates[0].detail


def test_without_pods_nothing_is_asked():
    source = Steady()
    found = measured(source, status=RolloutStatus("prod", "web", Stage.LIVE, LIVE, ""))
    assert (found.state, source.asked) == (State.ERROR, [])


def test_the_last_good_release_is_the_baseline():
    before = Verdict(KEY, State.PASS, gates=(GateResult("errors", State.PASS, "", bad=800, total=10_000),))
    assert measured(Steady(8), baseline=before).state is State.PREEXISTING
    assert measured(Steady(8)).state is State.FAIL


def test_without_gates_live_is_enough():
    source = Steady()
    assert measured(source, gates=(), minutes=0).state is State.PASS
    assert source.asked == []
