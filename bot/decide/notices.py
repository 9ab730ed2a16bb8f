"""Who must be told what: holds that don't pass by waiting, and releases that are taken back."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from bot.action import Notify
from bot.decide.candidate import Candidate
from bot.decide.place import Key, Place
from bot.decide.records import NO_COMMIT
from bot.history import ArrivalKey
from bot.hold import Hold
from bot.messages import notices
from bot.promotion import Kind
from bot.record import Record, Topic
from bot.snapshot import Snapshot

# What the key of a notice says where it is about the repository and not about one place.
_EVERYWHERE: Key = ("repository", "base")


def notify(
    snapshot: Snapshot, places: Mapping[Key, Place], holds: Iterable[Hold], back: Iterable[Candidate], now: datetime
) -> tuple[Notify, ...]:
    """Each notice once: not those that the ledger says have been told."""
    found = {notice.identity: notice for notice in (*_held(snapshot, places, holds, now), *_back(snapshot, back, now))}
    told = snapshot.ledger.records
    return tuple(notice for notice in found.values() if (notice.record.key, Topic.NOTIFIED) not in told)


def _held(snapshot: Snapshot, places: Mapping[Key, Place], holds: Iterable[Hold], now: datetime) -> Iterator[Notify]:
    for hold in holds:
        if hold.urgent:
            place = places.get((hold.environment, hold.service))
            commit = place.current.commit if place and place.current else NO_COMMIT
            identity = f"{hold.reason.value} {hold.environment}/{hold.service} {hold.subject} {commit}"
            yield _notify(snapshot, hold.environment, hold.service, identity, commit, notices.held(hold), now)


def _back(snapshot: Snapshot, back: Iterable[Candidate], now: datetime) -> Iterator[Notify]:
    for candidate in back:
        there, promotion = candidate.place.now_held, candidate.promotion
        if promotion.kind is Kind.ROLLBACK and there and there.verdict:
            identity = f"rollback {promotion.branch}"
            text = notices.going_back(promotion.environment, candidate.move, there.verdict)
            yield _notify(snapshot, *candidate.place.key, identity, there.arrival.commit, text, now)


def _notify(
    snapshot: Snapshot, environment: str, service: str, identity: str, commit: str, text: str, now: datetime
) -> Notify:
    where = (environment, service) if environment and service else _EVERYWHERE
    key = ArrivalKey(*where, hashlib.sha256(identity.encode()).hexdigest(), commit)
    spec = snapshot.repository.services.get(service)
    return Notify(identity, text, spec.owner if spec else None, Record(Topic.NOTIFIED, key, now, detail=identity))
