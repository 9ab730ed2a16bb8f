"""What the bot did in a pass, a line for each action."""

from __future__ import annotations

from typing import Any

from bot.action import (
    Action,
    ClosePullRequest,
    DeleteBranch,
    Merge,
    Notify,
    OpenPullRequest,
    SetStatus,
    UpdatePullRequest,
    WriteRecords,
)
from bot.messages.commit import title
from bot.outcome import Outcome, Result
from bot.record import Record, Topic


def outcome_line(outcome: Outcome) -> str:
    """One line for people, or nothing for what is not worth one."""
    said = _said(outcome.action, outcome.detail)
    if outcome.result is Result.DONE:
        return said
    return f"{outcome.result.value}: {said or type(outcome.action).__name__} ({outcome.detail})"


def outcome_json(outcome: Outcome) -> dict[str, Any]:
    """One action and what became of it, for programs."""
    return {
        "action": type(outcome.action).__name__,
        "result": outcome.result.value,
        "text": _said(outcome.action, outcome.detail),
        "detail": outcome.detail,
    }


def _said(action: Action, detail: str) -> str:
    match action:
        case OpenPullRequest():
            return f"opened {detail}: {action.title}"
        case UpdatePullRequest(prepared=None):
            return ""
        case UpdatePullRequest():
            return f"rendered #{action.number} anew on the newest base"
        case ClosePullRequest():
            return f"closed #{action.number}: {action.reason}"
        case Merge():
            return f"merged #{action.number}: {title(action.prepared.promotion)} ({detail[:12]})"
        case WriteRecords():
            return "\n".join(filter(None, map(_recorded, action.records)))
        case DeleteBranch() | SetStatus() | Notify():
            return ""
        case _:
            return ""


def _recorded(record: Record) -> str:
    where = f"{record.key.service} in {record.key.environment}"
    if record.topic is Topic.LIVE:
        return f"live: {where}, since {record.at:%H:%M:%S}"
    if record.topic is Topic.VERDICT and record.verdict:
        return f"verdict: {record.verdict.state.value.upper()} for {where}"
    return ""
