"""What stops the whole repository: a base that cannot be trusted."""

from __future__ import annotations

from bot.decide import landing
from bot.hold import Hold, Reason
from bot.snapshot import Snapshot

STOPPING = frozenset({Reason.BASE_REWRITTEN, Reason.MISSING_PIN, Reason.LANDED_DIFFERENTLY})


def holds(snapshot: Snapshot) -> tuple[Hold, ...]:
    """While there are any, nothing is opened, merged, closed or recorded."""
    return (*_rewritten(snapshot), *_unreadable(snapshot), *landing.mismatches(snapshot))


def _rewritten(snapshot: Snapshot) -> tuple[Hold, ...]:
    """The base must be a descendant of the last one seen."""
    if snapshot.rewritten is None:
        return ()
    return (
        Hold(
            Reason.BASE_REWRITTEN,
            "",
            "",
            snapshot.rewritten,
            detail=f"it is at {snapshot.rewritten[:12]} now",
            urgent=True,
        ),
    )


def _unreadable(snapshot: Snapshot) -> tuple[Hold, ...]:
    """A pin that is not on the base, or anything else that keeps a release from being told."""
    broken = (track for _, track in sorted(snapshot.history.tracks.items()) if track.problem)
    return tuple(
        Hold(Reason.MISSING_PIN, track.environment, track.service, detail=track.problem, urgent=True)
        for track in broken
        if (track.environment, track.service) in snapshot.repository.overlays
    )
