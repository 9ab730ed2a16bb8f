"""The values of CEL: which there are besides Python's own, and how they are told apart, compared and counted.

Source: github.com/google/cel-go, common/types. An int is an integer of 64 bits, a float a double, None null.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from generator.cel.signatures import Type

MOST_STEPS: Final = 1_000_000
"""Of the evaluations for an object: what takes more is given up."""
_LEAST_INT, _MOST_INT, _MOST_UINT = -(2**63), 2**63 - 1, 2**64 - 1


class Failure(Exception):
    """An evaluation that comes to no value, and why; a value like any other where a loop carries it along."""


class GivenUp(Exception):
    """An evaluation takes more than any may take here, or what it comes to is not known exactly."""


class Steps:
    """What evaluations may still take."""

    def __init__(self) -> None:
        self._left = MOST_STEPS

    def take(self, number: int = 1) -> None:
        """Take so many; raises `GivenUp` where there are not as many left."""
        self._left -= number
        if self._left < 0:
            raise GivenUp

    def through(self, number: int) -> None:
        """Go through so many characters or items, which Python does faster."""
        self.take(1 + number // 64)


class Uint(int):
    """An integer of 64 bits without a sign."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A type, as a value."""

    name: str


@dataclass(frozen=True, slots=True)
class Maybe:
    """A value that may be missing."""

    value: Any = None
    there: bool = True


NOTHING: Final = Maybe(there=False)


class Special:
    """A value of a type that only Kubernetes has."""

    __slots__ = ()
    kind: ClassVar[str]
    """The type, as signatures write it."""

    def same(self, other: Any) -> bool:
        """Whether another value of the type is the same."""
        return bool(self == other)


class List:
    """A list that an expression makes. Lists that are made of each other share their items, as far as they go."""

    __slots__ = ("_items", "_size")

    def __init__(self, items: list[Any], size: int | None = None) -> None:
        self._items, self._size = items, len(items) if size is None else size

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[Any]:
        return iter(self._items if self._size == len(self._items) else self._items[: self._size])

    def __getitem__(self, at: int) -> Any:
        return self._items[at]

    def same(self, other: Any) -> bool:
        """Whether it is equal: what cannot be compared does not count."""
        if not is_list(other) or len(self) != len(other):
            return False
        return all(_equal_or_not_comparable(one, another) for one, another in zip(self, other, strict=True))

    def has(self, value: Any) -> bool:
        """Whether a value is among its items."""
        return any(_is(value, one) for one in self)

    def plus(self, other: Any) -> Any:
        """The list with the items of another after its own."""
        if not len(self):
            return other
        if self._size < len(self._items):
            return List([*self, *other])
        self._items.extend(other)
        return List(self._items)


class Map:
    """A map that an expression makes. Keys are told apart by their types, but numbers by what they are."""

    __slots__ = ("pairs",)

    def __init__(self, pairs: Mapping[Any, tuple[Any, Any]]) -> None:
        self.pairs = pairs
        """Keys and values, by what tells the keys apart (`identity`)."""

    def __len__(self) -> int:
        return len(self.pairs)

    def __iter__(self) -> Iterator[Any]:
        return (key for key, _ in self.pairs.values())

    def find(self, key: Any) -> tuple[Any, ...]:
        """The value of a key, or nothing."""
        found = self.pairs.get(identity(key))
        return found[1:] if found else ()

    def same(self, other: Any) -> bool:
        """Whether it is equal: what cannot be compared does not count."""
        if not is_map(other) or len(self) != len(other):
            return False
        for key, value in self.pairs.values():
            found = other.find(key)
            if not found or not _equal_or_not_comparable(value, found[0]):
                return False
        return True

    def with_pairs(self, pairs: Iterator[tuple[Any, Any]]) -> Map:
        """The map with more pairs; each key has to be new."""
        made = dict(self.pairs)
        for key, value in pairs:
            one = identity(key)
            if one in made:
                raise Failure(f"the key {key} is there already")
            made[one] = (key, value)
        return Map(made)


def identity(key: Any) -> Any:
    """What makes a key of a map the same as another: 1, 1u and 1.0 are, and true is not."""
    if isinstance(key, bool | str):
        return (type(key), key)
    if isinstance(key, int):
        return (int, int(key))
    if isinstance(key, float):
        return (int, int(key)) if key.is_integer() else (float, key)
    return (Failure, id(key))


