"""What status, why and plan say of a service in an environment."""

from datetime import timedelta

from bot.action import Merge, OpenPullRequest
from bot.decide.standings import explain, standings
from bot.evidence import State
from bot.held import Name
from bot.hold import Reason
from bot.messages.standings import explanation, standing_json, withdrawn_lines
from bot.standing import Standing
from tests.bot.decide.build import A, B, World, commit, ready


def stand(world: World, environment: str) -> Standing:
    found = explain(world.snapshot(), world.actions(), environment, "web")
    assert found is not None
    return found


def test_what_is_there_and_how_it_stands():
    world = ready()
    found = stand(world, "test")
    assert (found.release, found.live_since) == (B, world.now - timedelta(minutes=30))
    assert found.verdict and found.verdict.state is State.PASS
    assert (found.holds, found.upstream, found.newer) == ((), (), ())


def test_what_is_measured_counts_until_it_is_recorded():
    world = ready()
    world.arrive("staging", B)
    world.live("staging")
    world.measured("staging", State.MEASURING)
    found = stand(world, "staging")
    assert found.verdict and found.verdict.state is State.MEASURING
    assert [hold.reason for hold in found.holds] == [Reason.MEASURING]


def test_what_is_on_its_way_and_what_it_waits_for():
    world = ready(soak=timedelta(minutes=40))
    opening = stand(world, "staging")
    assert opening.newer == (("test", B),) and isinstance(opening.moves[0], OpenPullRequest)
    world.step()
    waiting = stand(world, "staging")
    assert [pull.number for pull in waiting.pulls] == [1] and waiting.moves == ()
    assert [(hold.reason, hold.until) for hold in waiting.holds] == [
        (Reason.SOAKING, world.now + timedelta(minutes=10))
    ]
    world.now += timedelta(minutes=10)
    assert [type(move) for move in stand(world, "staging").moves] == [Merge]


def test_further_down_the_holds_of_those_before_explain_it():
    world = ready(soak=timedelta(minutes=40))
    world.step()
    found = stand(world, "prod")
    assert found.newer == (("test", B),) and found.holds == ()
    assert [(hold.environment, hold.reason) for hold in found.upstream] == [("staging", Reason.SOAKING)]


def test_what_stays_out_is_named_once():
    world = ready()
    world.fails("staging", B)
    world.settle()
    assert [entry.name for entry in stand(world, "staging").quarantines] == [Name(image=B.image)]


def test_what_is_still_there_although_it_failed_before_is_told():
    world = ready()
    world.passes("staging", B)
    world.passes("prod", B)
    assert stand(world, "prod").withdrawn == ()
    world.arrive("staging", A)
    found = stand(world, "prod")
    assert [(environment, entry.failed) for environment, entry in found.withdrawn] == [("staging", False)]
    assert stand(world, "staging").withdrawn == stand(world, "test").withdrawn == ()
    told = "it was taken back in staging; `towpath rollback web -e prod` takes it back here too"
    assert withdrawn_lines(standings(world.snapshot(), ())) == [f"web v2 is still in prod: {told}"]
    assert any(line.startswith("  doubtful  it was taken back in staging;") for line in explanation(found, world.now))
    assert standing_json(found, world.now)["withdrawn"] == [{"environment": "staging", "how": "rolled-back"}]


def test_what_failed_here_is_no_doubt_from_elsewhere():
    world = ready()
    world.passes("staging", B)
    world.fails("prod", B)
    found = stand(world, "prod")
    assert [entry.failed for entry in found.quarantines] == [True]
    assert (found.release, found.withdrawn) == (B, ())


def test_what_stops_the_repository_is_said_of_every_place():
    world = ready()
    world.rewritten = commit("other")
    found = standings(world.snapshot(), world.actions())
    assert len(found) == 3
    assert all([hold.reason for hold in one.holds] == [Reason.BASE_REWRITTEN] for one in found)


def test_a_service_that_is_not_there_has_no_standing():
    world = ready()
    del world.overlays["prod", "web"]
    assert explain(world.snapshot(), world.actions(), "prod", "web") is None
    assert [one.environment for one in standings(world.snapshot(), ())] == ["test", "staging"]


def test_what_was_never_released_has_nothing_but_a_future():
    world = World()
    world.passes("test", A)
    found = stand(world, "staging")
    assert found.release is None and found.verdict is None and found.newer == (("test", A),)
