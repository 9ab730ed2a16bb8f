"""What makes a schema structural: it says of every field what it is, and once only.

Source: k8s.io/apiextensions-apiserver `pkg/apiserver/schema` (validation.go, complete.go) and
`pkg/apis/apiextensions/validation`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from generator.cel.since import too_new
from generator.custom.budget import SINCE, too_expensive
from generator.custom.cel import Rules
from generator.custom.patterns import is_pattern
from generator.custom.rules import Mistaken, Understood, read
from generator.custom.structural import EITHER, fits, inside, well_formed
from generator.repository import Pointer
from generator.schema_errors import explain
from generator.schemas import definition, minor
from generator.workload import at, items, listed, mapping

if TYPE_CHECKING:
    import jsonschema_rs

Wrong = Iterator[tuple[Pointer, str]]

_JUNCTORS: Final = ("allOf", "anyOf", "oneOf")
_EXTENSION: Final = "x-kubernetes-"
_RULES: Final = f"{_EXTENSION}validations"
# What a schema under `allOf`, `anyOf`, `oneOf` or `not` must leave to the schema around it.
_OUTSIDE: Final = ("additionalProperties", "type", "default", "title", "description", "nullable")
_UNSUPPORTED: Final = ("$schema", "additionalItems", "definitions", "dependencies", "id", "patternProperties")
_SCALARS: Final = ("string", "integer", "number", "boolean")
_TYPES: Final = (*_SCALARS, "object", "array")
_STEP: Final = re.compile(r"\.([A-Za-z_][A-Za-z0-9_]*)|\['([^']+)'\]")
_SCHEMA: Final = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps"


def not_structural(version: str, root: Mapping[str, Any]) -> Wrong:
    """What the API server of a Kubernetes version has against the schema of a definition, with where in it."""
    found = tuple(_malformed(version, root, ())) or tuple(_of_root(root))
    yield from found
    if all(_RULES in pointer for pointer, _ in found):
        number, rules = int(minor(version)[2:]), list(read(root))
        yield from ((one.pointer, one.message) for one in rules if isinstance(one, Mistaken))
        known = [one for one in rules if isinstance(one, Understood)]
        yield from ((one.pointer, words) for one in known if (words := too_new(one.checked, number)))
        if number >= SINCE:
            yield from too_expensive(known)


def _malformed(version: str, node: Mapping[str, Any], path: Pointer) -> Wrong:
    """What Kubernetes' schema of schemas has against those below `items` and `additionalProperties`, which it leaves
    open.
    """
    for step, inner in inside(node):
        below = (*path, *step)
        if step[0] == "properties":
            yield from _malformed(version, inner, below)
        else:
            accepts, schema = _schema_of_schemas(version)
            # Unknown fields are dropped there without a word.
            found = [error for error in explain(accepts, schema, inner) if error.check != "unknown-field"]
            yield from (((*below, *error.path), error.message) for error in found)
            if not found:
                yield from _malformed(version, inner, below)


@lru_cache(maxsize=16)
def _schema_of_schemas(version: str) -> tuple[jsonschema_rs.Draft202012Validator, Mapping[str, Any]]:
    import jsonschema_rs

    schema = definition(version, _SCHEMA)
    return jsonschema_rs.Draft202012Validator(schema, offline=True), schema


def _of_root(root: Mapping[str, Any]) -> Wrong:
    if "additionalProperties" in root:
        yield ("additionalProperties",), "it cannot be used at the root"
    yield from _of_metadata(root)
    yield from _of_node(root, ())
    yield from _of_changes(root, ())


def _of_metadata(root: Mapping[str, Any]) -> Wrong:
    """Of what every object has, a schema may limit only the name."""
    fields = mapping(root, "properties")
    for name in ("kind", "apiVersion"):
        if name in fields and at(fields, (name, "type")) != "string":
            yield ("properties", name), "it has to be of the type string"
    metadata = fields.get("metadata")
    if not isinstance(metadata, Mapping):
        return
    others = set(mapping(metadata, "properties")) - {"name", "generateName"}
    if metadata.get("type") != "object" or others or set(metadata) - {"type", "properties", "description", "default"}:
        yield ("properties", "metadata"), "it may only limit name and generateName: the rest is known"
    for name, field in mapping(metadata, "properties").items():
        if isinstance(field, Mapping) and field.get("default") is not None:
            yield ("properties", "metadata", "properties", name, "default"), "what names an object has no default"


def _of_node(node: Mapping[str, Any], path: Pointer) -> Wrong:
    """A schema that says what is there, and everything below it."""
    yield from _of_type(node, path)
    yield from _of_list(node, path)
    yield from _of_values(node, path)
    for key in (*_JUNCTORS, "not"):
        for step, alternative in _alternatives(node, key):
            yield from _of_alternative(alternative, node, (*path, *step), _may_have_types(node, step))
    for step, inner in inside(node):
        yield from _of_node(inner, (*path, *step))


def _of_type(node: Mapping[str, Any], path: Pointer) -> Wrong:
    either, free = node.get(f"{_EXTENSION}int-or-string"), node.get(f"{_EXTENSION}preserve-unknown-fields")
    embedded = node.get(f"{_EXTENSION}embedded-resource")
    yield from _of_unsupported(node, path)
    if node.get("type") and node["type"] not in _TYPES:
        yield (*path, "type"), f"expected {' or '.join(_TYPES)}"
    if embedded and node.get("type") != "object":
        yield path, "an embedded resource has to be of the type object"
    elif not (node.get("type") or either or free):
        yield path, "every field and item needs a type (or x-kubernetes-int-or-string or -preserve-unknown-fields)"
    for name, field in mapping(node, "properties").items():
        if field is None:
            yield (*path, "properties", name), "every field needs a type"
    if embedded and not free and not mapping(node, "properties"):
        yield path, "an embedded resource needs properties, or x-kubernetes-preserve-unknown-fields"
    if either and (free or embedded):
        yield path, "x-kubernetes-int-or-string allows none of the other extensions beside it"


def _of_unsupported(node: Mapping[str, Any], path: Pointer) -> Wrong:
    """What JSON Schema has and definitions do not (`specStandardValidatorV3`)."""
    for key in _UNSUPPORTED:
        if node.get(key) not in (None, "", {}):
            yield (*path, key), f"{key} is not for definitions"
    if not isinstance(node.get("additionalProperties"), bool | Mapping | None):
        yield (*path, "additionalProperties"), "it is a schema, or true"
    if not isinstance(node.get("items"), Mapping | None):
        yield (*path, "items"), "it is one schema, for all items"
    if node.get(f"{_EXTENSION}preserve-unknown-fields") is False:
        yield (*path, f"{_EXTENSION}preserve-unknown-fields"), "it is true or not there"


def _of_list(node: Mapping[str, Any], path: Pointer) -> Wrong:
    kind = node.get(f"{_EXTENSION}list-type")
    if kind not in (None, "atomic", "set", "map"):
        yield path, "x-kubernetes-list-type is atomic, set or map"
    if kind is not None and node.get("type") != "array":
        yield path, "x-kubernetes-list-type is for the type array"
    if kind == "set" and not _is_one_thing(mapping(node, "items")):
        yield path, "the items of a set are compared as a whole: they need x-kubernetes-map-type or -list-type: atomic"
    if kind in ("map", "set") and at(node, ("items", "nullable")) is True:
        yield path, f"the items of a list of the type {kind} cannot be nullable"
    if kind != "map":
        if node.get(f"{_EXTENSION}list-map-keys"):
            yield path, "x-kubernetes-list-map-keys is for the list type map"
    elif at(node, ("items", "type")) != "object":
        yield path, "the items of a list of the type map have to be objects"
    else:
        yield from _of_keys(node, path)


def _of_keys(node: Mapping[str, Any], path: Pointer) -> Wrong:
    """The fields that tell the items of a list of the type map apart."""
    required = listed(node, "items", "required")
    for key in listed(node, f"{_EXTENSION}list-map-keys"):
        field = at(node, ("items", "properties", key))
        if not isinstance(field, Mapping):
            yield path, f"the items have no property {key}, which x-kubernetes-list-map-keys names"
        elif field.get("type") not in _SCALARS and not field.get(f"{_EXTENSION}int-or-string"):
            yield path, f"{key} cannot be a key of the list: it is no scalar"
        elif field.get("nullable") is True:
            yield path, f"{key} is a key of the list, so it cannot be nullable"
        elif key not in required and "default" not in field:
            yield path, f"{key} is a key of the list, so it has to be required or have a default"


def _is_one_thing(item: Mapping[str, Any]) -> bool:
    if item.get("type") == "object":
        return bool(item.get(f"{_EXTENSION}map-type") == "atomic")
    return item.get("type") != "array" or item.get(f"{_EXTENSION}list-type") in (None, "atomic")


def _of_values(node: Mapping[str, Any], path: Pointer) -> Wrong:
    pattern = node.get("pattern")
    if isinstance(pattern, str) and not is_pattern(pattern):
        yield (*path, "pattern"), "it is no regular expression of Go's"
    if "additionalProperties" not in path:  # nobody looks at defaults below that (defaulting/validation.go)
        yield from (((*path, "default", *step), words) for step, words in _of_default(node, is_root=not path))
    for index, rule in enumerate(listed(node, _RULES)):
        if rule is None:
            yield (*path, _RULES, index), "there is no rule here"
        elif isinstance(rule, Mapping):
            yield from (((*path, _RULES, index, field), words) for field, words in _of_rule(rule, node))


def _of_default(node: Mapping[str, Any], *, is_root: bool) -> Wrong:
    """A default has to be valid as it is: the defaults inside it are not filled in (`defaulting/validation.go`)."""
    default = node.get("default")
    if default is None:
        return
    if is_root or node.get(f"{_EXTENSION}embedded-resource"):
        for field in ("apiVersion", "kind"):
            if not at(default, (field,)):
                yield (), f"a whole object needs {field}"
    if not fits(default, node):
        yield (), "the schema refuses its own default"
    elif well_formed(node):
        yield from ((broken.path, broken.message) for broken in Rules(node).violations(default))


def _of_rule(rule: Mapping[str, Any], node: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What is wrong with a rule apart from its meaning, by field."""
    for field in ("rule", "messageExpression"):
        if isinstance(text := rule.get(field), str) and text.isspace():
            yield field, "it is empty"
    place = rule.get("fieldPath")
    if isinstance(place, str) and place and not _leads_to_a_field(place, node):
        yield "fieldPath", f"there is no field {place}"
    if rule.get("optionalOldSelf") is not None and "oldSelf" not in str(rule.get("rule")):
        yield "optionalOldSelf", "the rule does not use oldSelf"


