"""Traffic is a pure function of the seed, and distributed as it should be."""

import math
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from statistics import mean, pvariance

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.simulate.behaviour import Behaviour, Load, load
from bot.simulate.traffic import Events, Pod, Traffic, poisson, uniform

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def pod(requests: float = 60, errors: float = 0.1, name: str = "web-1", **more) -> Pod:
    return Pod("test", "shop", "web", name, Load(requests, errors, **more), 1.0, START, None)


def poisson_below(value: int, rate: float) -> float:
    return sum(math.exp(-rate + k * math.log(rate) - math.lgamma(k + 1)) for k in range(value + 1))


@pytest.mark.parametrize("rate", [0.1, 1, 7, 49.9, 50.1, 500])
@pytest.mark.parametrize("at", [0.001, 0.1, 0.5, 0.9, 0.999])
def test_quantiles_are_those_of_the_poisson_distribution(rate, at):
    found = poisson(rate, at)
    off = 0 if rate <= 50 else 1  # the normal approximation may be off by one
    assert poisson_below(found + off, rate) >= at
    assert found - off <= 0 or poisson_below(found - off - 1, rate) < at


@pytest.mark.parametrize("rate", [3, 300])
def test_mean_and_variance(rate):
    drawn = [poisson(rate, uniform("seed", i)) for i in range(4000)]
    assert mean(drawn) == pytest.approx(rate, rel=0.03)
    assert pvariance(drawn) == pytest.approx(rate, rel=0.1)


def test_no_traffic_is_no_events():
    assert Traffic(1).events(pod(requests=0), START + 100 * MINUTE) == Events(0, 0)
    assert Traffic(1).events(pod(errors=0), START + 100 * MINUTE).bad == 0
    assert Traffic(1).events(pod(), START - MINUTE) == Events(0, 0)


@given(st.lists(st.integers(0, 7200), min_size=2, max_size=20))
def test_counters_never_fall_and_do_not_depend_on_who_asks_when(seconds):
    asked = Traffic(5)
    in_this_order = {s: asked.events(pod(), START + timedelta(seconds=s)) for s in seconds}
    ordered = [in_this_order[s] for s in sorted(seconds)]
    assert all(a.good <= b.good and a.bad <= b.bad for a, b in pairwise(ordered))
    assert in_this_order == {s: Traffic(5).events(pod(), START + timedelta(seconds=s)) for s in seconds}


def test_seeds_and_pods_have_courses_of_their_own():
    end = START + 60 * MINUTE
    courses = {Traffic(seed).events(pod(name=name), end) for seed in range(5) for name in ("a", "b")}
    assert len(courses) > 5


def test_errors_may_begin_later():
    late, traffic = pod(errors=1, errors_after=10 * MINUTE), Traffic(1)
    assert traffic.events(late, START + 10 * MINUTE).bad == 0
    assert traffic.events(late, START + 20 * MINUTE).bad > 300


def test_a_pod_gets_its_share():
    half = Pod("test", "shop", "web", "web-1", Load(6000), 0.5, START, None)
    assert Traffic(1).events(half, START + 10 * MINUTE).good == pytest.approx(30_000, rel=0.05)


def test_the_last_behaviour_that_fits_and_says_something_wins():
    behaviours = (
        Behaviour(requests=10, errors=0.1),
        Behaviour(service="web", requests=20),
        Behaviour(service="web", tag="2", errors=0.2),
        Behaviour(environment="prod", stuck=True),
        Behaviour(service="other", requests=99),
    )
    assert load(behaviours, "web", "test", "1") == Load(20, 0.1)
    assert load(behaviours, "web", "prod", "2") == Load(20, 0.2, stuck=True)
    assert load((), "web", "test", None) == Load()
