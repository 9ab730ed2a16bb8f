"""R4 and R5: what is merged is what was validated, on the newest base."""

from __future__ import annotations

from datetime import datetime

from bot.decide.candidate import Candidate
from bot.hold import Hold, Reason
from bot.snapshot import Snapshot


def renders(snapshot: Snapshot, candidate: Candidate, _now: datetime) -> Hold | None:
    """R4, Q4: what cannot be rendered gets no pull request."""
    rendered = candidate.rendered(snapshot)
    if rendered is None:
        return candidate.hold(Reason.CANNOT_RENDER, "it was not rendered in this pass")
    return candidate.hold(Reason.CANNOT_RENDER, rendered.error, urgent=True) if rendered.error else None


def findings(snapshot: Snapshot, candidate: Candidate, _now: datetime) -> Hold | None:
    """R4: findings of the result that the base does not have already keep it from being merged.

    [two green pull requests, one broken environment; an old finding elsewhere must not stop 1,000 services]
    """
    prepared = candidate.prepared(snapshot)
    if prepared is None or not prepared.blocking:
        return None
    first, more = prepared.blocking[0], len(prepared.blocking) - 1
    rest = f" (and {more} more)" if more else ""
    return candidate.hold(Reason.FINDINGS, f"{first.where}: {first.message}{rest}", urgent=True)


def is_outdated(snapshot: Snapshot, candidate: Candidate) -> bool:
    """R5: whether the head must be rendered anew: an input or an owned path changed on the base since."""
    pull, prepared = candidate.open_pull, candidate.prepared(snapshot)
    if pull is None or prepared is None or prepared.head in (None, pull.head):
        return False
    facts = snapshot.heads.get((pull.branch, pull.head))
    return facts is None or facts.touched or facts.inputs != prepared.inputs
