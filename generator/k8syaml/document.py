"""Reading files that people write: the values as Kubernetes reads them, and where each of them stands."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TypeAlias

from yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    CollectionStartEvent,
    Event,
    MappingStartEvent,
    ScalarEvent,
)

from generator.k8syaml.compose import event_key, is_merge
from generator.k8syaml.limits import MAX_NODES
from generator.k8syaml.lines import START, Lines, Place
from generator.k8syaml.reader import documents
from generator.k8syaml.scalars import ScalarError
from generator.k8syaml.stream import parts, start_of

Pointer: TypeAlias = tuple[str | int, ...]


class _Node:
    """Where a node stands, and its key if it has one; the children of maps and lists by key or index."""

    __slots__ = ("children", "key_place", "place")

    def __init__(self, place: Place, key_place: Place, children: dict[str | int, _Node] | None = None) -> None:
        self.place = place
        self.key_place = key_place
        self.children = {} if children is None else children


class _Places:
    """The places of every node of a stream, found by a second reading when somebody first asks."""

    __slots__ = ("_roots", "_start", "_text")

    def __init__(self, text: str, start: Place) -> None:
        self._text = text
        self._start = start
        self._roots: list[_Node] | None = None

    def find(self, document: int, pointer: Pointer) -> _Node:
        """The node at a pointer, or its nearest ancestor that exists."""
        if self._roots is None:
            self._roots = _roots(self._text, self._start)
        node = self._roots[document]
        for step in pointer:
            child = node.children.get(step)
            if child is None:
                break
            node = child
        return node


@dataclass(frozen=True, slots=True)
class Document:
    """One document of a file: its JSON value and the line (from 1) where it starts."""

    value: Any
    line: int
    _places: _Places = field(repr=False, compare=False)
    _index: int = field(repr=False, compare=False)

    def position(self, pointer: Pointer) -> Place:
        """Line and column (from 1) of the value at this path of keys and indices.

        A path that does not exist gives the place of its nearest ancestor that does. What an alias or
        `<<` brings stands where it was written first.
        """
        return self._places.find(self._index, pointer).place

    def key_position(self, pointer: Pointer) -> Place:
        """Line and column (from 1) of the key at this path; of the item itself in a list."""
        return self._places.find(self._index, pointer).key_place


def parse(text: str, path: str = "", *, most: int = MAX_NODES, start: Place = START) -> list[Document]:
    """Every document of a file that a person wrote, with the places of its nodes.

    The documents and errors are those of `load_all` (one empty document for a file with nothing in it),
    and `path` is named in the errors. Two things are stricter: text that Kubernetes would ignore after a document is an
    error, since somebody wrote it, and so are more than `most` nodes in a document. `start` is where the text begins in
    its file.
    """
    places = _Places(text, start)
    found = documents(text, path, whole=True, most=most, start=start)
    read = [Document(value, line, places, index) for index, (value, line) in enumerate(found)]
    filled = [document for document in read if document.value is not None]
    return filled or read[:1] or [Document(None, 1, places, 0)]


def _roots(text: str, start: Place) -> list[_Node]:
    """The tree of places of every document of a text that has been read before without an error."""
    roots: list[_Node] = []
    for part in parts(text, start=start):
        tree = _Tree(Lines(part.text, part.start))
        for event in part.events():
            tree.take(event)
        roots.extend(tree.open[0].node.children.values())
    return roots or [_Node((1, 1), (1, 1))]


class _Open:
    """A map or list whose children are being read: the next child's key, and where that stands."""

    __slots__ = ("is_map", "key", "key_place", "merging", "node")

    def __init__(self, node: _Node, is_map: bool) -> None:
        self.node = node
        self.is_map = is_map
        self.merging = False
        self.key: str | None = None
        self.key_place: Place = (1, 1)


class _Tree:
    """Builds the tree of places of one document out of its events."""

    def __init__(self, lines: Lines) -> None:
        self.lines = lines
        self.open = [_Open(_Node((1, 1), (1, 1)), is_map=False)]
        self.anchors: dict[str, _Node] = {}
        self.keys: dict[str, str] = {}

    def take(self, event: Event) -> None:
        """Handle the next event."""
        if isinstance(event, CollectionEndEvent):
            self.close()
            return
        place = self.lines.place(start_of(event).index)
        inside = self.open[-1]
        if inside.is_map and inside.key is None:
            self.take_key(inside, event, place)
        elif isinstance(event, AliasEvent):
            self.add(_Node(place, self.key_place(inside, place), self.anchors[event.anchor or ""].children))
        else:
            self.take_node(event, place)

    def take_key(self, inside: _Open, event: Event, place: Place) -> None:
        inside.key_place = place
        if isinstance(event, AliasEvent):
            inside.key = self.keys[event.anchor or ""]
        elif isinstance(event, ScalarEvent):
            inside.merging = is_merge(event)
            inside.key = "<<" if inside.merging else event_key(event)
            if event.anchor is not None:
                self.keys[event.anchor] = event_key(event)
                self.anchors[event.anchor] = _Node(place, place)

    def take_node(self, event: Event, place: Place) -> None:
        node = _Node(place, self.key_place(self.open[-1], place))
        if isinstance(event, (ScalarEvent, CollectionStartEvent)) and event.anchor is not None:
            self.anchors[event.anchor] = node
        if isinstance(event, ScalarEvent):
            if event.anchor is not None and _may_be_key(event):
                self.keys[event.anchor] = event_key(event)
            self.add(node)
        else:
            self.open.append(_Open(node, isinstance(event, MappingStartEvent)))

    def close(self) -> None:
        self.add(self.open.pop().node)

    def add(self, node: _Node) -> None:
        """Hang a finished node where the innermost map or list waits for it."""
        inside = self.open[-1]
        children = inside.node.children
        if not inside.is_map:
            children[len(children)] = node
            return
        if inside.merging:
            self.merge(children, node)
        elif inside.key is not None:
            children[inside.key] = node
        inside.key, inside.merging = None, False

    @staticmethod
    def merge(children: dict[str | int, _Node], node: _Node) -> None:
        """What `<<` brings: the keys of a map, or of every map in a list."""
        for key, child in node.children.items():
            if isinstance(key, str):
                children[key] = child
            else:
                children.update(child.children)

    @staticmethod
    def key_place(inside: _Open, place: Place) -> Place:
        return inside.key_place if inside.is_map else place


def _may_be_key(event: ScalarEvent) -> bool:
    try:
        event_key(event)
    except ScalarError:
        return False
    return True
