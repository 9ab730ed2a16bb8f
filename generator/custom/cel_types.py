"""What is wrong with an expression in CEL before it is evaluated: what it refers to, and of which type that is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from generator.cel.check import Checked, Fields, checked
from generator.cel.nodes import Call, Literal, Mistake, NotUnderstood
from generator.cel.signatures import DYN, Type
from generator.cel.since import too_new
from generator.cel.sizes import Declarations
from generator.cel.tree import tree
from generator.custom.formats import is_go_duration
from generator.custom.patterns import is_pattern
from generator.custom.structural import Node

_TIME: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{1,2}:[0-9]{2}:[0-9]{2}([.,][0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})"
)
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
        _check_literal(call)
    kind = str(found.of[found.expr])
    if wanted and kind not in wanted:
        raise Mistake(f"it has to be of the type {' or '.join(one for one in wanted if one != 'dyn')}, and is {kind}")
    return found


def _check_literal(call: Call) -> None:
    """Raises a `Mistake` where a text that is written out is not what a function reads it as."""
    match call:
        case Call("matches", target, (Literal(str(text)),)) if target is not None and not is_pattern(text):
            raise Mistake(f"{text!r} is no regular expression of Go's")
        case Call("duration", None, (Literal(str(text)),)) if not is_go_duration(text):
            raise Mistake(f"{text!r} is no duration of Go's, such as 1h30m")
        case Call("timestamp", None, (Literal(str(text)),)) if not _TIME.fullmatch(text):
            raise Mistake(f"{text!r} is no time such as 2026-01-31T09:30:00Z")


def mistake(expression: str, known: Names, wanted: tuple[str, ...] = (), number: int = 999) -> str:
    """What keeps an expression from being taken by a minor version; nothing for one that is not understood."""
    try:
        return too_new(understood(expression, known, wanted), number)
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
