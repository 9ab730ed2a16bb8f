"""Pull requests (R1–R11): each scenario that a rule was found by."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.action import (
    ClosePullRequest,
    DeleteBranch,
    Merge,
    Notify,
    OpenPullRequest,
    SetStatus,
    UpdatePullRequest,
    WriteRecords,
)
from bot.evidence import State
from bot.forge.interface import PullState, StatusState
from bot.history import ArrivalKey
from bot.hold import Hold, Reason
from bot.messages.body import BEGIN, END
from bot.promotion import Kind
from bot.record import Record, Topic
from bot.snapshot import HeadFacts, Landing
from bot.trailers import parse_trailers
from generator.policy import HoldOrder, Mode
from tests.bot.decide.build import BOT, NOW, SOURCE, A, B, C, World, commit, finding, ready, release


def opened(**policy: Any) -> World:
    """B's pull request into staging is open; `policy` keeps it there."""
    world = ready()
    world.policy_of("staging", **(policy or {"mode": Mode.MANUAL}))
    world.settle()
    assert len(world.open_pulls("staging")) == 1
    return world


# --- R1 identity


def test_r1_the_branch_names_what_goes_where_over_what():
    world = opened()
    over = world.current("staging").commit[:12]
    assert world.pulls[1].branch == f"towpath/promote/staging/web/{B.to12}-{over}"


def test_r1_an_open_pull_request_is_adopted_whoever_opened_it():
    world = opened()
    world.pulls[1] = replace(world.pulls[1], author="somebody")
    assert world.only(OpenPullRequest) == []
    world.policy_of("staging", mode=Mode.AUTO)
    assert [action.number for action in world.only(Merge)] == [1]


def test_r1_a_merged_one_is_waited_for_and_not_opened_again():
    world = opened()
    world.pulls[1] = replace(world.pulls[1], state=PullState.MERGED, merged_as=commit("not seen yet"))
    assert world.only(OpenPullRequest) == []
    assert world.holds("staging") == [Reason.LANDING]


def test_r1_one_that_the_bot_closed_is_opened_anew():
    world = opened()
    world.close(1, BOT)
    assert [action.prepared.promotion.moves[0].target for action in world.only(OpenPullRequest)] == [B]


def test_r1_the_same_release_again_is_a_new_identity():
    world = ready()
    world.settle()
    first = world.pulls[1].branch
    world.passes("staging", A)  # B was taken back
    world.lift("staging", B)
    (again,) = world.wants("staging")
    assert again.moves[0].target == B and again.branch != first


def test_r1_an_identity_that_landed_long_ago_does_not_stand_in_the_way():
    world = World()
    world.passes("test", A)
    world.settle()
    world.tracks["staging", "web"] = replace(world.track("staging"), present=False)  # released by nobody again
    world.lift("staging", A)
    (again,) = world.wants("staging")
    assert again.branch == world.pulls[1].branch


# --- R2 ours


def test_r2_a_foreign_head_is_never_merged_and_never_overwritten():
    world = opened()
    world.policy_of("staging", mode=Mode.AUTO)
    foreign = commit("somebody pushed")
    world.pulls[1] = replace(world.pulls[1], head=foreign)
    world.edits["staging", "web"] = 1
    for facts in (None, HeadFacts(True, False, "", False), HeadFacts(False, True, "", False)):
        world.heads = {} if facts is None else {(world.pulls[1].branch, foreign): facts}
        assert world.only(Merge) == [] and world.only(UpdatePullRequest) == []
        assert world.holds("staging") == [Reason.FOREIGN_HEAD]


def test_r2_a_foreign_head_is_not_closed_either():
    world = opened()
    world.pulls[1] = replace(world.pulls[1], head=commit("somebody pushed"))
    world.passes("test", C)
    assert world.only(ClosePullRequest) == []
    assert Reason.FOREIGN_HEAD in world.holds("staging")


def test_r2_a_head_that_somebody_else_pushed_is_ours_when_it_is_what_we_render():
    world = opened()
    world.policy_of("staging", mode=Mode.AUTO)
    head = commit("made by another bot on another parent")
    branch, own = world.pulls[1].branch, world.pulls[1].head
    world.heads[branch, head] = world.heads[branch, own]
    world.pulls[1] = replace(world.pulls[1], head=head)
    assert [action.head for action in world.only(Merge)] == [head]


# --- R3 declined


def test_r3_what_a_person_closed_does_not_come_again():
    world = opened()
    world.close(1, "ana")
    assert world.holds("staging") == [Reason.DECLINED]
    world.settle()
    assert world.holds("staging") == [Reason.DECLINED]


def test_r3_nor_does_the_same_image_with_another_configuration():
    world = opened()
    world.close(1, "ana")
    world.settle()
    world.passes("test", release("v2", "c2"))
    assert world.holds("staging") == [Reason.DECLINED]
    world.passes("test", C)
    assert world.only(OpenPullRequest)


