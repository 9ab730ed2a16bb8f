"""What git says when it refuses or fails, and what to do then."""

from __future__ import annotations

from typing import Final

from generator.errors import OutsideError

INSTALL: Final = "install git 2.38 or later"
_SAID: Final = {
    "fatal: not a git repository": "work in a clone of the repository, or make it one: git init, git add ., git commit",
    "usage: git ": INSTALL,
}


class GitError(OutsideError):
    """git refused or failed; `stderr` is what it said."""

    def __init__(self, command: str, stderr: str) -> None:
        self.stderr = stderr.strip()
        known = (what for said, what in _SAID.items() if said in self.stderr)
        message = f"git {command} failed: {self.stderr or 'no message'}"
        super().__init__(message, next=next(known, "see the message of git above"))
