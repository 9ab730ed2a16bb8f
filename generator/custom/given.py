"""The values of an object as CEL has them, by their schema.

Source: k8s.io/apiserver, pkg/cel/common/valuesunstructured.go, rule by rule.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, Final

from generator.cel.names import escaped, is_expressible
from generator.cel.run.times import SECOND, UNITS, Span, Time, span_of, time_of
from generator.cel.run.values import Failure, List, Map, Special, equal, is_list, is_map, no_form, ready
from generator.cel.sizes import of_resource
from generator.custom.structural import Node
from generator.workload import mapping

_SPOKEN: Final = re.compile(r"([0-9]+)[\t\n\f\r ]*([A-Za-zµ]+)")
_LONG_UNITS: Final = {
    "nano": 1,
    "micro": 10**3,
    "milli": 10**6,
    "sec": SECOND,
    "min": 60 * SECOND,
    "hour": 3600 * SECOND,
    "day": 86400 * SECOND,
    "week": 7 * 86400 * SECOND,
}
"""These may go on: `5 minutes`."""
_SHORT_UNITS: Final = {
    **UNITS,
    "hr": 3600 * SECOND,
    "d": 86400 * SECOND,
    "w": 7 * 86400 * SECOND,
    "wk": 7 * 86400 * SECOND,
}


def given(raw: Any, node: Node | None, *, is_root: bool = False) -> Any:
    """A value of an object; a `Failure` where there is none."""
    if node is None:
        return Failure("invalid data")
    if raw is None:
        return None if node.get("nullable") else Failure("invalid data, got null for schema with nullable=false")
    if node.get("x-kubernetes-int-or-string"):
        return raw if type(raw) in (int, str) else Failure("invalid data, expected a string or integer")
    read = _READ.get(str(node.get("type")))
    if read is not None:
        return read(raw, node, is_root)
    return Preserved(raw) if node.get("x-kubernetes-preserve-unknown-fields") else Failure("invalid type")


def _object(raw: Any, node: Node, is_root: bool) -> Any:
    if not isinstance(raw, Mapping):
        return Failure("invalid data, expected a map")
    is_resource = is_root or bool(node.get("x-kubernetes-embedded-resource"))
    if is_resource or node.get("properties") is not None:
        fields = mapping(node, "properties")
        return GivenMap(raw, of_resource(fields) if is_resource else fields, None)
    values = node.get("additionalProperties")
    return GivenMap(raw, None, values if isinstance(values, Mapping) else None)


def _list(raw: Any, node: Node, _: bool) -> Any:
    items = node.get("items")
    if not isinstance(raw, list) or not isinstance(items, Mapping):
        return Failure("invalid data, expected an array")
    match node.get("x-kubernetes-list-type"):
        case "map":
            return GivenMapList(raw, items, tuple(map(_escaped, node.get("x-kubernetes-list-map-keys", ()))))
        case "set":
            return GivenSet(raw, items)
    return GivenList(raw, items)


def _text(raw: Any, node: Node, _: bool) -> Any:
    if not isinstance(raw, str):
        return Failure("invalid data, expected string")
    try:
        return _FORMATS.get(str(node.get("format")), str)(raw)
    except Failure as error:
        return error


def _integer(raw: Any, _: Node, __: bool) -> Any:
    if type(raw) is float and raw.is_integer():
        return int(raw)
    return raw if type(raw) is int and -(2**63) <= raw < 2**63 else Failure("invalid data, expected int")


def _number(raw: Any, _: Node, __: bool) -> Any:
    return float(raw) if type(raw) in (int, float) else Failure("invalid data, expected float")


def _truth(raw: Any, _: Node, __: bool) -> Any:
    return raw if isinstance(raw, bool) else Failure("invalid data, expected bool")


_READ: Final[Mapping[str, Callable[[Any, Node, bool], Any]]] = {
    "object": _object,
    "array": _list,
    "string": _text,
    "integer": _integer,
    "number": _number,
    "boolean": _truth,
}


def _bytes(text: str) -> bytes:
    """The bytes that base64 for URLs writes so, which has two characters of its own."""
    if "+" in text or "/" in text:
        raise Failure("illegal base64 data")
    try:
        return base64.urlsafe_b64decode(text)
    except ValueError as error:
        raise Failure("illegal base64 data") from error


def _spoken(text: str) -> Span:
    """A duration of Go's, or all those that are in a text such as `5 days`."""
    try:
        return span_of(text)
    except Failure:
        found = [_spoken_part(*part.groups()) for part in _SPOKEN.finditer(text)]
        if not any(one is not None for one in found):
            raise
    total = sum(one or 0 for one in found)
    if abs(total) >= 2**63:
        raise Failure("a duration out of range")
    return Span(total)


def _spoken_part(number: str, unit: str) -> int | None:
    unit = unit.lower()
    times = _SHORT_UNITS.get(unit) or next((each for long, each in _LONG_UNITS.items() if unit.startswith(long)), None)
    return None if times is None else int(number[:30]) * times


def _moment(text: str) -> Time:
    try:
        return time_of(text)
    except Failure:
        return time_of(f"{text}Z")


_FORMATS: Final[Mapping[str, Callable[[str], Any]]] = {
    "duration": _spoken,
    "date": lambda text: time_of(f"{text}T00:00:00Z"),
    "date-time": _moment,
    "byte": _bytes,
}


class Preserved(Special):
    """A value that its schema says nothing of."""

    kind: ClassVar[str] = "unknown"
    __slots__ = ("raw",)

    def __init__(self, raw: Any) -> None:
        self.raw = raw

    def same(self, other: Any) -> bool:
        """Whether another value is the same, as JSON."""
        return _json(self.raw) == _json(other.raw)


