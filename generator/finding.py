"""A finding: something a check says about a file, with its severity and every place it points at."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Any

from generator.errors import Location


class Severity(Enum):
    """How much a finding weighs: only an ERROR fails a validation or blocks a merge."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found.

    `check` is the check's id (`unknown-field`), `where` the place to look at first, `origins` further
    places as (label, place): the template line and the file and line the value came from. `fix` says what to do.
    """

    check: str
    severity: Severity
    message: str
    where: Location
    origins: tuple[tuple[str, Location], ...] = ()
    fix: str = ""

    @property
    def identity(self) -> tuple[str, str, str]:
        """Equal for the same finding before and after a change that only moves lines."""
        return (self.check, self.where.path, self.message)


def plain(finding: Finding) -> tuple[Any, ...]:
    """A finding as plain values."""
    origins = tuple((label, plain_location(place)) for label, place in finding.origins)
    where = plain_location(finding.where)
    return (finding.check, finding.severity.value, finding.message, where, origins, finding.fix)


def from_plain(value: tuple[Any, ...]) -> Finding:
    """What `plain` was made of."""
    check, severity, message, where, origins, fix = value
    places = tuple((label, Location(*place)) for label, place in origins)
    return Finding(check, Severity(severity), message, Location(*where), places, fix)


def plain_location(where: Location) -> tuple[Any, ...]:
    """A place as plain values, in the order of its fields."""
    return (where.path, where.line, where.column, where.text)


def new_errors(found: Iterable[Finding], base: Callable[[], Iterable[Finding]]) -> tuple[Finding, ...]:
    """The errors that a change brings: those that its `base`, which is asked only where there are any, has not (R4)."""
    wrong = [finding for finding in found if finding.severity is Severity.ERROR]
    known = {finding.identity for finding in base() if finding.severity is Severity.ERROR} if wrong else set()
    return tuple(finding for finding in wrong if finding.identity not in known)


def errors(findings: tuple[Finding, ...] | list[Finding]) -> list[Finding]:
    """Only the findings that fail a validation."""
    return [finding for finding in findings if finding.severity is Severity.ERROR]
