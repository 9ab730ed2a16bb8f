"""The one place that prints: results to stdout, narration to stderr, colour only where a person looks at it."""

from __future__ import annotations

import os
from typing import IO, Any

import click

from generator.report.json import dumps


def out(text: str) -> None:
    """Print a line of the result."""
    click.echo(text)


def out_json(value: Any) -> None:
    """Print the result as one JSON document."""
    click.echo(dumps(value))


def say(text: str) -> None:
    """Tell the person what happens; never part of the result."""
    click.echo(text, err=True)


def coloured(stream: IO[Any]) -> bool:
    """Whether colour may be written: a terminal that can, and nobody said NO_COLOR (no-color.org)."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return stream.isatty()
