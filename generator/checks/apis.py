"""Versions of APIs that Kubernetes gives up: since when they are deprecated, when they go, and what comes instead.

Sources: the Kubernetes deprecation guide (reference/using-api/deprecation-guide), and for what has not gone yet
`zz_generated.prerelease-lifecycle.go` in k8s.io/api 0.36.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Final, NamedTuple

from generator.checks.check import Basis, Check, Family, Problem, Scope
from generator.checks.example import manifest
from generator.checks.objects import RenderedObject
from generator.finding import Severity
from generator.schemas import kinds, minor


class Life(NamedTuple):
    """The minor versions in which an API was deprecated and removed, and its successor (empty: there is none)."""

    deprecated: int
    removed: int
    successor: str


_RIGHTS: Final = "rbac.authorization.k8s.io"
_ADMISSION: Final = "admissionregistration.k8s.io"
_FLOW: Final = "flowcontrol.apiserver.k8s.io"
_LEVELS: Final = "FlowSchema PriorityLevelConfiguration"
_POLICIES: Final = "MutatingAdmissionPolicy MutatingAdmissionPolicyBinding"
_DEVICES: Final = "DeviceClass ResourceClaim ResourceClaimTemplate ResourceSlice"
_TABLE: Final[tuple[tuple[str, str, Life], ...]] = (
    ("extensions/v1beta1", "DaemonSet Deployment ReplicaSet", Life(8, 16, "apps/v1")),
    ("extensions/v1beta1", "NetworkPolicy", Life(9, 16, "networking.k8s.io/v1")),
    ("extensions/v1beta1", "Ingress", Life(14, 22, "networking.k8s.io/v1")),
    ("apps/v1beta1", "ControllerRevision Deployment StatefulSet", Life(8, 16, "apps/v1")),
    ("apps/v1beta2", "ControllerRevision DaemonSet Deployment ReplicaSet StatefulSet", Life(9, 16, "apps/v1")),
    (
        f"{_ADMISSION}/v1beta1",
        "MutatingWebhookConfiguration ValidatingWebhookConfiguration",
        Life(16, 22, f"{_ADMISSION}/v1"),
    ),
    ("apiextensions.k8s.io/v1beta1", "CustomResourceDefinition", Life(16, 22, "apiextensions.k8s.io/v1")),
    ("apiregistration.k8s.io/v1beta1", "APIService", Life(19, 22, "apiregistration.k8s.io/v1")),
    ("certificates.k8s.io/v1beta1", "CertificateSigningRequest", Life(19, 22, "certificates.k8s.io/v1")),
    ("coordination.k8s.io/v1beta1", "Lease", Life(19, 22, "coordination.k8s.io/v1")),
    ("networking.k8s.io/v1beta1", "Ingress IngressClass", Life(19, 22, "networking.k8s.io/v1")),
    (f"{_RIGHTS}/v1beta1", "ClusterRole ClusterRoleBinding Role RoleBinding", Life(17, 22, f"{_RIGHTS}/v1")),
    (f"{_RIGHTS}/v1alpha1", "ClusterRole ClusterRoleBinding Role RoleBinding", Life(17, 22, f"{_RIGHTS}/v1")),
    ("scheduling.k8s.io/v1beta1", "PriorityClass", Life(14, 22, "scheduling.k8s.io/v1")),
    ("storage.k8s.io/v1beta1", "CSIDriver CSINode StorageClass VolumeAttachment", Life(19, 22, "storage.k8s.io/v1")),
    ("batch/v1beta1", "CronJob", Life(21, 25, "batch/v1")),
    ("discovery.k8s.io/v1beta1", "EndpointSlice", Life(21, 25, "discovery.k8s.io/v1")),
    ("events.k8s.io/v1beta1", "Event", Life(19, 25, "events.k8s.io/v1")),
    ("autoscaling/v2beta1", "HorizontalPodAutoscaler", Life(22, 25, "autoscaling/v2")),
    ("autoscaling/v2beta2", "HorizontalPodAutoscaler", Life(23, 26, "autoscaling/v2")),
    ("policy/v1beta1", "PodDisruptionBudget", Life(21, 25, "policy/v1")),
    ("policy/v1beta1", "PodSecurityPolicy", Life(21, 25, "")),
    ("node.k8s.io/v1beta1", "RuntimeClass", Life(20, 25, "node.k8s.io/v1")),
    (f"{_FLOW}/v1beta1", _LEVELS, Life(23, 26, f"{_FLOW}/v1beta2")),
    (f"{_FLOW}/v1beta2", _LEVELS, Life(26, 29, f"{_FLOW}/v1beta3")),
    (f"{_FLOW}/v1beta3", _LEVELS, Life(29, 32, f"{_FLOW}/v1")),
    ("authentication.k8s.io/v1beta1", "SelfSubjectReview", Life(30, 33, "authentication.k8s.io/v1")),
    ("storage.k8s.io/v1beta1", "CSIStorageCapacity", Life(24, 27, "storage.k8s.io/v1")),
    (
        f"{_ADMISSION}/v1beta1",
        "ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding",
        Life(31, 34, f"{_ADMISSION}/v1"),
    ),
    (f"{_ADMISSION}/v1alpha1", _POLICIES, Life(35, 38, f"{_ADMISSION}/v1")),
    (f"{_ADMISSION}/v1beta1", _POLICIES, Life(37, 40, f"{_ADMISSION}/v1")),
    ("networking.k8s.io/v1beta1", "IPAddress ServiceCIDR", Life(34, 37, "networking.k8s.io/v1")),
    ("storage.k8s.io/v1beta1", "VolumeAttributesClass", Life(34, 37, "storage.k8s.io/v1")),
    ("resource.k8s.io/v1beta1", _DEVICES, Life(35, 38, "resource.k8s.io/v1")),
    ("resource.k8s.io/v1beta2", _DEVICES, Life(36, 39, "resource.k8s.io/v1")),
)
LIVES: Final[Mapping[tuple[str, str], Life]] = {
    (api_version, kind): life for api_version, kinds, life in _TABLE for kind in kinds.split()
}
"""By apiVersion and kind."""


_ON: Final = ("autoscaling/v2beta2", f"{_FLOW}/v1beta1", f"{_FLOW}/v1beta2", f"{_FLOW}/v1beta3")
_ON_OF_STORAGE: Final = ("storage.k8s.io/v1beta1", "CSIStorageCapacity")
_UNFINISHED: Final = re.compile(r".*/v\d+(alpha|beta)\d+")


@lru_cache(maxsize=512)
def is_off(version: str, api_version: str, kind: str) -> bool:
    """Whether a version has an API, and serves it only with `--runtime-config`.

    These are all alpha versions, and since 1.24 the beta versions of new APIs (KEP-3136; `pkg/controlplane/instance.go`
    of k8s.io/kubernetes).
    """
    if not _UNFINISHED.fullmatch(api_version) or (api_version, kind) not in kinds(version):
        return False
    return api_version not in _ON and (api_version, kind) != _ON_OF_STORAGE


def is_removed(version: str, api_version: str, kind: str) -> bool:
    """Whether a Kubernetes version has given up an API that there once was."""
    life = LIVES.get((api_version, kind))
    return life is not None and life.removed <= _number(version)


def _number(version: str) -> int:
    return int(minor(version)[2:])


def _removed(scope: Scope) -> Iterator[Problem]:
    now = scope.minor
    for placed, life in _listed(scope):
        if life.removed <= now:
            new = _successor(life, placed.kind, now)
            message = f"{placed.api_version} {placed.kind} was removed in Kubernetes 1.{life.removed}; {_instead(new)}"
            yield Problem(placed, ("apiVersion",), message, _fix(new))


def _deprecated(scope: Scope) -> Iterator[Problem]:
    now = scope.minor
    for placed, life in _listed(scope):
        if life.deprecated <= now < life.removed:
            new = _successor(life, placed.kind, now)
            message = (
                f"{placed.api_version} {placed.kind} is deprecated since Kubernetes 1.{life.deprecated} "
                f"and goes in 1.{life.removed}; {_instead(new)}"
            )
            yield Problem(placed, ("apiVersion",), message, _fix(new))


def _off(scope: Scope) -> Iterator[Problem]:
    version = scope.version
    for placed in scope.objects:
        if is_off(version, placed.api_version, placed.kind):
            message = f"Kubernetes {minor(version)} does not serve {placed.api_version} {placed.kind} by itself"
            yield Problem(placed, ("apiVersion",), message)


def _listed(scope: Scope) -> Iterator[tuple[RenderedObject, Life]]:
    for placed in scope.objects:
        life = LIVES.get((placed.api_version, placed.kind))
        if life is not None:
            yield placed, life


def _successor(life: Life, kind: str, now: int) -> str:
    """What takes the place of an API in a version: its successor may have one itself."""
    following = LIVES.get((life.successor, kind))
    return _successor(following, kind, now) if following and following.removed <= now else life.successor


def _instead(successor: str) -> str:
    return f"{successor} has it" if successor else "nothing takes its place"


def _fix(successor: str) -> str:
    """What to do, as far as it can be told from the version alone."""
    if not successor:
        return "remove the object"
    return f"write apiVersion: {successor}, and see the deprecation guide for fields that differ"


def _scaler(version: str) -> str:
    spec = "maxReplicas: 3\nscaleTargetRef: {apiVersion: apps/v1, kind: Rollout, name: web}"
    return manifest(f"autoscaling/{version}", "HorizontalPodAutoscaler", "web", spec)


def _attributes(version: str) -> str:
    return (
        f"apiVersion: storage.k8s.io/{version}\nkind: VolumeAttributesClass\nmetadata: {{name: fast}}\n"
        "driverName: csi.example.com\nparameters: {iops: '3000'}\n"
    )


FAMILY = Family(
    "apis",
    "Versions of APIs",
    "What Kubernetes has given up or is about to. `towpath validate --also-check 1.37` tells it before an upgrade.",
    (
        Check(
            "removed-api",
            Severity.ERROR,
            Basis.REFUSED,
            "the API server of this version does not know the API any more, so the object cannot be applied",
            "write the apiVersion that took its place",
            _removed,
            _scaler("v2"),
            _scaler("v2beta2"),
        ),
        Check(
            "api-off-by-default",
            Severity.ERROR,
            Basis.REFUSED,
            "alpha and newer beta APIs are only there where the API server was started with --runtime-config",
            "write a stable apiVersion where there is one; where your cluster serves it, switch this check off",
            _off,
            _attributes("v1"),
            _attributes("v1beta1"),
        ),
        Check(
            "deprecated-api",
            Severity.WARNING,
            Basis.PRACTICE,
            "the API goes away in a later version of Kubernetes",
            "write the apiVersion that takes its place",
            _deprecated,
            _attributes("v1"),
            _attributes("v1beta1"),
        ),
    ),
)