def test_r3_the_ledger_remembers_when_the_forge_forgets():
    world = opened()
    world.close(1, "ana")
    world.settle()
    world.pulls.clear()
    assert world.holds("staging") == [Reason.DECLINED]
    (record,) = [record for (_, topic), record in world.records.items() if topic is Topic.DECLINED]
    assert record.by == "ana"


def test_r3_reopening_ends_it():
    world = opened()
    world.close(1, "ana")
    world.settle()
    world.reopen(1)
    assert world.holds("staging") == [Reason.MANUAL]


def test_r3_a_lift_ends_it_but_not_one_from_before():
    world = ready()
    world.arrive("staging", B)
    world.passes("staging", A)
    world.lift("staging", B)
    world.policy_of("staging", mode=Mode.MANUAL)
    world.settle()
    world.close(1, "ana")
    world.settle()
    assert world.holds("staging") == [Reason.DECLINED]
    world.lift("staging", B)
    assert [promotion.moves[0].target for promotion in world.wants("staging")] == [B]


def test_r3_the_branch_stays_as_long_as_it_can_be_reopened():
    world = opened()
    world.close(1, "ana")
    world.settle()
    assert world.pulls[1].branch in world.branches
    world.passes("staging", C)
    world.settle()
    assert world.pulls[1].branch not in world.branches


# --- R4, R5


def test_r4_findings_that_the_base_does_not_have_block_the_merge():
    world = opened(mode=Mode.AUTO, soak=timedelta(minutes=31))
    world.now += timedelta(hours=1)
    world.prepared["staging", "web"] = {"blocking": (finding(), finding("more"))}
    assert world.only(Merge) == []
    assert world.holds("staging") == [Reason.FINDINGS]
    (status,) = world.only(SetStatus)
    assert status.status.state is StatusState.FAILURE and "broken (and 1 more)" in status.status.description
    world.prepared.clear()
    assert world.only(Merge)


def test_r4_what_cannot_be_rendered_is_not_opened():
    world = ready()
    world.prepared["staging", "web"] = {"error": "no such template"}
    assert world.only(OpenPullRequest) == []
    assert world.holds("staging") == [Reason.CANNOT_RENDER]


def test_r5_a_changed_input_renders_the_head_anew_and_merges_nothing():
    world = opened()
    world.policy_of("staging", mode=Mode.AUTO)
    old = world.pulls[1].head
    world.edit("staging")
    (update,) = world.only(UpdatePullRequest)
    assert (update.expected, update.prepared is not None) == (old, True) and world.only(Merge) == []
    world.step()
    assert [action.head for action in world.only(Merge)] == [world.pulls[1].head] != [old]


def test_r5_an_owned_path_that_changed_renders_the_head_anew():
    world = opened()
    world.policy_of("staging", mode=Mode.AUTO)
    world.commit("a hand edit of the rendered files, and back")
    at = world.pulls[1].branch, world.pulls[1].head
    world.heads[at] = replace(world.heads[at], touched=True)
    assert world.only(UpdatePullRequest) and world.only(Merge) == []


def test_r5_another_services_merge_changes_nothing():
    world = opened()
    world.policy_of("staging", mode=Mode.AUTO)
    world.commit("another service")
    (merge,) = world.only(Merge)
    assert merge.head == world.pulls[1].head and merge.head != merge.prepared.head
    assert [action for action in world.only(UpdatePullRequest) if action.prepared] == []


# --- R6 after the merge


def test_r6_a_mismatch_stops_the_repository_until_it_is_acknowledged():
    world = opened()
    bad = commit("landed")
    world.landings[bad] = Landing(bad, "it also changed somebody's file")
    assert {type(action) for action in world.actions()} == {Hold, Notify}
    assert world.holding(Reason.LANDED_DIFFERENTLY).subject == bad
    world.settings = replace(world.settings, acknowledged=frozenset({bad}))
    assert world.holds("staging") == [Reason.MANUAL]


def test_r6_nothing_is_measured_before_its_commit_was_checked():
    world = ready()
    world.settle()
    world.live("staging")
    world.measured("staging", State.PASS)
    checked = world.landings.copy()
    world.landings.clear()
    written = [record for action in world.only(WriteRecords) for record in action.records]
    assert not [record for record in written if record.key.environment == "staging"]
    world.landings = checked
    (action,) = world.only(WriteRecords)
    assert {record.topic for record in action.records} == {Topic.LIVE, Topic.VERDICT}


# --- R7 stale


