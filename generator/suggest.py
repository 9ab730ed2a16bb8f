"""Names from the command line: known, or refused with the one that was probably meant."""

from __future__ import annotations

from collections.abc import Iterable

from generator.errors import UsageError


def one_of(noun: str, name: str, known: Iterable[str], next: str = "") -> str:
    """`name`, when it is among the known ones; raises `UsageError` that says what could be meant.

    `next` says where they are listed, if they are too many to be listed there.
    """
    names = list(known)
    if name in names:
        return name
    from difflib import get_close_matches

    close = get_close_matches(name, names, n=1)
    raise UsageError(
        f"there is no {noun} {name!r}" + (f"; did you mean {close[0]!r}?" if close else ""),
        next=next or (f"use one of: {', '.join(names)}" if names else f"the repository has no {noun}"),
    )
