"""Whether a text says of each value that is formatted after it what it is.

Source: github.com/google/cel-go, ext/formatting.go (`stringFormatValidator`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from generator.cel.nodes import Expr, Items, Pairs
from generator.cel.signatures import Type

_CLAUSE: Final = re.compile(r"%(?:%|(?:\.(\d*))?(.?))", re.DOTALL)
_TAKES: Final = {
    "s": "list map int uint double bool string timestamp bytes duration type null dyn".split(),
    "d": ("int", "uint", "dyn"),
    **dict.fromkeys("fe", ("double", "string", "dyn")),
    "b": ("int", "uint", "bool", "dyn"),
    **dict.fromkeys("xX", ("int", "uint", "string", "bytes", "dyn")),
    "o": ("int", "uint", "dyn"),
}
"""The types that each clause takes."""


def misfit(text: str, given: Sequence[Expr], types: Mapping[Expr, Type]) -> str:
    """The first of what is given that a text has no right clause for, or that is missing."""
    values = iter(given)
    for clause in _CLAUSE.finditer(text):
        if clause[0] == "%%":
            continue
        if clause[1] == "" or clause[2] not in _TAKES:
            return f"{clause[0]} is no clause of a format"
        value = next(values, None)
        if value is None:
            return f"there is no value for {clause[0]}"
        for part in _parts(value) if clause[2] == "s" else (value,):
            if types[part].name not in _TAKES[clause[2]]:
                return f"{clause[0]} does not take what is of the type {types[part]}"
    return "there are more values than clauses" if next(values, None) else ""


def _parts(value: Expr) -> Iterator[Expr]:
    """A value, and what is in it if it is written out."""
    yield value
    match value:
        case Items(items):
            for item in items:
                yield from _parts(item)
        case Pairs(pairs):
            for pair in pairs:
                yield from (part for one in pair for part in _parts(one))