def test_r7_stale_output_is_held_not_measured_and_repaired_once():
    world = ready()
    world.arrive("staging", B)
    world.live("staging")
    world.measured("staging", State.PASS)
    world.stale.add(("staging", "web"))
    (opening,) = world.only(OpenPullRequest)
    assert opening.prepared.promotion.kind is Kind.REPAIR
    written = [record for action in world.only(WriteRecords) for record in action.records]
    assert not [record for record in written if record.key.environment == "staging"]
    world.settle()
    assert not world.stale and world.current("staging").release == B


def test_r7_nothing_is_promoted_over_it():
    world = ready()
    world.stale.add(("staging", "web"))
    assert Reason.STALE_RENDERED in world.holds("staging")
    assert [action.prepared.promotion.kind for action in world.only(OpenPullRequest)] == [Kind.REPAIR]


def test_r7_what_became_fresh_again_needs_no_repair():
    world = ready()
    world.policy_of("staging", mode=Mode.MANUAL)
    world.stale.add(("staging", "web"))
    world.settle()
    world.stale.clear()
    assert [action.number for action in world.only(ClosePullRequest)] == [1]


def test_r7_stale_output_in_a_root_is_repaired_too():
    world = ready()
    world.stale.add(("test", "web"))
    assert [p.kind for p in world.wants("test")] == [Kind.REPAIR]


# --- R9, R10, R11


def test_r9_what_people_write_around_the_bots_part_is_kept():
    world = opened()
    pull = world.pulls[1]
    world.pulls[1] = replace(pull, body=f"Mind the gap.\n\n{BEGIN}old{END}\n\nThanks!")
    (update,) = world.only(UpdatePullRequest)
    assert update.body == f"Mind the gap.\n\n{pull.body}\n\nThanks!" and update.prepared is None
    world.step()
    assert world.only(UpdatePullRequest) == []


def test_r9_one_status_says_what_it_waits_for_and_is_set_only_when_that_changes():
    world = ready(soak=timedelta(hours=1))
    world.step()
    (status,) = world.only(SetStatus)
    assert status.status.context == "towpath" and status.status.state is StatusState.PENDING
    assert "to soak in test until 2026-11-23 14:30 UTC" in status.status.description
    world.step()
    world.now += timedelta(minutes=5)
    assert world.only(SetStatus) == []
    world.now += timedelta(hours=1)
    (status,) = world.only(SetStatus)
    assert status.status.state is StatusState.SUCCESS and world.only(Merge)


def test_r10_the_oldest_come_first_and_not_too_many_at_once():
    world = World(services=("a", "b", "c"))
    for service in world.services:
        for name in world.pipeline:
            world.passes(name, A, service)
    for service in ("c", "a", "b"):
        world.passes("test", B, service)
    world.policy_of("staging", max_in_flight=2, mode=Mode.MANUAL)
    assert [action.prepared.promotion.moves[0].service for action in world.only(OpenPullRequest)] == ["c", "a"]
    assert Reason.IN_FLIGHT in world.holds("staging", "b")
    world.settle()
    assert world.open_pulls("staging", "b") == []
    world.merge(1)
    assert [action.prepared.promotion.moves[0].service for action in world.only(OpenPullRequest)] == ["b"]


def test_r10_does_not_keep_a_rollback():
    world = ready()
    world.policy_of("staging", max_in_flight=0)
    world.fails("staging", B)
    assert [promotion.kind for promotion in world.wants("staging")] == [Kind.ROLLBACK]


def test_r11_the_merge_message_is_given_with_its_trailers():
    world = opened()
    world.policy_of("staging", mode=Mode.AUTO)
    (merge,) = world.only(Merge)
    verdict = (ArrivalKey("test", "web", B.digest, world.current("test").commit), Topic.VERDICT)
    assert merge.message.startswith("Promote web v2 to staging (#1)\n\n- web: image changes\n\n")
    assert [str(trailer) for trailer in parse_trailers(merge.message)] == [
        f"Towpath-Move: staging/web {A.to12} {B.to12}",
        f"Towpath-Evidence: {commit('blob', *verdict)}",
    ]


# --- holds of people (Q6), and tidying up


@pytest.mark.parametrize("where", ["overlay", "environment", "towpath.yaml", "label"])
def test_q6_a_hold_keeps_the_merge_and_not_the_pull_request(where):
    world = opened()
    world.policy_of("staging", mode=Mode.AUTO)
    order = HoldOrder("release freeze", "ana", NOW + timedelta(hours=2), SOURCE.at())
    if where == "overlay":
        world.overlays["staging", "web"] = replace(world.overlays["staging", "web"], hold=order)
    elif where == "environment":
        world.environments["staging"] = replace(world.environments["staging"], hold=order)
    elif where == "towpath.yaml":
        world.settings = replace(world.settings, hold=order)
    else:
        world.pulls[1] = replace(world.pulls[1], labels=frozenset({"hold"}))
    assert world.holds("staging") == [Reason.HELD]
    if where != "label":
        world.now += timedelta(hours=2)
        assert world.only(Merge)


