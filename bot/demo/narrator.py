"""Tells what happens, live: lines that stay, and on a terminal one line that moves."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import IO

import click

from generator.report.console import coloured

_CLEAR = "\r\x1b[2K"


@dataclass(slots=True)
class Narrator:
    """Writes to `stream`; on anything but a terminal the moving line is left out."""

    stream: IO[str]
    _moving: bool = field(default=False, init=False)

    def scene(self, title: str) -> None:
        """The heading of a new part."""
        self._write("")
        self._write(self._styled(title, bold=True))

    def say(self, text: str) -> None:
        """What happens, or is about to."""
        self._write(f"  {text}")

    def command(self, arguments: Sequence[str]) -> None:
        """A command as somebody types it."""
        self._write(self._styled(f"  $ {shlex.join(arguments)}", fg="cyan"))

    def event(self, time: str, text: str) -> None:
        """Something that the bot or the cluster did, at a simulated time."""
        self._write(f"  {self._styled(time, dim=True)}  {text}")

    def proved(self, text: str) -> None:
        """Something that was checked and holds."""
        self._write(self._styled(f"  ok: {text}", fg="green"))

    def progress(self, text: str) -> None:
        """The moving line."""
        if self.stream.isatty():
            room = shutil.get_terminal_size().columns - 3
            click.echo(f"{_CLEAR}  {text[:room]}", file=self.stream, nl=False)
            self._moving = True

    def _write(self, line: str) -> None:
        self.clear()
        click.echo(line, file=self.stream)

    def clear(self) -> None:
        """Take the moving line away, before somebody else writes."""
        if self._moving:
            click.echo(_CLEAR, file=self.stream, nl=False)
            self._moving = False

    def _styled(self, text: str, *, fg: str | None = None, bold: bool | None = None, dim: bool | None = None) -> str:
        return click.style(text, fg=fg, bold=bold, dim=dim) if coloured(self.stream) else text
