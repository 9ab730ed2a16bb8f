"""The error of this package: what Kubernetes would refuse, with its line and column."""

from __future__ import annotations

from generator.errors import InputError, Location


class YamlError(InputError):
    """Kubernetes would refuse this YAML, or the value cannot be written as YAML that it reads back.

    `shown` is the line itself. `line` and `column` count from 1; both are None for a value that could not be written.
    """

    def __init__(
        self,
        what: str,
        *,
        line: int | None = None,
        column: int | None = None,
        path: str = "",
        shown: str | None = None,
        next: str = "",
    ) -> None:
        where = None
        if line is not None:
            where = Location(path or "<yaml>", line, column, shown)
        super().__init__(what, where=where, next=next)
        self.line = line
        self.column = column