def is_list(value: Any) -> bool:
    """Whether a value is a list."""
    return type_name(value) == "list"


def is_map(value: Any) -> bool:
    """Whether a value is a map."""
    return type_name(value) == "map"


_NAMES: Final[dict[type, str]] = {
    bool: "bool",
    int: "int",
    Uint: "uint",
    float: "double",
    str: "string",
    bytes: "bytes",
    type(None): "null",
    Kind: "type",
    Maybe: "optional_type",
    List: "list",
    Map: "map",
    Failure: "error",
}


def type_name(value: Any) -> str:
    """The name of a value's type, as signatures write it."""
    return _NAMES.get(type(value)) or str(value.kind)


def fits(wanted: Type, value: Any) -> bool:
    """Whether a value is of a type: of lists and maps, the first item decides."""
    if wanted.is_parameter or wanted.name == "dyn":
        return True
    if wanted.name != type_name(value):
        return False
    if wanted.name == "list":
        return not len(value) or fits(wanted.of[0], next(iter(value)))
    if wanted.name == "map" and len(value):
        key = next(iter(value))
        return fits(wanted.of[0], key) and fits(wanted.of[1], value.find(key)[0])
    return True


def ready(value: Any) -> Any:
    """A value; raises the failure that may stand in its place."""
    if isinstance(value, Failure):
        raise value
    return value


def no_form(function: str, values: Sequence[Any]) -> Failure:
    """What there is where a function does not take what it is given."""
    return Failure(f"{function.strip('_')} cannot be applied to ({', '.join(map(type_name, values))})")


def equal(one: Any, other: Any) -> bool:
    """`==`; raises a `Failure` where the two cannot be compared."""
    ready(one), ready(other)
    if one is None or other is None:
        return one is other
    return _equal(one, other)


_NUMBERS: Final = ("int", "uint", "double")


def _equal(one: Any, other: Any) -> bool:
    name, another = type_name(one), type_name(other)
    if name in _NUMBERS and another in _NUMBERS:
        return bool(_number_of(one, other) == _number_of(other, one))
    if name in ("list", "map"):
        return bool(one.same(other))
    if name == "optional_type":
        if name != another or one.there is not other.there:
            return False
        return not one.there or _equal(one.value, other.value)
    if isinstance(one, Special):
        if name != another:
            raise no_form("_==_", (one, other))
        return one.same(other)
    return name == another and bool(one == other)


def _number_of(one: Any, other: Any) -> Any:
    """A number as it is compared with another: with doubles, as one."""
    return float(one) if isinstance(other, float) else one


def _equal_or_not_comparable(one: Any, other: Any) -> bool:
    try:
        return equal(one, other)
    except Failure:
        return True


def _is(value: Any, item: Any) -> bool:
    """Whether an item of a list is what is looked for; what cannot be compared is not."""
    try:
        return _equal(ready(value), ready(item))
    except Failure:
        return False


def order(one: Any, other: Any) -> int:
    """-1, 0 or 1 as the first is less than the second, the same or more; raises a `Failure`."""
    ready(one), ready(other)
    name, another = type_name(one), type_name(other)
    if name in _NUMBERS and another in _NUMBERS:
        if one != one or other != other:
            raise Failure("NaN has no order")
        one, other = _number_of(one, other), _number_of(other, one)
    elif name != another or name not in _ORDERED:
        raise no_form("_<_", (one, other))
    return int(one > other) - int(one < other)


def comparable(value: Any) -> Any:
    """A value that has an order; raises a `Failure` for any other."""
    if type_name(ready(value)) not in (*_NUMBERS, *_ORDERED):
        raise no_form("_<_", (value,))
    return value


_ORDERED: Final = ("bool", "string", "bytes", "duration", "timestamp")


def of_int(number: int) -> int:
    """An integer of 64 bits."""
    if not _LEAST_INT <= number <= _MOST_INT:
        raise Failure("integer overflow")
    return number


def of_uint(number: int) -> Uint:
    """An integer of 64 bits without a sign."""
    if not 0 <= number <= _MOST_UINT:
        raise Failure("unsigned integer overflow")
    return Uint(number)


def size(value: Any) -> int:
    """How many characters, bytes, items or pairs there are in a value; 1 of all others."""
    return len(value) if isinstance(value, str | bytes) or type_name(value) in ("list", "map") else 1


Function = Callable[..., Any]
"""What makes a value of values; functions that may make much of little take `Steps` first (`@counted`)."""
