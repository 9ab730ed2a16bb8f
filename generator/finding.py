"""A finding: something a check says about a file, with its severity and every place it points at."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum

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


def new_errors(found: Iterable[Finding], base: Callable[[], Iterable[Finding]]) -> tuple[Finding, ...]:
    """The errors that a change brings: those that its `base`, which is asked only where there are any, has not (R4)."""
    wrong = [finding for finding in found if finding.severity is Severity.ERROR]
    known = {finding.identity for finding in base() if finding.severity is Severity.ERROR} if wrong else set()
    return tuple(finding for finding in wrong if finding.identity not in known)


def errors(findings: tuple[Finding, ...] | list[Finding]) -> list[Finding]:
    """Only the findings that fail a validation."""
    return [finding for finding in findings if finding.severity is Severity.ERROR]
