"""R10: not too many promotions into one environment at once."""

from __future__ import annotations

from collections.abc import Sequence

from bot.decide.candidate import Members
from bot.hold import Hold, Reason
from bot.promotion import Kind


def admit(ready: Sequence[Members], open_now: int) -> tuple[tuple[Members, ...], tuple[Hold, ...]]:
    """R10: of the promotions into one environment that could open, the oldest, up to `maxInFlight` with those open.

    Rollbacks and repairs are never kept waiting. `ready` are those without an open pull request.
    """
    urgent = tuple(one for one in ready if one[0].promotion.kind is not Kind.PROMOTE)
    waiting = sorted((one for one in ready if one[0].promotion.kind is Kind.PROMOTE), key=age)
    limit = waiting[0][0].place.environment.promotion.max_in_flight if waiting else 0
    slots = max(0, limit - open_now)
    late = (one for members in waiting[slots:] for one in members)
    holds = tuple(one.hold(Reason.IN_FLIGHT, f"at most {limit} at once") for one in late)
    return (*urgent, *waiting[:slots]), holds


def age(members: Members) -> tuple[int, str]:
    """Oldest first, then by name."""
    return min((one.birth, one.place.service) for one in members)
