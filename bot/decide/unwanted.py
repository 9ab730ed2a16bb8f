"""Pull requests that lost their reason, and branches that nobody needs any more."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from bot.action import ClosePullRequest, DeleteBranch
from bot.branch import Identity, parse_branch
from bot.decide import candidates
from bot.decide.declined import is_declined
from bot.decide.identity import is_on_base, is_ours
from bot.decide.place import Key, Place, moves
from bot.decide.wants import Wanted
from bot.forge.interface import PullRequest, PullState
from bot.hold import Hold, Reason
from bot.messages import closing
from bot.promotion import Kind
from bot.snapshot import Snapshot


def close(snapshot: Snapshot, wanted: Mapping[Key, Wanted], now: datetime) -> Iterator[ClosePullRequest | Hold]:
    """The bot's own open pull requests that nothing asks for now; people's are left alone, and foreign heads (R2)."""
    kept = {candidate.promotion.branch for one in wanted.values() for candidate in one.candidates}
    for pull in sorted(snapshot.pulls, key=lambda pull: pull.number):
        name = parse_branch(pull.branch)
        if name is None or pull.state is not PullState.OPEN or pull.author != snapshot.bot or pull.branch in kept:
            continue
        if is_ours(snapshot, pull.branch, pull.head):
            going = moves(snapshot, pull.branch, pull.head)
            yield ClosePullRequest(pull.number, pull.head, _reason(snapshot, going, wanted, now))
        else:
            service, what = (name.service, name.to12[:7]) if isinstance(name, Identity) else ("", "together")
            yield Hold(Reason.FOREIGN_HEAD, name.environment, service, what, detail=f"#{pull.number}", urgent=True)


def delete(snapshot: Snapshot, wanted: Mapping[Key, Wanted], places: Mapping[Key, Place]) -> Iterator[DeleteBranch]:
    """Branches whose pull request has landed or was closed, and those of the bot that never got one."""
    pulls: dict[str, PullRequest] = {}
    for pull in sorted(snapshot.pulls, key=lambda pull: (pull.state is PullState.OPEN, pull.number)):
        pulls[pull.branch] = pull
    kept = {candidate.promotion.branch for one in wanted.values() for candidate in one.candidates}
    for branch, head in sorted(snapshot.branches.items()):
        name, latest = parse_branch(branch), pulls.get(branch)
        if name is None or branch in kept:
            continue
        if _is_over(snapshot, latest, head, places) if latest else is_ours(snapshot, branch, head):
            yield DeleteBranch(branch, head)


def _is_over(snapshot: Snapshot, pull: PullRequest, head: str, places: Mapping[Key, Place]) -> bool:
    if pull.state is PullState.OPEN or pull.head != head:
        return False
    if pull.state is PullState.MERGED:
        return is_on_base(snapshot, pull)
    going = moves(snapshot, pull.branch, pull.head)
    reopens = all(_may_reopen(move, places.get((move.environment, move.service))) for move in going)
    return not is_declined(pull, snapshot.bot) or not reopens


def _may_reopen(move: Identity, place: Place | None) -> bool:
    """R3: what a person closed can be reopened as long as it would come over the same arrival."""
    current = place.current.commit[:12] if place and place.current else "none"
    return place is not None and move.over12 == current


def _reason(snapshot: Snapshot, going: tuple[Identity, ...], wanted: Mapping[Key, Wanted], now: datetime) -> str:
    """Why it is closed: what became of the first move that nobody asks for any more; else others go together now."""
    asked = {candidate.identity for one in wanted.values() for candidate in one.candidates}
    gone = next((move for move in going if move not in asked), None)
    return _why_gone(snapshot, gone, wanted, now) if gone else closing.formed_anew(going[0].environment)


def _why_gone(snapshot: Snapshot, move: Identity, wanted: Mapping[Key, Wanted], now: datetime) -> str:
    """What became of a move, as precisely as the rules can say."""
    one = wanted.get((move.environment, move.service))
    if one is None or move.kind is Kind.REPAIR:
        return closing.not_needed(move.environment)
    current = one.place.current.commit[:12] if one.place.current else "none"
    if move.over12 != current:
        return closing.moved_on(move.environment, move.service)
    instead = {candidate.promotion.kind: candidate.move for candidate in one.candidates}
    if Kind.ROLLBACK in instead:
        return closing.taken_back(move.environment, move.service)
    if hold := candidates.explain(snapshot, one.place, move.to12, now):
        return closing.held(hold)
    if Kind.PROMOTE in instead:
        return closing.superseded(instead[Kind.PROMOTE])
    return closing.not_needed(move.environment)
