"""Where each service stands in each environment, in the words of the rules."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.action import Action, OpenPullRequest
from bot.decide.held import verdict_now
from bot.decide.place import Place, places
from bot.decide.stopped import STOPPING
from bot.evidence import RolloutStatus, Stage, Verdict
from bot.forge.interface import PullState
from bot.held import Quarantine
from bot.hold import Hold
from bot.snapshot import Snapshot
from bot.standing import Move, Standing
from generator.release import ReleaseId


def standings(snapshot: Snapshot, actions: Sequence[Action]) -> tuple[Standing, ...]:
    """Every service in every environment that has it, environments in the order of the pipeline."""
    return tuple(_standing(snapshot, place, actions) for place in places(snapshot) if place.overlay)


def explain(snapshot: Snapshot, actions: Sequence[Action], environment: str, service: str) -> Standing | None:
    """One service in one environment; None where the environment does not have it."""
    found = standings(snapshot, actions)
    return next((one for one in found if (one.environment, one.service) == (environment, service)), None)


def _standing(snapshot: Snapshot, place: Place, actions: Sequence[Action]) -> Standing:
    current, there, status = place.current, place.now_held, snapshot.statuses.get(place.key)
    verdict = verdict_now(snapshot, there) if there else None
    before = {ancestor.key for ancestor in place.ancestors}
    return Standing(
        environment=place.environment.name,
        service=place.service,
        release=current.release if current else None,
        revision=current.revision if current else None,
        verdict=verdict,
        rollout=status,
        live_since=_live_since(status, verdict),
        newer=_newer(place),
        withdrawn=_withdrawn(place),
        quarantines=tuple({entry.name: entry for entry in place.quarantines}.values()),
        pulls=tuple(pull for _, pull in place.pulls.values() if pull.state is PullState.OPEN),
        moves=tuple(action for action in actions if isinstance(action, Move) and _is_about(action, place)),
        holds=tuple(one for one in actions if isinstance(one, Hold) and _holds(one, place)),
        upstream=tuple(one for one in actions if isinstance(one, Hold) and (one.environment, one.service) in before),
    )


def _live_since(status: RolloutStatus | None, verdict: Verdict | None) -> datetime | None:
    if status and status.stage is Stage.LIVE:
        return status.since
    return verdict.live_since if verdict and status is None else None


def _newer(place: Place) -> tuple[tuple[str, ReleaseId], ...]:
    """What has not come here yet: what those before it run and it has never held."""
    known = {one.arrival.release.digest for one in place.held}
    before = ((at.environment.name, at.current.release) for at in place.ancestors if at.current)
    return tuple((name, release) for name, release in before if release.digest not in known)


def _withdrawn(place: Place) -> tuple[tuple[str, Quarantine], ...]:
    """The environments before a place that do not have its release any more because it was no good there."""
    current = place.current.release if place.current else None
    if current is None:
        return ()
    return tuple(
        (at.environment.name, entry)
        for at in place.ancestors
        if (entry := next((entry for entry in at.quarantines if entry.name.covers(current)), None))
    )


def _is_about(move: Move, place: Place) -> bool:
    if isinstance(move, OpenPullRequest):
        promotion = move.prepared.promotion
        return promotion.environment == place.environment.name and place.service in promotion.services
    return any(pull.number == move.number for _, pull in place.pulls.values())


def _holds(hold: Hold, place: Place) -> bool:
    """A hold of this place, or one that stops the whole repository."""
    return (hold.environment, hold.service) == place.key or hold.reason in STOPPING