def test_q6_the_longest_hold_is_shown():
    world = opened()
    world.settings = replace(world.settings, hold=HoldOrder("short", "ana", NOW + timedelta(hours=1), SOURCE.at()))
    forever = HoldOrder("long", "bo", None, SOURCE.at())
    world.environments["staging"] = replace(world.environments["staging"], hold=forever)
    hold = world.only(Hold)[0]
    assert (hold.detail, hold.until) == ("bo: long", None)


def test_manual_mode_leaves_the_merge_to_people():
    world = opened()
    assert world.only(Merge) == []
    world.merge(1)
    assert world.current("staging").release == B


def test_a_human_revert_while_a_promotion_is_open_is_respected():
    world = opened()
    world.merge(1)
    world.judge("staging", State.PASS)
    world.policy_of("prod", mode=Mode.MANUAL)
    world.passes("test", C)
    world.settle()
    assert world.open_pulls("staging") and world.open_pulls("prod")
    world.arrive("staging", A)  # git revert
    closed = {action.number: action.reason for action in world.only(ClosePullRequest)}
    assert set(closed) == {2, 3}
    assert "no longer what this would replace" in closed[world_number(world, "staging")]
    assert "was taken back in staging" in closed[world_number(world, "prod")]


def world_number(world: World, environment: str) -> int:
    return world.open_pulls(environment)[0].number


def test_branches_of_landed_pull_requests_are_deleted_once():
    world = ready()
    world.step()
    world.step()
    (gone,) = world.only(DeleteBranch)
    assert gone.branch == world.pulls[1].branch
    world.settle()
    assert world.only(DeleteBranch) == []


def test_a_branch_that_never_got_its_pull_request_is_deleted_when_nothing_wants_it():
    world = ready()
    head, branch = commit("pushed, then killed"), f"towpath/promote/staging/web/{C.to12}-none"
    world.branches[branch] = head
    assert world.only(DeleteBranch) == []
    world.heads[branch, head] = HeadFacts(True, True, "", False)
    assert world.only(DeleteBranch) == [DeleteBranch(branch, head)]


def test_r2_a_branch_left_by_a_pass_that_was_killed_is_taken_over():
    world = ready()
    (branch,) = [promotion.branch for promotion in world.wants("staging")]
    left = commit("pushed, then killed")
    world.branches[branch] = left
    world.heads[branch, left] = HeadFacts(True, True, "", False)
    (opening,) = world.only(OpenPullRequest)
    assert opening.expected == left
    world.settle()
    assert world.current("staging").release == B


def test_r2_a_branch_that_somebody_else_pushed_is_not():
    world = ready()
    (branch,) = [promotion.branch for promotion in world.wants("staging")]
    world.branches[branch] = commit("somebody pushed")
    assert world.only(OpenPullRequest) == [] and world.holding(Reason.FOREIGN_HEAD).detail == branch


def test_pull_requests_of_people_are_none_of_the_bots_business():
    world = opened()
    world.pulls[2] = replace(world.pulls[1], number=2, branch="fix-the-docs", author="ana")
    rollback = world.pulls[1].branch.replace("promote", "rollback")
    world.pulls[3] = replace(world.pulls[1], number=3, branch=rollback, author="ana")
    assert not [
        action
        for action in world.actions()
        if isinstance(action, ClosePullRequest | Merge | UpdatePullRequest) and action.number in {2, 3}
    ]


def test_a_service_that_left_takes_its_pull_request_along():
    world = opened()
    del world.overlays["staging", "web"]
    del world.tracks["staging", "web"]
    assert [action.number for action in world.only(ClosePullRequest)] == [1]


# --- standing


def test_a_rewritten_base_stops_everything():
    world = ready()
    world.rewritten = commit("other")
    assert {type(action) for action in world.actions()} == {Hold, Notify}
    assert world.snapshot().prepared == {}


def test_a_release_that_cannot_be_told_stops_everything():
    world = ready()
    world.tracks["prod", "web"] = replace(world.track("prod"), problem="the pinned commit is not on the base branch")
    assert world.holds("prod") == [Reason.MISSING_PIN]
    assert world.only(OpenPullRequest) == []


def test_somebody_is_told_once():
    world = ready()
    world.prepared["staging", "web"] = {"error": "no such template"}
    (notice,) = world.only(Notify)
    assert notice.owner == "team-shop" and "no such template" in notice.text
    assert notice.record == Record(Topic.NOTIFIED, notice.record.key, NOW, detail=notice.identity)
    world.step()
    assert world.only(Notify) == []
    world.passes("test", C)
    assert len(world.only(Notify)) == 1
