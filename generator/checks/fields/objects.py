"""Rules about what every object has, and about configuration, storage and rights.

`pkg/apis/core`, `storage`, `rbac`, `scheduling/validation`; ObjectMeta: k8s.io/apimachinery `pkg/api/validation`.
"""

from __future__ import annotations

from typing import Final

from generator.checks.fields.rule import (
    Rule,
    Rules,
    Table,
    each,
    filled,
    has,
    keys,
    one_of,
    optional,
    since,
    until,
    values,
    when,
)
from generator.checks.fields.syntax import (
    CONFIG_KEY,
    POSITIVE,
    annotation_key,
    dns_1035_label,
    dns_label,
    dns_subdomain,
    label_key,
    label_value,
    path_segment,
)

METADATA: Final[Table] = {
    "meta.v1.ObjectMeta": {
        "labels": (keys(label_key()), values(label_value())),
        "annotations": keys(annotation_key()),
    }
}

_ANY: Final = dns_subdomain("object-name")
_SHORT: Final = Rule(
    "object-name",
    "a name of at most 52 characters: a Job's name is 11 characters longer, and at most 63",
    {"maxLength": 52},
)
NAMES: Final[dict[str, Rules]] = {
    "Namespace": dns_label("object-name"),
    "Service": (until(35, dns_1035_label("object-name")), since(36, dns_label("object-name"))),
    "StatefulSet": dns_label("object-name"),
    "CronJob": (_ANY, _SHORT),
    "Role": path_segment("object-name"),
    "RoleBinding": path_segment("object-name"),
    "ClusterRole": path_segment("object-name"),
    "ClusterRoleBinding": path_segment("object-name"),
    # Names of their own kind, with other characters; the API server's own rules are narrow enough.
    "APIService": (),
    "CertificateSigningRequest": (),
    "ClusterTrustBundle": (),
    "IPAddress": (),
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


def name_of(kind: str) -> Rules:
    """The rules for the name of an object of this kind."""
    return NAMES.get(kind, _ANY)


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
ACCESS_MODES: Final = (
    each(one_of("ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod", empty=False)),
    Rule(
        "one-of",
        "ReadWriteOncePod alone",
        {"if": {"contains": {"const": "ReadWriteOncePod"}}, "then": {"items": {"const": "ReadWriteOncePod"}}},
    ),
)
_RIGHTS: Final = "rbac.authorization.k8s.io"

OBJECTS: Final[Table] = {
    "core.v1.ConfigMap": {"data": keys(CONFIG_KEY), "binaryData": keys(CONFIG_KEY)},
    "core.v1.Secret": {"data": keys(CONFIG_KEY), "stringData": keys(CONFIG_KEY)},
    "core.v1.PersistentVolumeClaimSpec": {
        "": _CLAIM,
        "accessModes": ACCESS_MODES,
        "volumeMode": one_of("Block", "Filesystem", empty=False),
        "storageClassName": optional(dns_subdomain()),
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
