"""Functions of lists and sets, and of values that may be missing.

Source: github.com/google/cel-go, ext/lists.go, ext/sets.go and cel/library.go, and k8s.io/apiserver,
pkg/cel/library/lists.go.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cmp_to_key
from itertools import pairwise
from typing import Any, Final

from generator.cel.run.numbers import COUNTED as ADDING
from generator.cel.run.texts import index_of, last_index_of
from generator.cel.run.times import Span
from generator.cel.run.values import (
    NOTHING,
    Failure,
    Function,
    GivenUp,
    List,
    Map,
    Maybe,
    Steps,
    Uint,
    comparable,
    equal,
    is_list,
    is_map,
    order,
    ready,
    size,
    type_name,
)

_STABLE: Final = 12
"""Up to so many items, Go's sorting leaves those in their order that are the same."""
ZEROS: Final[Mapping[str, Any]] = {"int": 0, "uint": Uint(0), "double": 0.0, "duration": Span(0)}


def _items(of: Any) -> list[Any]:
    return [ready(one) for one in of]


def _order(one: Any, other: Any) -> int:
    """What cannot be compared is in order."""
    try:
        return order(one, other)
    except Failure:
        return 0


def _is_sorted(steps: Steps, of: Any) -> bool:
    before: Any = None
    for at, one in enumerate(of):
        steps.take()
        if _order(before, comparable(one)) > 0 and at:
            return False
        before = one
    return True


def added_up(steps: Steps, of: Any, zero: Any) -> Any:
    """The sum of a list."""
    for one in _items(of):
        zero = ADDING["_+_"](steps, zero, one)
    return zero


def _best(sign: int) -> Function:
    def best(steps: Steps, of: Any) -> Any:
        found = [comparable(one) for one in of]
        steps.take(len(found))
        if not found:
            raise Failure(f"{'max' if sign > 0 else 'min'} called on empty list")
        result = found[0]
        for one in found[1:]:
            result = one if _order(one, result) * sign > 0 else result
        return result

    return best


def _place(steps: Steps, of: Any, item: Any, *rest: int) -> int:
    if isinstance(of, str):
        return index_of(of, item, *rest)
    for at, one in enumerate(of):
        if _same(steps, one, item):
            return at
    return -1


def _last_place(steps: Steps, of: Any, item: Any, *rest: int) -> int:
    if isinstance(of, str):
        return last_index_of(of, item, *rest)
    for at in reversed(range(len(of))):
        if _same(steps, of[at], item):
            return at
    return -1


def _same(steps: Steps, one: Any, other: Any) -> bool:
    try:
        steps.through(min(size(ready(one)), size(other)))
        return equal(one, other)
    except Failure:
        return False


def _slice(steps: Steps, of: Any, start: int, end: int) -> List:
    if not 0 <= start <= end <= len(of):
        raise Failure(f"there are no items from {start} to {end}")
    steps.take(end - start)
    return List([of[at] for at in range(start, end)])


def _flattened(steps: Steps, of: Any, depth: int = 1) -> List:
    if depth < 0:
        raise Failure("the level is below 0")
    return List(list(_flat(steps, of, depth)))


def _flat(steps: Steps, of: Any, depth: int) -> Iterator[Any]:
    for one in of:
        steps.take()
        if depth and is_list(one):
            yield from _flat(steps, one, depth - 1)
        else:
            yield one


def _sorted(steps: Steps, of: Any, by: Any = None) -> Any:
    items, keys = _items(of), _items(of if by is None else by)
    steps.take(4 * len(items))
    if len(items) != len(keys):
        raise Failure("sortBy has other keys than items")
    for key in keys[:1]:
        comparable(key)
    if any(type_name(key) != type_name(keys[0]) for key in keys):
        raise Failure("the items are of several types")
    if any(key != key for key in keys):
        raise GivenUp
    pairs: list[tuple[Any, Any]] = list(zip(keys, items, strict=True))
    ordered = cmp_to_key(order)
    pairs.sort(key=lambda pair: ordered(pair[0]))
    if by is not None and len(items) > _STABLE and any(equal(one[0], two[0]) for one, two in pairwise(pairs)):
        raise GivenUp
    return List([item for _, item in pairs])


def _distinct(steps: Steps, of: Any) -> List:
    found: list[Any] = []
    for one in of:
        if not any(_same(steps, one, other) for other in found):
            found.append(one)
    return List(found)


def _range(steps: Steps, end: int) -> List:
    steps.take(max(end, 0))
    return List(list(range(end)))


def _among(steps: Steps, value: Any, of: Any) -> bool:
    if is_map(of):
        return bool(of.find(value))
    steps.take(1 + len(of) * (1 + size(value) // 64))
    return bool(of.has(value))


def _contains(steps: Steps, of: Any, others: Any) -> bool:
    return all(_among(steps, one, of) for one in others)


def _intersects(steps: Steps, of: Any, others: Any) -> bool:
    for one in of:
        try:
            if _among(steps, one, others):
                return True
        except Failure:
            continue
    return False


def _unwrapped(of: Any) -> List:
    found = _items(of)
    if not all(isinstance(one, Maybe) for one in found):
        raise Failure("value is not an optional")
    return List([one.value for one in found if one.there])


def _value(of: Maybe) -> Any:
    if not of.there:
        raise Failure("the optional has no value")
    return of.value


def _unless_zero(value: Any) -> Maybe:
    if value is None or (isinstance(value, bool | int | float | str | bytes) and not value):
        return NOTHING
    if isinstance(value, List | Map) and not len(value):
        return NOTHING
    return NOTHING if value == Span(0) else Maybe(value)


def _inserted(steps: Steps, into: Any, *new: Any) -> Map:
    pairs = [new] if len(new) == 2 else [(key, ready(new[0].find(key)[0])) for key in new[0]]
    steps.through(8 * len(into) + len(pairs))
    start = into if isinstance(into, Map) else Map({}).with_pairs((key, into.find(key)[0]) for key in into)
    return start.with_pairs(iter(pairs))


FUNCTIONS: Final[Mapping[str, Function]] = {
    "size": len,
    "reverse": lambda of: List(list(of)[::-1]),
    "first": lambda of: Maybe(ready(of[0])) if len(of) else NOTHING,
    "last": lambda of: Maybe(ready(of[len(of) - 1])) if len(of) else NOTHING,
    "optional.none": lambda: NOTHING,
    "optional.of": Maybe,
    "optional.ofNonZeroValue": _unless_zero,
    "optional.unwrap": _unwrapped,
    "unwrapOpt": _unwrapped,
    "hasValue": lambda of: of.there,
    "value": _value,
}
COUNTED: Final[Mapping[str, Function]] = {
    "isSorted": _is_sorted,
    "min": _best(-1),
    "max": _best(1),
    "indexOf": _place,
    "lastIndexOf": _last_place,
    "slice": _slice,
    "flatten": _flattened,
    "sort": _sorted,
    "@sortByAssociatedKeys": _sorted,
    "distinct": _distinct,
    "lists.range": _range,
    "@in": _among,
    "sets.contains": _contains,
    "sets.intersects": _intersects,
    "sets.equivalent": lambda steps, of, others: _contains(steps, of, others) and _contains(steps, others, of),
    "cel.@mapInsert": _inserted,
}
