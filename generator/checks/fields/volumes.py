"""Rules about the volumes of pods (`pkg/apis/core/validation`, ValidateVolumes and below)."""

from __future__ import annotations

from typing import Final

from generator.checks.fields.containers import NAMED, RESOURCE_FIELD, field_path
from generator.checks.fields.objects import OF_TEMPLATE, SOURCE_OF_TEMPLATE
from generator.checks.fields.rule import (
    Rule,
    Table,
    between,
    exactly_one,
    filled,
    one_of,
)
from generator.checks.fields.syntax import (
    DRIVER,
    FILE_PATH,
    NO_BACKSTEPS,
    NOT_NEGATIVE,
    dns_label,
    dns_subdomain,
)

_MODE: Final = Rule("number-range", "a file mode from 0 to 0777 (511)", {"minimum": 0, "maximum": 0o777})
_SECRET_REFERENCE: Final = (
    filled("name"),
    Rule("name-syntax", dns_subdomain().expects, {"properties": {"name": dns_subdomain().schema}}),
)

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
    "core.v1.VolumeProjection": {"": Rule("one-of", "one source", {"maxProperties": 1})},
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
    "core.v1.ImageVolumeSource": {"pullPolicy": one_of("Always", "IfNotPresent", "Never")},
}
