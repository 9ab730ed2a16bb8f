"""What may move (P1–P10): each scenario that a rule was found by."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.action import ClosePullRequest, Merge, OpenPullRequest
from bot.decide import forward_only, pipeline
from bot.decide.place import places
from bot.evidence import Stage, State
from bot.hold import Hold, Reason
from generator.policy import Mode
from generator.release import ReleaseId
from tests.bot.decide.build import NOW, A, B, C, D, World, missing, ready, release


def mark(world: World, environment: str) -> int:
    snapshot = world.snapshot()
    place = next(place for place in places(snapshot) if place.environment.name == environment)
    return forward_only.mark(snapshot, place)


def opens(world: World, environment: str = "staging") -> list[ReleaseId]:
    return [promotion.moves[0].target for promotion in world.wants(environment)]


# --- the happy path


def test_a_release_that_passed_goes_to_the_next_environment():
    world = ready()
    assert opens(world) == [B]
    assert world.wants("staging")[0].moves[0].over == world.current("staging").commit
    assert world.wants("staging")[0].moves[0].release.revision == world.current("test").revision
    assert opens(world, "prod") == []


def test_a_release_walks_from_the_root_to_the_end_of_the_pipeline():
    world = ready()
    world.settle()
    assert world.current("staging").release == B and world.current("prod").release == A
    world.live("staging")
    world.judge("staging", State.PASS)
    world.settle()
    assert world.current("prod").release == B


# --- P1 forward only


def test_p1_a_release_skipped_earlier_does_not_come_when_the_newer_one_is_reverted():
    skipped, newer = B, C
    world = World()
    for name in world.pipeline:
        world.passes(name, A)
    world.passes("test", skipped)
    world.passes("test", newer)
    world.passes("staging", newer)
    world.passes("staging", A)  # reverted
    assert opens(world) == []
    assert mark(world, "staging") == world.track("test").arrivals[-1].position


def test_p1_the_root_goes_back_and_what_was_skipped_in_between_does_not_come():
    world = World()
    for name in world.pipeline:
        world.passes(name, A)
    world.passes("test", B)
    world.passes("test", C)
    world.arrive("test", A)
    assert opens(world) == []
    assert mark(world, "staging") == world.current("test").position


def test_p1_a_hotfix_is_not_undone_by_an_older_release():
    world = ready()
    hotfix = release("v1-hotfix")
    world.passes("staging", hotfix)
    assert opens(world) == []
    assert world.holds("staging") == [Reason.OLDER_THAN_MARK]
    world.passes("test", C)
    assert opens(world) == [C]


def test_p1_a_hotfix_goes_on_to_what_comes_after():
    world = ready()
    world.passes("staging", release("v1-hotfix"))
    assert opens(world, "prod") == [release("v1-hotfix")]


def test_p1_what_one_commit_brought_into_both_is_not_older():
    """Where nothing is pinned yet, one edit of a template is a new release of v1 in staging and of v2 in test."""
    world = ready()
    edit = world.commit("an edit of a template")
    world.arrive("test", release("v2", "c2"), at=edit)
    world.arrive("staging", release("v1", "c2"), at=edit)
    for name in ("test", "staging"):
        world.live(name)
        world.judge(name, State.PASS)
    assert opens(world) == [release("v2", "c2")]


def test_p1_a_change_of_after_sets_the_mark():
    world = ready()
    world.after_changed["staging"] = world.positions[world.commit("after")]
    assert opens(world) == []
    assert world.holds("staging") == [Reason.OLDER_THAN_MARK]


def test_p1_a_root_that_went_back_sends_the_old_release_as_a_newborn():
    world = ready()
    world.passes("staging", B)
    world.passes("test", A)
    assert opens(world) == [A]


def test_p1_a_person_lifts_it():
    world = ready()
    world.passes("staging", release("v1-hotfix"))
    world.lift("staging", B)
    assert opens(world) == [B]


def test_p1_a_lift_ends_with_the_next_thing_that_sets_the_mark():
    world = ready()
    world.lift("staging", B)
    world.passes("staging", release("v1-hotfix"))
    assert opens(world) == []


# --- P2 candidates


def test_p2_a_release_needs_a_recorded_pass():
    world = World()
    for name in world.pipeline:
        world.passes(name, A)
    world.arrive("test", B)
    assert opens(world) == [] and world.holds("staging") == [Reason.NOT_PASSED]
    world.measured("test", State.PASS)  # seen, but not recorded yet
    assert opens(world) == []
    world.step()
    assert opens(world) == [B]


@pytest.mark.parametrize("state", [State.INCONCLUSIVE, State.PREEXISTING, State.SUPERSEDED, State.NO_EFFECT])
def test_p2_nothing_but_pass_promotes(state):
    world = World()
    for name in world.pipeline:
        world.passes(name, A)
    world.arrive("test", B)
    world.judge("test", state)
    assert opens(world) == []


def test_p2_every_parent_must_have_passed_it_at_whatever_time():
    world = World(pipeline={"eu": (), "us": (), "prod": ("eu", "us")})
    for name in world.pipeline:
        world.passes(name, A)
    world.passes("eu", B)
    assert opens(world, "prod") == []
    assert Reason.NOT_PASSED in world.holds("prod")
    world.passes("eu", C)  # the parents are at different releases
    world.passes("us", B)
    assert opens(world, "prod") == [B]


def test_p2_a_release_held_for_days_is_still_promoted_when_its_parent_has_moved_on():
    world = ready()
    world.arrive("test", C)
    assert opens(world) == [B]


def test_p2_a_later_fail_in_a_parent_vetoes_it():
    world = ready()
    world.step()
    world.passes("test", A)
    world.fails("test", B)
    assert opens(world) == []
    assert world.only(ClosePullRequest)


def test_p2_the_same_release_again_is_measured_again_before_it_goes_on():
    world = ready()
    world.passes("test", A)
    world.arrive("test", B)
    assert B not in opens(world)


def test_p2_a_rollback_in_a_parent_vetoes_what_is_already_open():
    world = ready()
    world.passes("staging", B)
    world.step()
    assert world.open_pulls("prod")
    world.arrive("staging", A)  # somebody took B back
    world.step()
    assert not world.open_pulls("prod")
    assert Reason.VETOED not in world.holds("staging")


def test_p2_a_parent_without_the_service_is_replaced_by_its_own_parents():
    world = ready()
    del world.overlays["staging", "web"]
    assert opens(world, "prod") == [B]


def test_p2_where_no_parent_has_the_service_it_enters():
    world = World()
    del world.overlays["test", "web"], world.overlays["staging", "web"]
    world.passes("prod", A)
    world.fails("prod", B)
    assert opens(world, "prod") == []
    assert world.holds("prod") == [Reason.FAILED_IN_ROOT]


def test_p2_parents_are_looked_for_along_every_way():
    world = World(pipeline={"a": (), "b": ("a",), "c": ("a",), "d": ("b", "c")})
    assert pipeline.parents(world.repository(), "d", "web") == ("b", "c")
    del world.overlays["b", "web"]
    assert pipeline.parents(world.repository(), "d", "web") == ("a", "c")
    assert pipeline.order(world.repository()) == ("a", "b", "c", "d")


# --- P3 latest


def test_p3_the_newest_that_passed_comes():
    world = ready()
    world.passes("test", C)
    assert opens(world) == [C]


def test_p3_an_older_one_is_dropped_when_a_newer_passes_and_not_when_it_appears():
    world = ready()
    world.policy_of("staging", mode=Mode.MANUAL)
    world.settle()
    world.arrive("test", C)
    assert not world.only(ClosePullRequest)
    world.judge("test", State.PASS)
    (closed,), (opened,) = world.only(ClosePullRequest), world.only(OpenPullRequest)
    assert closed.number == 1 and "v3 has passed and comes instead" in closed.reason
    assert opened.prepared.promotion.moves[0].target == C


# --- P4 one at a time


def test_p4_nothing_comes_on_top_of_what_is_still_being_judged():
    world = ready()
    world.arrive("staging", B)
    world.live("staging")
    world.passes("test", C)
    assert opens(world) == []
    hold = world.holding(Reason.BUSY)
    assert hold.until == NOW + timedelta(hours=1)
    world.judge("staging", State.INCONCLUSIVE)
    assert opens(world) == [C]


def test_p4_a_deadline_that_passed_lets_the_next_one_in():
    world = ready()
    world.arrive("staging", B)
    world.live("staging", NOW - timedelta(hours=1))
    world.passes("test", C)
    assert opens(world) == [C]


def test_p4_what_never_went_live_is_not_judged_by_the_clock():
    world = ready()
    world.arrive("staging", B)
    world.passes("test", C)
    world.now += timedelta(days=3)
    assert opens(world) == []


def test_p4_does_not_keep_a_rollback():
    world = ready()
    world.passes("test", C)
    world.fails("staging", B)
    assert opens(world) == [A]


# --- P5 soak


def test_p5_the_pull_request_opens_at_pass_and_the_merge_waits_for_the_soak():
    world = ready(soak=timedelta(minutes=40))  # live for 30 minutes
    world.step()
    assert len(world.open_pulls("staging")) == 1
    assert world.holds("staging") == [Reason.SOAKING]
    world.now += timedelta(minutes=10)
    world.settle()
    assert world.current("staging").release == B


def test_p5_soak_counts_from_when_it_went_live_without_interruption():
    world = ready(soak=timedelta(minutes=20))
    world.step()
    world.live("test", NOW - timedelta(minutes=1))  # it was interrupted
    assert world.holds("staging") == []  # but the first pass recorded that it had served 30 minutes
    world = ready(soak=timedelta(minutes=40))
    world.step()
    world.now += timedelta(minutes=15)
    world.live("test", world.now - timedelta(minutes=1))
    assert world.holds("staging") == [Reason.SOAKING]


def test_p5_every_parent_counts():
    world = World(pipeline={"eu": (), "us": (), "prod": ("eu", "us")})
    for name in world.pipeline:
        world.passes(name, A)
    world.policy_of("prod", soak=timedelta(minutes=30))
    world.passes("eu", B)
    world.passes("us", B)
    world.live("us", NOW - timedelta(minutes=5))
    world.step()
    hold = world.holding(Reason.SOAKING)
    assert hold.detail == "in us" and hold.until == NOW + timedelta(minutes=25)


def test_p5_served_stays_served_when_the_parent_moves_on():
    world = ready(soak=timedelta(minutes=30))
    world.policy_of("staging", mode=Mode.MANUAL)
    world.settle()
    world.arrive("test", C)
    assert world.holds("staging") == [Reason.MANUAL, Reason.NOT_PASSED]


def test_p5_a_parent_that_changes_too_fast_never_serves_it_and_why_says_so():
    world = ready(soak=timedelta(hours=2))
    world.step()
    world.arrive("test", C)
    hold = world.holding(Reason.SOAKING)
    assert hold.until is None and "test moved on before it had" in hold.detail


def test_p5_what_is_not_live_does_not_soak():
    world = ready(soak=timedelta(hours=1))
    world.step()
    world.statuses["test", "web"] = replace(world.statuses["test", "web"], stage=Stage.ROLLING)
    world.now += timedelta(hours=2)
    assert world.holds("staging") == [Reason.SOAKING]


def test_p5_without_soak_pass_is_enough():
    world = ready()
    world.step()
    del world.statuses["test", "web"]
    assert world.only(Merge)


# --- P6 nothing to do


def test_p6_what_changes_no_file_opens_no_pull_request():
    world = World(services=tuple(f"s{number}" for number in range(20)))
    for service in world.services:
        for name in world.pipeline:
            world.passes(name, A, service)
        world.passes("test", release("v1", "c2"), service)
        world.prepared["staging", service] = {"no_effect": True}
    actions = world.actions()
    assert not [action for action in actions if isinstance(action, OpenPullRequest)]
    assert sum(isinstance(one, Hold) and one.reason is Reason.NO_EFFECT for one in actions) == 20


def test_p6_a_pull_request_that_lost_its_effect_is_closed():
    world = ready(soak=timedelta(hours=1))
    world.step()
    world.prepared["staging", "web"] = {"no_effect": True}
    world.settle()
    assert not world.open_pulls("staging")


def test_p6_an_effect_free_arrival_inherits_verdict_and_soak():
    world = ready(soak=timedelta(minutes=30))
    comment = release("v2", "c2")
    world.arrive("test", comment, effect_free=True)
    assert opens(world) == [comment]
    world.step()
    assert world.only(Merge)


def test_p6_an_effect_free_arrival_of_something_bad_is_bad():
    world = World()
    for name in world.pipeline:
        world.passes(name, A)
    world.fails("test", B)
    world.arrive("test", release("v2", "c2"), effect_free=True)
    assert opens(world) == []
    assert Reason.VETOED in world.holds("staging")


# --- P7 first release


def test_p7_an_overlay_without_release_gets_its_first_one():
    world = World()
    world.passes("test", A)
    (first,) = world.wants("staging")
    assert (first.moves[0].target, first.moves[0].over, first.moves[0].previous) == (A, None, None)
    assert first.branch.endswith("-none")
    assert world.wants("prod") == []


def test_p7_a_service_that_left_an_environment_is_left_alone():
    world = ready()
    del world.overlays["staging", "web"]
    world.tracks["staging", "web"] = replace(world.track("staging"), present=False)
    assert opens(world) == []


def test_p7_a_release_that_was_taken_out_by_hand_does_not_come_back():
    world = World()
    for name in world.pipeline:
        world.passes(name, A)
    world.tracks["staging", "web"] = replace(world.track("staging"), present=False)
    assert opens(world) == []
    assert world.holds("staging") == [Reason.OLDER_THAN_MARK]
    world.passes("test", B)
    assert opens(world) == [B]


# --- P8, P9, P10


def test_p8_a_reference_without_digest_is_held_unless_tags_are_immutable():
    moving = ReleaseId("example.org/web:latest", A.config, "ab" * 32)
    world = ready()
    world.passes("test", moving)
    assert opens(world) == [] and world.holds("staging") == [Reason.UNPINNED_IMAGE]
    world.settings = replace(world.settings, immutable_tags=True)
    assert opens(world) == [moving]


def test_p8_holds_for_every_image_of_a_release():
    sidecar = replace(B, digest="ab" * 32, others=(("proxy", "example.org/proxy:latest"),))
    world = ready()
    world.passes("test", sidecar)
    assert opens(world) == [] and world.holds("staging") == [Reason.UNPINNED_IMAGE]


def test_p9_a_missing_value_holds_and_opens_nothing():
    world = ready()
    world.prepared["staging", "web"] = {"missing": missing()}
    assert opens(world) == []
    hold = world.only(Hold)[0]
    assert hold.reason is Reason.MISSING_VALUE
    assert hold.detail == "replicas in environments/staging/services/web.yaml:1"
    world.prepared.clear()
    assert opens(world) == [B]


def test_p10_the_newest_policy_counts():
    world = ready()
    world.step()
    world.policy_of("staging", mode=Mode.MANUAL)
    assert world.holds("staging") == [Reason.MANUAL]
    world.policy_of("staging", mode=Mode.AUTO)
    assert world.only(Merge)


def test_several_generations_end_at_the_newest():
    world = World()
    for name in world.pipeline:
        world.passes(name, A)
    for new in (B, C, D):
        world.passes("test", new)
        world.settle()
        world.live("staging")
        world.judge("staging", State.PASS)
        world.settle()
        world.live("prod")
        world.judge("prod", State.PASS)
    assert {world.current(name).release for name in world.pipeline} == {D}
