"""The macros that Kubernetes has and the library does not, unfolded as cel-go does it.

Source: github.com/google/cel-go, ext/comprehensions.go (two variables), ext/lists.go (`sortBy`)
and ext/bindings.go (`cel.bind`).
"""

from __future__ import annotations

from typing import Final

from generator.cel.nodes import Call, Expr, Items, Literal, Loop, Name, NotUnderstood, Pairs

BOUND: Final = "#bound"
"""The variable of a loop that is none: it gives a value a name (`cel.bind`), which only selectors of devices may."""
_SUM: Final = "@result"
_SORTED: Final = "@__sortBy_input__"


def unfolded(function: str, target: Expr, arguments: tuple[Expr, ...]) -> Expr | None:
    """What a call with a target stands for, if it is such a macro."""
    match function, len(arguments):
        case "bind", 3 if isinstance(target, Name) and target.name == "cel":
            return _named(_names(arguments[:1]), *arguments[1:])
        case "sortBy", 2:
            return _sorted_by(_names(arguments[:1]), target, arguments[1])
        case (("all" | "exists" | "existsOne" | "exists_one"), 3):
            return _of_each(function, _names(arguments[:2]), target, arguments[2])
        case (("transformList" | "transformMap" | "transformMapEntry"), (3 | 4)):
            return _made_of_each(function, _names(arguments[:2]), target, arguments[2:])
    return None


def _names(arguments: tuple[Expr, ...]) -> tuple[str, ...]:
    names = tuple(one.name for one in arguments if isinstance(one, Name))
    if len(set(names)) != len(arguments) or {"__result__", _SUM} & set(names):
        raise NotUnderstood
    return names


def _of_each(function: str, names: tuple[str, ...], over: Expr, holds: Expr) -> Loop:
    if function in ("existsOne", "exists_one"):
        return _exactly_one(names, over, holds)
    start, operator = (True, "_&&_") if function == "all" else (False, "_||_")
    so_far: Expr = Name(_SUM) if start else Call("!_", None, (Name(_SUM),))
    condition = Call("@not_strictly_false", None, (so_far,))
    return Loop(names, over, _SUM, Literal(start), condition, Call(operator, None, (Name(_SUM), holds)), Name(_SUM))


def _exactly_one(names: tuple[str, ...], over: Expr, holds: Expr) -> Loop:
    step = Call("_?_:_", None, (holds, Call("_+_", None, (Name(_SUM), Literal(1))), Name(_SUM)))
    result = Call("_==_", None, (Name(_SUM), Literal(1)))
    return Loop(names, over, _SUM, Literal(0), Literal(True), step, result)


def _made_of_each(function: str, names: tuple[str, ...], over: Expr, rest: tuple[Expr, ...]) -> Loop:
    *only_if, made = rest
    start: Expr = Pairs(())
    match function:
        case "transformList":
            start, step = Items(()), Call("_+_", None, (Name(_SUM), Items((made,))))
        case "transformMap":
            step = Call("cel.@mapInsert", None, (Name(_SUM), Name(names[0]), made))
        case _:
            step = Call("cel.@mapInsert", None, (Name(_SUM), made))
    if only_if:
        step = Call("_?_:_", None, (only_if[0], step, Name(_SUM)))
    return Loop(names, over, _SUM, start, Literal(True), step, Name(_SUM))


def _named(names: tuple[str, ...], value: Expr, rest: Expr) -> Loop:
    return Loop((BOUND,), Items(()), names[0], value, Literal(False), Name(names[0]), rest)


def _sorted_by(names: tuple[str, ...], over: Expr, key: Expr) -> Loop:
    step = Call("_+_", None, (Name(_SUM), Items((key,))))
    keys = Loop(names, Name(_SORTED), _SUM, Items(()), Literal(True), step, Name(_SUM))
    result = Call("@sortByAssociatedKeys", Name(_SORTED), (keys,))
    return Loop(("#unused",), Items(()), _SORTED, over, Literal(False), Name(_SORTED), result)
