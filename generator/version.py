"""The version of this tool, and whether a repository's `requiredVersion` accepts it.

A requirement is what Python packaging calls a version specifier, limited to release numbers
(https://packaging.python.org/en/latest/specifications/version-specifiers/).
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping

VERSION = "0.1.0"

Release = tuple[int, ...]

_COMPARE: Mapping[str, Callable[[Release, Release], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}
_CLAUSE = re.compile(r"\s*(~=|==|!=|>=|<=|>|<)\s*([0-9]+(?:\.[0-9]+)*)\s*")


def satisfies(version: str, requirement: str) -> bool:
    """Whether a version fulfils every clause of a requirement such as `~=0.1` or `>=0.1,<2`.

    Raises ValueError for a text that is no requirement.
    """
    return all(_fulfils(version, clause) for clause in requirement.split(","))


def _fulfils(version: str, clause: str) -> bool:
    match = _CLAUSE.fullmatch(clause)
    if match is None:
        raise ValueError(f"{clause!r} is no version requirement")
    sign, wanted = match[1], _release(match[2])
    have, want = _padded(_release(version), wanted)
    if sign != "~=":
        return _COMPARE[sign](have, want)
    if len(wanted) < 2:
        raise ValueError(f"{clause!r} needs two numbers, as in ~={match[2]}.0")
    return have >= want and have[: len(wanted) - 1] == wanted[:-1]


def _release(text: str) -> Release:
    return tuple(int(number) for number in text.split("."))


def _padded(one: Release, other: Release) -> tuple[Release, Release]:
    """Both with as many numbers: 0.1 is 0.1.0."""
    length = max(len(one), len(other))
    return one + (0,) * (length - len(one)), other + (0,) * (length - len(other))
