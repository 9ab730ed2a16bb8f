"""R2: a head is the bot's own by what it is, whoever pushed it; everything else is somebody's, and harmless."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from bot.bare import BOT
from bot.forge.interface import PullRequest, PullState
from bot.observe.head import HeadCheck
from bot.observe.history import HistoryReader
from bot.promotion import Prepared
from bot.snapshot import HeadFacts
from tests.bot.small import OVERLAY, B, Small

ELSEWHERE = "towpath/promote/staging/web/0123456789ab-0123456789ab"


class Heads:
    """The small repository, and what is found out about heads in it."""

    def __init__(self, small: Small) -> None:
        self.small = small
        self.check = HeadCheck(self.small.clone, self.small.preparer)
        self.prepared = self.prepare()
        self.branch = self.prepared.promotion.branch

    def prepare(self) -> Prepared:
        return self.small.preparer.prepare(self.small.promotion(), self.small.fetch())

    @property
    def own(self) -> str:
        assert self.prepared.head
        return self.prepared.head

    def edits(self) -> dict[str, bytes | None]:
        """What the bot's own head changes."""
        clone = self.small.clone
        changes = clone.changes(self.prepared.parent, self.own)
        return {change.path: clone.blob(change.new) if change.new else None for change in changes}

    def read(
        self, *pulls: PullRequest, branches: Mapping[str, str] | None = None, base: str | None = None
    ) -> dict[tuple[str, str], HeadFacts]:
        base = base or self.small.fetch()
        positions = HistoryReader(self.small.clone).read(base).positions
        return self.check.read(pulls, branches or {}, base, positions)

    def facts(self, head: str, branch: str | None = None) -> HeadFacts:
        branch = branch or self.branch
        return self.read(pull(branch, head))[branch, head]


def pull(branch: str, head: str, state: PullState = PullState.OPEN) -> PullRequest:
    return PullRequest(1, "Promote", "", "anybody", branch, "main", head, state, datetime(2026, 5, 4, tzinfo=UTC))


@pytest.fixture
def heads(small: Small) -> Heads:
    return Heads(small)


def test_what_the_bot_renders_is_ours(heads: Heads) -> None:
    assert heads.facts(heads.own) == HeadFacts(True, True, heads.prepared.inputs, touched=False)


def test_the_same_tree_is_ours_whoever_pushed_it_and_whatever_they_say(heads: Heads) -> None:
    head = heads.small.clone.commit(heads.prepared.parent, heads.edits(), "Look, a title of mine", date=1)
    assert head != heads.own
    assert heads.facts(head).ours


def test_another_file_makes_it_foreign(heads: Heads) -> None:
    head = heads.small.clone.commit(heads.prepared.parent, {**heads.edits(), "README.md": b"Mine\n"}, "Mine")
    assert heads.facts(head) == HeadFacts(True, False, "", touched=False)


def test_a_merge_commit_is_foreign(heads: Heads) -> None:
    clone = heads.small.clone
    parents = [heads.prepared.parent, heads.small.first]
    head = clone.commit_tree(clone.tree_of(heads.own), parents, "Merge", author=BOT, date=1)
    assert not heads.facts(head).parent_on_base and not heads.facts(head).ours


def test_a_parent_that_is_not_on_the_base_is_foreign(heads: Heads) -> None:
    """Two commits on the branch: what lands would be both."""
    first = heads.small.clone.commit(heads.prepared.parent, {"README.md": b"Mine\n"}, "Mine")
    head = heads.small.clone.commit(first, heads.edits(), "Promote")
    assert not heads.facts(head).parent_on_base and not heads.facts(head).ours


def test_a_commit_without_a_parent_is_foreign(heads: Heads) -> None:
    head = heads.small.clone.commit(None, heads.edits(), "Promote")
    assert not heads.facts(head).parent_on_base


def test_an_overlay_that_smuggles_another_value_is_foreign(heads: Heads) -> None:
    """Everything in it belongs together, and only the release may differ (P7)."""
    small, parent = heads.small, heads.prepared.parent
    text = f"values:\n  env: {{MODE: evil}}\n\nrelease:\n  image: {B}\n  revision: {small.first}\n"
    smuggled = small.push({OVERLAY: text})
    edits = {change.path: small.clone.blob(change.new or "") for change in small.clone.changes(parent, smuggled)}
    head = small.clone.commit(parent, dict(edits), "Promote")
    assert not heads.facts(head).ours


def test_another_release_than_the_branch_says_is_foreign(heads: Heads) -> None:
    other = heads.small.preparer.prepare(heads.small.promotion("ghcr.io/acme/web:9"), heads.small.fetch())
    assert other.head
    assert not heads.facts(other.head).ours
    assert heads.facts(other.head, other.promotion.branch).ours


def test_a_base_that_moved_elsewhere_leaves_it_ours_and_untouched(heads: Heads) -> None:
    heads.small.push({"README.md": "Other\n"})
    assert heads.facts(heads.own) == HeadFacts(True, True, heads.prepared.inputs, touched=False)


def test_a_base_that_changed_an_owned_path_touches_it(heads: Heads) -> None:
    heads.small.push({OVERLAY: "# Mine\n" + heads.small.text(OVERLAY)})
    assert heads.facts(heads.own) == HeadFacts(True, True, heads.prepared.inputs, touched=True)


def test_a_branch_that_a_killed_pass_left_behind_is_looked_at(heads: Heads) -> None:
    assert heads.read(branches={heads.branch: heads.own})[heads.branch, heads.own].ours


def test_only_open_pull_requests_of_the_bots_branches_are_looked_at(heads: Heads) -> None:
    pulls = [pull(heads.branch, heads.own, PullState.MERGED), pull("feature", heads.small.first)]
    assert heads.read(*pulls, branches={"towpath/notes": heads.own}) == {}


@pytest.mark.parametrize("other", [ELSEWHERE, "towpath/promote/aaa/web/0123456789ab-none"])
def test_a_genuine_head_stays_ours_when_somebody_puts_another_branch_there(heads: Heads, other: str) -> None:
    found = heads.read(pull(heads.branch, heads.own), pull(other, heads.own), branches={other: heads.own})
    assert found[heads.branch, heads.own].ours and not found[other, heads.own].ours
