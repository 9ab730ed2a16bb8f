"""Everything that a schema has against a value, in words; of alternatives, the one that was probably meant."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Final

from generator.schema_words import SchemaError, errors_of, located, shown, type_name, worded

if TYPE_CHECKING:
    import jsonschema_rs

_ALTERNATIVES: Final = ("anyOf", "oneOf")


def explain(accepts: jsonschema_rs.Validator, schema: Mapping[str, Any], instance: object) -> list[SchemaError]:
    """Everything that a schema has against a value, in words.

    Of alternatives (`anyOf`, `oneOf`) the one that fits the value's type is explained.
    """
    leaves = (leaf for error in errors_of(accepts, instance) for leaf in _leaves(error, schema))
    words = (words for leaf in leaves for words in _words(leaf, schema))
    return list(dict.fromkeys(located(one, instance) for one in words))


def _leaves(error: jsonschema_rs.ValidationError, schema: Mapping[str, Any]) -> Iterator[jsonschema_rs.ValidationError]:
    """The error itself, or those of the alternative that was probably meant: the one with the fewest complaints."""
    branches = error.kind.as_dict()["context"] if error.kind.name in _ALTERNATIVES else []
    fitting = [branch for branch in branches if not any(_refuses_kind(one, error, schema) for one in branch)]
    fewest = min(map(len, fitting), default=0)
    meant = [branch for branch in fitting if len(branch) == fewest]
    if len(meant) == 1:
        yield from (leaf for one in meant[0] for leaf in _leaves(one, schema))
    else:
        yield error


def _refuses_kind(
    error: jsonschema_rs.ValidationError, whole: jsonschema_rs.ValidationError, schema: Mapping[str, Any]
) -> bool:
    """Whether a branch was not meant at all: it refuses the type, the very value or every field of the whole."""
    if error.instance_path != whole.instance_path:
        return False
    return error.kind.name in ("type", "const", "enum") or _knows_no_field(error, schema)


def _knows_no_field(error: jsonschema_rs.ValidationError, schema: Mapping[str, Any]) -> bool:
    """Whether none of the fields that are there is one of a map's, or looks like one."""
    if error.kind.name != "additionalProperties" or not isinstance(error.instance, dict):
        return False
    unexpected, known = error.kind.as_dict()["unexpected"], node_at(schema, tuple(error.schema_path[:-1]))
    if len(unexpected) < len(error.instance):
        return False
    return not any(get_close_matches(field, known.get("properties", {}), n=1) for field in unexpected)


def _words(error: jsonschema_rs.ValidationError, schema: Mapping[str, Any]) -> Iterator[SchemaError]:
    path = tuple(error.instance_path)
    if error.kind.name == "propertyNames":
        inner = error.kind.as_dict()["error"]
        for words in worded(inner, schema, ""):
            yield SchemaError((*path, str(inner.instance)), "bad-name", words.message)
    elif error.kind.name in _ALTERNATIVES and (types := _types(error)):
        yield SchemaError(path, "wrong-type", f"expected {' or '.join(types)}, got {shown(error.instance)}")
    elif error.kind.name in _ALTERNATIVES and "x-towpath-expects" not in node_at(schema, tuple(error.schema_path[:-1])):
        fits = "more than one" if [] in error.kind.as_dict()["context"] else "none"
        yield SchemaError(path, "bad-value", f"{shown(error.instance)} has {fits} of the allowed forms")
    else:
        yield from worded(error, schema, "")


def _types(error: jsonschema_rs.ValidationError) -> list[str]:
    """The types that the alternatives accept, when a wrong type is all that each of them complains about."""
    names: list[str] = []
    for branch in error.kind.as_dict()["context"]:
        if len(branch) != 1 or branch[0].kind.name != "type" or branch[0].instance_path != error.instance_path:
            return []
        names += branch[0].kind.as_dict()["types"]
    samples = {"object": type_name({}), "array": type_name([])}
    return [samples.get(name, name) for name in dict.fromkeys(names)]


def node_at(instance: Any, path: tuple[str | int, ...]) -> Any:
    """What a path leads to, which must be there."""
    for step in path:
        instance = instance[step]
    return instance
