"""P5: a release must have been live in each parent for a while, without interruption."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from bot.decide.candidate import Candidate
from bot.decide.place import Place
from bot.evidence import Stage
from bot.held import Held
from bot.history import ArrivalKey
from bot.hold import Hold, Reason
from bot.record import Topic
from bot.snapshot import Snapshot


def hold(snapshot: Snapshot, candidate: Candidate, now: datetime) -> Hold | None:
    """P5: the merge waits until the arrival has soaked in every parent; once served it stays served (ledger).

    A parent that moved on earlier never serves it: it changes too fast for what comes after.
    """
    waits = [_wait(snapshot, candidate, parent, held, now) for parent, held in candidate.proof if held]
    found = [wait for wait in waits if wait]
    endless = [wait for wait in found if wait.until is None]
    return next(iter(endless), None) or max(found, key=lambda wait: wait.until or now, default=None)


def endless(snapshot: Snapshot, candidate: Candidate, now: datetime) -> Hold | None:
    """P5: the soak that no time serves: its parent moved on, or it is not live there."""
    found = hold(snapshot, candidate, now)
    return found if found and found.until is None else None


def key(place: Place, held: Held) -> ArrivalKey:
    """Where the ledger says that an arrival in a parent has soaked for `place`."""
    return replace(held.origin.key, environment=place.environment.name)


def served_at(snapshot: Snapshot, place: Place, parent: Place, held: Held) -> datetime | None:
    """When the arrival in `parent` has soaked for `place` if nothing interrupts it; None where it isn't live now."""
    there, status = parent.now_held, snapshot.statuses.get(parent.key)
    if there is None or there.origin is not held.origin or status is None or status.stage is not Stage.LIVE:
        return None
    return status.since + place.environment.promotion.soak if status.since else None


def _wait(snapshot: Snapshot, candidate: Candidate, parent: Place, held: Held, now: datetime) -> Hold | None:
    place, name = candidate.place, parent.environment.name
    if not place.environment.promotion.soak or snapshot.ledger.get(key(place, held), Topic.SOAK):
        return None
    served = served_at(snapshot, place, parent, held)
    if served is None:
        there = parent.now_held
        gone = there is None or there.origin is not held.origin
        why = f"in {name}, but {name} moved on before it had" if gone else f"in {name}, where it is not live now"
        return candidate.hold(Reason.SOAKING, why)
    return candidate.hold(Reason.SOAKING, f"in {name}", until=served) if now < served else None
