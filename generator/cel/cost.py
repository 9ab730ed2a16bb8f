"""What an expression costs at most, as the API server estimates it before any value is there.

Source: github.com/google/cel-go, checker/cost.go, rule by rule, with `has` for nothing, as k8s.io/apiserver,
pkg/cel/environment/base.go, sets it. Where cel-go is odd, this is as odd: what has no place in the schema may count as
its root, and paths share their last steps.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from generator.cel.amounts import LIST, MAP, MOST, OBJECT, ONE, UNKNOWN, Size, plus, times
from generator.cel.call_cost import Argument, Cost, call_cost
from generator.cel.check import Checked
from generator.cel.nodes import Call, Expr, Items, Literal, Loop, Made, Name, Pairs, Select
from generator.cel.signatures import Overload, Type
from generator.cel.sizes import Declared

Steps = tuple[str, ...]
"""Where a value is below `self`: names of fields as expressions write them, `@items`, `@values` and `@keys`."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """What an expression costs at most, and what would limit it: key by key of the schema that is not there."""

    cost: int
    unlimited: Mapping[Steps, str]


def estimate(expression: Checked, root: Declared, limits: Mapping[Steps, int] | None = None) -> Estimate:
    """The cost of an expression about a value, `self`, that the schema declares as `root`, with more limits."""
    coster = _Coster(expression, root, limits or {})
    return Estimate(coster.cost(expression.expr), coster.unlimited)


class _Path:
    """The steps from the root of a schema to a value.

    They are a slice as Go has them: paths that begin with the same one share their storage as long as there is room, so
    a step that is appended to one may take the place of that of another.
    """

    __slots__ = ("_length", "_room", "_storage")

    def __init__(self, storage: list[str], room: int) -> None:
        self._storage, self._length, self._room = storage, len(storage), room

    def __truediv__(self, step: str) -> _Path:
        if self._length == self._room:
            return _Path([*self.steps, step], self._room * 2 or 1)
        self._storage[self._length : self._length + 1] = [step]
        longer = _Path(self._storage, self._room)
        longer._length = self._length + 1
        return longer

    @property
    def steps(self) -> list[str]:
        return self._storage[: self._length]


_NOWHERE: Final = _Path([], 0)


@dataclass(frozen=True, slots=True)
class _Entries:
    """How large the keys (of a list: the indices) and values of a list or map are."""

    is_list: bool
    key: Size
    value: Size

    def __or__(self, other: _Entries) -> _Entries:
        return _Entries(self.is_list, self.key | other.key, self.value | other.value)


@dataclass(frozen=True, slots=True)
class _Variable:
    path: _Path
    size: Size | None
    entries: _Entries | None = None


class _Coster:
    def __init__(self, expression: Checked, root: Declared, limits: Mapping[Steps, int]) -> None:
        self._checked, self._root, self._limits = expression, root, limits
        self.unlimited: dict[Steps, str] = {}
        self._paths: dict[Expr, _Path] = {}
        self._sizes: dict[Expr, Size] = {}
        self._entries: dict[Expr, _Entries] = {}
        self._variables: dict[str, list[_Variable]] = {}

    def cost(self, node: Expr) -> int:
        match node:
            case Literal():
                return 0
            case Name(name):
                self._paths[node] = self._variables[name][-1].path if self._variables.get(name) else _Path([name], 1)
                return 1
            case Select():
                return self._select(node)
            case Call():
                return self._call(node)
            case Items():
                return self._list(node)
            case Pairs():
                return self._map(node)
            case Made(_, values):
                return plus(OBJECT, *map(self.cost, values))
            case Loop():
                return self._loop(node)

    def _select(self, node: Select) -> int:
        if node in self._checked.dotted:
            self._paths[node] = _Path([self._checked.dotted[node]], 1)
            return 1
        found = self.cost(node.of)
        if node.is_test:
            return found
        around = self._type(node.of)
        self._paths[node] = self._path(node.of) / node.field
        return plus(found, 1) if around.name == "map" or around.is_object else found

    def _call(self, node: Call) -> int:
        called = self._checked.called[node]
        if called.function == "dyn":
            (inner,) = node.arguments
            found = self.cost(inner)
            self._copy(node, inner)
            return plus(1, found)
        costs, given = [], []
        for one in (*node.arguments, *([called.target] if called.target else ())):
            costs.append(self.cost(one))
            given.append(self._argument(one))
        if called.target:
            given = [given[-1], *given[:-1]]
        most, size = 0, None
        for overload in called.overloads:
            found, made = self._of_overload(node, called.function, overload, given, costs)
            most = max(most, found)
            size = size | made if size and made else size or made
            size = self._indexed(node, overload, size) if called.function == "_[_]" else size
            size = size or self._size(node)
        if size:
            self._sizes[node] = size
        return most

    def _of_overload(
        self, node: Call, function: str, overload: Overload, given: list[Argument], costs: list[int]
    ) -> Cost:
        match function:
            case "_&&_" | "_||_":
                return plus(*costs), None
            case "_?_:_":
                self._join(node, given[1].node, given[2].node)
                return plus(costs[0], max(costs[1:])), given[1].size | given[2].size
            case "_+_" if overload.takes in ("string,string", "bytes,bytes", "list(A),list(A)"):
                self._join(node, given[0].node, given[1].node)
        found, size = call_cost(function, overload, given)
        return plus(found, *costs), size

    def _indexed(self, node: Call, overload: Overload, size: Size | None) -> Size | None:
        """The size of what stands at an index or key, where the schema does not say it."""
        step = {"list(A),int": "@items", "map(A,B),A": "@values"}.get(overload.takes)
        if step is None:
            return size
        around = node.arguments[0]
        self._paths[node] = self._path(around) / step
        entries = self._entries_of(around)
        return entries.value if entries else None

    def _list(self, node: Items) -> int:
        found, sizes = 0, []
        for item in node.items:
            found = plus(found, self.cost(item))
            sizes.append(self._size(item) or UNKNOWN)
        self._entries[node] = _Entries(True, ONE, _united(sizes))
        return plus(found, LIST)

    def _map(self, node: Pairs) -> int:
        found, keys, values = 0, [], []
        for key, value in node.pairs:
            found = plus(found, self.cost(key), self.cost(value))
            keys.append(self._size(key) or UNKNOWN)
            values.append(self._size(value) or UNKNOWN)
        self._entries[node] = _Entries(False, _united(keys), _united(values))
        return plus(found, MAP)

    def _loop(self, node: Loop) -> int:
        found = plus(self.cost(node.over), self.cost(node.start))
        self._push(node.sum, self._path(node.start), self._size(node.start), self._entries_of(node.start))
        if _only_names(node):
            found = plus(found, self.cost(node.result))
            self._variables[node.sum].pop()
            self._copy(node, node.result)
            return found
        self._push_each(node)
        each = plus(self.cost(node.condition), self.cost(node.step))
        for name in node.variables:
            self._variables[name].pop()
        found = plus(found, self.cost(node.result))
        self._variables[node.sum].pop()
        turns = self._size(node.over) or UNKNOWN
        match node.start:
            case Literal():
                self._set(node, self._size(node.start), None)
            case Items() | Pairs():
                self._set(node, turns, self._entries_of(node.step))
        return plus(found, times(turns.most, each))

    def _push_each(self, node: Loop) -> None:
        over = self._path(node.over)
        entries = self._entries_of(node.over)
        is_list = entries.is_list if entries else self._type(node.over).name == "list"
        key, value = (entries.key, entries.value) if entries else (None, None)
        keys, values = ("@indices", "@items") if is_list else ("@keys", "@values")
        if len(node.variables) == 2:
            self._push(node.variables[0], over / keys, key)
            self._push(node.variables[1], over / values, value)
        elif is_list:
            self._push(node.variables[0], over / values, value)
        else:
            self._push(node.variables[0], over / keys, key)

    def _push(self, name: str, path: _Path, size: Size | None, entries: _Entries | None = None) -> None:
        self._variables.setdefault(name, []).append(_Variable(path, size, entries))

    def _type(self, node: Expr) -> Type:
        return self._checked.of[node]

    def _variable(self, node: Expr) -> _Variable | None:
        found = self._variables.get(node.name) if isinstance(node, Name) else None
        return found[-1] if found else None

    def _path(self, node: Expr) -> _Path:
        variable = self._variable(node)
        return variable.path if variable else self._paths.get(node, _NOWHERE)

    def _argument(self, node: Expr) -> Argument:
        path = self._path(node)
        return Argument(node, self._type(node), self._size(node), lambda: self._size_of_items(path))

    def _set(self, node: Expr, size: Size | None, entries: _Entries | None) -> None:
        if size:
            self._sizes[node] = size
        if entries:
            self._entries[node] = entries

    def _copy(self, node: Expr, other: Expr) -> None:
        self._set(node, self._size(other), self._entries_of(other))

    def _join(self, node: Expr, one: Expr, other: Expr) -> None:
        """The entries of what is one or the other, or both together."""
        entries, others = self._entries_of(one), self._entries_of(other)
        self._set(node, None, entries | others if entries and others else None)

    def _entries_of(self, node: Expr) -> _Entries | None:
        if node in self._entries:
            return self._entries[node]
        variable = self._variable(node)
        return variable.entries if variable else None

    def _size(self, node: Expr) -> Size | None:
        if node in self._sizes:
            return self._sizes[node]
        if (written := _written(node)) is not None:
            return Size(written, written)
        if declared := self._declared_size(self._path(node).steps):
            self._sizes[node] = declared
            return declared
        if _is_scalar(self._type(node)):
            return ONE
        variable = self._variable(node)
        return variable.size if variable else None

    def _size_of_items(self, path: _Path) -> Size | None:
        return self._declared_size([*path.steps, "@items"]) if path.steps else None

    def _declared_size(self, steps: list[str]) -> Size | None:
        """What the schema says of the size of what is at a path."""
        found: Declared | None = self._root if steps else None
        for step in steps[1:]:
            if found is None:
                break
            match step:
                case "@items" | "@values":
                    found = found.values
                case "@keys":
                    found = found.keys
                case _:
                    found = found.fields.get(step)
        if found is None:
            return None
        place = tuple(steps[1:])
        if found.limit:
            self.unlimited[place] = found.limit
        return Size(0, self._limits.get(place, found.most))


def _united(sizes: list[Size]) -> Size:
    found = Size(MOST, 0) if sizes else Size(0, 0)
    for size in sizes:
        found |= size
    return found


def _only_names(node: Loop) -> bool:
    """Whether a loop has no turns, and is there to give a value a name."""
    over, condition = node.over, node.condition
    return isinstance(over, Items) and not over.items and isinstance(condition, Literal) and condition.value is False


def _written(node: Expr) -> int | None:
    """The size of what an expression writes out."""
    match node:
        case Literal(str(text) | bytes(text)):
            return len(text)
        case Literal():
            return 1
        case Items(items):
            return len(items)
        case Pairs(pairs):
            return len(pairs)
    return None


_SCALARS: Final = frozenset({"bool", "double", "duration", "int", "timestamp", "uint"})


def _is_scalar(found: Type) -> bool:
    return _is_scalar(found.of[0]) if found.name == "optional_type" else found.name in _SCALARS
