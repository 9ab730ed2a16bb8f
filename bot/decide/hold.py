"""Q6: somebody asked that nothing moves."""

from __future__ import annotations

from datetime import UTC, datetime

from bot.decide.candidate import Candidate
from bot.decide.place import Place
from bot.hold import Hold, Reason
from bot.snapshot import Snapshot
from generator.policy import HoldOrder

LABEL = "hold"
_FOREVER = datetime.max.replace(tzinfo=UTC)


def hold(snapshot: Snapshot, candidate: Candidate, now: datetime) -> Hold | None:
    """Q6: `hold:` in the overlay, the environment or towpath.yaml, or the label on the pull request; all kinds wait."""
    pull = candidate.open_pull
    if pull and LABEL in pull.labels:
        return candidate.hold(Reason.HELD, f"#{pull.number} has the label {LABEL!r}")
    order = order_for(snapshot, candidate.place, now)
    return _held(candidate, order) if order else None


def of_service(_snapshot: Snapshot, candidate: Candidate, now: datetime) -> Hold | None:
    """Q6: `hold:` in the overlay, which keeps this service alone."""
    order = candidate.place.overlay.hold if candidate.place.overlay else None
    return _held(candidate, order) if order and _is_in_force(order, now) else None


def order_for(snapshot: Snapshot, place: Place, now: datetime) -> HoldOrder | None:
    """The order in force for a place that lasts longest."""
    written = (
        place.overlay.hold if place.overlay else None,
        place.environment.hold,
        snapshot.repository.settings.hold,
    )
    in_force = [order for order in written if order and _is_in_force(order, now)]
    return max(in_force, key=lambda order: order.until or _FOREVER, default=None)


def _held(candidate: Candidate, order: HoldOrder) -> Hold:
    return candidate.hold(Reason.HELD, f"{order.by}: {order.reason}", until=order.until)


def _is_in_force(order: HoldOrder, now: datetime) -> bool:
    return order.until is None or now < order.until
