"""What an environment has held, with the verdicts that count, and what was taken away from it."""

from __future__ import annotations

from dataclasses import dataclass

from bot.evidence import State, Verdict
from bot.history import Arrival, ArrivalKey
from generator.release import ReleaseId


@dataclass(frozen=True, slots=True)
class Held:
    """An arrival, its recorded verdict (its own, or inherited), and `origin`: the arrival whose effect it has.

    An effect-free arrival changed no rendered file, so what is known of its predecessor is known of it (P6);
    `evidence` is the key under which the ledger has the verdict.
    """

    arrival: Arrival
    origin: Arrival
    verdict: Verdict | None
    evidence: ArrivalKey

    @property
    def state(self) -> State | None:
        """The state of the recorded verdict."""
        return self.verdict.state if self.verdict else None


@dataclass(frozen=True, slots=True)
class Name:
    """What a quarantine names: the images of a release (`ReleaseId.images`), or its config; exactly one is set."""

    image: str | None = None
    config: str | None = None

    def covers(self, release: ReleaseId) -> bool:
        """Whether the release contains what is named."""
        return release.images == self.image if self.image is not None else release.config == self.config


@dataclass(frozen=True, slots=True)
class Quarantine:
    """Something that was taken away at `position`, by a rollback or (`failed`) by a verdict.

    `key` is what a record of its end is kept under: the release that was taken away, and the commit that did it.
    """

    name: Name
    position: int
    key: ArrivalKey
    failed: bool
