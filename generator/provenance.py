"""Values that remember where among a service's values they stand, while a template passes them on.

Scalars, maps and lists are wrapped in subclasses of their own types, so a template sees no difference. What an
expression computes (`a ~ b`) is an ordinary value again: only what is passed on as it is keeps its pointer.
Booleans and null, which cannot be wrapped, have none; they are found by the map or list around them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from generator.repository import Pointer


class _Text(str):
    __slots__ = ("pointer",)
    pointer: Pointer


class _Whole(int):
    pointer: Pointer


class _Float(float):
    __slots__ = ("pointer",)
    pointer: Pointer


class _Map(dict[str, Any]):
    __slots__ = ("pointer",)
    pointer: Pointer


class _List(list[Any]):
    __slots__ = ("pointer",)
    pointer: Pointer


def located(value: Any, pointer: Pointer = ()) -> Any:
    """A JSON value that knows its pointer, and so does everything in it, keys included."""
    if isinstance(value, Mapping):
        items = value.items()
        wrapped: Any = _Map({located(key, (*pointer, key)): located(item, (*pointer, key)) for key, item in items})
    elif isinstance(value, list):
        wrapped = _List(located(item, (*pointer, index)) for index, item in enumerate(value))
    elif value is None or isinstance(value, bool):
        return value
    else:
        wrapped = {str: _Text, int: _Whole, float: _Float}[type(value)](value)
    wrapped.pointer = pointer
    return wrapped


def pointer_of(value: Any) -> Pointer | None:
    """Where a value stands among the values, if it is one of them as it is."""
    return value.pointer if isinstance(value, _Text | _Whole | _Float | _Map | _List) else None


def like(value: str, original: Any) -> str:
    """A text that says the same as another value, with that one's pointer."""
    pointer = pointer_of(original)
    return value if pointer is None else located(value, pointer)
