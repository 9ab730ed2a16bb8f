"""A rendered manifest: the file as it is written, the objects in it, and where its lines come from."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from generator.errors import Location


class Span(NamedTuple):
    """From a rendered line on (from 1), the text comes from a line of a template.

    The template's own text goes on there line by line; a value stays at the one line that wrote it.
    """

    start: int
    template: str
    line: int
    is_value: bool


@dataclass(frozen=True, slots=True)
class Manifest:
    """One file of `environments/<env>/rendered/<service>/`.

    `path` and `template` are relative to the repository's root, `objects` are what Kubernetes reads in `text`.
    """

    path: str
    text: str
    objects: tuple[Mapping[str, Any], ...]
    template: str
    spans: tuple[Span, ...] = field(default=(), repr=False, compare=False)

    @property
    def name(self) -> str:
        """The name of the file in the folder of its service."""
        return self.path.rpartition("/")[2]

    def rendered_at(self, line: int) -> Location:
        """A line (from 1) of the rendered file, with its text."""
        lines = self.text.split("\n")
        return Location(self.path, line, None, lines[line - 1] if 0 < line <= len(lines) else None)

    def template_line(self, line: int) -> Location:
        """The template and its line that wrote a line (from 1) of the rendered file."""
        return written_at(self.spans, line) or Location(self.template)


def written_at(spans: tuple[Span, ...], line: int) -> Location | None:
    """The place in a template that wrote this rendered line, if any did."""
    index = bisect_right(spans, line, key=lambda span: span.start) - 1
    if index < 0:
        return None
    span = spans[index]
    return Location(span.template, span.line if span.is_value else span.line + line - span.start)
