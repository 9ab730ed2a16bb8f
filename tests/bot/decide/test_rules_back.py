"""Rollback and quarantine (Q1–Q5): each scenario that a rule was found by."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.action import ClosePullRequest, Merge, Notify, OpenPullRequest, WriteRecords
from bot.decide.held import held
from bot.decide.taken_away import quarantines
from bot.evidence import State
from bot.forge.interface import PullState
from bot.held import Name
from bot.hold import Reason
from bot.promotion import Kind
from bot.record import Ledger, Topic
from bot.trailers import parse_trailers
from generator.policy import HoldOrder, Mode, OnFail
from tests.bot.decide.build import BOT, SOURCE, A, B, C, D, World, commit, finding, ready, release


def quarantined(world: World, environment: str) -> set[Name]:
    track, ledger = world.track(environment), Ledger(None, world.records, {})
    return {entry.name for entry in quarantines(track, held(track, ledger), ledger)}


def rollbacks(world: World, environment: str) -> list[int]:
    """The arrivals, counted from 0, that took something away."""
    track, ledger = world.track(environment), Ledger(None, {}, {})
    known = held(track, ledger)
    taken = {entry.position for entry in quarantines(track, known, ledger) if not entry.failed}
    return [index for index, one in enumerate(known) if one.arrival.position in taken]


def opened(world: World, environment: str = "staging") -> list:
    return [(promotion.kind, promotion.moves[0].target) for promotion in world.wants(environment)]


def failed() -> World:
    """B failed in staging over A."""
    world = ready()
    world.fails("staging", B)
    return world


# --- Q1 a rollback is read from trees


@pytest.mark.parametrize("environment", ["test", "staging"])
def test_q1_going_back_is_a_rollback_however_it_was_made(environment):
    world = World()
    for new in (A, B, A):
        world.arrive(environment, new)
    assert rollbacks(world, environment) == [2]


def test_q1_following_every_parent_back_is_none():
    world = World()
    for new in (A, B):
        world.arrive("test", new)
        world.arrive("staging", new)
    world.arrive("test", A)
    world.arrive("staging", A)
    assert rollbacks(world, "test") == [2] and rollbacks(world, "staging") == []


def test_q1_with_the_image_unchanged_the_config_counts():
    world = World()
    first, second = release("v1", "c1"), release("v1", "c2")
    for new in (first, second, first):
        world.arrive("staging", new)
    assert rollbacks(world, "staging") == [2]
    assert quarantined(world, "staging") == {Name(config=second.config)}


def test_q1_a_known_config_with_a_new_image_is_none():
    world = World()
    for new in (release("v1", "c1"), release("v2", "c2"), release("v3", "c1")):
        world.arrive("staging", new)
    assert rollbacks(world, "staging") == []


def test_q1_coming_back_after_having_been_away_takes_nothing_away():
    world = World()
    world.arrive("staging", A)
    world.tracks["staging", "web"] = replace(world.track("staging"), present=False)
    world.arrive("staging", A)
    assert rollbacks(world, "staging") == [] and quarantined(world, "staging") == set()


def test_q1_what_is_there_already_takes_nothing_away_again():
    world = World()
    for new in (A, B, A, A):
        world.arrive("staging", new)
    assert rollbacks(world, "staging") == [2]


# --- Q2 what is in quarantine, and for whom


def test_q2_what_was_taken_away_does_not_come_back_with_a_template_comment():
    world = ready()
    world.passes("staging", B)
    world.arrive("staging", A)
    world.judge("staging", State.PASS)
    world.passes("test", release("v2", "a comment"))
    assert opened(world) == []
    assert Reason.QUARANTINED in world.holds("staging")


def test_q2_a_root_that_goes_back_withdraws_what_it_leaves_from_everything_behind():
    world = ready()
    world.passes("staging", B)
    world.step()
    assert world.open_pulls("prod")
    world.passes("test", A)  # git revert in the root
    assert quarantined(world, "test") == {Name(image=B.image)}
    world.settle()
    assert not world.open_pulls("prod")
    assert world.current("staging").release == A  # a newborn


def test_q2_everything_between_goes_with_it():
    world = World()
    for new in (A, B, C, A):
        world.arrive("prod", new)
    assert quarantined(world, "prod") == {Name(image=B.image), Name(image=C.image)}


def test_q2_a_fail_quarantines_the_image_even_before_it_is_taken_back():
    world = failed()
    assert quarantined(world, "staging") == {Name(image=B.image)}
    assert opened(world, "prod") == []


def test_q2_a_fail_of_a_config_leaves_the_image_alone():
    world = ready()
    world.passes("test", release("v1", "c2"))
    world.fails("staging", release("v1", "c2"))
    assert quarantined(world, "staging") == {Name(config=release("v1", "c2").config)}
    assert opened(world) == [(Kind.ROLLBACK, A)]


def test_q2_a_quarantine_behind_does_not_hold_what_is_before():
    world = World()
    for name in world.pipeline:
        world.passes(name, A)
    world.passes("test", B)
    world.passes("prod", B)
    world.arrive("prod", A)
    assert (Kind.PROMOTE, B) in opened(world)


# --- Q3 the end of it


def test_q3_back_and_forth_never_quarantines_what_is_good():
    world = World()
    for new in (A, B, A, B):
        world.arrive("test", new)
    assert quarantined(world, "test") == set()
    world.arrive("test", A)
    assert quarantined(world, "test") == {Name(image=B.image)}


def test_q3_merging_it_deliberately_ends_it():
    world = failed()
    world.settle()
    assert quarantined(world, "staging") == {Name(image=B.image)}
    world.arrive("staging", release("v2", "with the fix"))
    assert quarantined(world, "staging") == set()


def test_q3_a_lift_ends_it_and_the_release_comes_again():
    world = failed()
    world.settle()
    world.live("staging")
    world.judge("staging", State.PASS)
    assert opened(world) == []
    world.lift("staging", B)
    assert opened(world) == [(Kind.PROMOTE, B)]


def test_q3_an_older_lift_does_not_count():
    world = ready()
    world.lift("staging", B)
    world.fails("staging", B)
    assert quarantined(world, "staging") == {Name(image=B.image)}


def test_q3_lifting_one_of_two_leaves_the_other():
    world = World()
    for new in (A, B, C, A):
        world.arrive("prod", new)
    world.lift("prod", C)
    assert quarantined(world, "prod") == {Name(image=B.image)}
    world.step()
    assert quarantined(world, "prod") == {Name(image=B.image)}


def test_q3_it_stays_lifted_when_the_entry_is_tidied_away():
    world = failed()
    world.settle()
    world.lift("staging", B)
    written = [record for action in world.step() if isinstance(action, WriteRecords) for record in action.records]
    assert {(record.topic, record.by) for record in written if record.topic is Topic.LIFTED} == {(Topic.LIFTED, "ana")}
    world.tracks["staging", "web"] = replace(world.track("staging"), lifts=())
    assert quarantined(world, "staging") == set()


def test_q3_a_config_is_lifted_by_config():
    world = World()
    bad = release("v1", "c2")
    for new in (release("v1", "c1"), bad, release("v1", "c1")):
        world.arrive("staging", new)
    world.lift("staging", bad)
    assert quarantined(world, "staging") == {Name(config=bad.config)}
    world.lift("staging", bad, config=True)
    assert quarantined(world, "staging") == set()


# --- Q4 one path


def test_q4_a_fail_opens_the_way_back_with_what_passed_last():
    world = failed()
    (back,) = world.wants("staging")
    assert (back.kind, back.moves[0].target, back.moves[0].previous) == (Kind.ROLLBACK, A, B)
    assert back.moves[0].reverts == back.moves[0].over == world.current("staging").commit
    assert back.moves[0].release.revision == world.track("staging").arrivals[0].revision
    (opening,) = world.only(OpenPullRequest)
    assert opening.title == "Revert web in staging to v1"


def test_q4_the_message_reverts_and_says_why():
    world = failed()
    world.step()
    (merge,) = world.only(Merge)
    assert merge.message.splitlines()[0] == "Revert web in staging to v1 (#1)"
    trailers = {trailer.key: trailer.value for trailer in parse_trailers(merge.message)}
    assert trailers["Towpath-Move"] == f"staging/web {B.to12} {A.to12}"
    assert trailers["Towpath-Reverts"] == world.current("staging").commit
    assert trailers["Towpath-Evidence"] == commit("blob", world.current("staging").key, Topic.VERDICT)


def test_q4_it_overrides_soak_mark_findings_and_manual_mode():
    world = failed()
    world.policy_of("staging", soak=timedelta(days=1), mode=Mode.MANUAL)
    world.prepared["staging", "web"] = {"blocking": (finding(),)}
    world.settle()
    assert world.current("staging").release == A


def test_q4_it_is_held_only_by_what_cannot_render_and_by_people():
    world = failed()
    world.prepared["staging", "web"] = {"error": "no such template"}
    assert opened(world) == [] and Reason.CANNOT_RENDER in world.holds("staging")
    world.prepared.clear()
    world.settings = replace(world.settings, hold=HoldOrder("audit", "ana", None, SOURCE.at()))
    world.settle()
    assert world.current("staging").release == B and Reason.HELD in world.holds("staging")


def test_q4_it_goes_past_what_is_in_quarantine():
    world = World()
    for name in world.pipeline:
        world.passes(name, A)
    for new in (B, C):
        world.passes("test", new)
        world.passes("staging", new)
    world.passes("test", D)
    world.passes("test", B)  # the root goes back: C and D are withdrawn
    world.fails("staging", D)
    assert (Kind.ROLLBACK, B) in opened(world)


def test_q4_then_it_is_held_and_somebody_is_told():
    world = failed()
    actions = world.step()
    told = [action.text for action in actions if isinstance(action, Notify)]
    text = (
        "web v2 failed in staging (grpc-errors: 3 of 100 requests failed). It goes back to v1; "
        "the failed release stays out until `towpath lift web -e staging`."
    )
    assert told == [text]
    world.settle()
    assert world.current("staging").release == A
    assert Reason.QUARANTINED in world.holds("staging")


def test_q4_an_open_promotion_makes_way():
    world = ready()
    world.arrive("staging", B)
    world.live("staging", world.now - timedelta(hours=2))
    world.measured("staging", State.ERROR)  # until past the deadline, so that C may come
    world.passes("test", C)
    world.policy_of("staging", mode=Mode.MANUAL)
    world.settle()
    assert world.open_pulls("staging")
    world.judge("staging", State.FAIL)
    (closed,) = world.only(ClosePullRequest)
    assert closed.number == 1 and closed.reason == "web goes back in staging first."
    assert opened(world) == [(Kind.ROLLBACK, A)]


# --- Q5 who is reverted


def test_q5_a_root_is_never_reverted():
    world = World()
    world.passes("test", A)
    world.fails("test", B)
    assert opened(world, "test") == []
    assert world.holds("test") == [Reason.FAILED_IN_ROOT]
    assert opened(world, "staging") == [(Kind.PROMOTE, A)]


def test_q5_an_edit_of_the_environment_is_not_blamed_on_the_release():
    world = ready()
    world.arrive("staging", B)
    world.edit("staging")
    world.judge("staging", State.FAIL)
    assert opened(world) == [] and Reason.EDITED in world.holds("staging")


def test_q5_an_effect_free_arrival_on_top_is_no_edit():
    world = failed()
    world.arrive("test", release("v2", "c2"), effect_free=True)
    world.arrive("staging", release("v2", "c2"), effect_free=True)
    (back,) = world.wants("staging")
    assert back.moves[0].target == A and back.moves[0].reverts == world.track("staging").arrivals[1].commit


def test_q5_on_fail_hold_leaves_it_to_people():
    world = failed()
    world.verify_of("staging", on_fail=OnFail.HOLD)
    assert opened(world) == [] and Reason.ON_FAIL_HOLD in world.holds("staging")


def test_q5_nothing_to_go_back_to():
    world = World()
    world.passes("test", A)
    world.fails("staging", A)
    assert opened(world) == [] and Reason.NOTHING_TO_REVERT_TO in world.holds("staging")


@pytest.mark.parametrize("listed", [B.image, B.image.partition("@")[0]])
def test_q5_forward_only_refuses_to_leave_a_listed_image(listed):
    world = failed()
    world.specs["web"] = replace(world.specs["web"], forward_only=(listed,))
    assert opened(world) == [] and Reason.FORWARD_ONLY in world.holds("staging")


def test_q5_forward_only_refuses_a_path_that_crosses_a_listed_image():
    world = ready()
    world.arrive("staging", B)
    world.judge("staging", State.INCONCLUSIVE)
    world.passes("test", C)
    world.fails("staging", C)
    assert opened(world) == [(Kind.ROLLBACK, A)]
    world.specs["web"] = replace(world.specs["web"], forward_only=(B.image,))
    assert Reason.FORWARD_ONLY in world.holds("staging")


def test_q5_too_many_reverts_an_hour_stop():
    world = failed()
    world.verify_of("staging", max_reverts=2)
    for number in (1, 2):
        world.pulls[number] = _rollback_pull(world, number, minutes=20 * number)
    hold = world.holding(Reason.MAX_REVERTS)
    assert hold.until == world.now + timedelta(minutes=20) and opened(world) == []
    world.now += timedelta(minutes=20)
    assert opened(world) == [(Kind.ROLLBACK, A)]


def test_q5_reverts_of_people_are_not_counted():
    world = failed()
    world.verify_of("staging", max_reverts=1)
    world.pulls[1] = replace(_rollback_pull(world, 1, minutes=5), author="ana")
    assert opened(world) == [(Kind.ROLLBACK, A)]


def _rollback_pull(world: World, number: int, *, minutes: int):
    other = World()
    other.passes("test", B)
    other.settle()
    return replace(
        other.pulls[1],
        number=number,
        branch=f"towpath/rollback/staging/s{number}/{A.to12}-{B.to12}",
        state=PullState.MERGED,
        merged_as=commit("elsewhere"),
        opened_at=world.now - timedelta(minutes=minutes),
    )


def test_q5_a_revert_is_never_repeated_for_the_same_arrival():
    world = failed()
    world.step()
    landed = world.commit("an empty merge")
    world.pulls[1] = replace(world.pulls[1], state=PullState.MERGED, merged_as=landed)
    assert opened(world) == [] and Reason.REVERTED_ALREADY in world.holds("staging")


def test_q5_a_rollback_that_a_person_closed_is_not_opened_again():
    world = failed()
    world.step()
    world.close(1, "ana")
    world.settle()
    assert opened(world) == [] and Reason.DECLINED in world.holds("staging")
    world.pulls.clear()
    assert opened(world) == []


def test_q5_the_same_release_merged_again_is_judged_again():
    world = failed()
    world.settle()
    world.live("staging")
    world.judge("staging", State.PASS)
    world.fails("staging", B)
    assert opened(world) == [(Kind.ROLLBACK, A)]


def test_a_fix_may_come_where_the_bot_does_not_revert():
    world = failed()
    world.verify_of("staging", on_fail=OnFail.HOLD)
    world.passes("test", C)
    assert opened(world) == [(Kind.PROMOTE, C)]


def test_a_rollback_that_is_no_longer_wanted_is_closed():
    world = failed()
    world.settings = replace(world.settings, hold=HoldOrder("audit", "ana", None, SOURCE.at()))
    world.settle()
    assert world.open_pulls("staging")[0].author == BOT
    world.arrive("staging", A)  # somebody was faster
    world.settle()
    assert world.open_pulls("staging") == []
