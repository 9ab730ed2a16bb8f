"""What is wrong with an expression in CEL before it is evaluated: what it refers to, and of which type that is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from generator.cel.check import Checked, Fields, checked
from generator.cel.nodes import Call, Literal, Mistake, NotUnderstood
from generator.cel.signatures import DYN, Type
from generator.cel.sizes import Declarations
from generator.cel.tree import tree
from generator.custom.patterns import is_pattern
from generator.custom.structural import Node

ANY: Final[Node] = {"x-kubernetes-int-or-string": True}
"""The schema of what may be anything, and whose type nobody knows before it is there."""


@dataclass(frozen=True, slots=True)
class Names:
    """What an expression may use: variables with their types, and the fields of these."""

    types: Mapping[str, Type]
    fields: Fields

    def and_(self, **types: Type) -> Names:
        """The same and more variables."""
        return replace(self, types={**self.types, **types})

    def and_fields(self, name: str, types: Mapping[str, Type]) -> Names:
        """The same and a variable that has fields."""
        kind = Type(f"object {name}")
        return Names({**self.types, name: kind}, {**self.fields, kind.name: types})


def names(schemas: Mapping[str, Node], *, as_is: bool = False, **types: Type) -> Names:
    """Variables by their schemas, whose fields may be named `as_is`, and some of which only the type is known."""
    declarations = Declarations(as_is=as_is)
    declared = {name: declarations.of(schema) for name, schema in schemas.items()}
    return Names({name: one.type if one else DYN for name, one in declared.items()} | types, declarations.fields)


def understood(expression: str, known: Names, wanted: tuple[str, ...] = ()) -> Checked:
    """What an expression means; raises a `Mistake`, or `NotUnderstood` where it is beyond what is known here.

    `wanted` are the types that it may be of; without them it may be of any.
    """
    found = checked(tree(expression), known.types, known.fields)
    for call in found.called:
        pattern = _pattern(call)
        if pattern is not None and not is_pattern(pattern):
            raise Mistake(f"{pattern!r} is no regular expression of Go's")
    kind = str(found.of[found.expr])
    if wanted and kind not in wanted:
        raise Mistake(f"it has to be of the type {' or '.join(one for one in wanted if one != 'dyn')}, and is {kind}")
    return found


def _pattern(call: Call) -> str | None:
    """The regular expression that a call writes out."""
    match call:
        case Call("matches", _, (*_, Literal(str(pattern)))):
            return pattern
    return None


def mistake(expression: str, known: Names, wanted: tuple[str, ...] = ()) -> str:
    """What keeps an expression from being taken; nothing for one that is not understood."""
    try:
        understood(expression, known, wanted)
    except Mistake as error:
        return str(error)
    except NotUnderstood:
        pass
    return ""


def type_of(expression: str, known: Names) -> Type:
    """The type of what an expression makes; for one that is not understood, any."""
    try:
        found = understood(expression, known)
    except (Mistake, NotUnderstood):
        return DYN
    return found.of[found.expr]
