"""P6: what would change nothing gets no pull request."""

from __future__ import annotations

from datetime import datetime

from bot.decide.candidate import Candidate
from bot.hold import Hold, Reason
from bot.snapshot import Snapshot


def hold(snapshot: Snapshot, candidate: Candidate, _now: datetime) -> Hold | None:
    """P6: rendered files that stay byte-identical are no reason for a pull request; the pin rides with the next move.

    [one template edit must not open 1,000 pull requests that change nothing]
    """
    rendered = candidate.rendered(snapshot)
    return candidate.hold(Reason.NO_EFFECT) if rendered and rendered.no_effect else None
