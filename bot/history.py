"""What each environment has held, read from trees alone (PROMOTION words: arrival, birth, mark).

An *arrival* is the first-parent base commit that put a release into an environment. Nothing is read from commit
messages or from the forge, so a hand edit, a revert button and the bot's own merge are told apart only by what
they did to the tree.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from generator.policy import Lift
from generator.release import ReleaseId


@dataclass(frozen=True, slots=True)
class Placement:
    """What an environment holds of a service at one commit.

    `revision` is the pin; in a root (and where unpinned) it is the commit that a child would pin: the newest
    first-parent commit that touched the templates or the base spec of the service. `rendered` is the id of the
    tree `rendered/<service>`.
    """

    release: ReleaseId
    revision: str | None
    rendered: str | None


@dataclass(frozen=True, slots=True)
class ArrivalKey:
    """What a verdict and every ledger record belong to (V1)."""

    environment: str
    service: str
    digest: str
    commit: str

    def __str__(self) -> str:
        return f"{self.environment}/{self.service} {self.digest[:12]} at {self.commit[:12]}"


@dataclass(frozen=True, slots=True)
class Arrival:
    """A release coming into an environment.

    `revision` is what a child environment pins when it takes this release (see `Placement`).
    `position` counts first-parent commits of the base from 0 (oldest). `effect_free`: no rendered file
    changed, and those that are there are rendered from this release.
    `known_to_parents`: every parent held this release at or before this commit (false: a hotfix, P1).
    `current_in_parents`: every parent holds this very release at this commit (decides whether a return is a
    rollback, Q1); both are false in a root.
    """

    environment: str
    service: str
    release: ReleaseId
    revision: str | None
    commit: str
    position: int
    rendered: str | None
    effect_free: bool
    known_to_parents: bool
    current_in_parents: bool

    @property
    def key(self) -> ArrivalKey:
        """The key of this arrival in the ledger."""
        return ArrivalKey(self.environment, self.service, self.release.digest, self.commit)


@dataclass(frozen=True, slots=True)
class Window:
    """The last commit that changed the rendered files of a service in an environment (Q5)."""

    commit: str
    position: int
    rendered: str | None


@dataclass(frozen=True, slots=True)
class LiftEntry:
    """An entry of `lifted:` in an overlay, with the position of the commit that wrote it (Q3)."""

    position: int
    lift: Lift


@dataclass(frozen=True, slots=True)
class Track:
    """Everything one environment has held of one service, oldest first.

    `present` is false once the overlay is gone or has no release. `window` is where measuring starts: the current
    arrival's own commit, or a later edit of the environment that changed rendered files. `lifts` are the entries that
    stand in the overlay now. `problem` says why the release that is written now cannot be told (a missing pin).
    """

    environment: str
    service: str
    arrivals: tuple[Arrival, ...]
    window: Window | None
    present: bool
    lifts: tuple[LiftEntry, ...] = ()
    problem: str = ""

    @property
    def current(self) -> Arrival | None:
        """The release that is there now."""
        return self.arrivals[-1] if self.arrivals and self.present else None


@dataclass(frozen=True, slots=True)
class History:
    """The tracks of all (environment, service), and the first-parent position of each commit they mention.

    `after_changed` is, per environment, the position of the last commit that changed its `after` (P1), or -1.
    """

    tracks: Mapping[tuple[str, str], Track]
    positions: Mapping[str, int]
    after_changed: Mapping[str, int]

    def track(self, environment: str, service: str) -> Track | None:
        """The track of a service in an environment, or None if it was never there."""
        return self.tracks.get((environment, service))
