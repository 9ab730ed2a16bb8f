"""From the events of one document to its JSON value, as go-yaml v2 decodes it (decode.go).

libyaml and go-yaml v2 are one scanner in two languages, with few differences since; where libyaml reads
more than go-yaml does, the composer refuses.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

from yaml.events import (
    AliasEvent,
    CollectionStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from generator.k8syaml.limits import MAX_ALIASED_TEXT, MAX_DEPTH, MAX_KEYS, MAX_NODES, excessive
from generator.k8syaml.scalars import (
    Scalar,
    ScalarError,
    as_key,
    as_value,
    plain_key,
    plain_value,
    resolve_tagged,
)
from generator.k8syaml.stream import RefusedError, end_of, start_of

_GREEDY_TAG: Final = re.compile(r"(?:&[\w-]+\s+)?!(?!<)[^\s,\[\]]*[,\[\]]")
_SLASH_ESCAPE: Final = re.compile(r'"(?:[^"\\]|\\[^/])*\\/')
_MERGE_TAG: Final = "tag:yaml.org,2002:merge"
_MERGE_WANTS: Final = "map merge requires map or sequence of maps as the value"


class _Merge:
    """The key `<<`, whose value is being read."""

    __slots__ = ("event",)

    def __init__(self, event: Event) -> None:
        self.event = event


class _Anchor:
    """A node with an anchor: its event if it is a scalar, its value, and how many nodes and characters it decodes.

    While a map or list is open, `characters` is where they start.
    """

    __slots__ = ("characters", "event", "open", "value", "weight")

    def __init__(self, value: Any, characters: int, event: ScalarEvent | None = None) -> None:
        self.value = value
        self.event = event
        self.open = event is None
        self.weight = 1
        self.characters = characters


class _Frame:
    """A map or list that is being filled: the key in hand, and where the count of nodes stood."""

    __slots__ = ("anchor", "count", "flow", "key", "value")

    def __init__(self, value: Any, flow: bool, anchor: _Anchor | None, count: int) -> None:
        self.value = value
        self.flow = flow
        self.anchor = anchor
        self.count = count
        self.key: str | _Merge | None = None


def event_value(event: ScalarEvent) -> Scalar:
    """The JSON value of a scalar; `ScalarError` if Kubernetes would refuse it."""
    if event.tag is not None:
        return as_value(resolve_tagged(event.tag, event.value))
    return plain_value(event.value) if event.implicit[0] else event.value


def event_key(event: ScalarEvent) -> str:
    """The JSON key of a scalar; `ScalarError` if Kubernetes would refuse it."""
    if event.tag is not None:
        return as_key(resolve_tagged(event.tag, event.value))
    return plain_key(event.value) if event.implicit[0] else event.value


def is_merge(event: ScalarEvent) -> bool:
    """Whether this key asks to merge its value: a plain `<<`, with no tag, `!` or `!!merge`."""
    return event.value == "<<" and (event.implicit[0] or event.tag == _MERGE_TAG)


class Composer:
    """Builds the value of one document out of its events, without recursion."""

    def __init__(self, text: str, most: int = MAX_NODES) -> None:
        self.text = text
        self.most = most
        self.frame = _Frame([], flow=False, anchor=None, count=0)
        self.stack: list[_Frame] = []
        self.anchors: dict[str, _Anchor] = {}
        self.nodes = 1
        self.aliased = 0
        self.aliased_text = 0
        # What libyaml reads and go-yaml does not needs one of these; most texts have neither.
        suspicious = "\\/" in text or ("?" in text and ("{" in text or "[" in text))
        self.handlers: dict[type[Event], Callable[[Any], None]] = {
            ScalarEvent: self.suspicious_scalar if suspicious else self.scalar,
            AliasEvent: self.alias,
            MappingStartEvent: self.start_map,
            SequenceStartEvent: self.start_list,
            MappingEndEvent: self.end,
            SequenceEndEvent: self.end,
        }

    @property
    def started(self) -> bool:
        """Whether there was a document at all."""
        return bool(self.frame.value)

    @property
    def value(self) -> Any:
        """The document's value, once every event has been handled."""
        return self.frame.value[0]

    def suspicious_scalar(self, event: ScalarEvent) -> None:
        if self.frame.flow and not event.style and "?" in event.value:
            raise RefusedError("'?' cannot be in an unquoted string between brackets", event, "quote the string")
        if event.style == '"' and self.has_slash_escape(event):
            raise RefusedError("found unknown escape character '\\/'", event, "write / without the backslash")
        self.scalar(event)

    def has_slash_escape(self, event: ScalarEvent) -> bool:
        """Whether the source of a double-quoted scalar holds `\\/`, which JSON knows and go-yaml does not."""
        quote = self.text.index('"', start_of(event).index)
        return _SLASH_ESCAPE.match(self.text, quote, end_of(event).index) is not None

    def scalar(self, event: ScalarEvent) -> None:
        frame = self.frame
        self.nodes += 1
        if self.nodes > self.most:
            raise self.too_many(event)
        try:
            if event.tag is not None:
                self.check_tag(event)
            if frame.key is None and type(frame.value) is dict:
                self.key(frame, event)
                return
            value = event_value(event)
        except ScalarError as error:
            raise RefusedError(str(error), event) from None
        if event.anchor is not None:
            self.anchors[event.anchor] = _Anchor(value, len(event.value), event)
        if frame.key is None:
            frame.value.append(value)
        else:
            self.place(value)

    def key(self, frame: _Frame, event: ScalarEvent) -> None:
        if event.anchor is not None:
            self.anchors[event.anchor] = _Anchor(None, len(event.value), event)
        if is_merge(event):
            frame.key = _Merge(event)
        else:
            frame.key = self.new_key(frame, event_key(event), event)

    def new_key(self, frame: _Frame, key: str, event: Event) -> str:
        """The key itself, if the map does not have it yet."""
        if key in frame.value:
            raise RefusedError(f"key {key!r} already set in map", event, "remove one of the two")
        if len(frame.value) >= MAX_KEYS:
            raise RefusedError(f"more than {MAX_KEYS:,} keys in one map", event, "split it")
        return key

    def place(self, value: Any) -> None:
        """Put a finished value where the innermost map or list waits for it."""
        frame = self.frame
        if type(frame.value) is list:
            frame.value.append(value)
            return
        if isinstance(frame.key, _Merge):
            self.merge(frame, value, frame.key.event)
        else:
            frame.value[frame.key] = value
        frame.key = None

    def merge(self, frame: _Frame, value: Any, event: Event) -> None:
        """What `<<` at `event` brings: a map, or every map of a list."""
        for source in value if type(value) is list else [value]:
            if type(source) is not dict:
                raise RefusedError(_MERGE_WANTS, event)
            for key, item in source.items():
                frame.value[self.new_key(frame, key, event)] = item

    def start_map(self, event: MappingStartEvent) -> None:
        self.start(event, {})

    def start_list(self, event: SequenceStartEvent) -> None:
        self.start(event, [])

    def start(self, event: CollectionStartEvent, value: Any) -> None:
        parent = self.frame
        if parent.key is None and type(parent.value) is dict:
            raise RefusedError("a map or list cannot be a key", event)
        if len(self.stack) >= MAX_DEPTH:
            raise RefusedError(f"more than {MAX_DEPTH} levels of maps and lists", event)
        if event.tag is not None:
            self.check_tag(event)
        self.nodes += 1
        if self.nodes > self.most:
            raise self.too_many(event)
        anchor = None
        if event.anchor is not None:
            self.anchors[event.anchor] = anchor = _Anchor(value, start_of(event).index - self.aliased_text)
        self.stack.append(parent)
        self.frame = _Frame(value, bool(event.flow_style), anchor, self.nodes)

    def end(self, event: Event) -> None:
        frame = self.frame
        if frame.anchor is not None:
            frame.anchor.open = False
            frame.anchor.characters = end_of(event).index + self.aliased_text - frame.anchor.characters
            frame.anchor.weight = self.nodes - frame.count + 1
        self.frame = self.stack.pop()
        self.place(frame.value)

    def alias(self, event: AliasEvent) -> None:
        anchor = self.anchors.get(event.anchor or "")
        if anchor is None:
            raise RefusedError(f"unknown anchor {event.anchor!r} referenced", event)
        if anchor.open:
            raise RefusedError(f"anchor {event.anchor!r} value contains itself", event)
        self.nodes += 1 + anchor.weight
        self.aliased += anchor.weight
        self.aliased_text += anchor.characters
        if excessive(self.nodes, self.aliased) or self.aliased_text > MAX_ALIASED_TEXT:
            next = "write out what is repeated, or repeat less of it"
            raise RefusedError("document contains excessive aliasing", event, next)
        frame = self.frame
        if frame.key is None and type(frame.value) is dict:
            self.alias_key(frame, anchor, event)
            return
        if isinstance(frame.key, _Merge) and type(anchor.value) is not dict:
            raise RefusedError(_MERGE_WANTS, event)
        self.place(self.alias_value(anchor, event))

    def alias_key(self, frame: _Frame, anchor: _Anchor, event: AliasEvent) -> None:
        if anchor.event is None:
            raise RefusedError("a map or list cannot be a key", event)
        try:
            frame.key = self.new_key(frame, event_key(anchor.event), event)
        except ScalarError as error:
            raise RefusedError(str(error), event) from None

    def alias_value(self, anchor: _Anchor, event: AliasEvent) -> Any:
        if anchor.event is None:
            return _copy(anchor.value, MAX_DEPTH - len(self.stack), event)
        try:
            return event_value(anchor.event)
        except ScalarError as error:
            raise RefusedError(str(error), event) from None

    def too_many(self, event: Event) -> RefusedError:
        return RefusedError(f"more than {self.most:,} keys and values in one document", event, "put less into it")

    def check_tag(self, event: ScalarEvent | CollectionStartEvent) -> None:
        """go-yaml takes `,`, `[` and `]` for a part of a tag, so `[!!str,a]` is not what it looks like."""
        if _GREEDY_TAG.match(self.text, start_of(event).index):
            raise RefusedError("a tag must be followed by a space", event)


def _copy(value: Any, levels: int, event: Event) -> Any:
    """A copy, so that changing what an alias gave does not change its anchor."""
    if not isinstance(value, (dict, list)):
        return value
    if levels <= 0:
        raise RefusedError(f"more than {MAX_DEPTH} levels of maps and lists", event)
    if isinstance(value, dict):
        return {key: _copy(item, levels - 1, event) for key, item in value.items()}
    return [_copy(item, levels - 1, event) for item in value]
