"""What went wrong, where, and what to do next: the one family of errors that people see.

A failure that a person can mend is a `TowpathError`; anything else that escapes is a bug (exit code 70).
The boundary that prints them is `bot.cli.main`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

_CREDENTIALS = re.compile(r"(?<=://)[^/\s'\"]+@")
_IN_A_QUERY = re.compile(
    r"([?&][\w.-]{0,40}(?:token|secret|passw|signature|sig|key|credential)[\w.-]{0,40}=)[^&\s'\"]+", re.I
)


def redact(text: str) -> str:
    """The text without the credentials in its URLs. Everything that is printed goes through here."""
    if "://" not in text:
        return text
    hidden = _CREDENTIALS.sub("***@", text)
    return _IN_A_QUERY.sub(r"\1***", hidden) if "=" in hidden else hidden


@dataclass(frozen=True, slots=True)
class Location:
    """A place in a file of the repository.

    `path` is relative to the repository's root, `line` and `column` count from 1, and `text` is the
    line itself, so that an error can show it without reading the file again.
    """

    path: str
    line: int | None = None
    column: int | None = None
    text: str | None = None

    def __str__(self) -> str:
        if self.line is None:
            return self.path
        if self.column is None:
            return f"{self.path}:{self.line}"
        return f"{self.path}:{self.line}:{self.column}"


class TowpathError(Exception):
    """An error with an explanation: `what` happened, `where`, and what to do `next`."""

    exit_code: ClassVar[int] = 1

    def __init__(self, what: str, *, where: Location | None = None, next: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.next = next

    def __str__(self) -> str:
        return f"{self.where}: {self.what}" if self.where else self.what


class InputError(TowpathError):
    """A file of the repository, or the repository itself, is not as it must be (exit code 1).

    `origins` are further places as (label, place), like those of a finding.
    """

    def __init__(
        self,
        what: str,
        *,
        where: Location | None = None,
        next: str = "",
        origins: tuple[tuple[str, Location], ...] = (),
    ) -> None:
        super().__init__(what, where=where, next=next)
        self.origins = origins


class UsageError(TowpathError):
    """The command line asks for something that does not exist or does not fit together (exit code 2)."""

    exit_code = 2


class HeldError(TowpathError):
    """Asked to act or wait, but a rule holds it, or there is nothing to do (exit code 3)."""

    exit_code = 3


class OutsideError(TowpathError):
    """An outside system (git remote, forge, Prometheus, disk) failed; trying again may help (exit code 4)."""

    exit_code = 4


class ForgottenError(Exception):
    """What an earlier run has left behind does not suffice; nobody but the code that goes without sees this."""
