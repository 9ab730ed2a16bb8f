"""The structural schema of a CustomResourceDefinition, applied to an object as the API server applies it.

The API server fills in defaults, also for nulls that a field may not have, and validates what comes of it
(k8s.io/apiextensions-apiserver, pkg/apiserver/schema). Strictly, a field that it would prune is an error.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from generator.schema_words import SchemaError, shown
from generator.schemas import supported_versions
from generator.workload import mapping

if TYPE_CHECKING:
    import jsonschema_rs

Schema = dict[str, Any]
Node = Mapping[str, Any]
Pointer = tuple[str | int, ...]

OBJECT_META: Final = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"


def inside(node: Node) -> Iterator[tuple[Pointer, Node]]:
    """The schemas of what a value holds."""
    for name, inner in mapping(node, "properties").items():
        if isinstance(inner, Mapping):
            yield ("properties", name), inner
    for key in ("items", "additionalProperties"):
        if isinstance(node.get(key), Mapping):
            yield (key,), node[key]


def well_formed(node: Any) -> bool:
    """Whether a schema has maps and lists where it must; what else is wrong with it, the definition's check says."""
    if not isinstance(node, Mapping):
        return False
    named = node.get("properties", {})
    rules = node.get("x-kubernetes-validations", [])
    alternatives = [node.get(key, []) for key in ("allOf", "anyOf", "oneOf")]
    if not isinstance(named, Mapping) or not all(isinstance(one, list) for one in (*alternatives, rules)):
        return False
    if not all(isinstance(rule, Mapping) and isinstance(rule.get("rule"), str) for rule in rules):
        return False
    inner = [*named.values(), *(one for some in alternatives for one in some)]
    inner += [node[key] for key in ("items", "not") if key in node]
    if isinstance(node.get("additionalProperties"), Mapping):
        inner.append(node["additionalProperties"])
    return all(map(well_formed, inner))


