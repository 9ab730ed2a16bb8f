"""R1 and R2: which pull request is a promotion's own, and whether its head is the bot's work."""

from __future__ import annotations

from datetime import datetime

from bot.decide.candidate import Candidate
from bot.forge.interface import PullRequest, PullState
from bot.hold import Hold, Reason
from bot.snapshot import Snapshot


def landing(snapshot: Snapshot, candidate: Candidate, _now: datetime) -> Hold | None:
    """R1: a merged pull request of this identity: wait until the base shows the commit, never open another."""
    own = (pull for identity, pull in candidate.place.pulls.values() if identity == candidate.identity)
    for pull in filter(None, (candidate.pull, *own)):
        if pull.state is PullState.MERGED and not is_on_base(snapshot, pull):
            return candidate.hold(Reason.LANDING, f"#{pull.number}")
    return None


def ours(snapshot: Snapshot, candidate: Candidate, _now: datetime) -> Hold | None:
    """R2: a head that is not what the bot renders is never merged and never overwritten, whoever pushed it."""
    pull, prepared = candidate.open_pull, candidate.prepared(snapshot)
    if pull is None or (prepared and prepared.head == pull.head) or is_ours(snapshot, pull.branch, pull.head):
        return None
    return candidate.hold(Reason.FOREIGN_HEAD, f"#{pull.number}", urgent=True)


def unused(snapshot: Snapshot, candidate: Candidate, _now: datetime) -> Hold | None:
    """R2: a branch that exists without an open pull request is taken over only where its head is the bot's work."""
    branch, prepared = candidate.promotion.branch, candidate.prepared(snapshot)
    head = None if candidate.open_pull else snapshot.branches.get(branch)
    if head is None or (prepared and prepared.head == head) or is_ours(snapshot, branch, head):
        return None
    return candidate.hold(Reason.FOREIGN_HEAD, branch, urgent=True)


def is_ours(snapshot: Snapshot, branch: str, head: str) -> bool:
    """R2: its parent is on the base and its tree is what the bot renders for that promotion on that parent."""
    facts = snapshot.heads.get((branch, head))
    return facts is not None and facts.parent_on_base and facts.ours


def is_on_base(snapshot: Snapshot, pull: PullRequest) -> bool:
    """Whether the base shows the commit that a merged pull request landed as."""
    return pull.merged_as in snapshot.history.positions
