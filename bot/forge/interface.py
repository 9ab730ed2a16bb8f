"""The port to a forge: pull requests, statuses and merges. One module of this package speaks to each forge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Protocol

from generator.errors import TowpathError


class PullState(Enum):
    """Whether a pull request is open, was merged, or was closed without a merge."""

    OPEN = "open"
    MERGED = "merged"
    CLOSED = "closed"


class StatusState(Enum):
    """The state of a commit status."""

    PENDING = "pending"
    SUCCESS = "success"
    FAILURE = "failure"


@dataclass(frozen=True, slots=True)
class Status:
    """A commit status: what a check says of a commit, under the name `context`."""

    context: str
    state: StatusState
    description: str


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment of a person or a check on a pull request."""

    author: str
    at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class Approval:
    """Somebody's approval of one head commit. The local forge cannot authenticate the name."""

    author: str
    at: datetime
    commit: str


@dataclass(frozen=True, slots=True)
class PullRequest:
    """A pull request as the forge has it now.

    `branch` is the head branch by name, `head` the commit it stands at, `base` the branch it wants to land on.
    `merged_as` is the commit that landed, `closed_by` who closed it without a merge. `author` is who opened it.
    """

    number: int
    title: str
    body: str
    author: str
    branch: str
    base: str
    head: str
    state: PullState
    opened_at: datetime
    labels: frozenset[str] = frozenset()
    approvals: tuple[Approval, ...] = ()
    comments: tuple[Comment, ...] = ()
    statuses: tuple[Status, ...] = ()
    merged_as: str | None = None
    closed_by: str | None = None


class Refused(TowpathError):
    """The forge understood the request and said no (a moved head, a conflict, a rule of the forge)."""


class Forge(Protocol):
    """A forge, acting as one account (`user`). Every method raises `OutsideError` when the forge fails, and
    `Refused` when it understood and said no."""

    user: str

    def pulls(self) -> Sequence[PullRequest]:
        """All pull requests of any state, by number."""

    def pull(self, number: int) -> PullRequest:
        """One pull request; raises `UsageError` when there is none of that number."""

    def open(self, branch: str, base: str, title: str, body: str, labels: frozenset[str] = frozenset()) -> PullRequest:
        """Open a pull request for a branch that was pushed before. With one open for that branch: that one."""

    def edit(self, number: int, *, title: str | None = None, body: str | None = None) -> PullRequest:
        """Replace title or body."""

    def comment(self, number: int, text: str) -> None:
        """Add a comment."""

    def approve(self, number: int, head: str) -> None:
        """Approve exactly this head; refused when the head has moved."""

    def label(self, number: int, add: frozenset[str] = frozenset(), remove: frozenset[str] = frozenset()) -> None:
        """Add and remove labels."""

    def merge(self, number: int, head: str, message: str, *, base: str | None = None) -> str:
        """Land the pull request as one commit on the base and return its id.

        Refused when the head is not `head`, when the base is not at `base` (where it was validated, R4; None: wherever
        it is), when it conflicts, or when the pull request is not open; merging one that has already landed with that
        head returns the commit that landed.
        """

    def close(self, number: int) -> None:
        """Close without a merge."""

    def reopen(self, number: int) -> None:
        """Open again what was closed without a merge."""

    def set_status(self, commit: str, status: Status) -> None:
        """Set a commit status, replacing the one of the same context."""

    def delete_branch(self, branch: str, expected: str) -> None:
        """Delete a head branch if it stands at `expected`; nothing when it is gone already."""
