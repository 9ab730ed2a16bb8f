"""Objects as the API server sees them once it has decoded them: without nulls.

Go has no null where a value is: a field that is null is as if it were not written, and a null in a list or in a free
map becomes its type's zero value (`encoding/json`, which Kubernetes' decoder follows).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from generator.schemas import Schema, schema_for

if TYPE_CHECKING:
    import jsonschema_rs

_ZERO: Final[Mapping[str, Any]] = {"object": {}, "array": [], "integer": 0, "number": 0, "boolean": False}
_NO_NULL: Final[Schema] = {
    "type": ["object", "array", "string", "number", "boolean"],
    "items": {"$ref": "#"},
    "additionalProperties": {"$ref": "#"},
}


def decoded(version: str, value: Any) -> Any:
    """The object without its nulls: itself where it has none, or where the version does not serve its kind."""
    try:
        if not isinstance(value, Mapping) or no_null().is_valid(value):
            return value
    except ValueError:  # what JSON cannot say, which `kubernetes-schema` reports
        return value
    schema = schema_for(version, str(value.get("apiVersion")), str(value.get("kind")))
    if schema is None:
        return value
    return _read(value, schema, schema["$defs"])


@lru_cache(maxsize=1)
def no_null() -> jsonschema_rs.Draft202012Validator:
    """A schema for what has no null in it, made once."""
    import jsonschema_rs

    return jsonschema_rs.Draft202012Validator(_NO_NULL, offline=True)


def _read(value: Any, node: Schema, definitions: Mapping[str, Schema]) -> Any:
    while "$ref" in node:
        node = definitions[node["$ref"].removeprefix("#/$defs/")]
    if value is None:
        return _zero(node)
    if isinstance(value, list):
        return [_read(item, node.get("items", {}), definitions) for item in value]
    if isinstance(value, Mapping):
        fields, others = node.get("properties", {}), node.get("additionalProperties")
        free = others if isinstance(others, dict) else {}
        return {
            key: _read(inner, fields.get(key, free), definitions)
            for key, inner in value.items()
            if inner is not None or key not in fields
        }
    return value


def _zero(node: Schema) -> Any:
    types = node.get("type", ())
    if node.get("format") == "date-time":
        return None  # the zero time is written as null
    if "x-towpath-expects" in node and "number" in types:
        return "0"  # a quantity
    kind = next((one for one in types if one != "null"), "null") if isinstance(types, list) else types
    return _ZERO.get(kind or "null", "" if kind == "string" else None)
