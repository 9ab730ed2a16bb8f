"""How far the judgement of what an environment runs has come, as holds (V1–V5)."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.decide.landing import is_checked
from bot.decide.one_at_a_time import deadline
from bot.decide.place import Place
from bot.decide.stale import is_stale
from bot.evidence import RolloutStatus, Stage, State, Verdict
from bot.hold import Hold, Reason
from bot.messages.words import release_name
from bot.snapshot import Snapshot

# An ERROR is often over at the next look; only then is somebody told.
PATIENCE = timedelta(minutes=5)

_NOT_LIVE = {State.UNAPPLIED, State.ROLLING, State.SETTLING}
_FINAL = {State.INCONCLUSIVE: Reason.INCONCLUSIVE, State.PREEXISTING: Reason.PREEXISTING}


def hold(snapshot: Snapshot, place: Place, now: datetime) -> Hold | None:
    """Why what a place runs has not been found good (yet). FAIL is for `rollback` to explain."""
    there = place.now_held
    if there is None:
        return None
    if there.verdict is not None:
        reason = _FINAL.get(there.verdict.state)
        return _hold(place, reason, _worst(there.verdict), urgent=True) if reason else None
    if not is_checked(snapshot, place):
        return _hold(place, Reason.NOT_LIVE, "its commit has not been checked yet")
    if is_stale(snapshot, place):
        return None
    return _unfinished(snapshot, place, snapshot.verdicts.get(there.arrival.key), now)


def _unfinished(snapshot: Snapshot, place: Place, verdict: Verdict | None, now: datetime) -> Hold | None:
    status, ends = snapshot.statuses.get(place.key), deadline(snapshot, place)
    if verdict is None:
        return _not_live(place, status)
    if verdict.state in _NOT_LIVE:
        return _hold(place, Reason.NOT_LIVE, verdict.detail)
    if verdict.state is State.ERROR:
        since = status.since if status else None
        urgent = since is not None and now - since >= PATIENCE
        return _hold(place, Reason.METRICS_ERROR, _worst(verdict), until=ends, urgent=urgent)
    if verdict.state is State.MEASURING:
        return _hold(place, Reason.MEASURING, _worst(verdict), until=ends)
    if verdict.state in {State.SUPERSEDED, State.NO_EFFECT}:
        return _hold(place, Reason.NOT_LIVE, verdict.detail)
    return None


def _not_live(place: Place, status: RolloutStatus | None) -> Hold:
    failed = status is not None and status.stage is Stage.FAILED
    return _hold(place, Reason.NOT_LIVE, status.message if status else "", urgent=failed)


def _hold(place: Place, reason: Reason, detail: str, *, until: datetime | None = None, urgent: bool = False) -> Hold:
    subject = release_name(place.current.release) if place.current else ""
    return Hold(reason, *place.key, subject=subject, until=until, detail=detail, urgent=urgent)


def _worst(verdict: Verdict) -> str:
    """What the gate that decides says of itself."""
    gate = next((gate for gate in verdict.gates if gate.state is verdict.state), None)
    return f"{gate.gate}: {gate.detail}" if gate else verdict.detail
