"""The tables of rules as one compiled JSON Schema for each kind, and what they have against an object.

The schema has the shape of Kubernetes' own but nothing of it: only the ways to the types that have rules. A type
that is reached by several ways has its rules on all of them.
"""

from __future__ import annotations

import base64
import ipaddress
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from generator.checks.fields import (
    admission,
    cluster,
    containers,
    definitions,
    devices,
    endpoints,
    networking,
    objects,
    pods,
    quotas,
    scheduling,
    security,
    storage,
    volumes,
    workloads,
)
from generator.checks.fields.dropped import is_dropped
from generator.checks.fields.rule import Rule, Rules, Table
from generator.checks.fields.syntax import BINARY_DIVISORS, DIVISORS
from generator.quantity import quantity
from generator.repository import Pointer
from generator.schema_words import errors_of, path_in, shown, type_name
from generator.schemas import READ_EMPTY, kinds, minor, schema_for

if TYPE_CHECKING:
    import jsonschema_rs

TABLE: Final[Table] = {
    **objects.METADATA,
    **objects.OBJECTS,
    **pods.PODS,
    **pods.POD_SPEC,
    **scheduling.SCHEDULING,
    **security.SECURITY,
    **containers.CONTAINERS,
    **volumes.VOLUMES,
    **workloads.WORKLOADS,
    **workloads.AUTOSCALING,
    **networking.NETWORKING,
    **storage.STORAGE,
    **storage.VOLUMES_OF_PROVIDERS,
    **quotas.QUOTAS,
    **endpoints.ENDPOINTS,
    **admission.ADMISSION,
    **definitions.DEFINITIONS,
    **devices.DEVICES,
    **cluster.CLUSTER,
}
_PREFIXES: Final = ("io.k8s.apimachinery.pkg.apis.", "io.k8s.kube-aggregator.pkg.apis.", "io.k8s.api.")
_METADATA: Final = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"
_CHECK, _EXPECTS, _OF = "x-check", "x-expects", "x-of"
_SECRET: Final = ("data", "stringData")


class Violation(NamedTuple):
    """What breaks a rule: the check it belongs to, the path to it, and what is wrong in words."""

    check: str
    path: Pointer
    message: str


def violations(version: str, api_version: str, kind: str, value: object) -> Iterator[Violation]:
    """Everything that the rules of its kind have against an object; of an unknown kind only its metadata is known.

    Of what is no object at all, `kubernetes-schema` says so, and nothing else is to be said.
    """
    if not (api_version and kind):
        return
    known = (api_version, kind) in kinds(version)
    accepts, schema = compiled(minor(version), *((api_version, kind) if known else ("", "")))
    try:
        if not accepts.is_valid(value):
            yield from dict.fromkeys(_worded(error, schema, value) for error in errors_of(accepts, value))
    except ValueError:  # what JSON cannot say, which `kubernetes-schema` reports
        return


@lru_cache(maxsize=512)
def compiled(version: str, api_version: str, kind: str) -> tuple[jsonschema_rs.Draft202012Validator, Any]:
    """The schema that the rules of a kind make in a minor version, compiled, and itself."""
    import jsonschema_rs

    schema = _rules(version, api_version, kind)
    accepts = jsonschema_rs.Draft202012Validator(
        schema, formats=FORMATS, validate_formats=True, ignore_unknown_formats=False, offline=True
    )
    return accepts, schema