def _of_changes(node: Mapping[str, Any], path: Pointer, *, known: bool = True) -> Wrong:
    """Rules about what was before: only the items of lists of the type map are told apart."""
    for index, rule in items(node, _RULES) if not known else ():
        if "oldSelf" in str(rule.get("rule")):
            words = "there is no oldSelf in items of a list that is not of the type map"
            yield (*path, _RULES, index, "rule"), words
    for step, inner in inside(node):
        kept = step[0] != "items" or node.get(f"{_EXTENSION}list-type") == "map"
        yield from _of_changes(inner, (*path, *step), known=known and kept)


def _leads_to_a_field(path: str, node: Mapping[str, Any]) -> bool:
    if _STEP.sub("", path):
        return False
    for name, quoted in _STEP.findall(path):
        if node.get("type") != "object" or node.get(f"{_EXTENSION}embedded-resource"):
            return True
        values, fields = node.get("additionalProperties"), mapping(node, "properties")
        if not isinstance(values, Mapping) and (name or quoted) not in fields:
            return False
        node = values if isinstance(values, Mapping) else mapping(fields, name or quoted)
    return True


def _alternatives(node: Mapping[str, Any], key: str) -> Iterator[tuple[Pointer, Mapping[str, Any]]]:
    if key == "not":
        if isinstance(node.get(key), Mapping):
            yield (key,), node[key]
    else:
        yield from (((key, index), one) for index, one in items(node, key))


