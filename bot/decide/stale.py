"""R7: rendered files that do not belong to their inputs."""

from __future__ import annotations

from datetime import datetime

from bot.decide.candidate import Candidate
from bot.decide.place import Place
from bot.hold import Hold, Reason
from bot.promotion import Kind, Move, Promotion
from bot.snapshot import Snapshot


def hold(snapshot: Snapshot, candidate: Candidate, _now: datetime) -> Hold | None:
    """R7: nothing is promoted over what is not what it says it is. [people's merges mix texts]"""
    return candidate.hold(Reason.STALE_RENDERED) if is_stale(snapshot, candidate.place) else None


def is_stale(snapshot: Snapshot, place: Place) -> bool:
    """Whether the rendered files of a place do not belong to their inputs at the base's head."""
    return place.key in snapshot.stale


def repair(snapshot: Snapshot, place: Place) -> Candidate | None:
    """R7: the one pull request that renders a stale place anew, without moving its release."""
    current, overlay = place.current, place.overlay
    if not is_stale(snapshot, place) or current is None or overlay is None or overlay.release is None:
        return None
    move = Move(
        service=place.service,
        target=current.release,
        release=overlay.release,
        over=current.commit,
        previous=current.release,
    )
    return Candidate(place, move, Promotion(Kind.REPAIR, place.environment.name, (move,)))
