"""What a schema has against a value, in words for people: jsonschema-rs's errors become `SchemaError`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import jsonschema_rs

_LONGEST = 40
_FEW = 8
_ALIKE = 0.7
_SHORT = 3
_LARGE_NODES = 2_000
_LARGE_TEXT = 64 * 1024
_INTEGER = re.compile(r"-?[0-9]{1,18}")
_AMOUNT = re.compile(r"([0-9]+(?:\.[0-9]+)?) *([kmgtp])(i?)b?", re.IGNORECASE)
_SECRET = ("data", "stringData")
_TYPES: Mapping[type, str] = {
    type(None): "null",
    bool: "boolean",
    int: "integer",
    float: "number",
    str: "string",
    list: "list",
    dict: "map",
}


@dataclass(frozen=True, slots=True)
class SchemaError:
    """What is wrong at `path`, the keys and indices that lead there from the object's root.

    `check` is `unknown-field`, `missing-field`, `wrong-type` or `bad-value`. The path of a missing field is
    the path of the map that lacks it.
    """

    path: tuple[str | int, ...]
    check: str
    message: str


def located(error: SchemaError, value: object) -> SchemaError:
    """The same error with a path that leads through the value it is about."""
    return replace(error, path=path_in(value, error.path))


def path_in(value: object, path: Iterable[str | int]) -> tuple[str | int, ...]:
    """A path of the validator's as it leads through a value: it takes every key of digits for an index of a list."""
    found: list[str | int] = []
    for step in path:
        if isinstance(value, dict) and isinstance(step, int):
            alike = (key for key in value if isinstance(key, str) and key.isdecimal() and int(key) == step)
            step = str(step) if str(step) in value else next(alike, str(step))
        found.append(step)
        value = _child(value, step)
    return tuple(found)


def _child(value: object, step: str | int) -> object:
    if isinstance(value, dict):
        return value.get(step)
    return value[step] if isinstance(value, list) and isinstance(step, int) and step < len(value) else None


def errors_of(accepts: jsonschema_rs.Validator, value: object) -> Iterable[jsonschema_rs.ValidationError]:
    """All that a schema has against a value; of a large one the first error alone, for each may copy all of it."""
    if _weight(value) <= 1:
        return accepts.iter_errors(value)
    return _first(accepts, value)


def _first(accepts: jsonschema_rs.Validator, value: object) -> Iterator[jsonschema_rs.ValidationError]:
    import jsonschema_rs

    try:
        accepts.validate(value)
    except jsonschema_rs.ValidationError as error:
        yield error


def _weight(value: object) -> float:
    """How large a value is; above 1 it is large."""
    found, waiting = 0.0, [value]
    while waiting and found <= 1:
        one = waiting.pop()
        found += 1 / _LARGE_NODES
        if isinstance(one, str):
            found += len(one) / _LARGE_TEXT
        elif isinstance(one, dict):
            waiting += one
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one
    return found


def worded(error: jsonschema_rs.ValidationError, schema: Mapping[str, Any], kind: str) -> Iterator[SchemaError]:
    """What people are told about one of the validator's errors; the values of a Secret stay out of it."""
    path = tuple(error.instance_path)
    node = _at(schema, error.schema_path[:-1])
    facts = error.kind.as_dict()
    secret = kind == "Secret" and bool(path) and path[0] in _SECRET
    got = type_name(error.instance) if secret else shown(error.instance)
    match error.kind.name:
        case "additionalProperties":
            for field in sorted(facts["unexpected"]):
                inside = _inside(field, error.instance, node, schema)
                around = _around(field, path, schema)
                message = unknown_field(field, node.get("properties", {}), inside, around)
                yield SchemaError((*path, field), "unknown-field", message)
        case "required":
            yield SchemaError(path, "missing-field", f"missing required field '{facts['property']}'")
        case "type":
            advice = "" if secret else _advice(facts["types"], error.instance)
            yield SchemaError(path, "wrong-type", f"expected {_type(node, facts['types'])}, got {got}{advice}")
        case _:
            advice = "" if secret else _quantity_advice(node, error.instance)
            yield SchemaError(path, "bad-value", f"expected {_value(node, error.kind.name, facts)}, got {got}{advice}")


