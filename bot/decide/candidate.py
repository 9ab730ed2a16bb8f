"""A candidate: a promotion that may happen, with what every rule needs to judge it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.decide.held import Held
from bot.decide.place import Place
from bot.forge.interface import PullRequest, PullState
from bot.hold import Hold, Reason
from bot.messages.words import release_name
from bot.promotion import Prepared, Promotion
from bot.snapshot import Snapshot


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """A promotion into a place.

    `birth` is where its release was born (P1), and `proof` the newest arrival of it in each parent (P2), None in one
    that has not had it.
    """

    place: Place
    promotion: Promotion
    birth: int = -1
    proof: tuple[tuple[Place, Held | None], ...] = ()

    @property
    def over12(self) -> str:
        """The commit it goes over, as its branch names it."""
        return (self.promotion.over or "none")[:12]

    @property
    def pull(self) -> PullRequest | None:
        """R1: the pull request of this identity, in whatever state."""
        found = self.place.pulls.get(self.promotion.branch)
        return found[1] if found else None

    @property
    def open_pull(self) -> PullRequest | None:
        """The pull request of this identity, if it is open."""
        return self.pull if self.pull and self.pull.state is PullState.OPEN else None

    def prepared(self, snapshot: Snapshot) -> Prepared | None:
        """The promotion rendered and validated on the newest base, once the shell has done so."""
        return snapshot.prepared.get(self.promotion)

    def hold(self, reason: Reason, detail: str = "", *, until: datetime | None = None, urgent: bool = False) -> Hold:
        """A hold of this candidate."""
        subject = release_name(self.promotion.target, self.promotion.previous)
        return Hold(reason, *self.place.key, subject=subject, until=until, detail=detail, urgent=urgent)


Rule = Callable[[Snapshot, Candidate, datetime], Hold | None]
