"""The names of the bot's branches: the identity of a promotion (R1), written and read in one place."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.promotion import Kind

PREFIX = "towpath/"
_NAME = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"  # DNS-1123 label, as environments and services are named
_BRANCH = re.compile(rf"towpath/(promote|rollback|repair)/({_NAME})/({_NAME})/([0-9a-f]{{12}})-([0-9a-f]{{12}}|none)")


@dataclass(frozen=True, slots=True)
class Move:
    """What a branch name says: the first twelve digits of the release, and of the arrival it goes over."""

    kind: Kind
    environment: str
    service: str
    to12: str
    over12: str


def parse_branch(branch: str) -> Move | None:
    """The move that a branch stands for, or None when it is not one of the bot's."""
    found = _BRANCH.fullmatch(branch)
    return Move(Kind(found[1]), found[2], found[3], found[4], found[5]) if found else None
