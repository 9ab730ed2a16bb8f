"""R6: what landed is compared with what was validated before anything else is built on it."""

from __future__ import annotations

from bot.decide.place import Place
from bot.forge.interface import PullState
from bot.hold import Hold, Reason
from bot.snapshot import Snapshot


def mismatches(snapshot: Snapshot) -> tuple[Hold, ...]:
    """R6: a landed commit that differs stops the repository until a person acknowledges that commit."""
    accepted = snapshot.repository.settings.acknowledged
    return tuple(
        Hold(Reason.LANDED_DIFFERENTLY, "", "", commit, detail=found.problem, urgent=True)
        for commit, found in sorted(snapshot.landings.items())
        if found.problem and commit not in accepted
    )


def is_checked(snapshot: Snapshot, place: Place) -> bool:
    """R6: no arrival is measured before its commit has passed the check; people's commits need none."""
    commit = place.current.commit if place.current else None
    pulls = (*(pull for _, pull in place.pulls.values()), *place.together.values())
    landed = any(pull.merged_as == commit for pull in pulls if pull.state is PullState.MERGED)
    return not landed or commit in snapshot.landings
