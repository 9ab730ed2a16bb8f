"""Rules about the volumes of pods (`pkg/apis/core/validation`, ValidateVolumes and below)."""

from __future__ import annotations

from itertools import combinations
from typing import Final

from generator.checks.fields.containers import NAMED, RESOURCE_FIELD, field_path
from generator.checks.fields.objects import OF_TEMPLATE, SOURCE_OF_TEMPLATE
from generator.checks.fields.rule import (
    Rule,
    Table,
    absent,
    between,
    exactly_one,
    filled,
    has,
    one_of,
    since,
    text,
    until,
    when,
)
from generator.checks.fields.syntax import (
    DRIVER,
    FILE_PATH,
    NO_BACKSTEPS,
    NOT_NEGATIVE,
    SIGNER,
    dns_label,
    dns_subdomain,
)

_MODE: Final = Rule("number-range", "a file mode from 0 to 0777 (511)", {"minimum": 0, "maximum": 0o777})
_SECRET_REFERENCE: Final = (
    filled("name"),
    Rule("name-syntax", dns_subdomain().expects, {"properties": {"name": dns_subdomain().schema}}),
)

_CERTIFICATE: Final = ("credentialBundlePath", "keyPath", "certificateChainPath")
_OLDER: Final = ("configMap", "downwardAPI", "secret", "serviceAccountToken")
_ONE_OLDER: Final = Rule(
    "one-of", "one source", {"not": {"anyOf": [{"required": list(pair)} for pair in combinations(_OLDER, 2)]}}
)
"""The others are dropped before 1.37."""

VOLUMES: Final[Table] = {
    "core.v1.Volume": {"": NAMED, "name": dns_label()},
    "core.v1.KeyToPath": {"": filled("key", "path"), "path": FILE_PATH, "mode": _MODE},
    "core.v1.ConfigMapVolumeSource": {"": NAMED, "defaultMode": _MODE},
    "core.v1.ConfigMapProjection": {"": NAMED},
    "core.v1.SecretVolumeSource": {"": filled("secretName"), "defaultMode": _MODE},
    "core.v1.SecretProjection": {"": NAMED},
    "core.v1.DownwardAPIVolumeSource": {"defaultMode": _MODE},
    "core.v1.DownwardAPIVolumeFile": {
        "": (filled("path"), exactly_one("fieldRef", "resourceFieldRef")),
        "path": FILE_PATH,
        "mode": _MODE,
        "fieldRef": field_path(
            "metadata.name", "metadata.namespace", "metadata.uid", "metadata.labels", "metadata.annotations"
        ),
        "resourceFieldRef": (filled("containerName"), RESOURCE_FIELD),
    },
    "core.v1.ProjectedVolumeSource": {"defaultMode": _MODE},
    "core.v1.VolumeProjection": {
        "": (until(36, _ONE_OLDER), since(37, Rule("one-of", "one source", {"maxProperties": 1})))
    },
    "core.v1.ClusterTrustBundleProjection": {
        "": (
            filled("path"),
            exactly_one("name", "signerName"),
            when(has("name"), absent("labelSelector"), "one-of", "no labelSelector with a name"),
        ),
        "name": text("name-syntax", "a name, perhaps after its signer and ':'", "[a-z0-9]([-a-z0-9.:]*[a-z0-9])?", 571),
        "path": FILE_PATH,
        "signerName": SIGNER,
    },
    "core.v1.PodCertificateProjection": {
        "": Rule("empty-field", " or ".join(_CERTIFICATE), {"anyOf": [has(path) for path in _CERTIFICATE]}),
        **dict.fromkeys(_CERTIFICATE, FILE_PATH),
        "keyType": one_of("RSA3072", "RSA4096", "ECDSAP256", "ECDSAP384", "ECDSAP521", "ED25519", empty=False),
        "maxExpirationSeconds": between(3600, 91 * 24 * 3600),
        "signerName": SIGNER,
    },
    "core.v1.EphemeralVolumeSource": {"": filled("volumeClaimTemplate")},
    "core.v1.PersistentVolumeClaimTemplate": {
        "spec": SOURCE_OF_TEMPLATE,
        "metadata": OF_TEMPLATE,
    },
    "core.v1.ServiceAccountTokenProjection": {
        "": filled("path"),
        "path": FILE_PATH,
        "expirationSeconds": between(600, 2**32),
    },
    "core.v1.EmptyDirVolumeSource": {"sizeLimit": NOT_NEGATIVE},
    "core.v1.HostPathVolumeSource": {
        "": filled("path"),
        "path": NO_BACKSTEPS,
        "type": one_of("DirectoryOrCreate", "Directory", "FileOrCreate", "File", "Socket", "CharDevice", "BlockDevice"),
    },
    "core.v1.CSIVolumeSource": {"": filled("driver"), "driver": DRIVER, "nodePublishSecretRef": _SECRET_REFERENCE},
    "core.v1.PersistentVolumeClaimVolumeSource": {"": filled("claimName")},
    "core.v1.ImageVolumeSource": {
        "": since(37, filled("reference")),
        "pullPolicy": since(35, one_of("Always", "IfNotPresent", "Never")),
    },
}
