"""What becomes of a release: every outcome, on the real gates."""

from datetime import timedelta

import pytest

from bot.evidence import State
from bot.gates.grid import LAG
from bot.simulate.behaviour import Load
from bot.simulate.clock import START, SimulatedClock
from bot.simulate.forecast import Assumption, Outcome, Station, Theatre, Visit, forecast
from bot.simulate.instrument import instruments
from bot.simulate.metrics import SimulatedMetrics
from bot.simulate.scene import Stage
from bot.simulate.traffic import Traffic
from generator.policy import Mode, OnFail, RatioGate, ThresholdGate, Verify

GATE = RatioGate("errors", 'r{code=~"5.."}', "r", 0.995)
SOAK = timedelta(minutes=30)
LIVE = timedelta(minutes=1)  # from merge to live, by default


def station(name: str, *parents: str, gates=(GATE,), soak=SOAK, mode=Mode.AUTO, **verify) -> Station:
    return Station(name, parents, gates, Verify(**verify), soak, mode)


WAY = (station("test"), station("staging", "test"), station("prod", "staging"))


def played(
    way=WAY, loads: dict[str, Load] | None = None, before: Load | None = None, look=None, hours=24
) -> dict[str, Visit]:
    stage = Stage(SimulatedClock(), Traffic(3), instruments([GATE]))
    assumptions = {one.environment: Assumption((loads or {}).get(one.environment, Load(60, 0)), before) for one in way}
    theatre = Theatre(stage, SimulatedMetrics(stage), look, horizon=timedelta(hours=hours))
    return {visit.environment: visit for visit in forecast(way, assumptions, theatre, "web")}


def test_a_good_release_goes_all_the_way_and_soaks():
    found = played()
    assert {visit.outcome for visit in found.values()} == {Outcome.PASSES}
    test, staging = found["test"], found["staging"]
    assert (test.merged, test.live) == (START, START + LIVE)
    assert test.live is not None
    assert staging.merged == test.live + SOAK


def test_without_soak_the_verdict_lets_it_go_on():
    found = played((station("test"), station("prod", "test", soak=timedelta())))
    assert found["prod"].merged == found["test"].decided
    verdict = found["test"].verdict
    assert verdict is not None
    assert verdict.at is not None
    assert found["test"].decided == verdict.at + LAG


def test_a_bad_release_is_reverted_and_goes_no_further():
    found = played(loads={"staging": Load(60, 0.03)})
    assert found["staging"].outcome is Outcome.REVERTED
    assert found["staging"].reverted == found["staging"].decided
    assert (found["prod"].outcome, found["prod"].because) == (Outcome.NOT_REACHED, "no PASS in staging")


def test_where_releases_enter_nothing_is_reverted():
    assert played(loads={"test": Load(60, 0.03)})["test"].outcome is Outcome.HELD


def test_on_fail_hold():
    way = (station("test"), station("prod", "test", on_fail=OnFail.HOLD))
    found = played(way, {"prod": Load(60, 0.03)})["prod"]
    assert (found.outcome, found.because) == (Outcome.HELD, "verify.onFail is hold")


@pytest.mark.parametrize(
    ("load", "before", "state"),
    [
        (Load(1, 0), None, State.INCONCLUSIVE),
        (Load(0, 0), None, State.INCONCLUSIVE),
        (Load(600, 0.03), Load(600, 0.001), State.FAIL),
        (Load(600, 0.03), Load(600, 0.03), State.FAIL),  # what did not pass is no excuse (V4)
    ],
)
def test_verdicts(load, before, state):
    verdict = played((station("prod"),), {"prod": load}, before)["prod"].verdict
    assert verdict is not None
    assert verdict.state is state


def test_a_person_merges_where_the_mode_is_manual():
    found = played((station("test"), station("prod", "test", mode=Mode.MANUAL), station("edge", "prod")))
    assert [found[name].outcome for name in ("prod", "edge")] == [Outcome.WAITS, Outcome.NOT_REACHED]


def test_beyond_the_horizon_nothing_happens():
    found = played(hours=1)
    assert found["staging"].outcome is Outcome.PASSES
    assert found["prod"].outcome is Outcome.NOT_REACHED
    assert found["prod"].because == "not before 10:02 on day 1"


def test_all_parents_must_pass_and_soak():
    way = (station("a"), station("b"), station("c", "a", "b"))
    found = played(way, {"b": Load(10, 0)})
    assert found["b"].decided is not None
    assert found["c"].merged == max(found["b"].decided, START + LIVE + SOAK)
    assert played(way, {"b": Load(60, 0.05)})["c"].because == "no PASS in b"


def test_without_gates_live_is_enough():
    found = played((station("test", gates=()),))["test"]
    assert (found.outcome, found.decided) == (Outcome.PASSES, found.live)


def test_a_threshold_without_a_value_is_an_error_that_holds():
    found = played((station("test", gates=(ThresholdGate("latency", "q", below=1),)),))["test"]
    assert (found.outcome, found.because) == (Outcome.HELD, "the metrics cannot be read: nothing is decided")


@pytest.mark.parametrize("errors", [0, 0.005, 0.01, 0.03])
def test_looking_every_minute_or_once_is_the_same(errors):
    """V2, from end to end."""
    loads = {"staging": Load(60, errors)}
    once, often = played(loads=loads), played(loads=loads, look=timedelta(minutes=1))
    for one, other in zip(once.values(), often.values(), strict=True):
        assert one.outcome is other.outcome
        if one.verdict and other.verdict and one.merged == other.merged:
            assert one.verdict.at == other.verdict.at
