"""What an expression comes to.

Source: github.com/google/cel-go, interpreter (planner.go, interpretable.go, attributes.go).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from generator.cel.check import Checked
from generator.cel.nodes import Call, Expr, Items, Literal, Loop, Made, Name, Pairs, Select
from generator.cel.run import (
    addresses,
    lists,
    named,
    numbers,
    patterns,
    quantities,
    texts,
    times,
    urls,
    versions,
    writing,
)
from generator.cel.run.values import (
    NOTHING,
    Failure,
    Function,
    GivenUp,
    Kind,
    List,
    Map,
    Maybe,
    Steps,
    Uint,
    equal,
    fits,
    is_list,
    is_map,
    no_form,
    order,
    ready,
    size,
    type_name,
)
from generator.cel.signatures import FUNCTIONS, TYPES, Overload

_PLAIN: Final[Mapping[str, Function]] = {
    name: run
    for module in (addresses, lists, named, numbers, quantities, texts, times, urls, versions)
    for name, run in module.FUNCTIONS.items()
}
_COUNTED: Final[Mapping[str, Function]] = {
    name: run for module in (lists, numbers, patterns, texts, writing) for name, run in module.COUNTED.items()
}
_ORDERS: Final[Mapping[str, Callable[[int], bool]]] = {
    "_<_": lambda found: found < 0,
    "_<=_": lambda found: found <= 0,
    "_>_": lambda found: found > 0,
    "_>=_": lambda found: found >= 0,
}
_CRASHING: Final = frozenset({"sort", "@sortByAssociatedKeys", "distinct"})
"""What the API server counts the cost of as if there always were a list (ext/lists.go, `trackListSelfCompare`)."""
Scope = Mapping[str, Any]


class Crash(Exception):
    """A failure that nothing makes up for: the API server ends the evaluation."""


def is_known(checked: Checked) -> bool:
    """Whether all that an expression calls is known here."""
    known = _PLAIN.keys() | _COUNTED.keys() | _ORDERS.keys() | _SPECIAL.keys() | {"sum"}
    return all(one.function in known for one in checked.called.values())


class Evaluation:
    """One of an expression; maps are gone through in the order of their keys, or the other way round."""

    def __init__(self, checked: Checked, steps: Steps, *, reverse: bool = False) -> None:
        self._checked, self.steps, self._reverse = checked, steps, reverse
        self.is_ordered = False
        """Whether it went through a map of several keys, whose order is not known."""

    def result(self, scope: Scope) -> Any:
        """What it comes to; raises a `Failure`, or `GivenUp`."""
        try:
            return self._value(self._checked.expr, scope)
        except Crash as error:
            raise Failure(str(error)) from error
        except RecursionError as error:
            raise GivenUp from error

    def _value(self, node: Expr, scope: Scope) -> Any:
        self.steps.take()
        match node:
            case Literal(value, unsigned):
                return Uint(value) if unsigned and isinstance(value, int) else value
            case Name(name):
                return ready(scope[name]) if name in scope else Kind(_type_named(name))
            case Select():
                return self._select(node, scope)
            case Call(function) if function in _SPECIAL:
                return _SPECIAL[function](self, node, scope)
            case Call():
                return self._call(node, scope)
            case Items():
                return List(list(self._items(node, scope)))
            case Pairs():
                return self._pairs(node, scope)
            case Loop():
                return self._loop(node, scope)
            case Made():
                raise GivenUp

    def _select(self, node: Select, scope: Scope) -> Any:
        if node in self._checked.dotted:
            return Kind(_type_named(self._checked.dotted[node]))
        around = self._value(node.of, scope)
        if isinstance(around, Maybe):
            maybe = _maybe(_found(around.value, node.field)) if around.there else NOTHING
            return maybe.there if node.is_test else maybe
        maybe = _maybe(_found(around, node.field))
        if node.is_test:
            return maybe.there
        if not maybe.there:
            raise Failure(f"no such key: {node.field}")
        return maybe.value

    def _call(self, node: Call, scope: Scope) -> Any:
        called = self._checked.called[node]
        parts = node.arguments if called.target is None else (called.target, *node.arguments)
        values = self._all(parts, scope, Crash if called.function in _CRASHING else Failure)
        overload = _form(called.function, called.overloads, values)
        if called.function in _ORDERS:
            self.steps.through(min(map(size, values)))
            return _ORDERS[called.function](order(*values))
        if called.function == "sum":
            return lists.added_up(self.steps, values[0], lists.ZEROS[overload.result.name])
        if called.function in _COUNTED:
            return _COUNTED[called.function](self.steps, *values)
        self.steps.through(sum(len(one) for one in values if isinstance(one, str | bytes)))
        return _PLAIN[called.function](*values)

    def _all(self, nodes: Sequence[Expr], scope: Scope, wrong: type[Exception] = Failure) -> list[Any]:
        """Their values: each is computed, also after one that fails."""
        values = [self._kept(one, scope) for one in nodes]
        for value in values:
            if isinstance(value, Failure):
                raise wrong(str(value)) from value
        return values

    def and_or(self, node: Call, scope: Scope) -> Any:
        """`&&` and `||`: what decides, decides, whatever there is on the other side."""
        decides = node.function == "_||_"
        failure: Failure | None = None
        for one in node.arguments:
            try:
                value = self._value(one, scope)
                if not isinstance(value, bool):
                    raise no_form(node.function, (value,))
                if value is decides:
                    return decides
            except Failure as error:
                failure = failure or error
        if failure:
            raise failure
        return not decides

    def conditional(self, node: Call, scope: Scope) -> Any:
        """`?:`."""
        condition, then, otherwise = node.arguments
        return self._value(then if self._truth(condition, scope, "_?_:_") else otherwise, scope)

    def negated(self, node: Call, scope: Scope) -> Any:
        """`!`."""
        return not self._truth(node.arguments[0], scope, "!_")

    def _truth(self, node: Expr, scope: Scope, function: str) -> bool:
        value = self._value(node, scope)
        if not isinstance(value, bool):
            raise no_form(function, (value,))
        return value

    def not_false(self, node: Call, scope: Scope) -> Any:
        """Whether a loop may go on."""
        try:
            return self._value(node.arguments[0], scope) is not False
        except Failure:
            return True

    def equality(self, node: Call, scope: Scope) -> Any:
        """`==` and `!=`, to which what cannot be compared is not the same."""
        one, other = self._all(node.arguments, scope)
        self.steps.through(8 * min(size(one), size(other)))
        if node.function == "_==_":
            return equal(one, other)
        try:
            return not equal(one, other)
        except Failure:
            return True

    def index(self, node: Call, scope: Scope) -> Any:
        """`[]`, `[?]` and `.?`."""
        around, at = (self._value(part, scope) for part in node.arguments)
        is_optional = node.function != "_[_]"
        if isinstance(around, Maybe):
            if not around.there:
                return NOTHING
            around, is_optional = around.value, True
        found = _found(around, at)
        if is_optional:
            return _maybe(found)
        if not found:
            raise Failure(f"index out of bounds: {at}" if is_list(around) else f"no such key: {at}")
        return ready(found[0])

    def or_else(self, node: Call, scope: Scope) -> Any:
        """`or` and `orValue` of what may be missing."""
        called = self._checked.called[node]
        first = self._value(called.target, scope) if called.target else None
        if not isinstance(first, Maybe):
            raise no_form(node.function, (first,))
        if first.there:
            return first if called.function == "or" else first.value
        return self._value(node.arguments[0], scope)

    def _items(self, node: Items, scope: Scope) -> Iterator[Any]:
        for at, one in enumerate(node.items):
            value = self._value(one, scope)
            if at not in node.optional:
                yield value
            elif not isinstance(value, Maybe):
                raise Failure("an item after ? is no optional value")
            elif value.there:
                yield value.value

    def _pairs(self, node: Pairs, scope: Scope) -> Map:
        made: dict[Any, Any] = {}
        for at, (one, other) in enumerate(node.pairs):
            key, value = self._value(one, scope), self._value(other, scope)
            if at in node.optional:
                if not isinstance(value, Maybe):
                    raise Failure("an entry after ? is no optional value")
                if not value.there:
                    continue
                value = value.value
            made |= Map({}).with_pairs(iter([(key, value)])).pairs
        return Map(made)

    def _loop(self, node: Loop, scope: Scope) -> Any:
        over = self._value(node.over, scope)
        inner = {**scope, node.sum: self._kept(node.start, scope)}
        for values in self._turns(over, len(node.variables)):
            self.steps.take()
            inner.update(zip(node.variables, values, strict=True))
            condition = self._kept(node.condition, inner)
            if condition is False:
                break
            inner[node.sum] = self._kept(node.step, inner)
        return self._value(node.result, {**scope, node.sum: inner[node.sum]})

    def _kept(self, node: Expr, scope: Scope) -> Any:
        """A value, or the failure that is there instead."""
        try:
            return self._value(node, scope)
        except Failure as error:
            return error

    def _turns(self, over: Any, variables: int) -> Iterator[tuple[Any, ...]]:
        if is_list(over):
            yield from enumerate(over) if variables == 2 else ((one,) for one in over)
        elif is_map(over):
            keys = list(over)
            self.is_ordered = self.is_ordered or len(keys) > 1
            for key in reversed(keys) if self._reverse else keys:
                yield (key, over.find(key)[0]) if variables == 2 else (key,)
        else:
            raise Failure(f"a loop goes over a list or a map, and not over {type_name(over)}")


_SPECIAL: Final[Mapping[str, Callable[[Evaluation, Call, Scope], Any]]] = {
    "_&&_": Evaluation.and_or,
    "_||_": Evaluation.and_or,
    "_?_:_": Evaluation.conditional,
    "!_": Evaluation.negated,
    "@not_strictly_false": Evaluation.not_false,
    "_==_": Evaluation.equality,
    "_!=_": Evaluation.equality,
    "_[_]": Evaluation.index,
    "_[?_]": Evaluation.index,
    "_?._": Evaluation.index,
    "or": Evaluation.or_else,
    "orValue": Evaluation.or_else,
}


def _type_named(name: str) -> str:
    if name not in TYPES:
        raise GivenUp
    return name


def _maybe(found: tuple[Any, ...]) -> Maybe:
    return Maybe(ready(found[0])) if found else NOTHING


def _found(around: Any, at: Any) -> tuple[Any, ...]:
    """What a map has for a key or a list at a place, or nothing."""
    if is_map(around):
        return tuple(around.find(at))
    if not is_list(around):
        return ()
    if isinstance(at, float) and at.is_integer():
        at = int(at)
    if isinstance(at, bool) or not isinstance(at, int):
        raise Failure(f"a list has no index of the type {type_name(at)}")
    return (around[at],) if 0 <= at < len(around) else ()


def _form(function: str, understood: tuple[Overload, ...], values: list[Any]) -> Overload:
    """The form of a function that takes some values: the one that is understood, if it is one, else the first."""
    forms = understood if len(understood) == 1 else FUNCTIONS[function]
    for form in forms:
        if len(form.parameters) == len(values) and all(map(fits, form.parameters, values)):
            return form
    raise no_form(function, values)
