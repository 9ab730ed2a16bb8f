"""V5: what is live, from every combination of what the cluster and git say."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.cluster.interface import Application, Progress, ServiceState, Workload
from bot.evidence import Stage
from bot.observe.rollout import status

OLD, NEW = "a" * 40, "b" * 40
AT = datetime(2026, 1, 5, 9, tzinfo=UTC)


def workload(name="web", progress=Progress.COMPLETE, since: datetime | None = AT, images=(), message="") -> Workload:
    return Workload(name, progress, since, f"{name}-abc-[a-z0-9]+", images, message)


def state(
    *workloads: Workload, revision: str | None = NEW, attempted: str | None = NEW, ready: bool | None = True, since=None
):
    return ServiceState(Application(revision, attempted, ready, since=since), workloads)


def reached(found: ServiceState | None, *, contains=True, same_tree=True, attempting=False, expected=None):
    return status(
        "prod", "web", found, contains=contains, same_tree=same_tree, attempting=attempting, expected_images=expected
    )


def test_an_unknown_service_is_not_applied():
    assert reached(None, contains=False).stage is Stage.UNAPPLIED


def test_right_after_a_push_everything_still_speaks_of_the_old_commit():
    found = reached(state(workload(), revision=OLD, attempted=OLD), contains=False, same_tree=False)
    assert found.stage is Stage.UNAPPLIED
    assert OLD[:12] in found.message
    assert reached(state(revision=None, attempted=None), contains=False).stage is Stage.UNAPPLIED


def test_applied_without_health_is_not_live_while_the_workload_rolls():
    """Flux without `wait` is Ready with a broken image; only the workload tells."""
    assert reached(state(workload(progress=Progress.PROGRESSING, since=None))).stage is Stage.ROLLING


def test_complete_is_live_since_the_last_workload():
    later = AT + timedelta(minutes=1)
    found = reached(state(workload("web"), workload("cache", since=later)))
    assert (found.stage, found.since) == (Stage.LIVE, later)
    assert found.pods == "(?:web-abc-[a-z0-9]+)|(?:cache-abc-[a-z0-9]+)"


def test_a_change_without_new_pods_is_live_since_it_was_applied():
    applied = AT + timedelta(hours=1)
    assert reached(state(workload(), since=applied)).since == applied


def test_one_stuck_workload_fails_the_rollout():
    found = reached(state(workload("a"), workload("b", Progress.STUCK, AT, message="deadline exceeded")))
    assert (found.stage, found.since, found.message) == (Stage.FAILED, AT, "b: deadline exceeded")


def test_a_newer_change_of_the_same_service_supersedes_it():
    assert reached(state(workload()), same_tree=False).stage is Stage.SUPERSEDED


def test_the_bad_health_of_others_does_not_count_where_workloads_tell():
    assert reached(state(workload(), ready=False)).stage is Stage.LIVE


@pytest.mark.parametrize(("ready", "stage"), [(True, Stage.LIVE), (False, Stage.ROLLING), (None, Stage.ROLLING)])
def test_without_workloads_the_controller_tells(ready, stage):
    assert reached(state(ready=ready, since=AT)).stage is stage


def test_live_without_a_time_is_unknown():
    assert reached(state(workload(since=None))).stage is Stage.UNKNOWN
    assert reached(state(workload(), workload("b", since=None))).stage is Stage.UNKNOWN
    assert reached(state()).stage is Stage.UNKNOWN


def test_an_attempt_that_the_controller_gave_up_fails():
    """Flux with `wait`: lastAppliedRevision stays old, lastAttemptedRevision moves."""
    stuck = state(workload(progress=Progress.STUCK), revision=OLD, ready=False)
    assert reached(stuck, contains=False, attempting=True).stage is Stage.FAILED


@pytest.mark.parametrize("ready", [True, None])
def test_an_attempt_under_way_is_not_blamed_for_its_stuck_predecessor(ready):
    stuck = state(workload(progress=Progress.STUCK), revision=OLD, ready=ready)
    assert reached(stuck, contains=False, attempting=True).stage is Stage.ROLLING


def test_a_tag_that_moved_is_not_live():
    here = state(workload(images=("web@sha256:1", "side@sha256:2")))
    assert reached(here, expected=frozenset({"sha256:1", "sha256:2"})).stage is Stage.LIVE
    moved = reached(here, expected=frozenset({"sha256:9", "sha256:2"}))
    assert moved.stage is Stage.UNKNOWN
    assert "sha256:1" in moved.message
