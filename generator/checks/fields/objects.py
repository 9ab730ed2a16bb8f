"""Rules about what every object has, and about configuration, storage and rights.

`pkg/apis/core`, `storage`, `rbac`, `scheduling/validation`; ObjectMeta: k8s.io/apimachinery `pkg/api/validation`.
"""

from __future__ import annotations

from typing import Final

from generator.checks.fields.rule import (
    Rule,
    Rules,
    Table,
    between,
    each,
    filled,
    formatted,
    has,
    inside,
    keys,
    lacks,
    one_of,
    optional,
    since,
    text,
    until,
    values,
    when,
)
from generator.checks.fields.syntax import (
    API_VERSION,
    CONFIG_KEY,
    GENERATED,
    GENERATED_LABEL,
    GENERATED_OF_ANY_LENGTH,
    KEY,
    POSITIVE,
    annotation_key,
    dns_1035_label,
    dns_label,
    dns_subdomain,
    label_key,
    label_value,
    path_segment,
)

_FINALIZER: Final = text(
    "name-syntax",
    "a domain, '/' and a name, or orphan, foregroundDeletion or kubernetes",
    f"orphan|foregroundDeletion|kubernetes|(?=.*/){KEY}",
)
_ANY_FINALIZER: Final = text("name-syntax", "a name, or a domain, '/' and a name", KEY)
_LEVEL: Final = one_of("privileged", "baseline", "restricted", empty=False)
_POD_SECURITY: Final = Rule(
    _LEVEL.check,
    _LEVEL.expects,
    {
        "properties": {
            "labels": {
                "properties": {
                    f"pod-security.kubernetes.io/{mode}": _LEVEL.schema for mode in ("audit", "enforce", "warn")
                }
            }
        }
    },
)
_PINNED: Final = text("unknown-value", "latest, or a version such as v1.36", r"latest|v1\.(0|[1-9][0-9]*)")
_POD_SECURITY_VERSION: Final = Rule(
    _PINNED.check,
    _PINNED.expects,
    {
        "properties": {
            "labels": {
                "properties": {
                    f"pod-security.kubernetes.io/{mode}-version": _PINNED.schema
                    for mode in ("audit", "enforce", "warn")
                }
            }
        }
    },
)
_ENDS: Final = ("orphan", "foregroundDeletion")
_CONTROLLER: Final = {"required": ["controller"], "properties": {"controller": {"const": True}}}
_EVENT: Final = {"properties": {"apiVersion": {"const": "v1"}, "kind": {"const": "Event"}}}
OF_OBJECT: Final[dict[str, Rules]] = {
    "ownerReferences": (
        each(filled("apiVersion", "kind", "name", "uid")),
        each(Rule("unknown-value", "no Event, which cannot own anything", {"not": _EVENT})),
        each(inside("apiVersion", optional(API_VERSION))),
        Rule(
            "one-of", "one owner with controller: true", {"contains": _CONTROLLER, "minContains": 0, "maxContains": 1}
        ),
    ),
    "generation": between(0),
    "managedFields": Rule("unknown-value", "no managedFields: the API server writes them", {"type": "null"}),
}
"""What the metadata of an object may hold, apart from its names; of that in templates it is not looked at."""
_ONE_END: Final = Rule(
    "one-of",
    "orphan or foregroundDeletion",
    {"not": {"type": "array", "allOf": [{"contains": {"const": word}} for word in _ENDS]}},
)
_OF_ANY_FINALIZER: Final = (
    *("APIService", "CustomResourceDefinition", "Lease", "PodDisruptionBudget", "RuntimeClass"),
    *("MutatingAdmissionPolicy", "MutatingAdmissionPolicyBinding", "MutatingWebhookConfiguration"),
    *("ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding", "ValidatingWebhookConfiguration"),
)
"""The kinds that are validated by k8s.io/apimachinery's rules about metadata alone, as custom resources are."""


