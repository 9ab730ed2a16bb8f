"""R10: not too many promotions into one environment at once."""

from __future__ import annotations

from collections.abc import Sequence

from bot.decide.candidate import Candidate
from bot.hold import Hold, Reason
from bot.promotion import Kind


def admit(ready: Sequence[Candidate], open_now: int) -> tuple[tuple[Candidate, ...], tuple[Hold, ...]]:
    """R10: of the promotions into one environment that could open, the oldest, up to `maxInFlight` with those open.

    Rollbacks and repairs are never kept waiting. `ready` are those without an open pull request.
    """
    urgent = tuple(one for one in ready if one.promotion.kind is not Kind.PROMOTE)
    waiting = sorted((one for one in ready if one.promotion.kind is Kind.PROMOTE), key=age)
    limit = waiting[0].place.environment.promotion.max_in_flight if waiting else 0
    slots = max(0, limit - open_now)
    holds = tuple(one.hold(Reason.IN_FLIGHT, f"at most {limit} at once") for one in waiting[slots:])
    return (*urgent, *waiting[:slots]), holds


def age(candidate: Candidate) -> tuple[int, str]:
    """Oldest first, then by name."""
    return candidate.birth, candidate.place.service
