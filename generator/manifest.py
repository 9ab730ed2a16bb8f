"""A rendered manifest: the file as it is written, the objects in it, and where its lines come from."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final, NamedTuple, overload

from generator.errors import Location
from generator.k8syaml.lines import line_of
from generator.repository import CHARTS, KUSTOMIZATIONS, Pointer
from generator.values import Origins

STDIN: Final = "stdin"
"""The path of what came by standard input."""


class Span(NamedTuple):
    """From a rendered line on (from 1), the text comes from a line of a template, or of another file that is written.

    The template's own text goes on there line by line; a value stays at the one line that wrote it. `line` is None
    where only the file is known. `pointer` is where that value stands among the service's values, if it was passed on
    as it is.
    """

    start: int
    template: str
    line: int | None
    is_value: bool
    pointer: Pointer | None = None

    def line_of(self, rendered: int) -> int | None:
        """The line of the template that wrote a rendered line of this span."""
        return self.line if self.is_value or self.line is None else self.line + rendered - self.start


class Spans(Sequence[Span]):
    """The spans of a manifest in the order of its lines, found when somebody asks: that takes rendering it again."""

    def __init__(self, find: Callable[[], Iterable[Span]]) -> None:
        self._find = find

    @cached_property
    def _spans(self) -> tuple[Span, ...]:
        return tuple(self._find())

    @overload
    def __getitem__(self, index: int) -> Span: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Span, ...]: ...
    def __getitem__(self, index: int | slice) -> Span | tuple[Span, ...]:
        return self._spans[index]

    def __len__(self) -> int:
        return len(self._spans)


_SOURCES: Final = {CHARTS: "chart", KUSTOMIZATIONS: "kustomization"}


@dataclass(frozen=True, slots=True)
class Manifest:
    """One file of `environments/<env>/rendered/<service>/`.

    `path` and `template` are relative to the repository's root, `objects` are what Kubernetes reads in `text`; they
    may share parts with those of other manifests, so they are not to be changed.
    """

    path: str
    text: str
    objects: tuple[Mapping[str, Any], ...]
    template: str
    spans: Sequence[Span] = field(default=(), repr=False, compare=False)
    origins: Origins | None = field(default=None, repr=False, compare=False)

    @property
    def name(self) -> str:
        """The name of the file in the folder of its service."""
        return self.path.rpartition("/")[2]

    def rendered_at(self, line: int) -> Location:
        """A line (from 1) of the rendered file, with its text."""
        return rendered_at(self.path, self.text, line)

    def template_line(self, line: int) -> Location:
        """The template and its line that wrote a line (from 1) of the rendered file."""
        return written_at(self.spans, line) or Location(self.template)

    def written_by(self, line: int) -> tuple[str, Location]:
        """What wrote a line (from 1) of the rendered file: a template, a chart, a plain manifest, …, and where."""
        place = self.template_line(line)
        folder = place.path.partition("/")[0]
        if folder != "environments":
            return _SOURCES.get(folder, "template"), place
        return "manifest" if place.path.count("/") > 3 else "patch", place

    def value_origin(self, line: int, pointer: Pointer = ()) -> Location | None:
        """Where the value on a rendered line was written; None where the template itself says it.

        `pointer` leads to what is looked for in its object: the value may be a map or list that it is deep inside of.
        """
        found = self.value_pointer(line, pointer)
        return None if found is None or self.origins is None else self.origins.nearest(found)

    def value_pointer(self, line: int, pointer: Pointer = ()) -> Pointer | None:
        """Where the value on a rendered line stands among the service's values; as for `value_origin`."""
        index = covering(self.spans, line)
        above = self.spans[index].pointer if index is not None else None
        if above is None or self.origins is None:
            return None
        suffixes = (pointer[start:] for start in range(len(pointer) + 1))
        inner = next(suffix for suffix in suffixes if not suffix or (*above, *suffix) in self.origins)
        return (*above, *inner)


def rendered_at(path: str, text: str, line: int) -> Location:
    """A line (from 1) of a file's text, with as much of it as anybody reads."""
    return Location(path, line, None, line_of(text, line))


def written_at(spans: Sequence[Span], line: int) -> Location | None:
    """The place in a template that wrote this rendered line, if any did."""
    index = covering(spans, line)
    if index is None:
        return None
    span = spans[index]
    return Location(span.template, span.line_of(line))


def covering(spans: Sequence[Span], line: int) -> int | None:
    """The index of the span that a rendered line is in."""
    index = bisect_right(spans, line, key=lambda span: span.start) - 1
    return index if index >= 0 else None
