"""JSON values in which every part knows where it was written, so that edited manifests keep their lines.

A `Node` is a value with the text that it stands in and its pointer there. Whoever puts nodes of several texts
together (a patch and what it is applied to) writes a new text with `written`, and the line of each part is found when
somebody asks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property, partial
from typing import Any, Protocol

from generator.k8syaml import Document, dump, parse
from generator.manifest import Manifest, Span, Spans, covering
from generator.repository import Pointer, Source


class Text(Protocol):
    """Something that nodes stand in."""

    def span(self, start: int, pointer: Pointer) -> Span:
        """The span that starts at a rendered line and comes from the node at a pointer."""


class Node:
    """A JSON value: `value` is a dict or list of nodes, or a scalar; it stands at `pointer` in `text`."""

    __slots__ = ("pointer", "text", "value")

    def __init__(self, value: Any, text: Text, pointer: Pointer) -> None:
        self.value = value
        self.text = text
        self.pointer = pointer

    def holding(self, value: Any) -> Node:
        """Another value, written at the same place."""
        return Node(value, self.text, self.pointer)


def sourced(value: Any, text: Text, pointer: Pointer = ()) -> Node:
    """A JSON value whose parts stand in a text, below a pointer."""
    if isinstance(value, Mapping):
        return Node({key: sourced(item, text, (*pointer, key)) for key, item in value.items()}, text, pointer)
    if isinstance(value, list):
        items = [sourced(item, text, (*pointer, index)) for index, item in enumerate(value)]
        return Node(items, text, pointer)
    return Node(value, text, pointer)


def plain(node: Node) -> Any:
    """The JSON value of a node."""
    if isinstance(node.value, dict):
        return {key: plain(item) for key, item in node.value.items()}
    if isinstance(node.value, list):
        return [plain(item) for item in node.value]
    return node.value


def changed(root: Node, pointer: Pointer, change: Callable[[Node], Node]) -> Node:
    """The root with one node that is in it exchanged: what is above is copied, what is beside is shared."""
    if not pointer:
        return change(root)
    step, rest = pointer[0], pointer[1:]
    copied: Any = dict(root.value) if isinstance(root.value, dict) else list(root.value)
    copied[step] = changed(copied[step], rest, change)
    return root.holding(copied)


def equal(first: Any, second: Any) -> bool:
    """Equality of JSON values: unlike in Python, true is not 1; the order of keys means nothing."""
    if isinstance(first, dict) and isinstance(second, dict):
        return first.keys() == second.keys() and all(equal(first[key], second[key]) for key in first)
    if isinstance(first, list) and isinstance(second, list):
        return len(first) == len(second) and all(map(equal, first, second))
    return isinstance(first, bool) == isinstance(second, bool) and bool(first == second)


class FileText:
    """A document of a file that a person wrote; its nodes stand below `within`."""

    __slots__ = ("_document", "_path", "_within")

    def __init__(self, path: str, document: Document, within: Pointer = ()) -> None:
        self._path = path
        self._document = document
        self._within = within

    def span(self, start: int, pointer: Pointer) -> Span:
        line, _ = self._document.key_position((*self._within, *pointer))
        return Span(start, self._path, line, True)


def patch_text(source: Source, within: Pointer) -> FileText:
    """A part of one of our own files."""
    return FileText(source.path, source.document, within)


class RenderedFile:
    """A manifest that is going to be edited, read again once somebody asks for a line of it."""

    def __init__(self, manifest: Manifest) -> None:
        self.manifest = manifest

    @cached_property
    def documents(self) -> list[Document]:
        """Its documents, with places."""
        return parse(self.manifest.text)

    def nodes(self) -> list[Node]:
        """Its objects; their parts stand where the lines of the manifest come from."""
        return [sourced(value, RenderedText(self, index)) for index, value in enumerate(self.manifest.objects)]


class RenderedText:
    """A document of a manifest: what its lines come from, its nodes come from."""

    __slots__ = ("_file", "_index")

    def __init__(self, file: RenderedFile, index: int) -> None:
        self._file = file
        self._index = index

    def span(self, start: int, pointer: Pointer) -> Span:
        manifest = self._file.manifest
        line, _ = self._file.documents[self._index].key_position(pointer)
        index = covering(manifest.spans, line)
        if index is None:
            return Span(start, manifest.template, 1, True)
        found = manifest.spans[index]
        return Span(start, found.template, found.line_of(line), True, found.pointer)


def written(path: str, header: str, documents: Sequence[Node], template: str) -> Manifest:
    """The manifest that nodes make, a document each, below a first line."""
    objects = tuple(plain(document) for document in documents)
    text = f"{header}\n" + "---\n".join(dump(one) for one in objects)
    return Manifest(path, text, objects, template, Spans(partial(_lines, text, documents)))


def _lines(text: str, documents: Sequence[Node]) -> Iterator[Span]:
    """Where the lines of a text come from that was written from nodes, a document each."""
    by_line: dict[int, Span] = {}
    for document, node in zip(parse(text), documents, strict=True):
        for pointer, inner in _below(node, ()):
            line, _ = document.key_position(pointer)
            by_line[line] = inner.text.span(line, inner.pointer)
    return (by_line[line] for line in sorted(by_line))


def _below(node: Node, pointer: Pointer) -> Iterator[tuple[Pointer, Node]]:
    """A node and all that is in it with their pointers in the whole, outer ones first."""
    yield pointer, node
    if isinstance(node.value, dict):
        for key, item in node.value.items():
            yield from _below(item, (*pointer, key))
    elif isinstance(node.value, list):
        for index, item in enumerate(node.value):
            yield from _below(item, (*pointer, index))
