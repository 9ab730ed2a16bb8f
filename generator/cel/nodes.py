"""The nodes of an expression in CEL. Two are the same only if they stand in the same place."""

from __future__ import annotations

from dataclasses import dataclass


class NotUnderstood(Exception):
    """An expression is beyond what is known here; nothing is said of it."""


class Mistake(Exception):
    """What an expression cannot mean, or why it is none."""


@dataclass(frozen=True, slots=True, eq=False)
class Literal:
    """A number, text, truth or null. Unsigned numbers are marked, for Python has none."""

    value: bool | int | float | str | bytes | None
    unsigned: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Name:
    """A variable, or the name of a type."""

    name: str


@dataclass(frozen=True, slots=True, eq=False)
class Select:
    """A field of a value, or (`has`) whether there is one."""

    of: Expr
    field: str
    is_test: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Call:
    """A function or operator."""

    function: str
    target: Expr | None
    arguments: tuple[Expr, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Items:
    """A list that is written out; `optional` are the places of items that may be left out."""

    items: tuple[Expr, ...]
    optional: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """A map that is written out; `optional` are the places of pairs that may be left out."""

    pairs: tuple[tuple[Expr, Expr], ...]
    optional: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True, eq=False)
class Made:
    """An object of a type that the expression names, with the values of its fields."""

    type: str
    values: tuple[Expr, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Loop:
    """What a macro unfolds to: `result` after a `step` for each of what it goes `over`, as long as `condition` holds.

    The variables are one (an item of a list, a key of a map) or two (index and item, key and value).
    """

    variables: tuple[str, ...]
    over: Expr
    sum: str
    start: Expr
    condition: Expr
    step: Expr
    result: Expr


Expr = Literal | Name | Select | Call | Items | Pairs | Made | Loop
