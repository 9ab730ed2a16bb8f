"""P8: what is promoted are bytes, not a tag that may move."""

from __future__ import annotations

from datetime import datetime

from bot.decide.candidate import Candidate
from bot.hold import Hold, Reason
from bot.snapshot import Snapshot
from generator.release import parse_image


def hold(snapshot: Snapshot, candidate: Candidate, _now: datetime) -> Hold | None:
    """P8: an image without a digest is promoted only where the repository says that tags never move."""
    if snapshot.repository.settings.immutable_tags:
        return None
    loose = next((image for image in candidate.move.target.references if not parse_image(image).digest), None)
    return candidate.hold(Reason.UNPINNED_IMAGE, loose, urgent=True) if loose else None
