"""The bot's one commit status on each of its pull requests (R9)."""

from __future__ import annotations

from collections.abc import Sequence

from bot.forge.interface import Status, StatusState
from bot.hold import Hold, Reason
from bot.messages.holds import sentence
from bot.messages.words import one_line

CONTEXT = "towpath"
_LIMIT = 140  # GitHub cuts descriptions there
_FAILING = {Reason.FINDINGS, Reason.CANNOT_RENDER, Reason.MISSING_VALUE, Reason.FOREIGN_HEAD}


def waiting(holds: Sequence[Hold]) -> Status:
    """What the pull request waits for; a failure where somebody must change something first."""
    first = next((hold for hold in holds if hold.reason in _FAILING), holds[0])
    state = StatusState.FAILURE if first.reason in _FAILING else StatusState.PENDING
    return Status(CONTEXT, state, one_line(sentence(first), _LIMIT))


def ready() -> Status:
    """Every rule allows the merge."""
    return Status(CONTEXT, StatusState.SUCCESS, "validated on the newest base; every rule allows the merge")
