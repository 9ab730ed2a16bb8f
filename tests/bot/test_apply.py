"""Every action does nothing when what it was decided on is no longer so, and says that."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.action import (
    Action,
    ClosePullRequest,
    DeleteBranch,
    Merge,
    Notify,
    OpenPullRequest,
    SetStatus,
    UpdatePullRequest,
    WriteRecords,
)
from bot.apply import Applier
from bot.forge.interface import PullState, Status, StatusState
from bot.history import ArrivalKey
from bot.hold import Hold, Reason
from bot.ledger import read
from bot.outcome import Outcome, Result
from bot.promotion import Kind, Prepared
from bot.record import Ledger, Record, Topic
from generator.errors import OutsideError
from tests.bot.small import DEPLOYMENT, OVERLAY, A, Small
from tests.fakes.forge import FakeForge, FakeServer, Fault
from tests.generator.small import FILES

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
ENVIRONMENT = "environments/prod/environment.yaml"
STATUS = Status("towpath", StatusState.PENDING, "waiting")


class Scene:
    """The small repository, its forge, and an applier whose steps are noted in `steps`."""

    def __init__(self, small: Small) -> None:
        self.small = small
        self.server = FakeServer(self.small.git, lambda: NOW)
        self.forge = FakeForge(self.server, "towpath-bot")
        self.ada = FakeForge(self.server, "ada")
        self.steps: list[str] = []
        self.told: list[str] = []
        self.applier = Applier(
            clone=self.small.clone,
            forge=self.forge,
            preparer=self.small.preparer,
            ledger=Ledger(None, {}, {}),
            branch="main",
            notify=lambda notice: self.told.append(notice.text),
            before=self.steps.append,
        )
        self.prepared = self.prepare()

    def prepare(self) -> Prepared:
        return self.small.preparer.prepare(self.small.promotion(), self.small.fetch())

    def apply(self, *actions: Action) -> Outcome:
        """The outcome of the last of these actions."""
        return self.applier.apply(actions)[-1]

    def open(self) -> str:
        """The bot's pull request is open as #1; its branch."""
        assert self.apply(OpenPullRequest(self.prepared, "Promote", "Body")).result is Result.DONE
        return self.prepared.promotion.branch

    def merge(self) -> Merge:
        assert self.prepared.head
        return Merge(1, self.prepared.head, self.prepared, "Promote")

    def stranger(self) -> str:
        """Somebody forces the bot's branch elsewhere; the head."""
        head = self.small.clone.commit(self.small.first, {"README.md": b"Mine\n"}, "Mine")
        self.small.git.run("fetch", "--quiet", str(self.small.clone.folder), head)
        self.small.git.set(self.prepared.promotion.branch, head)
        return head

    def branch(self, name: str) -> str | None:
        return self.small.git.ref(f"refs/heads/{name}")


@pytest.fixture
def scene(small: Small) -> Scene:
    return Scene(small)


def record(topic: Topic = Topic.LIVE, detail: str = "") -> Record:
    return Record(topic, ArrivalKey("prod", "web", "d" * 64, "c" * 40), NOW, detail=detail)


# --- Opening


def test_opening_pushes_the_prepared_commit_first(scene: Scene) -> None:
    branch = scene.open()
    assert scene.steps == ["push", "open"]
    assert scene.branch(branch) == scene.prepared.head
    pull = scene.forge.pull(1)
    assert (pull.branch, pull.head, pull.state) == (branch, scene.prepared.head, PullState.OPEN)


def test_opening_twice_opens_once(scene: Scene) -> None:
    scene.open()
    assert scene.apply(OpenPullRequest(scene.prepared, "Promote", "Body")).detail == "#1"
    assert len(scene.forge.pulls()) == 1


def test_opening_takes_over_what_a_killed_pass_pushed(scene: Scene) -> None:
    left = scene.prepared
    scene.small.git.run("fetch", "--quiet", str(scene.small.clone.folder), left.head or "")
    scene.small.git.set(left.promotion.branch, left.head)
    scene.small.push({"README.md": "The base moves on\n"})
    anew = scene.prepare()
    assert anew.head != left.head
    assert scene.apply(OpenPullRequest(anew, "Promote", "Body", expected=left.head)).result is Result.DONE
    assert scene.forge.pull(1).head == anew.head


def test_opening_never_overwrites_a_branch_that_was_not_expected(scene: Scene) -> None:
    head = scene.stranger()
    outcome = scene.apply(OpenPullRequest(scene.prepared, "Promote", "Body"))
    assert outcome.result is Result.OVERTAKEN
    assert scene.branch(scene.prepared.promotion.branch) == head
    assert not scene.forge.pulls()


def test_what_could_not_be_rendered_is_not_opened(scene: Scene) -> None:
    outcome = scene.apply(OpenPullRequest(replace(scene.prepared, head=None), "Promote", "Body"))
    assert outcome.result is Result.OVERTAKEN
    assert scene.steps == []


