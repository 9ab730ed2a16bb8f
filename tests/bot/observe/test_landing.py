"""R6: what landed is compared with what was validated, whatever the forge says of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.bare import BOT
from bot.forge.interface import PullRequest, PullState
from bot.observe.history import HistoryReader
from bot.observe.landing import LandingCheck
from bot.promotion import Prepared
from bot.snapshot import Landing
from tests.bot.small import DEPLOYMENT, OVERLAY, RENDERED, Small


class Landings:
    """The small repository with a prepared promotion that lands in one way or another."""

    def __init__(self, small: Small) -> None:
        self.small = small
        self.prepared = self.prepare()

    def prepare(self) -> Prepared:
        return self.small.preparer.prepare(self.small.promotion(), self.small.fetch())

    @property
    def head(self) -> str:
        assert self.prepared.head
        return self.prepared.head

    def land(self, **edits: bytes | None) -> PullRequest:
        """It lands on the base as it is now, with the content of some owned files changed on the way."""
        return self.land_files({PATHS[name]: content for name, content in edits.items()})

    def land_files(self, files: dict[str, bytes | None]) -> PullRequest:
        clone, git = self.small.clone, self.small.git
        changes = clone.changes(self.prepared.parent, self.head)
        brought = {change.path: clone.blob(change.new) if change.new else None for change in changes}
        return self.pull(git.push("main", {**brought, **files}, "Promote"))

    def pull(self, landed: str | None, head: str | None = None) -> PullRequest:
        branch, at = self.prepared.promotion.branch, datetime(2026, 5, 4, tzinfo=UTC)
        return PullRequest(1, "", "", "bot", branch, "main", head or self.head, PullState.MERGED, at, merged_as=landed)

    def read(self, *pulls: PullRequest) -> dict[str, Landing]:
        positions = HistoryReader(self.small.clone).read(self.small.fetch()).positions
        return LandingCheck(self.small.clone, self.small.preparer).read(pulls, positions)

    def problem(self, pull: PullRequest) -> str:
        (found,) = self.read(pull).values()
        assert found.commit == pull.merged_as
        return found.problem


PATHS = {"overlay": OVERLAY, "deployment": DEPLOYMENT}


@pytest.fixture
def landings(small: Small) -> Landings:
    return Landings(small)


def test_what_was_validated_is_what_landed(landings: Landings) -> None:
    assert landings.problem(landings.land()) == ""


def test_a_base_that_moved_elsewhere_is_no_difference(landings: Landings) -> None:
    landings.small.push({"README.md": "Other\n"})
    assert landings.problem(landings.land()) == ""


def test_a_stray_path_is_a_difference(landings: Landings) -> None:
    assert "README.md" in landings.problem(landings.land_files({"README.md": b"Stray\n"}))


def test_a_path_that_only_begins_like_an_owned_one_is_stray(landings: Landings) -> None:
    stray = RENDERED + "-2/deployment.yaml"
    assert stray in landings.problem(landings.land_files({stray: b"{}\n"}))


def test_other_content_is_a_difference(landings: Landings) -> None:
    assert DEPLOYMENT in landings.problem(landings.land(deployment=b"# by hand\n"))


def test_a_file_that_did_not_land_is_a_difference(landings: Landings) -> None:
    assert DEPLOYMENT in landings.problem(landings.land(deployment=None))


def test_a_file_more_in_the_owned_folder_is_a_difference(landings: Landings) -> None:
    more = RENDERED + "/more.yaml"
    assert more in landings.problem(landings.land_files({more: b"{}\n"}))


def test_after_an_edit_in_between_what_is_rendered_must_belong_to_what_is_written(landings: Landings) -> None:
    """A comment that somebody wrote meanwhile is no input: both texts are good."""
    landings.small.push({OVERLAY: "# Mine\n" + landings.small.text(OVERLAY)})
    text = "# Mine\n" + landings.small.text(OVERLAY, landings.head)
    assert landings.problem(landings.land(overlay=text.encode())) == ""


def test_an_edit_in_between_that_changes_inputs_is_a_difference(landings: Landings) -> None:
    small = landings.small
    small.push(small.edited(OVERLAY, "MODE: prod", "MODE: other"))
    text = small.text(OVERLAY, landings.head).replace("MODE: prod", "MODE: other")
    assert "do not belong to their inputs" in landings.problem(landings.land(overlay=text.encode()))


def test_a_head_without_a_parent_that_somebody_merged_is_compared_all_the_same(landings: Landings) -> None:
    small = landings.small
    head = small.clone.commit_tree(small.clone.tree_of(landings.head), [], "Orphan", author=BOT, date=1)
    landed = landings.land()
    assert landings.problem(replace(landed, head=head)) == ""
    assert "README.md" in landings.problem(replace(landings.land_files({"README.md": b"1\n"}), head=head))


def test_what_the_base_does_not_show_yet_is_not_checked(landings: Landings) -> None:
    assert landings.read(landings.pull(landings.head), landings.pull(None)) == {}


def test_people_s_pull_requests_are_not_checked(landings: Landings) -> None:
    landed = landings.land_files({"README.md": b"Stray\n"})
    assert landings.read(replace(landed, branch="feature")) == {}


@pytest.fixture
def several(landings: Landings) -> Landings:
    """Two services land together."""
    small = landings.small
    landings.prepared = small.preparer.prepare(small.together(), small.fetch())
    return landings


def test_several_services_land_as_they_were_validated(several: Landings) -> None:
    assert several.problem(several.land()) == ""


def test_another_service_that_lands_with_several_is_a_difference(several: Landings) -> None:
    stray = "environments/prod/services/extra.yaml"
    assert stray in several.problem(several.land_files({stray: b"values: {}\n"}))


def test_each_of_several_services_is_compared(several: Landings) -> None:
    assert DEPLOYMENT in several.problem(several.land(deployment=b"# by hand\n"))


@pytest.mark.parametrize("other", [{}, {DEPLOYMENT: b"# by hand\n"}], ids=["same", "other"])
def test_an_edit_of_one_service_excuses_no_other(several: Landings, other: dict[str, bytes | None]) -> None:
    small, api = several.small, "environments/prod/services/api.yaml"
    small.push({api: "# Mine\n" + small.text(api)})
    text = "# Mine\n" + small.text(api, several.head)
    problem = several.problem(several.land_files({api: text.encode(), **other}))
    assert DEPLOYMENT in problem if other else problem == ""
