"""Q2: what was taken away from an environment stays away from it and from all behind it, until it is lifted (Q3)."""

from __future__ import annotations

from datetime import datetime

from bot.decide.candidate import Candidate
from bot.decide.place import Place
from bot.held import Quarantine
from bot.hold import Hold, Reason
from bot.snapshot import Snapshot
from generator.release import ReleaseId


def hold(_snapshot: Snapshot, candidate: Candidate, _now: datetime) -> Hold | None:
    """Q2: held where it was taken away, and vetoed in everything behind (P2): its PASS there is withdrawn."""
    found = blocking(candidate.place, candidate.move.target)
    if found is None:
        return None
    place, entry = found
    how = "failed" if entry.failed else "was taken back"
    if place is candidate.place:
        return candidate.hold(Reason.QUARANTINED, f"it {how} here")
    name = place.environment.name
    return candidate.hold(Reason.VETOED, f"it {how} in {name}; `towpath lift {place.service} -e {name}` ends that")


def blocking(place: Place, release: ReleaseId) -> tuple[Place, Quarantine] | None:
    """The quarantine that keeps a release out of a place, and where it is: here or in an ancestor."""
    for at in (place, *place.ancestors):
        for entry in at.quarantines:
            if entry.name.covers(release):
                return at, entry
    return None
