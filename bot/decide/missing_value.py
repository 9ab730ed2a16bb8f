"""P9: a value that the release asks for and nobody has set."""

from __future__ import annotations

from datetime import datetime

from bot.decide.candidate import Candidate
from bot.hold import Hold, Reason
from bot.snapshot import Snapshot


def hold(snapshot: Snapshot, candidate: Candidate, _now: datetime) -> Hold | None:
    """P9: no pull request until a person has set the value. [a template that gains a required value]"""
    rendered = candidate.rendered(snapshot)
    if rendered is None or rendered.missing is None:
        return None
    missing = rendered.missing
    return candidate.hold(Reason.MISSING_VALUE, f"{missing.key} in {missing.where}", urgent=True)
