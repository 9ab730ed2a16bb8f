"""Rules about volumes and what provides them (`pkg/apis/{core,storage}/validation`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from generator.checks.fields.objects import ACCESS_MODES
from generator.checks.fields.rule import (
    Rule,
    Rules,
    Table,
    between,
    each,
    exactly_one,
    filled,
    has,
    keys,
    once,
    one_of,
    optional,
    since,
    text,
    values,
    when,
)
from generator.checks.fields.syntax import (
    DRIVER,
    NO_BACKSTEPS,
    NOT_NEGATIVE,
    POSITIVE,
    RELATIVE_PATH,
    annotation_key,
    dns_label,
    dns_subdomain,
    label_key,
)

_ABSOLUTE: Final = text("path-syntax", "an absolute path", "/.*")

VOLUME_SOURCES: Final = (
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
_TRUE: Final = {"const": True}
_PARTITION: Final = between(0, 255)
_IQN: Final = text(
    "name-syntax",
    "the name of a target, such as iqn.2001-04.com.example:storage.disk1",
    r"iqn\.[0-9]{4}-[0-9]{2}\.[A-Za-z0-9.-]+:[^,;*&$|\s]+|eui.[A-Za-z0-9]{16}|naa.[A-Za-z0-9]{32}",
)
_ISCSI: Final[Mapping[str, Rules]] = {
    "": (
        filled("targetPortal", "iqn"),
        *(
            when(
                {"required": [field], "properties": {field: _TRUE}},
                filled("secretRef").schema,
                "empty-field",
                f"a secretRef with {field}",
            )
            for field in ("chapAuthDiscovery", "chapAuthSession")
        ),
    ),
    "iqn": _IQN,
    "initiatorName": _IQN,
    "lun": between(0, 255),
}
_NAMED: Final = filled("name")
_PLACED: Final = filled("name", "namespace")
_FLEX: Final[Mapping[str, Rules]] = {
    "": filled("driver"),
    "options": keys(
        Rule(
            "name-syntax",
            "an option outside of kubernetes.io and k8s.io",
            {"not": {"pattern": r"(?i)^([^/]+\.)?(kubernetes|k8s)\.io(/|$)"}},
        )
    ),
}
_STORAGE_OS: Final[Mapping[str, Rules]] = {
    "": filled("volumeName"),
    "volumeName": dns_label(),
    "volumeNamespace": optional(dns_label()),
}
_SCALE_IO: Final[Mapping[str, Rules]] = {"": filled("gateway", "system", "volumeName")}
_MANAGED: Final = has("kind", "Managed")
VOLUMES_OF_PROVIDERS: Final[Table] = {
    "core.v1.StorageOSVolumeSource": {**_STORAGE_OS, "secretRef": _NAMED},
    "core.v1.StorageOSPersistentVolumeSource": {**_STORAGE_OS, "secretRef": _PLACED},
    "core.v1.ScaleIOVolumeSource": _SCALE_IO,
    "core.v1.ScaleIOPersistentVolumeSource": _SCALE_IO,
    "core.v1.PhotonPersistentDiskVolumeSource": {"": filled("pdID")},
    "core.v1.ISCSIVolumeSource": _ISCSI,
    "core.v1.ISCSIPersistentVolumeSource": {**_ISCSI, "secretRef": _NAMED},
    "core.v1.FCVolumeSource": {
        "": (
            Rule("one-of", "targetWWNs or wwids", {"oneOf": [has("targetWWNs"), has("wwids")]}),
            when(has("targetWWNs"), {"required": ["lun"]}, "empty-field", "a lun with targetWWNs"),
            when(
                has("targetWWNs"),
                {"properties": {"lun": between(0, 255).schema}},
                "number-range",
                "a lun from 0 to 255 with targetWWNs",
            ),
        ),
    },
    "core.v1.AWSElasticBlockStoreVolumeSource": {"": filled("volumeID"), "partition": _PARTITION},
    "core.v1.GCEPersistentDiskVolumeSource": {"": filled("pdName"), "partition": _PARTITION},
    "core.v1.AzureFileVolumeSource": {"": filled("secretName", "shareName")},
    "core.v1.AzureFilePersistentVolumeSource": {
        "": filled("secretName", "shareName"),
        "secretNamespace": Rule("empty-field", "the name of a namespace, or nothing", {"minLength": 1}),
    },
    "core.v1.AzureDiskVolumeSource": {
        "": (
            filled("diskName", "diskURI"),
            when(
                _MANAGED,
                {"properties": {"diskURI": {"pattern": "^/subscriptions/"}}},
                "path-syntax",
                "the path of a managed disk, which begins with /subscriptions/",
            ),
            when(
                {"not": _MANAGED},
                {"properties": {"diskURI": {"pattern": "^https://"}}},
                "path-syntax",
                "a URL that begins with https://, or the kind Managed",
            ),
        ),
        "kind": one_of("Dedicated", "Managed", "Shared", empty=False),
        "cachingMode": one_of("None", "ReadOnly", "ReadWrite", empty=False),
    },
    "core.v1.CephFSVolumeSource": {"": filled("monitors")},
    "core.v1.CephFSPersistentVolumeSource": {"": filled("monitors")},
    "core.v1.CinderVolumeSource": {"": filled("volumeID"), "secretRef": _NAMED},
    "core.v1.CinderPersistentVolumeSource": {"": filled("volumeID"), "secretRef": _PLACED},
    "core.v1.GlusterfsVolumeSource": {"": filled("endpoints", "path")},
    "core.v1.GlusterfsPersistentVolumeSource": {"": filled("endpoints", "path"), "endpointsNamespace": dns_label()},
    "core.v1.RBDVolumeSource": {"": filled("monitors", "image")},
    "core.v1.RBDPersistentVolumeSource": {"": filled("monitors", "image")},
    "core.v1.VsphereVirtualDiskVolumeSource": {"": filled("volumePath")},
    "core.v1.PortworxVolumeSource": {"": filled("volumeID")},
    "core.v1.FlockerVolumeSource": {
        "": exactly_one("datasetName", "datasetUUID"),
        "datasetName": Rule("name-syntax", "a name without '/'", {"not": {"type": "string", "pattern": "/"}}),
    },
    "core.v1.QuobyteVolumeSource": {
        "": filled("registry", "volume"),
        "registry": text("address", "hosts with ports, such as a:1,b:2", r"[^,]*:[^,:]*(,[^,]*:[^,:]*)*"),
        "tenant": Rule("name-syntax", "at most 64 characters", {"maxLength": 64}),
    },
    "core.v1.FlexVolumeSource": _FLEX,
    "core.v1.FlexPersistentVolumeSource": _FLEX,
    "core.v1.GitRepoVolumeSource": {"": filled("repository"), "directory": RELATIVE_PATH},
}
"""Storage that pods, and persistent volumes, name the provider of."""

_OWN: Final = (
    filled("capacity"),
    Rule(
        "empty-field",
        "capacity.storage, and nothing else in capacity",
        {"properties": {"capacity": {"required": ["storage"], "maxProperties": 1}}},
    ),
)
"""What a volume has to say of itself where it is an object, and not part of an attachment."""
_INLINE: Final = (
    filled("csi"),
    Rule(
        "one-of",
        "no field of a volume that is an object of its own",
        {
            "properties": {
                **{field: {"enum": ["", None, {}]} for field in ("capacity", "claimRef", "nodeAffinity")},
                "storageClassName": {"enum": ["", None]},
            }
        },
    ),
)
_PERSISTENT: Final = (
    filled("accessModes"),
    exactly_one(*VOLUME_SOURCES),
    _LOCAL_NEEDS_NODES,
    since(
        34,
        when(has("volumeAttributesClassName"), {"required": ["csi"]}, "one-of", "a class of attributes with csi only"),
    ),
    when(
        {
            "required": ["hostPath"],
            "properties": {
                "hostPath": {"type": "object", "required": ["path"], "properties": {"path": {"pattern": r"^(/\.?)+$"}}}
            },
        },
        {"properties": {"persistentVolumeReclaimPolicy": {"not": {"const": "Recycle"}}}},
        "one-of",
        "another reclaim policy than Recycle for all of a node",
    ),
)

_SECRET_OF_DRIVER: Final = (
    _PLACED,
    *(
        Rule(rule.check, rule.expects, {"properties": {field: rule.schema}})
        for field, rule in (("name", dns_subdomain()), ("namespace", dns_label()))
    ),
)
_PROVISIONER: Final = replace(annotation_key("name-syntax"), expects="a name, or a DNS name, '/' and a name")
STORAGE: Final[Table] = {
    "core.v1.PersistentVolume": {"": filled("spec"), "spec": _OWN},
    "core.v1.PersistentVolumeSpec": {
        "": _PERSISTENT,
        "accessModes": ACCESS_MODES,
        "capacity": values(POSITIVE),
        "volumeMode": one_of("Block", "Filesystem", empty=False),
        "persistentVolumeReclaimPolicy": one_of("Retain", "Delete", "Recycle"),
        "storageClassName": optional(dns_subdomain()),
        "volumeAttributesClassName": dns_subdomain(),
        "nodeAffinity": filled("required"),
    },
    "core.v1.LocalVolumeSource": {"": filled("path"), "path": NO_BACKSTEPS},
    "core.v1.CSIPersistentVolumeSource": {
        "": filled("driver", "volumeHandle"),
        "driver": DRIVER,
        **dict.fromkeys(
            ("controllerExpandSecretRef", "controllerPublishSecretRef", "nodeExpandSecretRef", "nodePublishSecretRef"),
            _SECRET_OF_DRIVER,
        ),
    },
    "core.v1.NFSVolumeSource": {"": filled("server", "path"), "path": _ABSOLUTE},
    "storage.v1.StorageClass": {
        "": filled("provisioner"),
        "provisioner": _PROVISIONER,
        "parameters": keys(Rule("empty-field", "a parameter's name", {"minLength": 1})),
        "reclaimPolicy": one_of("Delete", "Retain"),
        "volumeBindingMode": one_of("Immediate", "WaitForFirstConsumer", empty=False),
        "allowedTopologies": (once(), each(filled("matchLabelExpressions"))),
    },
    "storage.v1.VolumeAttributesClass": {
        "": filled("driverName", "parameters"),
        "driverName": _PROVISIONER,
        "parameters": keys(Rule("empty-field", "a parameter's name", {"minLength": 1})),
    },
    "storage.v1.CSINodeDriver": {
        "": filled("name", "nodeID"),
        "name": DRIVER,
        "nodeID": Rule("number-range", "at most 256 characters", {"maxLength": 256}),
        "topologyKeys": (once(), each(label_key())),
    },
    "storage.v1.VolumeNodeResources": {"count": between(0)},
    "storage.v1.CSIStorageCapacity": {
        "": filled("storageClassName"),
        "storageClassName": dns_subdomain(),
        "capacity": NOT_NEGATIVE,
    },
    "storage.v1.VolumeAttachmentSpec": {
        "": filled("attacher", "nodeName"),
        "attacher": DRIVER,
        "nodeName": dns_subdomain(),
    },
    "storage.v1.VolumeAttachmentSource": {
        "": exactly_one("inlineVolumeSpec", "persistentVolumeName"),
        "inlineVolumeSpec": _INLINE,
        "persistentVolumeName": dns_subdomain(),
    },
    "core.v1.TopologySelectorLabelRequirement": {
        "": filled("values"),
        "key": label_key(),
        "values": Rule("unique-items", "each value once", {"uniqueItems": True}),
    },
    "storage.v1.CSIDriverSpec": {
        "": when(
            {"required": ["serviceAccountTokenInSecrets"], "properties": {"serviceAccountTokenInSecrets": _TRUE}},
            filled("tokenRequests").schema,
            "empty-field",
            "tokenRequests with serviceAccountTokenInSecrets",
        ),
        "nodeAllocatableUpdatePeriodSeconds": between(10),
        "fsGroupPolicy": one_of("ReadWriteOnceWithFSType", "File", "None", empty=False),
        "volumeLifecycleModes": each(one_of("Persistent", "Ephemeral", empty=False)),
    },
    "storage.v1.TokenRequest": {"expirationSeconds": between(600, 2**32)},
}
