"""Fields that the API server drops without a word, so that nothing is wrong with them, and up to which minor version.

What they are for is off there unless a cluster turns it on (`pkg/features/kube_features.go`, and where each kind drops
what is disabled).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_EXTENSIONS: Final = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1"
_LAST: Final[Mapping[str, Mapping[str, int]]] = {
    "admissionregistration.v1.MutatingWebhook": {"matchConditions": 27},
    "admissionregistration.v1.ValidatingWebhook": {"matchConditions": 27},
    "apps.v1.RollingUpdateStatefulSetStrategy": {"maxUnavailable": 36},
    "apps.v1.StatefulSetSpec": {"ordinals": 26, "persistentVolumeClaimRetentionPolicy": 26},
    "autoscaling.v2.HPAScalingRules": {"tolerance": 34},
    "batch.v1.JobSpec": {
        **dict.fromkeys(("backoffLimitPerIndex", "maxFailedIndexes", "podReplacementPolicy"), 28),
        "managedBy": 31,
        "podFailurePolicy": 25,
        "successPolicy": 30,
    },
    "core.v1.CSIPersistentVolumeSource": {"nodeExpandSecretRef": 26},
    "core.v1.Container": {"resizePolicy": 32, "restartPolicyRules": 34},
    "core.v1.EnvVarSource": {"fileKeyRef": 34},
    "core.v1.PersistentVolumeClaimSpec": {"volumeAttributesClassName": 33},
    "core.v1.PersistentVolumeSpec": {"volumeAttributesClassName": 33},
    "core.v1.PodAffinityTerm": {"matchLabelKeys": 30, "mismatchLabelKeys": 30},
    "core.v1.PodSecurityContext": {"seLinuxChangePolicy": 32, "supplementalGroupsPolicy": 32},
    "core.v1.PodSpec": {"hostnameOverride": 34, "resourceClaims": 33, "resources": 33, "schedulingGates": 26},
    "core.v1.ResourceRequirements": {"claims": 33},
    "core.v1.SecurityContext": {"procMount": 32},
    "core.v1.ServiceSpec": {"trafficDistribution": 30},
    "core.v1.TopologySpreadConstraint": {
        "matchLabelKeys": 26,
        "minDomains": 26,
        "nodeAffinityPolicy": 25,
        "nodeTaintsPolicy": 25,
    },
    "core.v1.VolumeMount": {"recursiveReadOnly": 30},
    "core.v1.VolumeProjection": {"clusterTrustBundle": 36, "podCertificate": 36},
    "discovery.v1.EndpointHints": {"forNodes": 33},
    "policy.v1.PodDisruptionBudgetSpec": {"unhealthyPodEvictionPolicy": 26},
    "resource.v1.DeviceClassSpec": {"extendedResourceName": 35},
    "storage.v1.CSIDriverSpec": {"nodeAllocatableUpdatePeriodSeconds": 34},
    f"{_EXTENSIONS}.CustomResourceDefinitionVersion": {"selectableFields": 30},
}


def is_dropped(type_name: str, field: str, number: int) -> bool:
    """Whether the API server of a minor version (33 for 1.33) drops a field of a type (`core.v1.PodSpec`)."""
    return number <= last_drop(type_name, field)


def last_drop(type_name: str, field: str) -> int:
    """The last minor version whose API server drops a field of a type; 0 if none does."""
    return _LAST.get(type_name, {}).get(field, 0)