# --- Updating and closing


def test_an_update_brings_a_new_head_and_a_new_body(scene: Scene) -> None:
    scene.open()
    scene.small.push({"README.md": "The base moves on\n"})
    anew = scene.prepare()
    assert scene.prepared.head
    outcome = scene.apply(UpdatePullRequest(1, scene.prepared.head, anew, "New"))
    assert (outcome.result, scene.forge.pull(1).head, scene.forge.pull(1).body) == (Result.DONE, anew.head, "New")


def test_an_update_of_a_moved_head_changes_neither_branch_nor_body(scene: Scene) -> None:
    branch = scene.open()
    head = scene.stranger()
    assert scene.prepared.head
    outcome = scene.apply(UpdatePullRequest(1, scene.prepared.head, scene.prepare(), "New"))
    assert outcome.result is Result.OVERTAKEN
    assert (scene.branch(branch), scene.forge.pull(1).body) == (head, "Body")


def test_closing_takes_the_branch_along(scene: Scene) -> None:
    branch = scene.open()
    assert scene.prepared.head
    assert scene.apply(ClosePullRequest(1, scene.prepared.head, "moved on")).result is Result.DONE
    assert (scene.forge.pull(1).state, scene.branch(branch)) == (PullState.CLOSED, None)


def test_a_pull_request_whose_head_moved_is_not_closed(scene: Scene) -> None:
    branch = scene.open()
    head = scene.stranger()
    assert scene.prepared.head
    assert scene.apply(ClosePullRequest(1, scene.prepared.head, "moved on")).result is Result.OVERTAKEN
    assert (scene.forge.pull(1).state, scene.branch(branch)) == (PullState.OPEN, head)


def test_a_branch_that_moved_is_not_deleted(scene: Scene) -> None:
    branch, expected = scene.open(), scene.prepared.head
    head = scene.stranger()
    assert expected
    assert scene.apply(DeleteBranch(branch, expected)).result is Result.OVERTAKEN
    assert scene.branch(branch) == head
    assert scene.apply(DeleteBranch(branch, head)).result is Result.DONE
    assert scene.branch(branch) is None


# --- Merging


def test_a_merge_lands_what_was_prepared(scene: Scene) -> None:
    scene.open()
    outcome = scene.apply(scene.merge())
    assert outcome.result is Result.DONE
    assert scene.small.git.head() == outcome.detail
    assert scene.small.clone.tree(scene.small.fetch()).read(OVERLAY) == (
        scene.small.clone.tree(scene.prepared.head or "").read(OVERLAY)
    )


def test_what_another_service_does_meanwhile_does_not_matter(scene: Scene) -> None:
    """R5: another service's merge changes none of the inputs."""
    scene.open()
    scene.small.push({"environments/prod/rendered/other/deployment.yaml": "# other\n", "README.md": "Other\n"})
    assert scene.apply(scene.merge()).result is Result.DONE


def test_a_head_that_moved_is_not_merged(scene: Scene) -> None:
    scene.open()
    scene.stranger()
    base = scene.small.git.head()
    assert scene.apply(scene.merge()).result is Result.OVERTAKEN
    assert scene.small.git.head() == base


HOLD = "hold: {reason: wait, by: ada}\n"
MEANWHILE: dict[str, Callable[[Small], dict[str, str | None]]] = {
    "a hold in the overlay": lambda small: {OVERLAY: small.text(OVERLAY) + HOLD},
    "a hold in the environment": lambda small: {ENVIRONMENT: small.text(ENVIRONMENT) + HOLD},
    "a hold everywhere": lambda small: {"towpath.yaml": small.text("towpath.yaml") + HOLD},
    "another value": lambda small: {**small.edited(ENVIRONMENT, "replicas: 3", "replicas: 4")},
    "another image in the parent": lambda small: {
        "environments/test/services/web.yaml": "release:\n  image: ghcr.io/acme/web:9\n"
    },
    "an image that must not be left": lambda small: {
        "environments/base/services/web.yaml": f"forwardOnly: [{A}]\n{FILES['environments/base/services/web.yaml']}"
    },
}


@pytest.mark.parametrize("what", MEANWHILE)
def test_what_people_write_between_decision_and_merge_is_heeded(scene: Scene, what: str) -> None:
    scene.open()
    base = scene.small.push(MEANWHILE[what](scene.small))
    assert scene.apply(scene.merge()).result is Result.OVERTAKEN
    assert scene.small.git.head() == base


def test_an_edit_of_what_is_rendered_is_not_merged_over(scene: Scene) -> None:
    scene.open()
    base = scene.small.push({DEPLOYMENT: scene.small.text(DEPLOYMENT) + "# by hand\n"}, render=False)
    assert scene.apply(scene.merge()).result is Result.OVERTAKEN
    assert scene.small.git.head() == base


