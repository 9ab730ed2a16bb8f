"""What is kept out of a place until somebody lifts it, whichever rule keeps it (Q2, R3, P1)."""

from __future__ import annotations

from datetime import datetime

from bot.decide import candidates, declined, forward_only
from bot.decide.place import Place
from bot.decide.taken_away import name
from bot.held import Name
from bot.snapshot import Snapshot


def away(snapshot: Snapshot, place: Place, now: datetime) -> tuple[Name, ...]:
    """What an entry of `lifted:` would let in, each once.

    First what was taken away, the newest first; then what people declined; then what a parent runs and P1 holds.
    """
    quarantined = [entry.name for entry in reversed(place.quarantines)]
    closed = [decline.name for decline in declined.declines(snapshot, place)]
    older = [
        name(one.move.target, one.move.previous)
        for one in candidates.candidates(snapshot, place)
        if forward_only.hold(snapshot, one, now)
    ]
    return tuple(dict.fromkeys([*quarantined, *closed, *older]))