def _rules(version: str, api_version: str, kind: str) -> dict[str, Any]:
    """The schema that the rules of a kind make in a minor version."""
    number = int(version[2:])
    source = schema_for(version, api_version, kind)
    metadata: dict[str, Any] = {
        "properties": {
            "name": _node(None, objects.name_of(kind if source else ""), number),
            "namespace": _node(None, objects.NAMESPACE, number),
            "generateName": _node(None, objects.beginning_of(kind if source else ""), number),
            "finalizers": _node(None, objects.finalizers_of(api_version, kind if source else ""), number),
            **{field: _node(None, rules, number) for field, rules in objects.OF_OBJECT.items()},
        }
    }
    top = [_written(objects.NAMED), {"properties": {"metadata": metadata}}]
    if source is None:
        inner = {_METADATA: _type(_METADATA, {}, number)}
        top.append({"properties": {"metadata": {"$ref": f"#/$defs/{_METADATA}"}}})
        return {"allOf": top, "$defs": inner}
    definitions = source["$defs"]
    inner = {name: _type(name, definition, number) for name, definition in definitions.items()}
    return {"allOf": [*top, {"$ref": source["$ref"]}], "$defs": inner}


def _type(name: str, definition: Mapping[str, Any], number: int) -> dict[str, Any]:
    """The rules of a type, and the ways from it to other types."""
    short = _short(name)
    rules = TABLE.get(short, {})
    fields = definition.get("properties", {})
    properties = {
        field: node
        for field in (*fields, *(field for field in rules if field and field not in fields))
        if not is_dropped(short, field, number) and (node := _node(fields.get(field), rules.get(field, ()), number))
    }
    made = _node(None, (*_beyond(definition, rules.get("", ())), *_unset(definition)), number)
    return {**made, "properties": properties} if properties else made


def _unset(definition: Mapping[str, Any]) -> tuple[Rule, ...]:
    """What a type should have, though the API server reads it as empty."""
    fields = definition.get(READ_EMPTY, ())
    return tuple(Rule("unset-field", f"{field} to be set", {"required": [field]}) for field in fields)


def _beyond(definition: Mapping[str, Any], rules: Rules) -> tuple[Rule, ...]:
    """The rules of a type, less the fields that its schema demands anyway."""
    demanded = definition.get("required", [])
    own = rules if isinstance(rules, tuple) else (rules,)
    return tuple(
        replace(
            rule, schema={**rule.schema, "required": [name for name in rule.schema["required"] if name not in demanded]}
        )
        if rule.check == "empty-field" and "required" in rule.schema
        else rule
        for rule in own
    )


def _node(field: Mapping[str, Any] | None, rules: Rules, number: int) -> dict[str, Any]:
    """What a field may hold: its type's rules, and its own."""
    node = _way(field or {})
    own = rules if isinstance(rules, tuple) else (rules,)
    written = [_written(rule) for rule in own if rule.since <= number <= rule.until]
    return {**node, "allOf": written} if written else node


def _way(field: Mapping[str, Any]) -> dict[str, Any]:
    """The ways from a field to types, less everything else that its schema says.

    None leads to a status, such as the empty `acceptedNames` of generated definitions: the API server drops it.
    """
    reference = field.get("$ref", "")
    kept: dict[str, Any] = {"$ref": reference} if reference and not reference.endswith("Status") else {}
    for keyword in ("items", "additionalProperties"):
        inner = field.get(keyword)
        if isinstance(inner, Mapping) and (way := _way(inner)):
            kept[keyword] = way
    return kept


def _written(rule: Rule) -> dict[str, Any]:
    return {**rule.schema, _CHECK: rule.check, _EXPECTS: rule.expects, _OF: list(rule.of)}


def _short(name: str) -> str:
    for prefix in _PREFIXES:
        name = name.removeprefix(prefix)
    return name


def _worded(error: jsonschema_rs.ValidationError, schema: Mapping[str, Any], whole: object) -> Violation:
    path, value = path_in(whole, error.instance_path), error.instance
    if error.kind.name == "propertyNames":
        value = error.kind.as_dict()["error"].instance
        path = (*path, str(value))
    rule = _rule_at(schema, error.schema_path)
    got = f", got {_shown(path, value)}" if not isinstance(value, dict | list) else ""
    if rule[_OF] and isinstance(value, dict):
        found = [name for name in rule[_OF] if value.get(name) not in (None, "", 0)]
        got = f", got {' and '.join(found) or 'none of them'}"
    return Violation(rule[_CHECK], path, f"expected {rule[_EXPECTS]}{got}")


