"""The threshold gate: a bound kept or broken for long enough, without holes."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.evidence import State
from bot.gates.threshold import ValueReading, judge_threshold
from bot.series import Series
from generator.policy import ThresholdGate

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
GATE = ThresholdGate("latency", "q", below=0.5, hold=timedelta(minutes=2))


def judged(*values: float | None, gate=GATE, over=False):
    times = [START + timedelta(minutes=i) for i in range(len(values))]
    samples = tuple((at, v) for at, v in zip(times, values, strict=True) if v is not None)
    return judge_threshold(gate, ValueReading([Series({}, samples)] if samples else []), times, over=over)


@pytest.mark.parametrize(
    ("values", "state", "minute"),
    [
        ((0.1, 0.5, 0.2), State.PASS, 2),  # the bound itself is kept
        ((0.6, 0.7, 0.8), State.FAIL, 2),
        ((0.1, 0.1, 0.9, 0.1, 0.1, 0.1), State.PASS, 5),  # broken once: from the start
        ((0.9, 0.9, 0.1, 0.9, 0.9, 0.9), State.FAIL, 5),
        ((0.1, 0.1, None, 0.1, 0.1), State.MEASURING, None),  # a hole proves nothing
        ((0.1, None, 0.1, 0.1, 0.1), State.PASS, 4),
        ((0.1, 0.1), State.MEASURING, None),
        ((None, None, None), State.MEASURING, None),
        ((0.1, 0.1, 0.1, 0.9, 0.9, 0.9), State.PASS, 2),  # the first crossing is the verdict
    ],
)
def test_runs_on_the_grid(values, state, minute):
    found = judged(*values)
    assert found.result.state is state
    assert found.at == (None if minute is None else START + timedelta(minutes=minute))


def test_above_is_a_lower_bound():
    gate = ThresholdGate("ready", "q", above=2, hold=timedelta(minutes=1))
    assert judged(2, 3, gate=gate).result.state is State.PASS
    assert judged(1, 1, gate=gate).result.state is State.FAIL


def test_the_deadline_makes_it_inconclusive():
    assert judged(0.1, 0.9, over=True).result.state is State.INCONCLUSIVE
    assert judged(None, over=True).result.state is State.INCONCLUSIVE


def test_several_series_are_an_error():
    two = [Series({"pod": name}, ((START, 0.1),)) for name in "ab"]
    found = judge_threshold(GATE, ValueReading(two), [START], over=False)
    assert found.result.state is State.ERROR
    assert "2 series" in found.result.detail


def test_what_it_says():
    assert judged(0.1, 0.25).result.detail == "0.25, wanted at most 0.5 for 2 min; not long enough yet"
    assert judged(0.1, 0.25, 0.3).result.detail == "0.3, wanted at most 0.5 for 2 min"
    assert judged(None).result.detail == "no value yet, wanted at most 0.5 for 2 min; not long enough yet"
    assert judged(0.1, 0.25, 0.3).result.value == 0.3
