"""The types of everything in an expression, and which forms of the functions it calls; or what it cannot mean.

Source: github.com/google/cel-go, checker/checker.go; cel/validator.go for lists and maps of several types, which are
only for `format`; and `formats.py` for that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from generator.cel.formats import misfit
from generator.cel.macros import BOUND
from generator.cel.nodes import Call, Expr, Items, Literal, Loop, Made, Mistake, Name, NotUnderstood, Pairs, Select
from generator.cel.signatures import BOOL, DYN, FUNCTIONS, INT, STRING, TYPES, Overload, Type, optional
from generator.cel.unify import Types, most_general

Fields = Mapping[str, Mapping[str, Type]]
"""The types of fields, by the name of the type that has them."""


@dataclass(frozen=True, slots=True)
class Called:
    """A call as it is understood: a name with dots may be that of a function, and has no target then."""

    function: str
    target: Expr | None
    overloads: tuple[Overload, ...]


@dataclass(frozen=True, slots=True)
class Checked:
    """An expression with what is known of its nodes; those that are `dotted` are names, in spite of their dots."""

    expr: Expr
    of: Mapping[Expr, Type]
    called: Mapping[Call, Called]
    dotted: Mapping[Select, str]


def checked(expr: Expr, variables: Mapping[str, Type], fields: Fields) -> Checked:
    """What an expression means; raises a `Mistake`, or `NotUnderstood`."""
    check = _Check(variables, fields)
    check.type_of(expr)
    found = check.final()
    for node in check.written:
        _of_one_type(node, found)
    for call in check.called:
        _of_format(call, found)
    return Checked(expr, found, check.called, check.dotted)


class _Check:
    def __init__(self, variables: Mapping[str, Type], fields: Fields) -> None:
        self._types = Types()
        self._of: dict[Expr, Type] = {}
        self._variables: list[Mapping[str, Type]] = [TYPES, variables]
        self._fields = fields
        self.called: dict[Call, Called] = {}
        self.dotted: dict[Select, str] = {}
        self.written: list[Items | Pairs] = []
        """Lists and maps that have to be of one type."""
        self._formats = 0

    def final(self) -> dict[Expr, Type]:
        return {node: self._types.resolved(found, wholly=True) for node, found in self._of.items()}

    def type_of(self, node: Expr) -> Type:
        match node:
            case Literal():
                found = _literal(node)
            case Name(name):
                found = self._variable(name)
            case Select():
                found = self._select(node)
            case Call("_?._", None, (of, Literal(str(name)))):
                self._of[node.arguments[1]] = STRING
                self.called[node] = Called(node.function, None, (_OPTIONAL_FIELD,))
                found = self._field(of, name, is_optional=True)
            case Call():
                found = self._call(node)
            case Items():
                found = self._list(node)
            case Pairs():
                found = self._map(node)
            case Loop():
                found = self._loop(node)
            case Made():
                found = self._object(node)
        self._of[node] = found
        return found

    def _known(self, name: str) -> Type | None:
        return next((scope[name] for scope in reversed(self._variables) if name in scope), None)

    def _variable(self, name: str) -> Type:
        found = self._known(name)
        if found is None:
            if name.startswith(".") or name in _OTHER_NAMES:
                raise NotUnderstood
            raise Mistake(f"there is nothing named {name}")
        return found

    def _select(self, node: Select) -> Type:
        name = _dotted(node)
        if name is not None and (known := self._known(name)):
            self.dotted[node] = name
            return known
        found = self._types.resolved(self._field(node.of, node.field))
        return BOOL if node.is_test else found

    def _field(self, of: Expr, name: str, *, is_optional: bool = False) -> Type:
        around = self._types.resolved(self.type_of(of))
        if around.name == "optional_type":
            around, is_optional = around.of[0], True
        if around.name == "map":
            found = around.of[1]
        elif around.is_object:
            fields = self._fields[around.name]
            if name not in fields:
                raise Mistake(f"{_written(of)}{name}: there is no field {name}")
            found = fields[name]
        elif around.is_parameter:
            self._types.assignable([(DYN, around)])
            found = DYN
        elif around == DYN or around.name.startswith("Object"):
            found = DYN
        else:
            raise Mistake(f"{_written(of)}{name}: what is of the type {around} has no fields")
        return self._types.resolved(optional(found) if is_optional else found)

    def _call(self, node: Call) -> Type:
        self._formats += node.function == "format"
        found = self._result(node)
        self._formats -= node.function == "format"
        return found

    def _result(self, node: Call) -> Type:
        arguments = [self.type_of(one) for one in node.arguments]
        function, target = node.function, node.target
        if target is not None:
            prefix = _dotted(target)
            if prefix is not None and f"{prefix}.{function}" in FUNCTIONS:
                function, target = f"{prefix}.{function}", None
        if target is not None:
            arguments = [self.type_of(target), *arguments]
        if function not in FUNCTIONS:
            if function in _OTHER_FUNCTIONS:
                raise NotUnderstood
            raise Mistake(f"there is no function {function}")
        overloads, result = self._resolve(function, arguments, is_member=target is not None)
        self.called[node] = Called(function, target, overloads)
        return result

    def _resolve(self, function: str, given: Sequence[Type], *, is_member: bool) -> tuple[tuple[Overload, ...], Type]:
        if function in ("_&&_", "_||_"):
            if not all(self._types.assignable([(one, BOOL)]) for one in given):
                raise self._no_form(function, given)
            return FUNCTIONS[function], BOOL
        found: list[Overload] = []
        result: Type | None = None
        for overload in FUNCTIONS[function]:
            if overload.is_member is not is_member or len(overload.parameters) != len(given):
                continue
            *parameters, made = self._instance(overload)
            if self._types.assignable(zip(given, parameters, strict=True)):
                found.append(overload)
                made = self._types.resolved(made)
                if result is None:
                    result = made
                elif result != DYN and made != result:
                    result = DYN
        if result is None:
            raise self._no_form(function, given)
        return tuple(found), result

    def _instance(self, overload: Overload) -> list[Type]:
        """The types of a form, its result last, with parameters of their own."""
        fresh: dict[str, Type] = {}

        def made(found: Type) -> Type:
            if found.is_parameter:
                if found.name not in fresh:
                    fresh[found.name] = self._types.fresh()
                return fresh[found.name]
            return Type(found.name, tuple(map(made, found.of))) if found.of else found

        return [made(one) for one in (*overload.parameters, overload.result)]

    def _no_form(self, function: str, given: Sequence[Type]) -> Mistake:
        types = ", ".join(str(self._types.resolved(one, wholly=True)) for one in given)
        name = function.replace("@", "").replace("[_]", "[]").replace("_", " ").strip()
        return Mistake(f"{name} cannot be applied to ({types})")

    def _list(self, node: Items) -> Type:
        self.written += [node] if not self._formats else []
        found: Type | None = None
        for at, item in enumerate(node.items):
            found = self._joined(found, self._unwrapped(self.type_of(item), is_optional=at in node.optional))
        return Type("list", (found or self._types.fresh(),))

    def _map(self, node: Pairs) -> Type:
        self.written += [node] if not self._formats else []
        keys: Type | None = None
        values: Type | None = None
        for at, (key, value) in enumerate(node.pairs):
            keys = self._joined(keys, self.type_of(key))
            values = self._joined(values, self._unwrapped(self.type_of(value), is_optional=at in node.optional))
        return Type("map", (keys or self._types.fresh(), values or self._types.fresh()))

    def _unwrapped(self, found: Type, *, is_optional: bool) -> Type:
        if not is_optional or found == DYN:
            return found
        if found.name != "optional_type":
            raise Mistake(f"expected an optional value after ?, got {self._types.resolved(found, wholly=True)}")
        return found.of[0]

    def _joined(self, before: Type | None, found: Type) -> Type:
        if before is None:
            return found
        return most_general(before, found) if self._types.assignable([(before, found)]) else DYN

    def _object(self, node: Made) -> Type:
        """Only mutations make objects: the objects of the cluster in part (`Object.spec`), and patches."""
        for value in node.values:
            self.type_of(value)
        if node.type.partition(".")[0] not in ("Object", "JSONPatch"):
            raise NotUnderstood
        return Type(node.type)

    def _loop(self, node: Loop) -> Type:
        if node.variables == (BOUND,):
            self._variable("cel")
        over = self._types.resolved(self.type_of(node.over))
        start = self.type_of(node.start)
        self._variables.append({node.sum: start})
        self._variables.append(dict(zip(node.variables, self._of_each(over, len(node.variables)), strict=True)))
        condition, step = self.type_of(node.condition), self.type_of(node.step)
        if not self._types.assignable([(BOOL, condition)]) or not self._types.assignable([(start, step)]):
            found = self._types.resolved(step, wholly=True)
            raise Mistake(f"a loop expects {self._types.resolved(start, wholly=True)}, got {found}")
        self._variables.pop()
        result = self.type_of(node.result)
        self._variables.pop()
        return self._types.resolved(result)

    def _of_each(self, over: Type, variables: int) -> tuple[Type, ...]:
        if over.name == "list":
            return (INT, over.of[0]) if variables == 2 else over.of
        if over.name == "map":
            return over.of[:variables]
        if over != DYN and not over.is_parameter:
            raise Mistake(f"a loop goes over a list or a map, and not over {over}")
        self._types.assignable([(DYN, over)])
        return (DYN,) * variables


_OPTIONAL_FIELD: Final = Overload((DYN, STRING), optional(Type("V")), is_member=False, takes="dyn,string")
_OTHER_NAMES: Final = frozenset({"kubernetes", "net", "google", "optional_type"})
"""What begins with these may be a type that is not among ours."""
_OTHER_FUNCTIONS: Final = frozenset({"in", "_in_", "__not_strictly_false__", "_?._"})


def _of_format(call: Call, found: Mapping[Expr, Type]) -> None:
    """Raises a `Mistake` where a text does not fit the values that are formatted after it."""
    match call:
        case Call("format", Literal(str(text)), (Items(given),)):
            if wrong := misfit(text, given, found):
                raise Mistake(wrong)


def _of_one_type(node: Items | Pairs, found: Mapping[Expr, Type]) -> None:
    """Raises a `Mistake` where a list or map that is written out has several types."""
    if isinstance(node, Items):
        parts = [node.items]
    else:
        parts = [tuple(key for key, _ in node.pairs), tuple(value for _, value in node.pairs)]
    for of_one in parts:
        loose = node.optional if of_one is parts[-1] else frozenset()
        types = [found[one] for one in of_one]
        types = [one.of[0] if at in loose and one.of else one for at, one in enumerate(types)]
        for other in types[1:]:
            if other != types[0]:
                raise Mistake(f"a list or map is of one type, and not of {types[0]} and {other}")


def _literal(node: Literal) -> Type:
    match node.value:
        case None:
            return Type("null")
        case bool():
            return BOOL
        case int():
            return Type("uint") if node.unsigned else INT
        case float():
            return Type("double")
        case str():
            return STRING
    return Type("bytes")


def _dotted(node: Expr) -> str | None:
    """The name with dots that a path of fields may be; None for anything else."""
    steps: list[str] = []
    while isinstance(node, Select) and not node.is_test:
        steps.append(node.field)
        node = node.of
    return ".".join((node.name, *reversed(steps))) if isinstance(node, Name) else None


def _written(of: Expr) -> str:
    path = _dotted(of)
    return f"{path}." if path else ""