def _json(raw: Any) -> str:
    return json.dumps(raw, sort_keys=True, default=id)


def _escaped(name: str) -> str:
    return escaped(name) if is_expressible(name) else name


def _raw(value: Any) -> Any:
    """What a value is among those of an object; nothing there for those that these have in another form."""
    if isinstance(value, GivenMap | GivenList | Preserved):
        return value.raw
    return value if type(value) in (bool, int, float, str) else _NONE


_NONE: Final = object()


class GivenMap:
    """A map, or an object with fields."""

    kind: ClassVar[str] = "map"
    __slots__ = ("_fields", "_values", "raw")

    def __init__(self, raw: Mapping[str, Any], fields: Mapping[str, Any] | None, values: Node | None) -> None:
        self.raw, self._values = raw, values
        self._fields = None if fields is None else fields

    def __len__(self) -> int:
        return len(self.raw)

    def __iter__(self) -> Iterator[str]:
        for key in self.raw:
            if self._node(key) is not None:
                yield key if self._fields is None else _escaped(key)

    def _node(self, key: str) -> Node | None:
        return self._values if self._fields is None else self._fields.get(key)

    def find(self, key: Any) -> tuple[Any, ...]:
        """The value of a key or field, or nothing: fields that are null are as if they were not there."""
        if not isinstance(key, str):
            raise no_form("_[_]", (self, key))
        if self._fields is not None:
            key = next((name for name in self.raw if _escaped(name) == key), key) if "__" in key else key
        if key not in self.raw or (self._fields is not None and self.raw[key] is None):
            return ()
        node = self._node(key)
        return () if node is None else (given(self.raw[key], node),)

    def same(self, other: Any) -> bool:
        """Whether it is equal; raises a `Failure` where the two cannot be compared."""
        if not is_map(other):
            raise no_form("_==_", (self, other))
        return len(self) == len(other) and all(self._has_same(key, other) for key in self.raw)

    def _has_same(self, key: str, other: GivenMap | Map) -> bool:
        if self._node(key) is None:
            if not isinstance(other, GivenMap):
                raise no_form("_==_", (self, other))
            return key not in other.raw or _json(self.raw[key]) == _json(other.raw[key])
        name = key if self._fields is None else _escaped(key)
        mine, theirs = self.find(name), other.find(name)
        if not mine or not theirs:
            return not mine and not theirs
        return equal(mine[0], theirs[0])


class GivenList:
    """A list."""

    kind: ClassVar[str] = "list"
    __slots__ = ("node", "raw")

    def __init__(self, raw: Sequence[Any], node: Node) -> None:
        self.raw, self.node = raw, node

    def __len__(self) -> int:
        return len(self.raw)

    def __iter__(self) -> Iterator[Any]:
        return (given(one, self.node) for one in self.raw)

    def __getitem__(self, at: int) -> Any:
        return given(self.raw[at], self.node)

    def same(self, other: Any) -> bool:
        """Whether it is equal; raises a `Failure` where the two cannot be compared."""
        if not is_list(other):
            raise no_form("_==_", (self, other))
        return len(self) == len(other) and all(map(equal, self, other))

    def has(self, value: Any) -> bool:
        """Whether a value is among its items; raises a `Failure` where it is not and some cannot be compared."""
        failure: Failure | None = None
        for one in self:
            try:
                if equal(one, value):
                    return True
            except Failure as error:
                failure = failure or error
        if failure:
            raise failure
        return False

    def plus(self, other: GivenList | List) -> GivenList:
        """The list with the items of another, which are as if the object had them."""
        return GivenList([*self.raw, *(_raw(ready(one)) for one in other)], self.node)


class GivenSet(GivenList):
    """A list whose items are told apart by what they are; their order does not count."""

    __slots__ = ()

    def same(self, other: Any) -> bool:
        """Whether it has the same items."""
        if not is_list(other):
            raise no_form("_==_", (self, other))
        known = set(map(_key, self.raw))
        return len(self) == len(other) and all(_key(_raw(ready(one))) in known for one in other)

    def plus(self, other: Any) -> GivenSet:
        """The set with the items of another that it does not have."""
        found = {_key(one): one for one in self.raw}
        for one in other:
            raw = _raw(ready(one))
            found.setdefault(_key(raw), raw)
        return GivenSet([*self.raw, *list(found.values())[len(self.raw) :]], self.node)


class GivenMapList(GivenList):
    """A list whose items are told apart by some of their fields; their order does not count."""

    __slots__ = ("keys",)

    def __init__(self, raw: Sequence[Any], node: Node, keys: tuple[str, ...]) -> None:
        super().__init__(raw, node)
        self.keys = keys

    def _identity(self, raw: Any) -> Any:
        if not isinstance(raw, Mapping):
            raise Failure("unexpected data format for element of array with x-kubernetes-list-type=map")
        return tuple(_key(raw.get(key)) for key in self.keys)

    def same(self, other: Any) -> bool:
        """Whether it has the same items."""
        if not is_list(other):
            raise no_form("_==_", (self, other))
        if len(self) != len(other):
            return False
        known = {self._identity(one): one for one in self.raw}
        for one in other:
            identity = self._identity(_raw(ready(one)))
            if identity not in known or not equal(given(known[identity], self.node), one):
                return False
        return True

    def plus(self, other: Any) -> GivenMapList:
        """The list with the items of another, which replace those that are told apart by the same."""
        found = {self._identity(one): one for one in self.raw}
        for one in other:
            raw = _raw(ready(one))
            found[self._identity(raw)] = raw
        return GivenMapList(list(found.values()), self.node, self.keys)


def _key(raw: Any) -> tuple[type, Any]:
    return (type(raw), raw if isinstance(raw, bool | int | float | str | None) else id(raw))
