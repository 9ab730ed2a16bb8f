"""`promotion.mode: manual`: the bot opens and checks, a person merges."""

from __future__ import annotations

from datetime import datetime

from bot.decide.candidate import Candidate
from bot.hold import Hold, Reason
from bot.snapshot import Snapshot
from generator.policy import Mode


def hold(_snapshot: Snapshot, candidate: Candidate, _now: datetime) -> Hold | None:
    """A person merges what comes into this environment; what goes back is for `verify.onFail` to say."""
    if candidate.place.environment.promotion.mode is Mode.AUTO:
        return None
    return candidate.hold(Reason.MANUAL, f"#{candidate.open_pull.number}" if candidate.open_pull else "")
