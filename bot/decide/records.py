"""What a pass has learnt that must never be computed again: the records for the ledger."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from bot.decide import declined, soak
from bot.decide.landing import is_checked
from bot.decide.place import Place
from bot.decide.stale import is_stale
from bot.decide.taken_away import lifted
from bot.evidence import RolloutStatus, Stage, State
from bot.held import Held
from bot.history import ArrivalKey
from bot.record import Record, Topic
from bot.snapshot import Snapshot

NO_COMMIT = "0" * 40
_KEPT = {State.PASS, State.FAIL, State.INCONCLUSIVE, State.PREEXISTING}


def records(snapshot: Snapshot, places: Sequence[Place], now: datetime) -> tuple[Record, ...]:
    """What the ledger doesn't have yet; the first record of a key and topic wins."""
    found: dict[tuple[ArrivalKey, Topic], Record] = {}
    for place in places:
        for record in (*_evidence(snapshot, place, now), *_declined(snapshot, place, now), *_lifted(place, now)):
            if snapshot.ledger.get(record.key, record.topic) is None:
                found.setdefault((record.key, record.topic), record)
    return tuple(found.values()) + _soaks(snapshot, places, now)


def is_measurable(snapshot: Snapshot, place: Place) -> bool:
    """Whether what is measured now says something of the current arrival (R6, R7)."""
    return is_checked(snapshot, place) and not is_stale(snapshot, place)


def _evidence(snapshot: Snapshot, place: Place, now: datetime) -> Iterator[Record]:
    """Live since when (V5), and the final verdict (V1, V2). An effect-free arrival has its predecessor's (P6)."""
    there, status = place.now_held, snapshot.statuses.get(place.key)
    if there is None or not is_measurable(snapshot, place):
        return
    if _is_live(status) and status and status.since and there.origin is there.arrival:
        yield Record(Topic.LIVE, there.arrival.key, status.since, detail=" ".join(status.images))
    verdict = snapshot.verdicts.get(there.arrival.key)
    if verdict and there.verdict is None and verdict.state in _KEPT:
        yield Record(Topic.VERDICT, there.arrival.key, verdict.at or now, verdict=verdict)


def _soaks(snapshot: Snapshot, places: Sequence[Place], now: datetime) -> tuple[Record, ...]:
    """P5: what has soaked for a child stays so when the parent moves on."""
    found: dict[ArrivalKey, Record] = {}
    for place in places:
        for parent in place.parents if place.environment.promotion.soak else ():
            there = parent.now_held
            if there is None or not is_measurable(snapshot, parent) or _has(place, there):
                continue
            key, served = soak.key(place, there), soak.served_at(snapshot, place, parent, there)
            if served and served <= now and snapshot.ledger.get(key, Topic.SOAK) is None:
                found.setdefault(key, Record(Topic.SOAK, key, served, detail=f"in {parent.environment.name}"))
    return tuple(found.values())


def _declined(snapshot: Snapshot, place: Place, now: datetime) -> Iterator[Record]:
    """R3: who closed what, so that it stays closed when the forge forgets."""
    for decline in declined.declines(snapshot, place):
        commit = decline.over.commit if decline.over else NO_COMMIT
        key = ArrivalKey(*place.key, decline.release.digest, commit)
        yield Record(Topic.DECLINED, key, now, by=decline.by, detail=declined.detail(decline))


def _lifted(place: Place, now: datetime) -> Iterator[Record]:
    """Q3: who lifted which quarantine; it stays lifted when the entry is tidied away."""
    for entry, lift in lifted(place.track, place.held):
        yield Record(Topic.LIFTED, entry.key, now, by=lift.by, detail=lift.reason)


def _is_live(status: RolloutStatus | None) -> bool:
    return status is not None and status.stage is Stage.LIVE


def _has(place: Place, there: Held) -> bool:
    return place.current is not None and place.current.release == there.arrival.release
