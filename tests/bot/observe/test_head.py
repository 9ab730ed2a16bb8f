"""R2: a head is the bot's own by what it is, whoever pushed it; everything else is somebody's, and harmless."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.bare import BOT
from bot.forge.interface import PullRequest, PullState
from bot.observe.head import HeadCheck
from bot.observe.history import HistoryReader
from bot.prepare import Preparer
from bot.promotion import Prepared
from bot.snapshot import HeadFacts
from tests.bombs import bomb
from tests.bot.small import OVERLAY, B, Small

ELSEWHERE = "towpath/promote/staging/web/0123456789ab-0123456789ab"


class Heads:
    """The small repository, and what is found out about heads in it."""

    def __init__(self, small: Small) -> None:
        self.small = small
        self.check = HeadCheck(self.small.clone, self.small.preparer)
        self.prepared = self.prepare()
        self.branch = self.prepared.promotion.branch

    def several(self) -> None:
        """From now on it is about a promotion of two services, and nothing is known of what was made of it."""
        promotion = self.small.together()
        self.prepared = self.small.preparer.prepare(promotion, self.small.fetch())
        self.branch = promotion.branch
        self.check = HeadCheck(self.small.clone, Preparer(self.small.clone))

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
        history = HistoryReader(self.small.clone).read(base)
        return self.check.read(pulls, branches or {}, base, history, "towpath-bot")

    def facts(self, head: str, branch: str | None = None) -> HeadFacts:
        branch = branch or self.branch
        return self.read(pull(branch, head))[branch, head]


def pull(branch: str, head: str, state: PullState = PullState.OPEN) -> PullRequest:
    return PullRequest(1, "Promote", "", "anybody", branch, "main", head, state, datetime(2026, 5, 4, tzinfo=UTC))


@pytest.fixture
def heads(small: Small) -> Heads:
    return Heads(small)


def test_what_the_bot_renders_is_ours(heads: Heads) -> None:
    moves = heads.prepared.promotion.identities
    assert heads.facts(heads.own) == HeadFacts(True, True, heads.prepared.inputs, touched=False, moves=moves)


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
    moves = heads.prepared.promotion.identities
    assert heads.facts(heads.own) == HeadFacts(True, True, heads.prepared.inputs, touched=False, moves=moves)


def test_a_base_that_changed_an_owned_path_touches_it(heads: Heads) -> None:
    heads.small.push({OVERLAY: "# Mine\n" + heads.small.text(OVERLAY)})
    moves = heads.prepared.promotion.identities
    assert heads.facts(heads.own) == HeadFacts(True, True, heads.prepared.inputs, touched=True, moves=moves)


def test_a_branch_that_a_killed_pass_left_behind_is_looked_at(heads: Heads) -> None:
    assert heads.read(branches={heads.branch: heads.own})[heads.branch, heads.own].ours


def test_only_open_pull_requests_of_the_bots_branches_are_looked_at(heads: Heads) -> None:
    pulls = [pull(heads.branch, heads.own, PullState.MERGED), pull("feature", heads.small.first)]
    assert heads.read(*pulls, branches={"towpath/notes": heads.own}) == {}


@pytest.mark.parametrize("other", [ELSEWHERE, "towpath/promote/aaa/web/0123456789ab-none"])
def test_a_genuine_head_stays_ours_when_somebody_puts_another_branch_there(heads: Heads, other: str) -> None:
    found = heads.read(pull(heads.branch, heads.own), pull(other, heads.own), branches={other: heads.own})
    assert found[heads.branch, heads.own].ours and not found[other, heads.own].ours


def test_only_the_head_of_several_services_says_which_they_are(heads: Heads) -> None:
    heads.several()
    found = heads.facts(heads.own)
    assert found.ours and not found.touched and found.inputs == heads.prepared.inputs
    assert found.moves == heads.prepared.promotion.identities
    assert [move.service for move in found.moves] == ["api", "web"]


@pytest.mark.parametrize("edit", ["drop", "stray", "smuggle", "release"])
def test_what_is_not_exactly_those_services_is_foreign(heads: Heads, edit: str) -> None:
    heads.several()
    edits, clone = heads.edits(), heads.small.clone
    if edit == "drop":
        edits = {path: text for path, text in edits.items() if "/api" not in path}
    elif edit == "stray":
        edits["environments/prod/services/extra.yaml"] = b"values: {}\n"
    elif edit == "smuggle":
        edits[OVERLAY] = (edits[OVERLAY] or b"") + b"lifted: []\n"
    else:
        edits[OVERLAY] = (edits[OVERLAY] or b"").replace(b"1.4.1", b"1.4.2")
    facts = heads.facts(clone.commit(heads.prepared.parent, edits, "Promote"))
    assert not facts.ours and facts.moves == ()


def test_an_owned_path_of_any_of_several_services_touches_them(heads: Heads) -> None:
    heads.several()
    heads.small.push({OVERLAY: "# Mine\n" + heads.small.text(OVERLAY)})
    assert heads.facts(heads.own).touched


def test_what_people_closed_is_asked_what_it_would_have_moved_and_what_the_bot_closed_is_not(heads: Heads) -> None:
    heads.several()
    closed = pull(heads.branch, heads.own, PullState.CLOSED)
    assert heads.read(replace(closed, closed_by="ada"))[heads.branch, heads.own].moves
    assert heads.read(replace(closed, closed_by="towpath-bot")) == {}


def test_a_head_that_is_gone_is_foreign(heads: Heads) -> None:
    heads.several()
    closed = replace(pull(heads.branch, "0" * 40, PullState.CLOSED), closed_by="ada")
    assert not heads.read(closed)[heads.branch, "0" * 40].ours


def test_a_head_that_nobody_can_read_is_foreign(heads: Heads) -> None:
    heads.several()
    head = bomb(heads.small.clone.folder, at="environments/prod", parent=heads.prepared.parent)
    assert heads.facts(head) == HeadFacts(parent_on_base=True, ours=False, inputs="", touched=False)