def finalizers_of(api_version: str, kind: str) -> Rules:
    """The rules for `metadata.finalizers`; of custom resources, a name alone is only warned about."""
    lenient = not kind or kind in _OF_ANY_FINALIZER or (api_version, kind) == ("v1", "Event")
    return (each(_ANY_FINALIZER if lenient else _FINALIZER), _ONE_END)


METADATA: Final[Table] = {
    "meta.v1.ObjectMeta": {
        "labels": (keys(label_key()), values(label_value())),
        "annotations": keys(annotation_key()),
    },
    "core.v1.ServiceAccount": {"secrets": each(Rule("empty-field", "a name", {"required": ["name"]}))},
    "core.v1.PersistentVolumeClaim": {"": filled("spec")},
    "core.v1.TypedObjectReference": {"": filled("kind", "name")},
    "rbac.v1.AggregationRule": {"": filled("clusterRoleSelectors")},
    "core.v1.Namespace": {"metadata": (_POD_SECURITY, _POD_SECURITY_VERSION)},
    "core.v1.NamespaceSpec": {"finalizers": each(_FINALIZER)},
}

_ANY: Final = dns_subdomain("object-name")
_SHORT: Final = Rule(
    "object-name",
    "a name of at most 52 characters: a Job's name is 11 characters longer, and at most 63",
    {"maxLength": 52},
)
_PATHS: Final = ("ClusterRole", "ClusterRoleBinding", "Event", "PodDisruptionBudget", "Role", "RoleBinding")
NAMES: Final[dict[str, Rules]] = {
    "Namespace": dns_label("object-name"),
    "Service": (until(35, dns_1035_label("object-name")), since(36, dns_label("object-name"))),
    "StatefulSet": dns_label("object-name"),
    "CronJob": (_ANY, _SHORT),
    "Job": (_ANY, Rule("object-name", "a name of at most 63 characters", {"maxLength": 63})),
    "PriorityClass": (
        _ANY,
        Rule("object-name", "a name that does not begin with system-", {"not": {"pattern": "^system-"}}),
    ),
    "CertificateSigningRequest": path_segment("object-name"),
    **dict.fromkeys(_PATHS, path_segment("object-name")),
    # Names of their own kind, with other characters; the API server's own rules are narrow enough.
    "APIService": (),
    "ClusterTrustBundle": (),
    "IPAddress": formatted("object-name", "an IP address in its shortest form", "towpath-short-ip"),
    "StorageVersion": (),
}
"""What `metadata.name` may be, by kind; a DNS subdomain where nothing else is said (`NameIsDNSSubdomain`)."""
NAMED: Final = Rule(
    "object-name",
    "a name",
    {
        "required": ["metadata"],
        "properties": {"metadata": {"type": "object", "anyOf": [has("name"), has("generateName")]}},
    },
)
NAMESPACE: Final = optional(dns_label("object-name"))


BEGINNINGS: Final[dict[str, Rules]] = {
    **dict.fromkeys(("Namespace", "Service", "StatefulSet"), GENERATED_LABEL),
    **dict.fromkeys((*_PATHS, "CertificateSigningRequest"), path_segment("object-name")),
    **dict.fromkeys(("DeviceClass", "ReplicationController"), GENERATED_OF_ANY_LENGTH),
    "CronJob": (
        GENERATED,
        Rule("object-name", "at most 47 characters: five are added, and a name has at most 52", {"maxLength": 47}),
    ),
}
"""What `metadata.generateName` may be, by kind (`NameIsDNSLabel` and others, with `prefix`)."""


def name_of(kind: str) -> Rules:
    """The rules for the name of an object of this kind."""
    return NAMES.get(kind, _ANY)


def beginning_of(kind: str) -> Rules:
    """The rules for `metadata.generateName` of an object of this kind."""
    return BEGINNINGS.get(kind, GENERATED)


