"""Merging the values of a service out of their layers, and saying of each of them where it was written.

A later layer wins: maps merge, lists replace, null removes (RFC 7396). Nothing is copied or located until
somebody asks, because of thousands of services hardly one has an error to show.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from generator.errors import InputError, Location
from generator.file_schemas import key_location, read_source
from generator.repository import Chart, Pointer, Source
from generator.trees.tree import Tree

Values = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Layer:
    """Values from one place; `locate` gives the place of the node at a pointer into `data`, or that of its key.

    `text` is that of the file, where a person wrote them.
    """

    data: Mapping[str, Any]
    locate: Callable[[Pointer, bool], Location]
    text: str = ""


def file_layer(source: Source, field: str, only: Container[str] | None = None) -> Layer:
    """The values below one field of a file, reduced to the keys in `only` if that is given."""
    data: Mapping[str, Any] = source.data.get(field) or {}
    if only is not None:
        data = {key: value for key, value in data.items() if key in only}
    return Layer(data, partial(_in_file, source, field), source.text)


def chart_layer(tree: Tree, chart: Chart) -> Layer:
    """The values that a chart has by itself. Raises `InputError` where they cannot be read."""
    path = f"{chart.folder}/values.yaml"
    source = read_source(tree, path)
    if source is None:
        return Layer({}, lambda _pointer, _key: Location(chart.folder))
    if not isinstance(source.data, Mapping):
        raise InputError("the values of a chart are a map", where=Location(path, 1), next="mend the chart")

    def locate(pointer: Pointer, key: bool, source: Source = source) -> Location:
        return key_location(source, pointer) if key and pointer else source.at(pointer)

    return Layer(source.data, locate, source.text)


def _in_file(source: Source, field: str, pointer: Pointer, key: bool) -> Location:
    inside = (field, *pointer)
    return key_location(source, inside) if key else source.at(inside)


def merge(below: Mapping[str, Any], above: Mapping[str, Any]) -> Values:
    """`above` laid over `below`: maps merge, lists and scalars replace, null removes. Neither is changed."""
    merged = dict(below)
    for key, value in above.items():
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, dict):
            under = merged.get(key)
            merged[key] = merge(under if isinstance(under, dict) else {}, value)
        else:
            merged[key] = value
    return merged


def merge_all(layers: Iterable[Layer], lowest: Mapping[str, Any] | None = None) -> Values:
    """All layers merged, the lowest first, over what is below them; of that, what nobody changes is not copied."""
    merged: Values = dict(lowest or {})
    for layer in layers:
        merged = merge(merged, layer.data)
    return merged


def replaced_lists(layers: Iterable[Layer]) -> Iterator[tuple[str, Location, Location]]:
    """Lists that a map in a higher layer replaces: (name of the value, place of the list, place of the map)."""
    written: list[Layer] = []
    for layer in layers:
        for name, value in layer.data.items():
            for below in written if isinstance(value, dict) else ():
                if isinstance(below.data.get(name), list):
                    yield name, below.locate((name,), False), layer.locate((name,), False)
        written.append(layer)


def laid(layers: Iterable[Layer]) -> Values:
    """All layers in one, the lowest first, with their nulls: for somebody who has more below them, such as a chart."""
    laid_over: Values = {}
    for layer in layers:
        laid_over = _lay(laid_over, layer.data)
    return laid_over


def _lay(below: Any, above: Mapping[str, Any]) -> Values:
    under = below if isinstance(below, dict) else {}
    over = {key: _lay(under.get(key), value) if isinstance(value, dict) else value for key, value in above.items()}
    return {**under, **over}


class Origins(Mapping[Pointer, Location]):
    """Where each merged value was written: in the last layer that says something at its pointer.

    Iterating gives the leaves (scalars, empty maps and empty lists); a lookup also takes the maps and lists between.
    """

    __slots__ = ("_layers", "_values")

    def __init__(self, layers: tuple[Layer, ...], values: Mapping[str, Any]) -> None:
        self._layers = layers
        self._values = values

    def __getitem__(self, pointer: Pointer) -> Location:
        if not _holds(self._values, pointer):
            raise KeyError(pointer)
        return self.nearest(pointer)

    def __iter__(self) -> Iterator[Pointer]:
        return _leaves(self._values, ())

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def said(self, pointer: Pointer) -> tuple[tuple[Any, Location] | None, ...]:
        """What each layer says at a pointer and where, the lowest first; None where it says nothing.

        A null above the pointer takes away what is below it: it is said there too.
        """
        return tuple(_said(layer, pointer) for layer in self._layers)

    def nearest(self, pointer: Pointer, key: bool = False) -> Location:
        """The place of a value, or of its key; of the innermost map or list around it where nobody has written it."""
        layer, written = self._deciding(pointer)
        return layer.locate(written, key)

    def text(self, pointer: Pointer) -> str:
        """The text of the file that decides about a value."""
        return self._deciding(pointer)[0].text

    def _deciding(self, pointer: Pointer) -> tuple[Layer, Pointer]:
        """The last layer that says something at a pointer, or else around it, and where it says that."""
        for end in range(len(pointer), 0, -1):
            for layer in reversed(self._layers):
                if _holds(layer.data, pointer[:end]):
                    return layer, pointer[:end]
        return self._layers[-1], ()


def _said(layer: Layer, pointer: Pointer) -> tuple[Any, Location] | None:
    value: Any = layer.data
    if not pointer:
        return value, layer.locate((), True)
    for end, step in enumerate(pointer, 1):
        if not _holds(value, (step,)):
            return None
        value = value[step]
        if value is None or end == len(pointer):
            return value, layer.locate(pointer[:end], True)
    return None


def _holds(data: Any, pointer: Pointer) -> bool:
    for step in pointer:
        if isinstance(data, Mapping):
            if step not in data:
                return False
        elif not (isinstance(data, list) and isinstance(step, int) and 0 <= step < len(data)):
            return False
        data = data[step]
    return True


def _leaves(value: Any, pointer: Pointer) -> Iterator[Pointer]:
    inner: Iterable[tuple[str | int, Any]] = ()
    if isinstance(value, Mapping):
        inner = value.items()
    elif isinstance(value, list):
        inner = enumerate(value)
    if not isinstance(value, Mapping | list) or (pointer and not value):
        yield pointer
    for step, child in inner:
        yield from _leaves(child, (*pointer, step))