_KEPT: Final = (
    *("type", "enum", "pattern", "required", "multipleOf", "uniqueItems"),
    *("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"),
)
_PRESERVE: Final = "x-kubernetes-preserve-unknown-fields"
_NO_FIELDS: Final[Schema] = {"properties": {}, "additionalProperties": False}
_NO_FIELDS["items"] = _NO_FIELDS | {"items": _NO_FIELDS.copy()}  # in lists in lists too; deeper ones nobody writes
_ALTERNATIVES: Final = ("allOf", "anyOf", "oneOf")
EITHER: Final = [{"type": "integer"}, {"type": "string"}]
"""What may stand beside x-kubernetes-int-or-string and says the same."""
_BOUNDS: Final = (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum"))


def json_schema(root: Node) -> Schema:
    """The strict JSON Schema 2020-12 of a kind; `#/$defs/…ObjectMeta` is referred to and not in it."""
    schema = _converted(root, strict=True)
    _embed(schema)
    named = root.get("properties", {}).get("metadata", {}).get("properties", {})
    limits = {name: _converted(node, strict=False) for name, node in named.items()}
    metadata = {"$ref": f"#/$defs/{OBJECT_META}"}
    schema["properties"]["metadata"] = {"allOf": [metadata, {"properties": limits}]} if limits else metadata
    return schema


def _embed(schema: Schema) -> None:
    """Make it the schema of a whole object, with a kind and metadata."""
    properties = schema.setdefault("properties", {})
    properties |= {"apiVersion": {"type": "string", "minLength": 1}, "kind": {"type": "string", "minLength": 1}}
    properties["metadata"] = {"$ref": f"#/$defs/{OBJECT_META}"}
    schema["required"] = sorted({*schema.get("required", ()), "apiVersion", "kind"})
    schema.setdefault("type", "object")


def _converted(node: Node, *, strict: bool) -> Schema:
    """A node as JSON Schema. Not `strict` are the alternatives: they limit values and know no fields."""
    from generator.custom.formats import of_format
    from generator.custom.patterns import ecma

    schema = {key: node[key] for key in _KEPT if key in node and (key, node[key]) != ("enum", [])}
    if isinstance(schema.get("pattern"), str):
        schema["pattern"] = ecma(schema["pattern"])
    schema |= of_format(node.get("type"), node.get("format"))
    schema |= _bounds(node, schema)
    if _is_either(node):
        schema["type"] = ["integer", "string"]
    if node.get("nullable"):
        _allow_null(schema)
    for key in _ALTERNATIVES:
        if key in node and not (_is_either(node) and node[key] == EITHER):
            schema[key] = [_converted(one, strict=False) for one in node[key]]
    if "not" in node:
        schema["not"] = _converted(node["not"], strict=False)
    return schema | _inside(node, schema, strict)


def _is_either(node: Node) -> bool:
    return bool(node.get("x-kubernetes-int-or-string"))


def _inside(node: Node, schema: Schema, strict: bool) -> Schema:
    inside: Schema = {}
    if "items" in node:
        inside["items"] = _converted(_items(node), strict=strict)
    if "properties" in node:
        inside["properties"] = {name: _converted(one, strict=strict) for name, one in node["properties"].items()}
    further = node.get("additionalProperties")
    if isinstance(further, Mapping):
        inside["additionalProperties"] = _converted(further, strict=strict)
    elif strict and _prunes(node):
        inside = {"properties": {}, **inside, "additionalProperties": _NO_FIELDS if further is True else False}
    if strict and node.get("x-kubernetes-embedded-resource"):
        inside = schema | inside
        _embed(inside)
    return inside


def _prunes(node: Node) -> bool:
    """Whether the API server removes the fields that a map's schema does not name."""
    return node.get("type") == "object" and not node.get(_PRESERVE)


def _items(node: Node) -> Node:
    """What a list says of its items: they keep unknown fields where it does (`skipPrune`)."""
    return {**node["items"], _PRESERVE: True} if node.get(_PRESERVE) else node["items"]


def _bounds(node: Node, of_format: Schema) -> Schema:
    """`minimum` and `maximum`, which OpenAPI 3.0 makes exclusive by a flag and JSON Schema by another name.

    They hold beside those of the format.
    """
    found: Schema = {}
    for bound, exclusive in _BOUNDS:
        if bound in node and node.get(exclusive):
            found[exclusive] = node[bound]
        elif bound in node:
            narrower = max if bound == "minimum" else min
            found[bound] = narrower(node[bound], of_format.get(bound, node[bound]))
    return found


def _allow_null(schema: Schema) -> None:
    if isinstance(schema.get("type"), str):
        schema["type"] = [schema["type"], "null"]
    elif "type" in schema:
        schema["type"] = [*schema["type"], "null"]


MOST_DEFAULTS: Final = 150_000
"""Keys and values that defaults may add to an object: as many as a document may have."""


def admitted(value: Any, node: Node | None) -> Any:
    """A copy of a value as it is validated: with the defaults, also in place of nulls that are not allowed.

    Raises ValueError where these are more than any object can have.
    """
    return _Defaults().filled(value, node)


class _Defaults:
    """The defaults that an object gets."""

    def __init__(self) -> None:
        self._left = MOST_DEFAULTS

    def filled(self, value: Any, node: Node | None) -> Any:
        if node is None:
            return value
        if isinstance(value, Mapping):
            return self._filled_map(value, node)
        if isinstance(value, list):
            items = node.get("items")
            kept = _told_apart(node)  # server-side apply wants no null among items that it tells apart
            return [
                self.filled(self._taken(items) if _refused(one, items) and not kept else one, items) for one in value
            ]
        return value

    def _filled_map(self, value: Mapping[str, Any], node: Node) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, one in value.items():
            below = child(node, key)
            replaced = _refused(one, below) and _default(below) is not None
            if replaced or not _left_out(one, below):
                found[key] = self.filled(self._taken(below) if replaced else one, below)
        for key, below in node.get("properties", {}).items():
            if key not in found and _default(below) is not None:
                found[key] = self.filled(self._taken(below), below)
        return found

    def _taken(self, node: Node | None) -> Any:
        default = _default(node)
        self._left -= _size(default)
        if self._left < 0:
            raise ValueError(f"its defaults come to more than {MOST_DEFAULTS:,} keys and values")
        return default


def _size(value: Any) -> int:
    if isinstance(value, Mapping):
        return 1 + len(value) + sum(map(_size, value.values()))
    return 1 + sum(map(_size, value)) if isinstance(value, list) else 1


def child(node: Node, key: str) -> Node | None:
    """The schema of a field, where there is one."""
    found = node.get("properties", {}).get(key, node.get("additionalProperties"))
    return found if isinstance(found, Mapping) else None


def _refused(value: Any, node: Node | None) -> bool:
    return value is None and node is not None and not node.get("nullable")


def _left_out(value: Any, node: Node | None) -> bool:
    """Whether a null is as if it were not there, also to server-side apply: it keeps nulls where there is a type."""
    return _refused(value, node) and node is not None and not node.get("type") and not _is_either(node)


def _default(node: Node | None) -> Any:
    return None if node is None else node.get("default")


def duplicates(value: Any, node: Node | None, path: Pointer = ()) -> Iterator[SchemaError]:
    """Items that `x-kubernetes-list-type` (set, map) allows only once, in a value that is otherwise valid."""
    if node is None:
        return
    if isinstance(value, Mapping):
        for key, one in value.items():
            yield from duplicates(one, child(node, key), (*path, key))
    elif isinstance(value, list):
        yield from _repeated(value, node, path)
        for index, one in enumerate(value):
            yield from duplicates(one, node.get("items"), (*path, index))


def _repeated(items: list[Any], node: Node, path: Pointer) -> Iterator[SchemaError]:
    if not _told_apart(node):
        return
    kind, keys = node["x-kubernetes-list-type"], node.get("x-kubernetes-list-map-keys", ())
    seen: set[str] = set()
    for index, item in enumerate(items):
        identity = {key: item.get(key) for key in keys} if kind == "map" and isinstance(item, Mapping) else item
        text = json.dumps(_whole(identity), sort_keys=True)
        if text in seen:
            words = ", ".join(f"{key}: {one}" for key, one in identity.items()) if kind == "map" else shown(item)
            yield SchemaError((*path, index), "duplicate-item", f"{words} is in the list already")
        seen.add(text)


def _told_apart(node: Node) -> bool:
    return node.get("x-kubernetes-list-type") in ("set", "map")


def _whole(value: Any) -> Any:
    """A value with 1.0 as 1: to JSON they are the same number."""
    if isinstance(value, Mapping):
        return {key: _whole(one) for key, one in value.items()}
    if isinstance(value, list):
        return list(map(_whole, value))
    return int(value) if isinstance(value, float) and value.is_integer() else value


def compiled(schema: Schema, version: str) -> jsonschema_rs.Draft202012Validator:
    """The schema made ready, with the formats of a Kubernetes version. Raises `jsonschema_rs.ValidationError`."""
    import jsonschema_rs

    from generator.custom.formats import checked

    linear = jsonschema_rs.RegexOptions()  # as Go's: no pattern takes more than linear time
    return jsonschema_rs.Draft202012Validator(
        schema, offline=True, validate_formats=True, formats=checked(int(version[2:])), pattern_options=linear
    )


def fits(value: Any, node: Node) -> bool:
    """Whether a schema accepts a value, such as its own default; true if the schema itself is wrong."""
    import jsonschema_rs

    try:
        return compiled(_converted(node, strict=True), supported_versions()[-1]).is_valid(value)
    except (jsonschema_rs.ValidationError, ValueError, AttributeError, TypeError):
        return True
