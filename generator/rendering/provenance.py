"""Values that remember where among a service's values they stand, while a template passes them on.

Scalars, maps and lists are wrapped in subclasses of their own types, so a template sees no difference. What an
expression computes (`a ~ b`) is an ordinary value again: only what is passed on as it is keeps its pointer.
A boolean becomes a number that is written and tested like one (`Flag`). Null, which cannot be wrapped, has no pointer.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from generator.repository import Pointer


class _Text(str):
    __slots__ = ("pointer",)
    pointer: Pointer


class _Whole(int):
    pointer: Pointer


class Flag(int):
    """A boolean, which cannot be wrapped itself: the same to everything but `is`."""

    pointer: Pointer

    def __repr__(self) -> str:
        return "True" if self else "False"

    __str__ = __repr__


class _Float(float):
    __slots__ = ("pointer",)
    pointer: Pointer


class _Map(dict[str, Any]):
    __slots__ = ("pointer",)
    pointer: Pointer


class _List(list[Any]):
    __slots__ = ("pointer",)
    pointer: Pointer


_LOCATED: Final = (_Text, Flag, _Whole, _Float, _Map, _List)


def located(value: Any, pointer: Pointer = ()) -> Any:
    """A JSON value that knows its pointer, and so does everything in it, keys included."""
    if isinstance(value, Mapping):
        items = value.items()
        wrapped: Any = _Map({located(key, (*pointer, key)): located(item, (*pointer, key)) for key, item in items})
    elif isinstance(value, list):
        wrapped = _List(located(item, (*pointer, index)) for index, item in enumerate(value))
    elif value is None:
        return value
    else:
        wrapped = {str: _Text, bool: Flag, int: _Whole, float: _Float}[type(value)](value)
    wrapped.pointer = pointer
    return wrapped


def pointer_of(value: Any) -> Pointer | None:
    """Where a value stands among the values, if it is one of them as it is."""
    return value.pointer if isinstance(value, _LOCATED) else None


def like(value: str, original: Any) -> str:
    """A text that says the same as another value, with that one's pointer."""
    pointer = pointer_of(original)
    return value if pointer is None else located(value, pointer)
