"""P4: nothing comes on top of a release that is still being judged."""

from __future__ import annotations

from datetime import datetime

from bot.decide.candidate import Candidate
from bot.decide.place import Place
from bot.hold import Hold, Reason
from bot.messages.words import release_name
from bot.snapshot import Snapshot


def hold(snapshot: Snapshot, candidate: Candidate, now: datetime) -> Hold | None:
    """P4: a promotion waits for the final verdict of what is there now, or for its deadline.

    [bad B, then C with the same defect on top: C would be compared with B's errors]
    """
    there = candidate.place.now_held
    if there is None or there.verdict is not None:
        return None
    ends = deadline(snapshot, candidate.place)
    if ends and now >= ends:
        return None
    name = release_name(there.arrival.release, candidate.move.target)
    return candidate.hold(Reason.BUSY, name, until=ends)


def deadline(snapshot: Snapshot, place: Place) -> datetime | None:
    """When judging the current arrival ends at the latest; None while it isn't live."""
    status = snapshot.statuses.get(place.key)
    if status is None or status.since is None:
        return None
    return status.since + place.environment.verify.deadline
