"""Semantic versions, with their functions.

Source: k8s.io/apiserver, pkg/cel/library/semverlib.go, and github.com/blang/semver.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from generator.cel.run.addresses import is_one
from generator.cel.run.values import Failure, Function, Special

_NUMBER: Final = "0|[1-9][0-9]*"
_PART: Final = f"(?:{_NUMBER}|[0-9]*[A-Za-z-][0-9A-Za-z-]*)"
_VERSION: Final = re.compile(
    rf"({_NUMBER})\.({_NUMBER})\.({_NUMBER})(?:-({_PART}(?:\.{_PART})*))?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?"
)


@dataclass(frozen=True, slots=True)
class Version(Special):
    """A version; what it was built from does not count."""

    kind: ClassVar[str] = "semver"
    numbers: tuple[int, int, int]
    before: tuple[Any, ...]
    """What comes after `-`: numbers before texts."""

    def compared(self, other: Version) -> int:
        """-1, 0 or 1: the one that has nothing after `-` is newer."""
        mine, theirs = ((of.numbers, not of.before, of.before) for of in (self, other))
        return (mine > theirs) - (mine < theirs)


def _read(text: str, normalized: bool = False) -> Version:
    found = _VERSION.fullmatch(_normal(text) if normalized else text)
    if found is None:
        raise Failure(f"{text!r} is no version such as 1.2.3")
    major, minor, patch = (int(found[at]) for at in (1, 2, 3))
    parts = tuple(
        (0, int(part), "") if part.isdigit() else (1, 0, part) for part in (found[4].split(".") if found[4] else ())
    )
    if max(major, minor, patch, *(number for _, number, _ in parts)) >= 2**64:
        raise Failure("value out of range")
    return Version((major, minor, patch), parts)


def _normal(text: str) -> str:
    parts = text.removeprefix("v").split(".", 2)
    parts = [_without_zeros(part) for part in parts]
    if len(parts) < 3 and any(sign in parts[-1] for sign in "+-"):
        raise Failure("a version of fewer than three numbers has nothing after them")
    return ".".join([*parts, "0", "0"][: max(3, len(parts))])


def _without_zeros(part: str) -> str:
    if len(part) < 2:
        return part
    rest = part.lstrip("0")
    return rest if rest[:1] in tuple("0123456789") else f"0{rest}"


def _number(at: int) -> Function:
    def number(of: Version) -> int:
        found = of.numbers[at]
        return found - 2**64 if found >= 2**63 else found

    return number


FUNCTIONS: Final[Mapping[str, Function]] = {
    "semver": _read,
    "isSemver": is_one(_read),
    "major": _number(0),
    "minor": _number(1),
    "patch": _number(2),
}
