"""What the bot may do; `decide` returns these and `apply` carries them out, each guarded by what it was decided on."""

from __future__ import annotations

from dataclasses import dataclass

from bot.forge.interface import Status
from bot.hold import Hold
from bot.promotion import Prepared
from bot.record import Record


@dataclass(frozen=True, slots=True)
class OpenPullRequest:
    """Push the prepared head to its branch and open a pull request for it.

    `expected` is where the branch stands already, left by a pass that was killed or by a pull request that was closed;
    None: there is none.
    """

    prepared: Prepared
    title: str
    body: str
    expected: str | None = None


@dataclass(frozen=True, slots=True)
class UpdatePullRequest:
    """Bring an open pull request up to date: a newly rendered head (`prepared`), or the bot's part of the body.

    `expected` is the head it was decided on; nothing is overwritten when the branch has moved since.
    """

    number: int
    expected: str
    prepared: Prepared | None
    body: str | None


@dataclass(frozen=True, slots=True)
class ClosePullRequest:
    """Close one of the bot's own pull requests that lost its reason; the branch goes with it."""

    number: int
    expected: str
    reason: str


@dataclass(frozen=True, slots=True)
class Merge:
    """Land a pull request whose head is exactly `head` and whose inputs still hash to `prepared.inputs` (R4, R5)."""

    number: int
    head: str
    prepared: Prepared
    message: str


@dataclass(frozen=True, slots=True)
class DeleteBranch:
    """Delete the branch of a pull request that has landed or was closed."""

    branch: str
    expected: str


@dataclass(frozen=True, slots=True)
class WriteRecords:
    """Add records to the ledger in one push; records that exist already stay as they are."""

    records: tuple[Record, ...]


@dataclass(frozen=True, slots=True)
class SetStatus:
    """Set the bot's one commit status on a head."""

    commit: str
    status: Status


@dataclass(frozen=True, slots=True)
class Notify:
    """Tell somebody, once for each `identity`: `record` goes to the ledger when it has been told, and not before."""

    identity: str
    text: str
    owner: str | None
    record: Record


Action = (
    OpenPullRequest
    | UpdatePullRequest
    | ClosePullRequest
    | Merge
    | DeleteBranch
    | WriteRecords
    | SetStatus
    | Notify
    | Hold
)