def test_a_base_that_cannot_be_read_is_not_merged_into(scene: Scene) -> None:
    scene.open()
    base = scene.small.push({"environments/test/services/other.yaml": "release: [\n"}, render=False)
    assert scene.apply(scene.merge()).result is Result.OVERTAKEN
    assert scene.small.git.head() == base


def test_what_is_pushed_between_validation_and_merge_is_validated_first(scene: Scene) -> None:
    """R4: even where the promotion does not rest on it."""
    scene.open()

    def push(name: str) -> None:
        if name == "merge":
            scene.small.git.push("main", {"README.md": b"Pushed\n"})

    scene.forge.faults = push
    assert scene.apply(scene.merge()).result is Result.OVERTAKEN
    assert scene.forge.pull(1).state is PullState.OPEN
    scene.forge.faults = lambda _: None
    assert scene.apply(scene.merge()).result is Result.DONE


def test_inputs_that_are_not_those_that_were_decided_on_are_not_merged(scene: Scene) -> None:
    scene.open()
    assert scene.apply(replace(scene.merge(), prepared=replace(scene.prepared, inputs="0" * 64))).result is (
        Result.OVERTAKEN
    )
    assert scene.forge.pull(1).state is PullState.OPEN


def test_a_rewritten_base_is_not_merged_into(scene: Scene) -> None:
    scene.open()
    scene.small.git.set("main", scene.small.first)
    scene.small.git.push("main", {"README.md": b"Forced\n"})
    assert scene.apply(scene.merge()).result is Result.FAILED
    assert scene.forge.pull(1).state is PullState.OPEN


def test_a_merge_whose_answer_got_lost_is_found_done_the_next_time(scene: Scene) -> None:
    scene.open()
    scene.forge.faults = lambda name: Fault.AFTER if name == "merge" else None
    assert scene.apply(scene.merge()).result is Result.FAILED
    landed = scene.forge.pull(1).merged_as
    assert landed == scene.small.git.head()
    scene.forge.faults = lambda _: None
    assert scene.apply(scene.merge()).result is Result.OVERTAKEN
    assert scene.small.git.head() == landed


# --- The ledger, statuses, people


def test_the_first_record_wins_and_later_records_of_a_pass_come_on_top(scene: Scene) -> None:
    other = Record(Topic.LIVE, ArrivalKey("test", "web", "e" * 64, "f" * 40), NOW)
    scene.apply(WriteRecords((record(detail="first"),)), WriteRecords((record(detail="second"), other)))
    found = read(scene.small.git)
    assert found.records[record().key, Topic.LIVE].detail == "first"
    assert found.get(other.key, Topic.LIVE) == other
    assert scene.applier.ledger == read(scene.small.clone, found.head)


def test_somebody_is_told_before_it_is_recorded_that_they_were(scene: Scene) -> None:
    told: list[str] = []
    scene.applier.before = lambda step: told.append(f"{step} after {scene.told}")
    scene.apply(Notify("it", "Look at it", None, record(Topic.NOTIFIED)))
    assert told == ["ledger after ['Look at it']"]
    assert read(scene.small.git).get(record().key, Topic.NOTIFIED)


def test_a_status_is_set_on_its_commit(scene: Scene) -> None:
    scene.open()
    assert scene.prepared.head
    scene.apply(SetStatus(scene.prepared.head, STATUS))
    assert scene.forge.pull(1).statuses == (STATUS,)


def test_one_failure_does_not_keep_the_others_from_being_tried(scene: Scene) -> None:
    scene.forge.faults = lambda name: Fault.BEFORE if name == "open" else None
    outcomes = scene.applier.apply(
        [
            OpenPullRequest(scene.prepared, "Promote", "Body"),
            Hold(Reason.HELD, "prod", "web"),
            WriteRecords((record(),)),
        ]
    )
    assert [outcome.result for outcome in outcomes] == [Result.FAILED, Result.DONE], "and a hold is no action"


def test_a_push_that_fails_is_no_race(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scene.small.clone, "push", _refuse)
    assert scene.apply(OpenPullRequest(scene.prepared, "Promote", "Body")).result is Result.FAILED


def _refuse(_: object) -> None:
    raise OutsideError("no connection")


def test_a_repair_of_what_is_repaired_already_is_refused(scene: Scene) -> None:
    """Its head brings nothing that the base does not have."""
    small = scene.small
    small.push({DEPLOYMENT: small.text(DEPLOYMENT) + "# by hand\n"}, render=False)
    scene.prepared = small.preparer.prepare(small.promotion(A, kind=Kind.REPAIR), small.fetch())
    scene.open()
    base = small.push({})
    assert scene.apply(scene.merge()).result is Result.OVERTAKEN
    assert small.git.head() == base
