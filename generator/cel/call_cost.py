"""What a call of a function costs at most, without its arguments, and how large what it makes is.

Source: k8s.io/apiserver, pkg/cel/library/cost.go (`EstimateCallCost`), and github.com/google/cel-go, checker/cost.go
(`functionCost`), ext/lists.go and ext/sets.go.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from generator.cel.amounts import LIST, MOST, ONE, REGEX, TRAVERSAL, UNKNOWN, Size, plus, scaled, times
from generator.cel.nodes import Expr, Literal
from generator.cel.signatures import Overload, Type

Cost = tuple[int, Size | None]
"""A cost, and the size of the result where that is a text, a list or a map."""


@dataclass(frozen=True, slots=True)
class Argument:
    """What a function is given, or called on: with its size, as far as it is known, and that of its items."""

    node: Expr
    type: Type
    known: Size | None
    of_items: Callable[[], Size | None]

    @property
    def size(self) -> Size:
        """Its size; for what nobody knows, any."""
        return self.known or UNKNOWN


Given = Sequence[Argument]


def call_cost(function: str, overload: Overload, given: Given) -> Cost:
    """The cost of a form of a function; what it is called on comes first of what it is given."""
    found = _COSTS[function](overload, given) if function in _COSTS else None
    return found or (1, None)


def _through(text: Argument, factor: float = 1) -> int:
    """What it costs to go through a text."""
    return scaled(text.size.most, factor * TRAVERSAL)


def _reading(factor: float = 1) -> Callable[[Overload, Given], Cost]:
    return lambda _, given: (_through(given[0], factor), None)


def _changed(_: Overload, given: Given) -> Cost:
    return _through(given[0]), given[0].size


def _of_every_item(_: Overload, given: Given) -> Cost:
    around = given[0]
    if not around.type.of:
        return _through(around), None
    each = 1
    if around.type.of[0].name in ("string", "bytes"):
        each = plus(each, scaled((around.of_items() or UNKNOWN).most, TRAVERSAL))
    return times(around.size.most, each), None


def _replaced(_: Overload, given: Given) -> Cost:
    text, old, new = (one.size for one in given[:3])
    kept_most = kept_least = 0
    if old.least == 0:  # nothing is found between all characters
        most, kept_most = plus(text.most, 1), text.most
    elif new.most <= old.least:
        most, kept_most = 0, text.most
    else:
        most = _quotient(text.most, old.least)
    if old.most == 0:
        least, kept_least = plus(text.least, 1), text.least
    elif old.most <= new.least:
        least, kept_least = 0, text.least
    else:
        least = _quotient(text.least, old.most)
    return _through(given[0], 2), Size(least, most) * new + Size(kept_least, kept_most)


def _quotient(number: int, by: int) -> int:
    return min(math.ceil(float(number) / float(by)), MOST)


def _split(_: Overload, given: Given) -> Cost:
    most = given[0].size.most
    match [one.node for one in given[2:]]:
        case [Literal(int(told), unsigned=False)] if told is not True and told is not False:
            most = told % 2**64
    return _through(given[0], 2), Size(0, most)


def _joined(_: Overload, given: Given) -> Cost:
    items = given[0].size
    size = items * (given[0].of_items() or UNKNOWN) if given[0].type.of else Size(0, 0)
    for between in given[1:]:
        size += between.size * Size(max(items.least - 1, 0), max(items.most - 1, 0))
    return scaled(size.most, TRAVERSAL), size


def _matched(text: Argument, expression: Argument) -> int:
    return times(scaled((text.size + ONE).most, TRAVERSAL), scaled(expression.size.most, REGEX))


def _found(_: Overload, given: Given) -> Cost:
    return _matched(given[0], given[1]), Size(0, given[0].size.most)


def _matches(overload: Overload, given: Given) -> Cost | None:
    return (_matched(given[0], given[1]), None) if overload.is_member else None


def _address(overload: Overload, given: Given) -> Cost | None:
    return (_through(given[0]), None) if overload.takes == "string" else None


def _compared_bytes(cost: int) -> Callable[[Overload, Given], Cost]:
    """Of addresses, which have 16 at most; one that is a text is read before."""
    return lambda overload, given: (
        plus(cost, _through(given[1])) if overload.takes == "cidr,string" else cost,
        None,
    )


def _validated(_: Overload, given: Given) -> Cost:
    return scaled(_through(given[1]), 128 * REGEX), None


def _equal(_: Overload, given: Given) -> Cost:
    kinds = {one.type.name for one in given}
    match [*kinds]:
        case ["ip" | "cidr" | "quantity" | "semver"]:
            return 1, None
        case ["format"]:
            return scaled(64, TRAVERSAL), None
        case ["url"]:
            return scaled(given[1].known.most if given[1].known else 1, TRAVERSAL), None
    return _less_of_both(given)


def _less_of_both(given: Given) -> Cost:
    return scaled(min(one.size.most for one in given), TRAVERSAL), None


def _compared(overload: Overload, given: Given) -> Cost | None:
    return _less_of_both(given) if overload.takes in ("string,string", "bytes,bytes") else None


def _added(overload: Overload, given: Given) -> Cost | None:
    size = given[0].size + given[1].size
    match overload.takes:
        case "list(A),list(A)":
            return 1, size
        case "string,string" | "bytes,bytes":
            return scaled(size.most, TRAVERSAL), size
    return None


def _encoded(overload: Overload, given: Given) -> Cost | None:
    size = given[0].size
    return (_through(given[0]), Size(size.least, size.most * 4 % 2**64)) if overload.takes == "string" else None


def _decoded(overload: Overload, given: Given) -> Cost | None:
    size = given[0].size
    return (_through(given[0]), Size(size.least // 4, size.most)) if overload.takes == "bytes" else None


def _quoted(_: Overload, given: Given) -> Cost:
    size = given[0].size
    return _through(given[0]), Size((size.least + 2) % 2**64, (size.most * 2 + 2) % 2**64)


def _ending(_: Overload, given: Given) -> Cost:
    return _through(given[1]), None


def _contained(_: Overload, given: Given) -> Cost:
    return times(_through(given[0]), _through(given[1])), None


def _among(overload: Overload, given: Given) -> Cost | None:
    return (scaled(given[1].size.most, 1), None) if overload.takes == "A,list(A)" else None


def _new_list(size: Size, factor: float = 1) -> Cost:
    return plus(scaled(size.most, factor), 1, LIST), size


def _sliced(_: Overload, given: Given) -> Cost:
    size = (_told(given[2], given[0].size.most) - _told(given[1], 0)) % 2**64
    return _new_list(Size(size, size))


def _range(_: Overload, given: Given) -> Cost:
    size = _told(given[0], MOST)
    return _new_list(Size(size, size))


def _flattened(_: Overload, given: Given) -> Cost:
    return _new_list(given[0].size, float(_told(given[1], MOST)) if given[1:] else 1)


def _told(argument: Argument, otherwise: int) -> int:
    """The number that an expression writes out."""
    match argument.node:
        case Literal(int(told), unsigned=False) if told is not True and told is not False:
            return max(told, 0)
    return otherwise


def _sorted(overload: Overload, given: Given) -> Cost:
    """By the last that is given: the list, or the keys of its items."""
    of_texts = overload.parameters[-1].of[0].name in ("string", "bytes")
    size = given[-1].size
    return _new_list(size * size, 2 + TRAVERSAL if of_texts else 2)


def _sets(factor: float) -> Callable[[Overload, Given], Cost]:
    return lambda _, given: (plus(scaled((given[0].size * given[1].size).most, factor), 1), None)


_COSTS: Final[Mapping[str, Callable[[Overload, Given], Cost | None]]] = {
    **dict.fromkeys(("isSorted", "sum", "max", "min", "indexOf", "lastIndexOf"), _of_every_item),
    **dict.fromkeys(("url", "lowerAscii", "upperAscii", "substring", "trim"), _changed),
    **dict.fromkeys(("cidr", "isIP", "isCIDR", "quantity", "isQuantity", "semver", "isSemver", "format"), _reading()),
    "ip.isCanonical": _reading(2),
    "ip": _address,
    "containsIP": _compared_bytes(scaled(32, TRAVERSAL)),
    "containsCIDR": _compared_bytes(scaled(32, TRAVERSAL) + scaled(16, TRAVERSAL) + 1),
    "validate": _validated,
    "replace": _replaced,
    "split": _split,
    "join": _joined,
    **dict.fromkeys(("find", "findAll"), _found),
    "matches": _matches,
    "_==_": _equal,
    "_!=_": lambda _, given: _less_of_both(given),
    **dict.fromkeys(("_<_", "_<=_", "_>_", "_>=_"), _compared),
    "_+_": _added,
    "bytes": _encoded,
    "string": _decoded,
    "strings.quote": _quoted,
    **dict.fromkeys(("startsWith", "endsWith"), _ending),
    "contains": _contained,
    "@in": _among,
    "slice": _sliced,
    "lists.range": _range,
    "flatten": _flattened,
    "reverse": lambda _, given: _new_list(given[0].size),
    "distinct": lambda _, given: _new_list(given[0].size * given[0].size, 2),
    **dict.fromkeys(("sort", "@sortByAssociatedKeys"), _sorted),
    **dict.fromkeys(("sets.contains", "sets.intersects"), _sets(1)),
    "sets.equivalent": _sets(2),
}
"""What is not here costs 1."""
