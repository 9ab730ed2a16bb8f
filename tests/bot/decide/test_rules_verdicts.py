"""Verdicts and what the ledger keeps of them (V1–V5)."""

from datetime import timedelta

import pytest

from bot.action import Notify, OpenPullRequest, WriteRecords
from bot.decide.standings import explain
from bot.evidence import RolloutStatus, Stage, State, Verdict
from bot.hold import Hold, Reason
from bot.record import Topic
from tests.bot.decide.build import A, B, World, ready, release


def written(world: World) -> list:
    return [record for action in world.only(WriteRecords) for record in action.records]


def known(world: World, environment: str) -> Verdict | None:
    """What is known of what an environment runs."""
    standing = explain(world.snapshot(), (), environment, "web")
    assert standing
    return standing.verdict


def measuring(state: State) -> World:
    world = ready()
    world.arrive("staging", B)
    world.live("staging", world.now - timedelta(minutes=3))
    world.measured("staging", state)
    return world


def test_what_was_seen_is_recorded_once():
    world = measuring(State.PASS)
    topics = {(record.key.environment, record.topic) for record in written(world)}
    assert ("staging", Topic.LIVE) in topics and ("staging", Topic.VERDICT) in topics
    world.step()
    assert written(world) == []


def test_live_since_is_what_the_cluster_says():
    world = measuring(State.MEASURING)
    (record,) = [one for one in written(world) if one.key.environment == "staging"]
    assert (record.topic, record.at) == (Topic.LIVE, world.now - timedelta(minutes=3))


@pytest.mark.parametrize(
    ("state", "kept"),
    [
        (State.PASS, True),
        (State.FAIL, True),
        (State.INCONCLUSIVE, True),
        (State.PREEXISTING, True),
        (State.ERROR, False),
        (State.MEASURING, False),
        (State.SUPERSEDED, False),  # what is current is measured again in its new window
    ],
)
def test_only_what_is_final_is_recorded(state, kept):
    found = [one for one in written(measuring(state)) if one.topic is Topic.VERDICT]
    assert bool(found) is kept


def test_v1_a_verdict_belongs_to_an_arrival():
    world = ready()
    assert known(world, "staging")
    world.passes("staging", B)
    world.arrive("staging", A)
    assert known(world, "staging") is None


def test_the_recorded_verdict_wins_over_one_measured_now():
    world = ready()
    world.measured("test", State.FAIL)
    found = known(world, "test")
    assert found and found.state is State.PASS
    assert world.only(OpenPullRequest)


def test_p6_an_inherited_verdict_is_not_written_again():
    world = ready()
    arrival = world.arrive("test", release("v2", "c2"), effect_free=True)
    world.measured("test", State.FAIL)
    found = known(world, "test")
    assert found and found.state is State.PASS
    assert not [one for one in written(world) if one.key == arrival.key]


def test_p6_what_was_not_judged_yet_is_judged_under_the_newer_arrival():
    world = ready()
    world.arrive("test", release("v3"))
    world.live("test")
    newer = world.arrive("test", release("v3", "c2"), effect_free=True)
    world.measured("test", State.PASS)
    assert newer.key in {one.key for one in written(world) if one.topic is Topic.VERDICT}


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        (State.UNAPPLIED, Reason.NOT_LIVE),
        (State.ROLLING, Reason.NOT_LIVE),
        (State.SETTLING, Reason.NOT_LIVE),
        (State.MEASURING, Reason.MEASURING),
        (State.ERROR, Reason.METRICS_ERROR),
        (State.SUPERSEDED, Reason.NOT_LIVE),
    ],
)
def test_how_far_it_has_come_is_a_hold(state, reason):
    world = measuring(state)
    assert reason in world.holds("staging")


@pytest.mark.parametrize(
    ("state", "reason"), [(State.INCONCLUSIVE, Reason.INCONCLUSIVE), (State.PREEXISTING, Reason.PREEXISTING)]
)
def test_v3_what_proves_nothing_goes_no_further_and_somebody_is_told(state, reason):
    world = measuring(state)
    world.step()
    actions = world.actions()
    assert [hold.reason for hold in actions if isinstance(hold, Hold) and hold.environment == "staging"] == [reason]
    assert len([action for action in actions if isinstance(action, Notify)]) == 1
    assert world.wants("prod") == [] and world.wants("staging") == []


def test_an_error_is_told_only_when_it_lasts():
    world = measuring(State.ERROR)
    assert not world.only(Notify)
    world.now += timedelta(minutes=2)
    assert len(world.only(Notify)) == 1


def test_v5_without_any_measurement_the_rollout_is_what_is_known():
    world = ready()
    world.arrive("staging", B)
    assert world.holds("staging") == [Reason.NOT_LIVE]
    world.statuses["staging", "web"] = RolloutStatus("staging", "web", Stage.FAILED, message="ImagePullBackOff")
    (hold,) = [one for one in world.actions() if isinstance(one, Hold) and one.environment == "staging"]
    assert hold.urgent and hold.detail == "ImagePullBackOff"


def test_soak_is_recorded_for_each_environment_that_asks_for_it():
    world = ready()
    assert not [one for one in written(world) if one.topic is Topic.SOAK]
    world.policy_of("staging", soak=timedelta(minutes=30))
    (record,) = [one for one in written(world) if one.topic is Topic.SOAK]
    assert (record.key.environment, record.key.digest) == ("staging", B.digest)
    assert record.key.commit == world.current("test").commit and record.at == world.now
