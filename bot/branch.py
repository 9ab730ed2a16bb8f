"""The names of the bot's branches: the identity of a promotion (R1), written and read in one place."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

PREFIX = "towpath/"
_NAME = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"  # DNS-1123 label, as environments and services are named
_ONE = re.compile(rf"towpath/(promote|rollback|repair)/({_NAME})/({_NAME})/([0-9a-f]{{12}})-([0-9a-f]{{12}}|none)")
# No service can be called so.
_SEVERAL = re.compile(rf"towpath/(promote|rollback|repair)/({_NAME})/_together/([0-9a-f]{{12}})")


class Kind(Enum):
    """Forward (PROMOTE), back (ROLLBACK, Q4), or only rendering anew what is stale (REPAIR, R7)."""

    PROMOTE = "promote"
    ROLLBACK = "rollback"
    REPAIR = "repair"


@dataclass(frozen=True, slots=True)
class Identity:
    """What makes a move one of its own: the first twelve digits of the release, and of the arrival it goes over."""

    kind: Kind
    environment: str
    service: str
    to12: str
    over12: str


@dataclass(frozen=True, slots=True)
class Together:
    """What the branch of several moves says: only their head tells which they are, and `digest12` whether it is so."""

    kind: Kind
    environment: str
    digest12: str


def branch_of(moves: Sequence[Identity]) -> str:
    """The branch of a promotion with these moves, which are of one kind and environment and at least one."""
    first, start = moves[0], f"{PREFIX}{moves[0].kind.value}/{moves[0].environment}"
    lines = sorted(f"{one.service}/{one.to12}-{one.over12}" for one in moves)
    if len(lines) == 1:
        return f"{start}/{first.service}/{first.to12}-{first.over12}"
    return f"{start}/_together/{hashlib.sha256(chr(10).join(lines).encode()).hexdigest()[:12]}"


def parse_branch(branch: str) -> Identity | Together | None:
    """What a branch stands for, or None when it is not one of the bot's."""
    if found := _ONE.fullmatch(branch):
        return Identity(Kind(found[1]), found[2], found[3], found[4], found[5])
    found = _SEVERAL.fullmatch(branch)
    return Together(Kind(found[1]), found[2], found[3]) if found else None
