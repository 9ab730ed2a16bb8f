"""All gates together: the worst wins, and it does not matter who looks when."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.evidence import GateResult, State, Verdict
from bot.gates.grid import LAG, STEP, grid
from bot.gates.judge import Judgement, Reading, Unreadable, baselines, definition_hash, judge
from bot.gates.ratio import RatioReading
from bot.gates.sequential import Counts
from bot.gates.threshold import ValueReading
from bot.history import ArrivalKey
from bot.series import Series
from generator.policy import RatioGate, ThresholdGate

LIVE = datetime(2026, 1, 5, 9, tzinfo=UTC)
KEY = ArrivalKey("test", "web", "d" * 64, "c" * 40)
RATIO = RatioGate("errors", 'requests_total{code="500"}', "requests_total", 0.99)
LATENCY = ThresholdGate("latency", "q", below=0.5, hold=timedelta(minutes=3))
TIMES = grid(LIVE, timedelta(), timedelta(minutes=20))


def series(values) -> Series:
    return Series({}, tuple((LIVE + STEP * i, float(value)) for i, value in enumerate(values)))


def until(source: Series, now: datetime) -> Series:
    return Series(source.labels, tuple(sample for sample in source.samples if sample[0] <= now))


def at(minute: int) -> datetime:
    return LIVE + STEP * minute + LAG


def verdict(bad, total, latency, minute: int = 20) -> Verdict:
    now = at(minute)
    readings: dict[str, Reading] = {
        "errors": RatioReading([until(series(bad), now)], [until(series(total), now)]),
        "latency": ValueReading([until(series(latency), now)]),
    }
    return judge(KEY, Judgement((RATIO, LATENCY), readings, {}), TIMES, LIVE, now)


GOOD = [0] * 21, [200 * i for i in range(21)], [0.1] * 21


def test_all_must_pass_and_the_last_decides_when():
    found = verdict(*GOOD)
    assert (found.state, found.at) == (State.PASS, LIVE + 3 * STEP)
    assert [result.state for result in found.gates] == [State.PASS, State.PASS]
    assert verdict(*GOOD, minute=2).state is State.MEASURING


def test_one_fail_is_enough_at_once():
    bad = [20 * i for i in range(21)]
    found = verdict(bad, GOOD[1], [0.1] * 2)
    assert (found.state, found.at) == (State.FAIL, LIVE + STEP)
    assert [result.state for result in found.gates] == [State.FAIL, State.INCONCLUSIVE]


def test_the_deadline_decides_what_is_open():
    found = verdict([0] * 21, [0] * 21, [0.1] * 21)
    assert (found.state, found.at) == (State.INCONCLUSIVE, LIVE + timedelta(minutes=20))
    assert verdict([0] * 21, [0] * 21, [0.1] * 21, minute=19).state is State.MEASURING


def test_without_gates_live_is_enough():
    found = judge(KEY, Judgement((), {}, {}), TIMES, LIVE, LIVE)
    assert (found.state, found.at, found.detail) == (State.PASS, LIVE, "no gates: live is enough")


def test_before_the_first_point_it_settles():
    later = grid(LIVE, timedelta(minutes=5), timedelta(minutes=20))
    found = judge(KEY, Judgement((RATIO,), {}, {}), later, LIVE, LIVE + timedelta(minutes=5))
    assert found.state is State.SETTLING
    assert found.detail == "counting starts at 09:05:00 UTC"


def test_settling_past_the_deadline_never_passes():
    never = grid(LIVE, timedelta(hours=2), timedelta(hours=1))
    found = judge(KEY, Judgement((RATIO,), {}, {}), never, LIVE, LIVE + timedelta(hours=3))
    assert found.state is State.INCONCLUSIVE


@pytest.mark.parametrize(("bad", "state"), [(0, State.ERROR), (20, State.FAIL)])
def test_an_unreadable_gate_is_an_error_unless_another_fails(bad, state):
    readings: dict[str, Reading] = {
        "errors": RatioReading([series(bad * i for i in range(21))], [series(GOOD[1])]),
        "latency": Unreadable("Prometheus does not answer"),
    }
    found = judge(KEY, Judgement((RATIO, LATENCY), readings, {}), TIMES, LIVE, at(20))
    assert found.state is state
    assert found.gates[1].detail == "Prometheus does not answer"


def test_alpha_is_shared_by_all_gates():
    """6 bad of 60 fails as the only gate, but not yet as one of a hundred."""
    readings: dict[str, Reading] = {f"g{i}": RatioReading([series([0, 6])], [series([0, 60])]) for i in range(100)}
    gates = [RatioGate(name, "bad_total", "all_total", 0.99) for name in readings]
    alone = judge(KEY, Judgement(gates[:1], readings, {}), TIMES, LIVE, at(1))
    many = judge(KEY, Judgement(gates, readings, {}), TIMES, LIVE, at(1))
    assert (alone.state, many.state) == (State.FAIL, State.MEASURING)


STEPS = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 60)), min_size=20, max_size=20)


@given(STEPS, st.lists(st.floats(0, 1), min_size=21, max_size=21), st.sets(st.integers(0, 600)))
def test_the_verdict_is_the_same_however_often_it_is_looked_at(steps, latency, looks):
    """V2: looking every minute, once, or at odd times finds the same first crossing."""
    bad, total = [0], [0]
    for more_bad, more_good in steps:
        bad.append(bad[-1] + more_bad)
        total.append(total[-1] + more_bad + more_good)
    final = verdict(bad, total, latency, minute=20)
    assert final.state.is_final
    for look in sorted(looks | {0, 1200}):
        now = LIVE + timedelta(seconds=2 * look)
        readings: dict[str, Reading] = {
            "errors": RatioReading([until(series(bad), now)], [until(series(total), now)]),
            "latency": ValueReading([until(series(latency), now)]),
        }
        seen = judge(KEY, Judgement((RATIO, LATENCY), readings, {}), TIMES, LIVE, now)
        if seen.state.is_final:
            assert (seen.state, seen.at) == (final.state, final.at)


def test_the_baseline_is_the_counts_of_a_verdict():
    results = (
        GateResult("errors", State.PASS, "", bad=3, total=900),
        GateResult("idle", State.PASS, "", bad=0, total=0),
        GateResult("latency", State.PASS, "", value=0.1),
    )
    assert baselines(Verdict(KEY, State.PASS, gates=results)) == {"errors": Counts(3, 900)}
    assert baselines(None) == {}


def test_the_hash_names_the_definition_not_the_order():
    assert definition_hash((RATIO, LATENCY)) == definition_hash((LATENCY, RATIO))
    stricter = RatioGate(RATIO.name, RATIO.bad, RATIO.total, 0.999)
    assert definition_hash((RATIO,)) != definition_hash((stricter,))
    assert len(definition_hash(())) == 64
