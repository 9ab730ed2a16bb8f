"""A candidate: a move that may happen, with what every rule needs to judge it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.branch import Identity
from bot.decide.place import Place
from bot.forge.interface import PullRequest, PullState
from bot.held import Held
from bot.hold import Hold, Reason
from bot.messages.words import release_name
from bot.promotion import Move, Prepared, Promotion, Rendered
from bot.snapshot import Snapshot


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """A move into a place, and the `promotion` that brings it, alone or together with others (P6).

    `birth` is where its release was born (P1), and `proof` the newest arrival of it in each parent (P2), None in one
    that has not had it.
    """

    place: Place
    move: Move
    promotion: Promotion
    birth: int = -1
    proof: tuple[tuple[Place, Held | None], ...] = ()

    @property
    def alone(self) -> Promotion:
        """The promotion that brings it alone."""
        return Promotion(self.promotion.kind, self.promotion.environment, (self.move,))

    @property
    def identity(self) -> Identity:
        """What makes it one of its own (R1)."""
        return self.alone.identities[0]

    @property
    def pull(self) -> PullRequest | None:
        """R1: the pull request of its promotion's identity, in whatever state."""
        return self.place.pull(self.promotion.branch)

    @property
    def open_pull(self) -> PullRequest | None:
        """The pull request of its promotion's identity, if it is open."""
        return self.pull if self.pull and self.pull.state is PullState.OPEN else None

    def rendered(self, snapshot: Snapshot) -> Rendered | None:
        """What it leads to by itself on the newest base, once the shell has rendered it."""
        return snapshot.rendered.get(self.identity)

    def prepared(self, snapshot: Snapshot) -> Prepared | None:
        """Its promotion rendered and validated on the newest base, once the shell has done so."""
        return snapshot.prepared.get(self.promotion.branch)

    def hold(self, reason: Reason, detail: str = "", *, until: datetime | None = None, urgent: bool = False) -> Hold:
        """A hold of this candidate."""
        subject = release_name(self.move.target, self.move.previous)
        return Hold(reason, *self.place.key, subject=subject, until=until, detail=detail, urgent=urgent)


Members = tuple[Candidate, ...]
"""The candidates that one promotion brings."""

Rule = Callable[[Snapshot, Candidate, datetime], Hold | None]
