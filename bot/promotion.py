"""A promotion: one release of one service going into one environment, forward or back."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from generator.errors import Location
from generator.finding import Finding
from generator.release import Release, ReleaseId


class Kind(Enum):
    """Forward (PROMOTE), back (ROLLBACK, Q4), or only rendering anew what is stale (REPAIR, R7)."""

    PROMOTE = "promote"
    ROLLBACK = "rollback"
    REPAIR = "repair"


@dataclass(frozen=True, slots=True)
class Promotion:
    """What should be in an environment, and over what.

    `over` is the commit of the environment's current arrival, None where there is none; `release` is what the
    overlay will say (image as written, and pin); `reverts` the commit that a rollback takes back.
    """

    kind: Kind
    environment: str
    service: str
    target: ReleaseId
    release: Release
    over: str | None
    previous: ReleaseId | None = None
    reverts: str | None = None

    @property
    def branch(self) -> str:
        """The identity of the promotion and the name of its branch (R1)."""
        over = (self.over or "none")[:12]
        return f"towpath/{self.kind.value}/{self.environment}/{self.service}/{self.target.to12}-{over}"


@dataclass(frozen=True, slots=True)
class MissingValue:
    """A required value that the pinned template asks for and nobody has set (P9)."""

    key: str
    where: Location


@dataclass(frozen=True, slots=True)
class Prepared:
    """A promotion rendered and validated on one base commit, before anything is pushed.

    `head` is the commit that the bot makes of it (its parent is `parent`; equal input gives an equal commit, R2),
    `tree` that commit's tree. `inputs` hashes what was rendered from: overlay, environment.yaml, pinned content and
    towpath.yaml (R5). `blocking` are the findings that the base does not have already (R4). `no_effect`: every
    rendered file stays byte-identical (P6). `summary` says what changes in the cluster, a line each.
    """

    promotion: Promotion
    parent: str
    head: str | None
    tree: str | None
    inputs: str
    blocking: tuple[Finding, ...] = ()
    missing: MissingValue | None = None
    no_effect: bool = False
    error: str | None = None
    summary: tuple[str, ...] = ()
