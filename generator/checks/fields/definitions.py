"""Rules about what extends the API: definitions of custom resources, and services that answer for a part of it.

Sources: k8s.io/apiextensions-apiserver and k8s.io/kube-aggregator, `pkg/apis/*/validation`.

What a schema may hold wherever it stands; whether the whole of it is structural, `generator.checks.definitions` says.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from generator.checks.fields.admission import LINES, ONE_LINE, REVIEW_VERSIONS, SERVICE
from generator.checks.fields.rule import (
    Rule,
    Rules,
    Table,
    absent,
    between,
    each,
    exactly_one,
    filled,
    has,
    lacks,
    one_of,
    optional,
    text,
    when,
)
from generator.checks.fields.syntax import PORT_NUMBER, WEBHOOK_URL, dns_1035_label, dns_subdomain

_PREFIX: Final = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1."
_PRESERVE: Final = "x-kubernetes-preserve-unknown-fields"
_KIND: Final = optional(
    text("name-syntax", "a kind: letters, digits and '-'", "[A-Za-z]([-A-Za-z0-9]*[A-Za-z0-9])?", 63)
)
_PATH: Final = text("path-syntax", "a path of fields that begins with '.'", r"\..+")
_APPROVED: Final = "api-approved.kubernetes.io"
_APPROVAL: Final = {"type": "string", "pattern": "^(unapproved|[A-Za-z][-+.A-Za-z0-9]*://[^/])"}
_PROTECTED: Final[dict[str, Any]] = {"type": "string", "pattern": r"(^|\.)(k8s|kubernetes)\.io$"}


def _below(*fields: str) -> Rule:
    words = " or ".join(f".{field}" for field in fields)
    return text("path-syntax", f"a path of fields below {words}", rf"\.({'|'.join(fields)})\..+")


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
    Rule(
        "one-of",
        "properties or additionalProperties",
        {
            "not": {
                "required": ["properties", "additionalProperties"],
                "properties": {
                    "properties": {"type": "object", "minProperties": 1},
                    "additionalProperties": {"not": {"const": True}},
                },
            }
        },
    ),
    when(
        {"required": ["x-kubernetes-map-type"], "properties": {"x-kubernetes-map-type": {"type": "string"}}},
        {"required": ["type"], "properties": {"type": {"const": "object"}}},
        "one-of",
        "x-kubernetes-map-type with the type object",
    ),
    when(
        {
            "required": ["x-kubernetes-embedded-resource"],
            "properties": {"x-kubernetes-embedded-resource": {"const": True}},
        },
        {
            "properties": {
                "properties": {
                    "properties": {
                        name: {"properties": {"type": {"const": type_}}}
                        for name, type_ in (("apiVersion", "string"), ("kind", "string"), ("metadata", "object"))
                    }
                }
            }
        },
        "unknown-value",
        "a string as apiVersion and kind, and an object as metadata, of a resource inside",
    ),
    Rule("unknown-value", "no $ref", {"properties": {"$ref": {"enum": [""]}}}),
)
_NESTED: Final = Rule(
    "unknown-value", "a schema", {"if": {"type": "object"}, "then": {"$ref": f"#/$defs/{_PREFIX}JSONSchemaProps"}}
)
"""A schema where Kubernetes' own schema of schemas allows anything."""
_TYPES: Final[dict[str, Mapping[str, Rules]]] = {
    "CustomResourceDefinition": {
        "": (
            filled("spec"),
            when(
                {"properties": {"spec": {"required": ["group"], "properties": {"group": _PROTECTED}}}},
                {
                    "required": ["metadata"],
                    "properties": {
                        "metadata": {
                            "required": ["annotations"],
                            "properties": {
                                "annotations": {"required": [_APPROVED], "properties": {_APPROVED: _APPROVAL}}
                            },
                        }
                    },
                },
                "empty-field",
                f"the annotation {_APPROVED} (a URL, or why it is unapproved), or a group outside of k8s.io",
            ),
        )
    },
    "CustomResourceConversion": {
        "": (
            when(has("strategy", "Webhook"), filled("webhook").schema, "empty-field", "a webhook with this strategy"),
            when(
                has("strategy", "None"),
                absent("webhook"),
                "one-of",
                "a webhook with the strategy Webhook only",
            ),
        ),
        "strategy": one_of("None", "Webhook", empty=False),
        "webhook": filled("clientConfig", "conversionReviewVersions"),
    },
    "WebhookConversion": {"conversionReviewVersions": REVIEW_VERSIONS},
    "ServiceReference": SERVICE,
    "WebhookClientConfig": {"": exactly_one("service", "url"), "url": WEBHOOK_URL},
    "ValidationRule": {
        "": (
            filled("rule"),
            when(
                {"properties": {"rule": {"pattern": LINES}}},
                filled("message").schema,
                "empty-field",
                "a message for a rule of several lines",
            ),
        ),
        "message": ONE_LINE,
        "reason": one_of(
            "FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired", empty=False
        ),
    },
    "SelectableField": {"": filled("jsonPath"), "jsonPath": _PATH},
    "CustomResourceDefinitionSpec": {
        "": filled("versions"),
        "group": _DOMAIN,
        "preserveUnknownFields": Rule(
            "unknown-value", "false, and x-kubernetes-preserve-unknown-fields in the schema", {"enum": [False, None]}
        ),
        "scope": one_of("Cluster", "Namespaced", empty=False),
        "versions": Rule(
            "one-of", "one version with storage: true", {"contains": _STORED, "minContains": 1, "maxContains": 1}
        ),
    },
    "CustomResourceDefinitionNames": {
        "": filled("kind"),
        "plural": dns_1035_label(),
        "singular": optional(dns_1035_label()),
        "kind": _KIND,
        "listKind": _KIND,
        "shortNames": each(dns_1035_label()),
        "categories": each(dns_1035_label()),
    },
    "CustomResourceDefinitionVersion": {
        "": (
            Rule(
                "empty-field",
                "schema.openAPIV3Schema to be set",
                {"required": ["schema"], "properties": {"schema": {"required": ["openAPIV3Schema"]}}},
            ),
            when(
                has("deprecationWarning"),
                {"required": ["deprecated"], "properties": {"deprecated": {"const": True}}},
                "one-of",
                "deprecationWarning with deprecated: true only",
            ),
        ),
        "deprecationWarning": Rule(
            "unknown-value", "a line of at most 256 characters", {"pattern": "^[^\\x00-\\x1f\\x7f]{1,256}$"}
        ),
        "name": dns_1035_label(),
        "selectableFields": Rule("number-range", "at most 8 fields", {"maxItems": 8}),
    },
    "CustomResourceColumnDefinition": {
        "": filled("name"),
        "jsonPath": text("path-syntax", "a path of fields that begins with '.'", r"\..*"),
        "type": one_of("boolean", "date", "integer", "number", "string", empty=False),
        "format": one_of("int32", "int64", "float", "double", "byte", "date", "date-time", "password"),
    },
    "CustomResourceSubresources": {"status": Rule("unknown-value", "no fields in it", {"maxProperties": 0})},
    "CustomResourceSubresourceScale": {
        "specReplicasPath": _below("spec"),
        "statusReplicasPath": _below("status"),
        "labelSelectorPath": optional(_below("spec", "status")),
    },
    "CustomResourceValidation": {
        "openAPIV3Schema": Rule(
            "unknown-value",
            "the type object at the root",
            {
                "properties": {"type": {"const": "object"}, "nullable": {"const": False}},
                "anyOf": [
                    {"required": ["type"]},
                    {"required": [_PRESERVE], "properties": {_PRESERVE: {"const": True}}},
                ],
            },
        )
    },
    "JSONSchemaProps": {
        "": _SCHEMA,
        **dict.fromkeys(("items", "additionalProperties"), _NESTED),
        "type": one_of("array", "boolean", "integer", "number", "object", "string"),
        "uniqueItems": Rule("unknown-value", "no uniqueItems", {"const": False}),
        "x-kubernetes-list-type": one_of("atomic", "set", "map", empty=False),
        "x-kubernetes-map-type": one_of("atomic", "granular", empty=False),
        "x-kubernetes-list-map-keys": Rule("unique-items", "each key once", {"uniqueItems": True}),
    },
}
_TRUE: Final = {"const": True}
_SKIPS: Final[dict[str, Any]] = {
    "required": ["insecureSkipTLSVerify"],
    "properties": {"insecureSkipTLSVerify": _TRUE},
}
_LOCAL: Final = absent("service")
_API_SERVICES: Final[Table] = {
    "apiregistration.v1.APIService": {"": filled("spec")},
    "apiregistration.v1.APIServiceSpec": {
        "": (
            filled("version"),
            when(
                {"not": has("version", "v1")},
                filled("group").schema,
                "empty-field",
                "a group: only v1 is without one",
            ),
            when(_SKIPS, lacks("caBundle"), "one-of", "insecureSkipTLSVerify or caBundle"),
            when(_SKIPS, {"not": _LOCAL}, "one-of", "insecureSkipTLSVerify with a service only"),
            when(has("caBundle"), {"not": _LOCAL}, "one-of", "caBundle with a service only"),
        ),
        "group": optional(dns_subdomain()),
        "version": dns_1035_label(),
        "groupPriorityMinimum": between(1, 20_000),
        "versionPriority": between(1, 1000),
    },
    "apiregistration.v1.ServiceReference": {"": filled("name", "namespace"), "port": PORT_NUMBER},
}
DEFINITIONS: Final[Table] = {**{_PREFIX + name: rules for name, rules in _TYPES.items()}, **_API_SERVICES}