def unknown_field(field: str, known: Iterable[str], inside: Sequence[str] = (), around: str = "") -> str:
    """Says that a field is unknown, and which one was probably meant.

    Or that it belongs into one of `inside`, or that the map `around` it has such a field: its indentation may be wrong.
    """
    by_lower = {name.lower(): name for name in known}
    close = get_close_matches(field.lower(), by_lower, n=1, cutoff=_ALIKE)
    if close:
        return f"unknown field '{field}'; did you mean '{by_lower[close[0]]}'?"
    if inside:
        return f"unknown field '{field}'; it belongs one level deeper, into {' or '.join(inside)}"
    if around:
        return f"unknown field '{field}'; further up, {around} has it"
    begin_alike = [name for name in by_lower if len(name) >= _SHORT and field.lower().startswith(name)]
    if begin_alike:
        return f"unknown field '{field}'; did you mean '{by_lower[max(begin_alike, key=len)]}'?"
    if 0 < len(by_lower) <= _FEW:
        return f"unknown field '{field}'; known here: {', '.join(sorted(by_lower.values()))}"
    return f"unknown field '{field}'"


def _inside(field: str, value: object, node: Mapping[str, Any], root: Mapping[str, Any]) -> list[str]:
    """Those of a map's fields that may hold a field of this name, if they are written as a map or list."""
    found = []
    for name, inner in node.get("properties", {}).items():
        written = value.get(name) if isinstance(value, dict) else None
        inner = _resolved(inner, root)
        if isinstance(written, list):
            inner = _resolved(inner.get("items", {}), root)
        if isinstance(written, dict | list) and field in inner.get("properties", {}):
            found.append(name if isinstance(written, dict) else f"an item of {name}")
    return found


def _around(field: str, path: Sequence[str | int], root: Mapping[str, Any]) -> str:
    """The nearest map above a place that may hold a field of this name; empty where none may."""
    found, node = "", _resolved(root, root)
    for length, step in enumerate(path):
        if field in node.get("properties", {}):
            found = ".".join(map(str, path[:length])) or "the top of the object"
        below = node.get("items") if isinstance(step, int) else node.get("properties", {}).get(step)
        node = _resolved(below if isinstance(below, dict) else {}, root)
    return found


def _resolved(node: Mapping[str, Any], root: Mapping[str, Any]) -> Mapping[str, Any]:
    """A node, or what its reference in the same schema leads to."""
    reference = node.get("$ref", "")
    found = root.get("$defs", {}).get(reference.removeprefix("#/$defs/")) if reference.startswith("#/$defs/") else node
    return found if isinstance(found, dict) else {}


def shown(value: object) -> str:
    """A value as an error names it: its type and, when that is short, itself."""
    if value is None or isinstance(value, dict | list):
        return type_name(value)
    text = json.dumps(value, ensure_ascii=False, default=str)
    return f"{type_name(value)} {text if len(text) <= _LONGEST else text[: _LONGEST - 1] + '…'}"


def type_name(value: object) -> str:
    """The name of a value's type in YAML's words."""
    return next((_TYPES[kind] for kind in type(value).__mro__ if kind in _TYPES), type(value).__name__)


def _type(node: Mapping[str, Any], types: Iterable[str]) -> str:
    names = {"object": "map", "array": "list"}
    plain = " or ".join(names.get(one, one) for one in sorted(types) if one != "null")
    return str(node.get("x-towpath-expects", plain))


def _value(node: Mapping[str, Any], keyword: str, facts: Mapping[str, Any]) -> str:
    match keyword:
        case "minimum":
            return f"at least {facts['limit']}"
        case "maximum":
            return f"at most {facts['limit']}"
        case "enum":
            return " or ".join(json.dumps(option) for option in facts["options"])
        case _:
            return str(node.get("x-towpath-expects", f"a value that satisfies {keyword} {node.get(keyword)}"))


def _advice(types: Iterable[str], value: object) -> str:
    """What to do about the usual mistakes: text that YAML reads as something else, and a number in quotes."""
    wanted = set(types)
    if "string" in wanted and isinstance(value, bool | int | float):
        return ": put it in quotes"  # what it looked like is lost: 1.30 was read as 1.3, 0123 as 83
    if "integer" in wanted and isinstance(value, str) and _INTEGER.fullmatch(value):
        return f": write {value}"
    return ""


def _quantity_advice(node: Mapping[str, Any], value: object) -> str:
    """The quantity that was probably meant by 100MB, 1gi or 64 Mi."""
    found = _AMOUNT.fullmatch(value) if isinstance(value, str) else None
    if found is None or not str(node.get("x-towpath-expects", "")).startswith("a quantity"):
        return ""
    if str(value).endswith("m"):  # thousandths, apart from their number
        return f": write {found[1]}m"
    number, unit, binary = found[1], found[2].upper().replace("K", "k"), found[3]
    if binary:
        return f": write {number}{unit.upper()}i"
    return f": write {number}{unit}, or {number}{unit.upper()}i for powers of 1024"


def _at(schema: Mapping[str, Any], path: Sequence[str | int]) -> Mapping[str, Any]:
    node: Any = schema
    for step in path:
        node = node[step]
    return node if isinstance(node, dict) else {}
