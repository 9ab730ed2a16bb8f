"""Rules about definitions of custom resources (k8s.io/apiextensions-apiserver `pkg/apis/apiextensions/validation`).

What a schema may hold wherever it stands; whether the whole of it is structural, `generator.checks.definitions` says.
"""

from __future__ import annotations

from typing import Any, Final

from generator.checks.fields.rule import Rule, Rules, Table, each, filled, one_of, optional, text, when
from generator.checks.fields.syntax import dns_1035_label

_PREFIX: Final = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1."
_KIND: Final = optional(
    text("name-syntax", "a kind: letters, digits and '-'", "[A-Za-z]([-A-Za-z0-9]*[A-Za-z0-9])?", 63)
)
_PATH: Final = text("path-syntax", "a path of fields that begins with '.'", r"\..+")
_DOMAIN: Final = text(
    "name-syntax", "a domain", r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)+", 253
)
_STORED: Final[dict[str, Any]] = {"required": ["storage"], "properties": {"storage": {"const": True}}}
_SCHEMA: Final = (
    when(
        {"required": ["type"], "properties": {"type": {"const": "array"}}},
        {"required": ["items"]},
        "empty-field",
        "items with the type array",
    ),
    when(
        {"required": ["x-kubernetes-list-type"], "properties": {"x-kubernetes-list-type": {"const": "map"}}},
        filled("x-kubernetes-list-map-keys").schema,
        "empty-field",
        "x-kubernetes-list-map-keys with the list type map",
    ),
    Rule("one-of", "properties or additionalProperties", {"not": {"required": ["properties", "additionalProperties"]}}),
    Rule("unknown-value", "no $ref", {"properties": {"$ref": {"enum": [""]}}}),
)
_TYPES: Final[dict[str, dict[str, Rules]]] = {
    "CustomResourceDefinition": {"": filled("spec")},
    "CustomResourceDefinitionSpec": {
        "": filled("versions"),
        "group": _DOMAIN,
        "scope": one_of("Cluster", "Namespaced", empty=False),
        "versions": Rule(
            "one-of", "one version with storage: true", {"contains": _STORED, "minContains": 1, "maxContains": 1}
        ),
    },
    "CustomResourceDefinitionNames": {
        "plural": dns_1035_label(),
        "singular": optional(dns_1035_label()),
        "kind": _KIND,
        "listKind": _KIND,
        "shortNames": each(dns_1035_label()),
        "categories": each(dns_1035_label()),
    },
    "CustomResourceDefinitionVersion": {
        "": Rule(
            "empty-field",
            "schema.openAPIV3Schema to be set",
            {"required": ["schema"], "properties": {"schema": {"required": ["openAPIV3Schema"]}}},
        ),
        "name": dns_1035_label(),
    },
    "CustomResourceColumnDefinition": {
        "jsonPath": _PATH,
        "type": one_of("boolean", "date", "integer", "number", "string", empty=False),
    },
    "CustomResourceSubresourceScale": {
        "specReplicasPath": _PATH,
        "statusReplicasPath": _PATH,
        "labelSelectorPath": optional(_PATH),
    },
    "CustomResourceValidation": {
        "openAPIV3Schema": Rule(
            "unknown-value",
            "the type object at the root",
            {"required": ["type"], "properties": {"type": {"const": "object"}, "nullable": {"const": False}}},
        )
    },
    "JSONSchemaProps": {
        "": _SCHEMA,
        "type": one_of("array", "boolean", "integer", "number", "object", "string"),
        "uniqueItems": Rule("unknown-value", "no uniqueItems", {"const": False}),
        "x-kubernetes-list-type": one_of("atomic", "set", "map", empty=False),
        "x-kubernetes-map-type": one_of("atomic", "granular", empty=False),
        "x-kubernetes-list-map-keys": Rule("unique-items", "each key once", {"uniqueItems": True}),
    },
}
DEFINITIONS: Final[Table] = {_PREFIX + name: rules for name, rules in _TYPES.items()}