_CLAIM: Final = (
    filled("accessModes", "resources"),
    Rule(
        "empty-field",
        "resources.requests.storage to be set",
        {
            "properties": {
                "resources": {
                    "required": ["requests"],
                    "properties": {"requests": {"type": "object", "required": ["storage"]}},
                }
            }
        },
    ),
    Rule(
        "quantity",
        POSITIVE.expects,
        {"properties": {"resources": {"properties": {"requests": {"properties": {"storage": POSITIVE.schema}}}}}},
    ),
)
_MODES: Final = ("ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany")
ACCESS_MODES: Final = (
    until(26, each(one_of(*_MODES, empty=False))),
    since(27, each(one_of(*_MODES, "ReadWriteOncePod", empty=False))),
    Rule(
        "one-of",
        "ReadWriteOncePod alone",
        {"if": {"contains": {"const": "ReadWriteOncePod"}}, "then": {"items": {"const": "ReadWriteOncePod"}}},
    ),
)
SOURCE: Final = Rule(
    "unknown-value",
    "the kind PersistentVolumeClaim, or the apiGroup of another kind, which is a DNS name",
    {
        "if": lacks("namespace"),
        "then": {
            "if": lacks("apiGroup"),
            "then": {"properties": {"kind": {"const": "PersistentVolumeClaim"}}},
            "else": {"properties": {"apiGroup": dns_subdomain().schema}},
        },
    },
)
"""What a claim is filled from (validateDataSource). Of a claim of its own, `dataSource` is dropped if it is wrong."""
SOURCE_OF_TEMPLATE: Final = (inside("dataSource", SOURCE), inside("dataSource", filled("kind", "name")))
OF_TEMPLATE: Final = Rule(
    "unknown-value",
    "labels and annotations only",
    {"properties": {"annotations": {}, "labels": {}}, "additionalProperties": {"enum": ["", 0, None, [], {}]}},
)
"""The metadata of what is made from a template: it has no name before it is there."""
_KEPT: Final = {
    "anyOf": [
        {"allOf": [has("kind", "PersistentVolumeClaim"), lacks("apiGroup")]},
        {"allOf": [has("kind", "VolumeSnapshot"), has("apiGroup", "snapshot.storage.k8s.io")]},
    ]
}
"""What the API server does not drop as a `dataSource` (EnforceDataSourceBackwardsCompatibility)."""
_RIGHTS: Final = "rbac.authorization.k8s.io"

OBJECTS: Final[Table] = {
    "core.v1.ConfigMap": {"data": keys(CONFIG_KEY), "binaryData": keys(CONFIG_KEY)},
    "core.v1.Secret": {"data": keys(CONFIG_KEY), "stringData": keys(CONFIG_KEY)},
    "core.v1.PersistentVolumeClaimSpec": {
        "": _CLAIM,
        "accessModes": ACCESS_MODES,
        "dataSource": when(_KEPT, filled("name").schema, "empty-field", "the name of a claim or snapshot"),
        "dataSourceRef": SOURCE,
        "volumeMode": one_of("Block", "Filesystem", empty=False),
        "storageClassName": optional(dns_subdomain()),
        "volumeAttributesClassName": optional(dns_subdomain()),
    },
    "rbac.v1.PolicyRule": {"": filled("verbs")},
    "rbac.v1.RoleRef": {
        "": filled("name"),
        "apiGroup": one_of(_RIGHTS),
        "kind": one_of("Role", "ClusterRole", empty=False),
        "name": path_segment(),
    },
    "rbac.v1.Subject": {
        "": (
            filled("name"),
            when(
                has("kind", "ServiceAccount"),
                {"properties": {"name": dns_subdomain().schema}},
                "name-syntax",
                "a DNS name",
            ),
            when(
                has("kind", "ServiceAccount"),
                {"properties": {"apiGroup": {"enum": ["", None]}}},
                "unknown-value",
                "no apiGroup for a ServiceAccount",
            ),
            when(
                has("kind", "User", "Group"),
                {"properties": {"apiGroup": {"enum": [_RIGHTS, "", None]}}},
                "unknown-value",
                f"the apiGroup {_RIGHTS}",
            ),
        ),
        "kind": one_of("ServiceAccount", "User", "Group", empty=False),
    },
}
