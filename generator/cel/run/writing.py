"""Texts with values written into them: `format`.

Source: github.com/google/cel-go, ext/formatting.go.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any, Final

from generator.cel.run.numbers import text_of, utf8
from generator.cel.run.values import Failure, Function, GivenUp, Kind, Steps, ready, type_name

_CLAUSE: Final = re.compile(r"%(?:%|(?:\.([0-9]*))?(.?))", re.DOTALL)
_ESCAPES: Final = {7: "\\a", 8: "\\b", 9: "\\t", 10: "\\n", 11: "\\v", 12: "\\f", 13: "\\r", 34: '\\"', 92: "\\\\"}
_MOST_DIGITS: Final = 1000


def _formatted(steps: Steps, text: str, given: Any) -> str:
    values = iter(given)
    made: list[str] = []
    at = 0
    for clause in _CLAUSE.finditer(text):
        made.append(text[at : clause.start()])
        at = clause.end()
        made.append("%" if clause[0] == "%%" else _written(steps, clause[1], clause[2], values))
    made.append(text[at:])
    found = "".join(made)
    steps.through(len(found))
    return found


def _written(steps: Steps, digits: str | None, clause: str, values: Any) -> str:
    try:
        value = ready(next(values))
    except StopIteration as error:
        raise Failure("index out of range") from error
    if digits == "" or not clause:
        raise Failure("format has a clause that is none")
    if digits and (len(digits) > 4 or int(digits) > _MOST_DIGITS):
        raise GivenUp
    match clause, type_name(value):
        case "s", _:
            return _text(steps, value)
        case "f", "double" | "string":
            return _fixed(value, int(digits or 6))
        case "e", "double":
            raise GivenUp  # how Go writes the power in the language of the United States
        case (("d" | "b" | "x" | "X" | "o"), ("int" | "uint")):
            return f"{int(value):{clause}}"
        case "b", "bool":
            return f"{int(value)}"
        case (("x" | "X"), ("string" | "bytes")):
            found = (utf8(value) if isinstance(value, str) else value).hex()
            return found.upper() if clause == "X" else found
    raise Failure(f"%{clause} is not for {type_name(value)}")


def _fixed(value: Any, digits: int) -> str:
    if isinstance(value, str):
        if value not in ("NaN", "Infinity", "-Infinity"):
            raise Failure("%f is not for texts")
        value = float(value)
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "∞" if value > 0 else "-∞"
    return f"{value:,.{digits}f}"


def _text(steps: Steps, value: Any) -> str:
    match type_name(value):
        case "list":
            return f"[{', '.join(_part(steps, ready(one)) for one in value)}]"
        case "map":
            pairs = [(_key(steps, key), _part(steps, ready(value.find(key)[0]))) for key in value]
            return f"{{{', '.join(f'{key}:{one}' for key, one in sorted(pairs, key=lambda pair: pair[0]))}}}"
        case "null":
            return "null"
        case "int" | "uint" | "double" | "bool" | "string" | "timestamp" | "bytes" | "duration" | "type":
            return text_of(value)
    raise Failure(f"%s is not for {type_name(value)}")


def _key(steps: Steps, key: Any) -> str:
    if type_name(key) not in ("string", "bool", "int", "uint"):
        raise Failure(f"format writes no keys of the type {type_name(key)}")
    return _part(steps, key)


def _part(steps: Steps, value: Any) -> str:
    """A value in a list or map."""
    steps.take()
    match type_name(value):
        case "string":
            return quoted(value)
        case "bytes":
            return f"b{quoted(text_of(value))}"
        case "timestamp" | "duration":
            return f"{type_name(value)}({quoted(str(value))})"
        case "double":
            return f"{value:.6f}" if math.isfinite(value) else quoted(text_of(value))
        case "type" if isinstance(value, Kind):
            return value.name
    return _text(steps, value)


def quoted(text: str) -> str:
    """A text as Go's `%q` writes it."""
    return f'"{"".join(map(_escaped, text))}"'


def _escaped(character: str) -> str:
    code = ord(character)
    if code in _ESCAPES:
        return _ESCAPES[code]
    if character.isprintable():
        return character
    return f"\\x{code:02x}" if code < 128 else f"\\u{code:04x}" if code < 2**16 else f"\\U{code:08x}"


COUNTED: Final[Mapping[str, Function]] = {"format": _formatted}
