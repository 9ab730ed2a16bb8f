"""P1: an environment only goes forward. What is forward is the order in which releases were born."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.decide.candidate import Candidate
from bot.decide.place import Place
from bot.decide.taken_away import lift_entry
from bot.held import Name
from bot.history import Arrival, ArrivalKey
from bot.hold import Hold, Reason
from bot.record import Topic
from bot.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Mark:
    """A birth that no candidate may be older than, and the position `since` which that holds.

    `digest` is the release whose birth it is: another one that was born by the same commit is not older.
    """

    birth: int
    since: int
    digest: str | None = None

    def stops(self, birth: int, digest: str) -> bool:
        """Whether a release of this birth may not come."""
        return birth < self.birth or (birth == self.birth and self.digest in (None, digest))


def birth(place: Place, digest: str, until: int | None = None) -> int:
    """The position at which a release was born last, in or before this place (by `until`); -1 where it never was."""
    born = (position for at in (place, *place.ancestors) for position in at.born.get(digest, ()))
    return max((position for position in born if until is None or position <= until), default=-1)


def marks(snapshot: Snapshot, place: Place) -> tuple[Mark, ...]:
    """Everything that a candidate must be younger than.

    Each arrival counts with the birth it had then: a release that the root returned to is born anew and may come
    again [A, B, A: A walks the pipeline as a newborn]. The current release counts with its latest birth, so that
    nothing born before the return can come over it. An arrival that no parent knew (a hotfix) is its own birth, and
    a change of `after` is a mark of its own.
    """
    found = [_mark(place, one.arrival, one.arrival.position) for one in place.held]
    if place.current:
        latest = birth(place, place.current.release.digest)
        found.append(_mark(place, place.current, max(latest, place.current.position)))
    changed = snapshot.history.after_changed.get(place.environment.name, -1)
    return (*found, Mark(changed, changed))


def mark(snapshot: Snapshot, place: Place) -> int:
    """mark(E): the greatest of them."""
    return max(mark.birth for mark in marks(snapshot, place))


def hold(snapshot: Snapshot, candidate: Candidate, _now: datetime) -> Hold | None:
    """P1: a candidate must be born after the mark, unless a person lifts it after what set the mark (Q3).

    [B reverted to A: B−1, skipped earlier, must not come; after a hotfix the older release must not undo it]
    """
    place, target = candidate.place, candidate.move.target
    above = [mark.since for mark in marks(snapshot, place) if mark.stops(candidate.birth, target.digest)]
    if not above:
        return None
    names = (Name(image=target.images), Name(config=target.config))
    if any(lift_entry(place.track, name, max(above)) for name in names):
        return None
    if _was_lifted(snapshot, place, target.digest, max(above)):
        return None
    return candidate.hold(Reason.OLDER_THAN_MARK)


def _was_lifted(snapshot: Snapshot, place: Place, digest: str, since: int) -> bool:
    """Whether the ledger knows that somebody lifted it after that, though the entry has been tidied away (Q3)."""
    took_away = (one.arrival for one in place.held if one.arrival.position >= since)
    keys = (ArrivalKey(*place.key, digest, arrival.commit) for arrival in took_away)
    return any(snapshot.ledger.get(key, Topic.LIFTED) for key in keys)


def _mark(place: Place, arrival: Arrival, at: int) -> Mark:
    """The mark that an arrival sets, by the birth that its release had at a position."""
    digest = arrival.release.digest
    return Mark(birth(place, digest, at), at, digest)
