"""Clocks of simulations."""

from datetime import timedelta

import pytest

from bot.simulate.clock import START, ScaledClock, SimulatedClock


def test_a_simulated_clock_moves_only_when_told_and_never_back():
    clock = SimulatedClock()
    assert clock.now() == clock.now() == START
    clock.advance(timedelta(minutes=5))
    assert clock.now() == START + timedelta(minutes=5)
    with pytest.raises(ValueError, match="back"):
        clock.advance(timedelta(seconds=-1))


def test_a_scaled_clock_runs_faster_than_real_time():
    elapsed, slept = [0.0], list[float]()
    clock = ScaledClock(START, 60, 1000.0, lambda: elapsed[0], slept.append)
    elapsed[0] = 2.5
    assert clock.now() == START + timedelta(seconds=150)
    assert clock.real(clock.now()) == 1002.5
    clock.advance(timedelta(minutes=3))
    assert slept == [3.0]