def _may_have_types(node: Mapping[str, Any], step: Pointer) -> bool:
    """Whether types are allowed in an alternative: only as integer or string, in `anyOf` or the first of `allOf`."""
    if step[0] == "anyOf":
        return bool(node.get("anyOf") == EITHER)
    return step == ("allOf", 0) and at(node, ("allOf", 0, "anyOf")) == EITHER


def _of_alternative(node: Mapping[str, Any], around: Mapping[str, Any] | None, path: Pointer, typed: bool) -> Wrong:
    """A schema under a junctor: it limits values of what the schema `around` it says is there."""
    for key in node:
        if (
            (key in _OUTSIDE or key.startswith(_EXTENSION))
            and node[key] not in (None, False, "")
            and not (typed and key == "type")
        ):
            yield (*path, key), "it belongs outside of allOf, anyOf, oneOf and not"
    if "metadata" in mapping(node, "properties"):
        yield (*path, "properties", "metadata"), "metadata cannot be limited here"
    yield from _of_values({"pattern": node.get("pattern")}, path)
    for step, inner in inside(node):
        outer = at(around, step)
        if not isinstance(outer, Mapping):
            yield (*path, *step), "the schema around it does not say what this is"
        else:
            yield from _of_alternative(inner, outer, (*path, *step), typed=False)
    for key in (*_JUNCTORS, "not"):
        for step, below in _alternatives(node, key):
            yield from _of_alternative(below, around, (*path, *step), typed and key == "anyOf")
