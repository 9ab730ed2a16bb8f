"""A promotion: what one pull request brings into an environment, forward or back."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from bot.branch import Identity, Kind, branch_of
from generator.errors import Location
from generator.finding import Finding
from generator.release import Release, ReleaseId
from generator.repository import overlay_path, rendered_path

__all__ = ["Kind", "MissingValue", "Move", "Prepared", "Promotion", "Rendered", "owned_paths", "owners"]


@dataclass(frozen=True, slots=True)
class Move:
    """What should be in an environment of one service, and over what.

    `over` is the commit of the environment's current arrival, None where there is none; `release` is what the
    overlay will say (image as written, and pin); `reverts` the commit that a rollback takes back.
    """

    service: str
    target: ReleaseId
    release: Release
    over: str | None
    previous: ReleaseId | None = None
    reverts: str | None = None

    @property
    def same_images(self) -> bool:
        """Whether it brings another configuration of the images that are there."""
        return self.previous is not None and self.previous.images == self.target.images


@dataclass(frozen=True)  # without slots: what identifies hundreds of moves is worked out once
class Promotion:
    """The moves that go into an environment together: one, or several of the same kind, by service."""

    kind: Kind
    environment: str
    moves: tuple[Move, ...]

    @property
    def services(self) -> tuple[str, ...]:
        """The services that move."""
        return tuple(move.service for move in self.moves)

    @property
    def identities(self) -> tuple[Identity, ...]:
        """What makes each of the moves one of its own (R1)."""
        return tuple(
            Identity(self.kind, self.environment, one.service, one.target.to12, (one.over or "none")[:12])
            for one in self.moves
        )

    @cached_property
    def branch(self) -> str:
        """The identity of the promotion and the name of its branch (R1)."""
        return branch_of(self.identities)


@dataclass(frozen=True, slots=True)
class MissingValue:
    """A required value that the pinned template asks for and nobody has set (P9)."""

    key: str
    where: Location


@dataclass(frozen=True, slots=True)
class Rendered:
    """What one move leads to on a base commit, told by rendering it alone.

    `no_effect`: every rendered file stays byte-identical (P6). With `missing` or `error` it could not be rendered.
    """

    missing: MissingValue | None = None
    error: str | None = None
    no_effect: bool = False


@dataclass(frozen=True, slots=True)
class Prepared:
    """A promotion rendered and validated on one base commit, before anything is pushed.

    `head` is the commit that the bot makes of it (its parent is `parent`; equal input gives an equal commit, R2),
    None where a move could not be rendered. `inputs` hashes what was rendered from: overlays, environment.yaml,
    pinned content and towpath.yaml (R5). `blocking` are the findings that the base does not have already (R4).
    `summary` says what changes in the cluster, a line each.
    """

    promotion: Promotion
    parent: str
    head: str | None
    inputs: str
    blocking: tuple[Finding, ...] = ()
    summary: tuple[str, ...] = ()


def owned_paths(environment: str, service: str) -> tuple[str, str]:
    """What a move may change: the overlay, and the folder of rendered files."""
    return overlay_path(environment, service), rendered_path(environment, service)


def owners(path: str) -> set[str]:
    """What `owned_paths` may call a path by: itself, and the folder of rendered files that it is in."""
    return {path, "/".join(path.split("/")[:4])}
