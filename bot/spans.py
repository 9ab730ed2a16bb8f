"""From where to where each node of a YAML file stands, so that an edit replaces those characters and no others."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from yaml.events import CollectionEndEvent, Event, MappingStartEvent, ScalarEvent, SequenceStartEvent

from generator.errors import InputError, Location
from generator.k8syaml import parse
from generator.k8syaml.stream import end_of, parts, start_of

BOM = "\ufeff"


@dataclass(frozen=True, slots=True)
class Span:
    """A node: `text[start:end]` is its text. `column` counts from 0, `value` is a scalar's text (None for others).

    `pairs` are the keys and values of a map, `items` those of a list; `flow` says whether it is written in brackets.
    """

    start: int
    end: int
    column: int
    flow: bool = False
    value: str | None = None
    quoted: bool = False
    pairs: tuple[tuple[Span, Span], ...] | None = None
    items: tuple[Span, ...] | None = None

    def get(self, key: str) -> Span | None:
        """The value under a key of a map."""
        return next((value for name, value in self.pairs or () if name.value == key), None)


def read_spans(text: str, path: str = "") -> Span | None:
    """The root node of a file without a byte order mark; None when it holds nothing but comments.

    Raises `YamlError` for what Kubernetes would not read, `InputError` for anything but one map in block style.
    """
    if len(parse(text, path)) != 1:
        raise InputError("more than one document in one file", where=Location(path), next="keep one of them")
    events = next(parts(text, path)).events()
    first = next(events, None)
    if first is None:
        return None
    root = _node(text, first, events)
    if root.value == "" and not root.quoted:
        return None
    if root.pairs is None or root.flow:
        raise InputError(
            "this file cannot be edited in place",
            where=Location(path, text.count("\n", 0, root.start) + 1),
            next="write it as one map, each key on a line of its own",
        )
    return root


def _node(text: str, event: Event, events: Iterator[Event]) -> Span:
    start, end = start_of(event), end_of(event)
    if isinstance(event, ScalarEvent):
        quoted = event.style not in (None, "")
        # The end of a block scalar is where the next token starts.
        stop = start.index + len(text[start.index : end.index].rstrip("\r\n "))
        return Span(start.index, stop, start.column, value=event.value, quoted=quoted)
    if not isinstance(event, (MappingStartEvent, SequenceStartEvent)):
        return Span(start.index, end.index, start.column)
    children = []
    while not isinstance(inner := next(events), CollectionEndEvent):
        children.append(_node(text, inner, events))
    flow = bool(event.flow_style)
    # So is the end of a block: its last child says better where it ends.
    stop = end_of(inner).index if flow or not children else children[-1].end
    if isinstance(event, SequenceStartEvent):
        return Span(start.index, stop, start.column, flow, items=tuple(children))
    pairs = tuple(zip(children[::2], children[1::2], strict=True))
    return Span(start.index, stop, start.column, flow, pairs=pairs)
