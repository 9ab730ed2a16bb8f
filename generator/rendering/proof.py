"""The proof that no value changed the structure of a manifest.

The output of a template is read twice: as it is, and as a skeleton that has a mark in place of every value.
The objects must be the skeleton with each value where its mark is. That fails exactly when the text around
a value is not what a whole node needs: inside a block of text, a `[ ]` over several lines, or before lines
that the value's own text swallows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

from generator.k8syaml import YamlError, load_all
from generator.rendering.holes import MARK
from generator.rendering.nodes import LITERAL, Piece

_HOLE: Final = re.compile(f"{MARK}([0-9]+){MARK}")


def misplaced(pieces: Sequence[Piece], objects: Sequence[Any]) -> Piece | None:
    """A value that is not the whole node it should be in the objects read from these pieces; None if all are."""
    holes = [piece for piece in pieces if piece.value is not LITERAL]
    if not holes:
        return None
    skeleton = _skeleton(pieces)
    try:
        documents = load_all(skeleton)
    except YamlError as error:
        before = sum(
            1 for found in _HOLE.finditer(skeleton) if skeleton.count("\n", 0, found.start()) < (error.line or 1)
        )
        return holes[max(before - 1, 0)]
    walk = _Walk(holes)
    for document, value in zip(documents, objects, strict=False):
        walk.compare(document, value)
    if walk.wrong is None and (len(documents) != len(objects) or len(walk.seen) != len(holes)):
        walk.wrong = next((index for index in range(len(holes)) if index not in walk.seen), 0)
    return None if walk.wrong is None else holes[walk.wrong]


def _skeleton(pieces: Sequence[Piece]) -> str:
    """The text of the pieces with `<mark>number<mark>` for each value."""
    texts: list[str] = []
    number = 0
    for piece in pieces:
        if piece.value is LITERAL:
            texts.append(piece)
        else:
            gap = " " if piece.startswith((" ", "\n")) else ""
            texts.append(f"{gap}{MARK}{number}{MARK}")
            number += 1
    return "".join(texts)


class _Walk:
    """Walks a skeleton and the real objects side by side, up to the first hole that is wrong."""

    def __init__(self, holes: Sequence[Piece]) -> None:
        self.holes = holes
        self.seen: set[int] = set()
        self.wrong: int | None = None

    def compare(self, meant: Any, found: Any) -> None:
        """`meant` is the skeleton's node, `found` that of the objects."""
        if isinstance(meant, dict):
            self._compare_maps(meant, found)
        elif isinstance(meant, list):
            for inner, item in zip(meant, found if isinstance(found, list) else [], strict=False):
                self.compare(inner, item)
        elif isinstance(meant, str) and MARK in meant:
            self._compare_hole(meant, found)

    def _compare_maps(self, meant: dict[str, Any], found: Any) -> None:
        for key, inner in meant.items():
            name = self._key(key)
            if not isinstance(found, dict) or name not in found or len(found) != len(meant):
                self.wrong = self._first(key, inner)
                return
            self.compare(inner, found[name])
            if self.wrong is not None:
                return

    def _compare_hole(self, meant: str, found: Any) -> None:
        index = self._index(meant)
        if index is None:
            self.wrong = self._first(meant)
        elif _same(self.holes[index].value, found):
            self.seen.add(index)
        else:
            self.wrong = index

    def _key(self, key: str) -> str:
        index = self._index(key)
        if index is None:
            return key
        self.seen.add(index)
        return str(self.holes[index].value)

    def _index(self, text: str) -> int | None:
        found = _HOLE.fullmatch(text)
        return int(found[1]) if found else None

    def _first(self, *nodes: Any) -> int:
        return next((int(found[1]) for node in nodes for text in _strings(node) for found in _HOLE.finditer(text)), 0)


def _strings(node: Any) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict):
        for key, inner in node.items():
            yield key
            yield from _strings(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from _strings(inner)


def _same(first: Any, second: Any) -> bool:
    """Equality of JSON values: unlike in Python, true is not 1; a float may come back as an integer."""
    if isinstance(first, dict) and isinstance(second, dict):
        return first.keys() == second.keys() and all(_same(first[key], second[key]) for key in first)
    if isinstance(first, list) and isinstance(second, list):
        return len(first) == len(second) and all(map(_same, first, second))
    if isinstance(first, bool) or isinstance(second, bool):
        return first is second
    if isinstance(first, float) and isinstance(second, int):
        return first == float(second)
    return bool(first == second)