def _shown(path: Pointer, value: object) -> str:
    secret = len(path) == 2 and path[0] in _SECRET and path[1] != value
    return type_name(value) if secret else shown(value)


def _rule_at(schema: Mapping[str, Any], path: Sequence[str | int]) -> Mapping[str, Any]:
    """The rule that a part of the schema belongs to: the innermost one around it."""
    node: Any = schema
    found: Mapping[str, Any] = {}
    for step in path:
        node = node[step]
        if isinstance(node, Mapping) and _CHECK in node:
            found = node
    return found


def _is_ip(value: str) -> bool:
    try:
        address = ipaddress.ip_address(value)
    except ValueError:
        return False
    return "%" not in value and getattr(address, "ipv4_mapped", None) is None


def _is_loose_ip(value: str) -> bool:
    try:
        ipaddress.ip_address(_without_zeros(value))
    except ValueError:
        return False
    return "%" not in value


def _without_zeros(value: str) -> str:
    """An IPv4 address or network without zeros before its numbers (`ParseIPSloppy`)."""
    return value if ":" in value else re.sub(r"(^|\.)0+(?=[0-9])", r"\1", value)


def _is_network(value: str, *, strict: bool) -> bool:
    try:
        network = ipaddress.ip_network(value if strict else _without_zeros(value), strict=strict)
    except ValueError:
        return False
    if strict and getattr(network.network_address, "ipv4_mapped", None) is not None:
        return False
    return re.fullmatch(r"[^/]+/[0-9]{1,3}", value) is not None


def _is_short_ip(value: str) -> bool:
    return _is_ip(value) and str(ipaddress.ip_address(value)) == value


def _is_short_network(value: str) -> bool:
    return _is_network(value, strict=True) and str(ipaddress.ip_network(value)) == value


def _is_certificate_request(value: str) -> bool:
    """Whether the first PEM block is one (`ParseCSR`); the signature and what is signed are not looked at."""
    try:
        text = base64.b64decode(value).decode("latin-1")
    except ValueError:
        return False
    block = re.search(r"^-----BEGIN ([^\n]+)-----\s*$.*?^-----END \1-----\s*$", text, re.MULTILINE | re.DOTALL)
    return block is not None and block[1] == "CERTIFICATE REQUEST"


def _is_int32(value: str) -> bool:
    return re.fullmatch("0|-?[1-9][0-9]{0,9}", value) is not None and -(2**31) <= int(value) < 2**31


def _is_json_objects(value: str) -> bool:
    try:
        found = json.loads(value or "[]")
    except (ValueError, RecursionError):
        return False
    return found is None or (isinstance(found, list) and all(isinstance(one, dict) for one in found))


def _divides(kind: str) -> Callable[[str], bool]:
    binary = BINARY_DIVISORS if kind == "sizes" else ()
    return lambda value: not value or quantity(value) in (binary if value.endswith("i") else DIVISORS[kind])


FORMATS: Final = {
    **{f"towpath-divisor-of-{kind}": _divides(kind) for kind in DIVISORS},
    "towpath-int32": _is_int32,
    "towpath-json-objects": _is_json_objects,
    "towpath-ip": _is_ip,
    "towpath-short-ip": _is_short_ip,
    "towpath-short-cidr": _is_short_network,
    "towpath-certificate-request": _is_certificate_request,
    "towpath-cidr": lambda value: _is_network(value, strict=True),
    "towpath-loose-ip": _is_loose_ip,
    "towpath-loose-cidr": lambda value: _is_network(value, strict=False),
    "towpath-padded-cidr": lambda value: _is_network(value.strip(), strict=False),
    "towpath-padded-strict-cidr": lambda value: _is_network(value.strip(), strict=True),
}
