"""What the output of a template looks like, whatever its values: read once, then filled with the values.

Services of one kind share the shape of their manifests. The text of a shape, with a mark in place of every value, is
read as Kubernetes reads it; if every mark is a whole node there, then so is every value whose text is of the same
kind, and the objects are those of the shape with the values put in. What that says nothing about (a block of text,
a key that is there twice) is left to `proof.py`, which reads the whole text each time. A property test holds
the two against each other.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import count, pairwise
from operator import itemgetter
from typing import Any, Final, cast

from generator.k8syaml import MAX_DEPTH, YamlError, load_all
from generator.rendering.holes import MARK
from generator.rendering.nodes import DEEPEST, LITERAL, Piece

_HOLE: Final = re.compile(f"{MARK}[a-z]{MARK}")
_NUMBERED: Final = re.compile(f"{MARK}([0-9]+){MARK}")

Fill = Callable[[Sequence[Any]], Any]
"""Makes a node out of the values of all holes, in their order."""


class _OtherwiseError(Exception):
    """The shape does not say what the objects are."""


class Draft:
    """The output of a template: its pieces, and what they make."""

    __slots__ = ("_pieces",)

    def __init__(self, pieces: Sequence[Piece]) -> None:
        self._pieces = pieces

    @property
    def pieces(self) -> Sequence[Piece]:
        """All pieces in their order."""
        return self._pieces

    @property
    def text(self) -> str:
        """The text of all pieces."""
        return "".join(self._pieces)

    @property
    def objects(self) -> tuple[Any, ...] | None:
        """The objects in the text; None where only reading it tells.

        They share what is the same in all of this shape, so they are not to be changed.
        """
        fills = _fills_of(self._pieces)
        return fills and _filled(fills, [piece.value for piece in self._pieces if piece.value is not LITERAL])


class Form:
    """The output of a template in which some holes are written again; `holes` are their indices among its pieces."""

    def __init__(self, pieces: Sequence[Piece], holes: Sequence[int]) -> None:
        self.pieces, self.holes = pieces, holes
        bounds = [-1, *holes, len(pieces)]
        self.texts = [""] * (2 * len(holes) + 1)
        self.texts[::2] = ["".join(pieces[before + 1 : end]) for before, end in pairwise(bounds)]
        self.marks = [pieces[index].mark for index in holes]
        self.fills = _fills_of(pieces)
        numbers = [index for index, piece in enumerate(pieces) if piece.value is not LITERAL]
        self.numbers = [numbers.index(index) for index in holes]
        self.values = [pieces[index].value for index in numbers]


class Redraft(Draft):
    """A form with what its holes say this time; what that has in common with the last time is not looked at again."""

    __slots__ = ("_form", "_written")

    def __init__(self, form: Form, written: Sequence[Piece]) -> None:
        self._form, self._written = form, written

    @property
    def pieces(self) -> Sequence[Piece]:
        pieces = [*self._form.pieces]
        for index, piece in zip(self._form.holes, self._written, strict=True):
            pieces[index] = piece
        return pieces

    @property
    def text(self) -> str:
        texts = self._form.texts.copy()
        texts[1::2] = self._written
        return "".join(texts)

    @property
    def objects(self) -> tuple[Any, ...] | None:
        form = self._form
        if form.fills is None or [piece.mark for piece in self._written] != form.marks:
            return Draft(self.pieces).objects
        values = form.values.copy()
        for number, piece in zip(form.numbers, self._written, strict=True):
            values[number] = piece.value
        return _filled(form.fills, values)


def _fills_of(pieces: Sequence[Piece]) -> tuple[Fill, ...] | None:
    """How the objects in these pieces are made; None if their shape does not say."""
    marks = [piece.mark for piece in pieces]
    return None if None in marks else _fills("".join(cast("list[str]", marks)))


def _filled(fills: Sequence[Fill], values: Sequence[Any]) -> tuple[Any, ...] | None:
    try:
        return tuple([fill(values) for fill in fills])
    except _OtherwiseError:
        return None


@lru_cache(maxsize=2048)
def _fills(shape: str) -> tuple[Fill, ...] | None:
    """How each document of a shape is made; None if the shape alone does not say."""
    if "&" in shape and "*" in shape:  # an alias repeats what is in a hole, and counts against a limit
        return None
    number = count()
    text = _HOLE.sub(lambda _found: f"{MARK}{next(number)}{MARK}", shape)
    seen: set[int] = set()
    try:
        documents = [document for document in load_all(text) if document is not None]
        fills = tuple(_fill(document, seen, MAX_DEPTH - DEEPEST) or _same(document) for document in documents)
    except (YamlError, _OtherwiseError):
        return None
    return fills if len(seen) == next(number) else None


def _same(node: Any) -> Fill:
    return lambda _values: node


def _fill(node: Any, seen: set[int], levels: int) -> Fill | None:
    """How a node is made; None if it is the same whatever the values. Raises `_OtherwiseError`."""
    if not levels:
        raise _OtherwiseError
    if isinstance(node, dict):
        return _fill_map(node, seen, levels)
    if isinstance(node, list):
        return _fill_list(node, seen, levels)
    index = _index(node, seen)
    return None if index is None else itemgetter(index)


def _fill_list(node: list[Any], seen: set[int], levels: int) -> Fill | None:
    fills = [(index, fill) for index, item in enumerate(node) if (fill := _fill(item, seen, levels - 1))]
    if not fills:
        return None

    def make(values: Sequence[Any]) -> list[Any]:
        made = node.copy()
        for index, fill in fills:
            made[index] = fill(values)
        return made

    return make


def _fill_map(node: dict[str, Any], seen: set[int], levels: int) -> Fill | None:
    if any(MARK in key for key in node):
        return _fill_keys(node, seen, levels)
    fills = [(key, fill) for key, item in node.items() if (fill := _fill(item, seen, levels - 1))]
    if not fills:
        return None

    def make(values: Sequence[Any]) -> dict[str, Any]:
        made = node.copy()
        for key, fill in fills:
            made[key] = fill(values)
        return made

    return make


def _fill_keys(node: dict[str, Any], seen: set[int], levels: int) -> Fill:
    """A map in which keys are values too."""
    entries = [(_index(key, seen), key, _fill(item, seen, levels - 1) or _same(item)) for key, item in node.items()]

    def make(values: Sequence[Any]) -> dict[str, Any]:
        made = {}
        for index, key, fill in entries:
            made[key if index is None else values[index]] = fill(values)
        if len(made) < len(entries):
            raise _OtherwiseError
        return made

    return make


def _index(node: Any, seen: set[int]) -> int | None:
    """The number of the hole that is this whole scalar; None if there is no hole in it."""
    if not isinstance(node, str) or MARK not in node:
        return None
    found = _NUMBERED.fullmatch(node)
    if found is None:
        raise _OtherwiseError
    seen.add(int(found[1]))
    return int(found[1])
