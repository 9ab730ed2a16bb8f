"""What became of an action."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from bot.action import Action


class Result(Enum):
    """What became of an action."""

    DONE = "done"
    OVERTAKEN = "overtaken"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Outcome:
    """An action and what became of it; `detail` is the pull request or commit made, or why nothing was done."""

    action: Action
    result: Result
    detail: str = ""
