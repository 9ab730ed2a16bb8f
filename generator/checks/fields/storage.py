"""Rules about volumes and what provides them (`pkg/apis/{core,storage}/validation`)."""

from __future__ import annotations

from typing import Final

from generator.checks.fields.objects import ACCESS_MODES
from generator.checks.fields.rule import (
    Rule,
    Table,
    each,
    exactly_one,
    filled,
    keys,
    once,
    one_of,
    optional,
    text,
    values,
)
from generator.checks.fields.syntax import DRIVER, NO_BACKSTEPS, POSITIVE, dns_subdomain, label_key

_ABSOLUTE: Final = text("path-syntax", "an absolute path", "/.*")

_VOLUME_SOURCES: Final = (
    *("awsElasticBlockStore", "azureDisk", "azureFile", "cephfs", "cinder", "csi", "fc", "flexVolume", "flocker"),
    *("gcePersistentDisk", "glusterfs", "hostPath", "iscsi", "local", "nfs", "photonPersistentDisk", "portworxVolume"),
    *("quobyte", "rbd", "scaleIO", "storageos", "vsphereVolume"),
)
_LOCAL_NEEDS_NODES: Final = Rule(
    "empty-field",
    "nodeAffinity.required for a local volume",
    {
        "if": {"required": ["local"]},
        "then": {"required": ["nodeAffinity"], "properties": {"nodeAffinity": {"required": ["required"]}}},
    },
)
STORAGE: Final[Table] = {
    "core.v1.PersistentVolume": {"": filled("spec")},
    "core.v1.PersistentVolumeSpec": {
        "": (
            filled("accessModes", "capacity"),
            Rule(
                "empty-field",
                "capacity.storage, and nothing else in capacity",
                {"properties": {"capacity": {"required": ["storage"], "maxProperties": 1}}},
            ),
            exactly_one(*_VOLUME_SOURCES),
            _LOCAL_NEEDS_NODES,
        ),
        "accessModes": ACCESS_MODES,
        "capacity": values(POSITIVE),
        "volumeMode": one_of("Block", "Filesystem", empty=False),
        "persistentVolumeReclaimPolicy": one_of("Retain", "Delete", "Recycle"),
        "storageClassName": optional(dns_subdomain()),
        "nodeAffinity": filled("required"),
    },
    "core.v1.LocalVolumeSource": {"": filled("path"), "path": NO_BACKSTEPS},
    "core.v1.CSIPersistentVolumeSource": {
        "": filled("driver", "volumeHandle"),
        "driver": DRIVER,
    },
    "core.v1.NFSVolumeSource": {"": filled("server", "path"), "path": _ABSOLUTE},
    "storage.v1.StorageClass": {
        "": filled("provisioner"),
        "provisioner": text(
            "name-syntax",
            "a name, or a DNS name, '/' and a name",
            r"([^/]{1,253}/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?",
        ),
        "parameters": keys(Rule("empty-field", "a parameter's name", {"minLength": 1})),
        "reclaimPolicy": one_of("Delete", "Retain"),
        "volumeBindingMode": one_of("Immediate", "WaitForFirstConsumer", empty=False),
    },
    "core.v1.TopologySelectorLabelRequirement": {
        "": filled("values"),
        "key": label_key(),
        "values": Rule("unique-items", "each value once", {"uniqueItems": True}),
    },
    "storage.v1.CSIDriverSpec": {
        "fsGroupPolicy": one_of("ReadWriteOnceWithFSType", "File", "None", empty=False),
        "volumeLifecycleModes": (once(), each(one_of("Persistent", "Ephemeral", empty=False))),
    },
}
