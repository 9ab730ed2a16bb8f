"""Fields that cannot change once the object is in the cluster (the Validate…Update functions of `pkg/apis`).

What the API server fills in itself is no change: the objects are compared as `comparable` writes them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from generator.checks.check import Basis, Check, Family, Problem, Scope
from generator.checks.example import deployment
from generator.checks.fields.storage import VOLUME_SOURCES
from generator.finding import Severity
from generator.quantity import amount, whole
from generator.repository import Pointer
from generator.workload import CONTAINERS, at, items, mapping

_LONGEST: Final = 80
_ROLE: Final[tuple[Pointer, ...]] = (("roleRef",),)
_FIXED: Final[Mapping[str, tuple[Pointer, ...]]] = {
    "Deployment": (("spec", "selector"),),
    "DaemonSet": (("spec", "selector"),),
    "ReplicaSet": (("spec", "selector"),),
    "Job": tuple(
        ("spec", field)
        for field in (
            "selector",
            "completionMode",
            "podFailurePolicy",
            "backoffLimitPerIndex",
            "managedBy",
            "successPolicy",
        )
    ),
    "StatefulSet": tuple(
        ("spec", field) for field in ("selector", "serviceName", "volumeClaimTemplates", "podManagementPolicy")
    ),
    "PersistentVolume": (("spec", "volumeMode"),),
    "PersistentVolumeClaim": tuple(
        ("spec", field) for field in ("accessModes", "selector", "storageClassName", "volumeMode", "dataSourceRef")
    ),
    "ControllerRevision": (("data",),),
    "CSIDriver": (("spec", "attachRequired"), ("spec", "volumeLifecycleModes")),
    "CSIStorageCapacity": (("nodeTopology",), ("storageClassName",)),
    "IPAddress": (("spec", "parentRef"),),
    "IngressClass": (("spec", "controller"),),
    "ResourceClaim": (("spec",),),
    "ResourceClaimTemplate": (("spec",),),
    "RuntimeClass": (("handler",),),
    "VolumeAttachment": (("spec",),),
    "VolumeAttributesClass": (("driverName",), ("parameters",)),
    "Secret": (("type",),),
    "RoleBinding": _ROLE,
    "ClusterRoleBinding": _ROLE,
    "StorageClass": (("provisioner",), ("parameters",), ("reclaimPolicy",), ("volumeBindingMode",)),
    "PriorityClass": (("value",), ("preemptionPolicy",)),
}
_FIXED_UNTIL: Final[Mapping[str, Mapping[Pointer, int]]] = {
    "CSIDriver": {("spec", "fsGroupPolicy"): 29, ("spec", "podInfoOnMount"): 29},
    "StatefulSet": {("spec", "revisionHistoryLimit"): 32},
}
"""What cannot change either, up to which minor version."""
_MUTABLE_IN_JOBS: Final = (
    ("metadata",),
    ("spec", "nodeSelector"),
    ("spec", "tolerations"),
    ("spec", "affinity"),
    ("spec", "schedulingGates"),
)


_MUTABLE_IN_PODS: Final = {"activeDeadlineSeconds", "schedulingGates", "tolerations"}
_MUTABLE_IN_GATED_PODS: Final = {"affinity", "nodeSelector"}
_EXPANDING: Final = "controllerExpandSecretRef"
_RENAMED: Final = {
    "beta.kubernetes.io/arch": "kubernetes.io/arch",
    "beta.kubernetes.io/instance-type": "node.kubernetes.io/instance-type",
    "beta.kubernetes.io/os": "kubernetes.io/os",
    "failure-domain.beta.kubernetes.io/region": "topology.kubernetes.io/region",
    "failure-domain.beta.kubernetes.io/zone": "topology.kubernetes.io/zone",
}
"""Labels of nodes that the API server takes a newer name for (validatePvNodeAffinity)."""


def _changed(scope: Scope) -> Iterator[Problem]:
    if not scope.before:
        return
    from generator.server_defaults import comparable  # nothing else in a run needs it

    number = scope.minor
    for placed in scope.objects:
        before = scope.before.get(placed.identity(scope.environment.namespace))
        # To write both in one way takes longer than all else, and hardly any change is of what cannot.
        if before is None or not any(_wrong(placed.kind, placed.value, before, number)):
            continue
        for pointer, what in _wrong(placed.kind, comparable(placed.value), comparable(before), number):
            yield Problem(placed, pointer, f"{placed.title}: {what}")


def _wrong(kind: str, new: Mapping[str, Any], old: Mapping[str, Any], number: int) -> Iterator[tuple[Pointer, str]]:
    yield from _fixed(kind, new, old, number)
    yield from _of_kind(kind, new, old, number)


def _fixed(kind: str, now: Mapping[str, Any], before: Mapping[str, Any], number: int) -> Iterator[tuple[Pointer, str]]:
    earlier = (pointer for pointer, last in _FIXED_UNTIL.get(kind, {}).items() if number <= last)
    for pointer in (*_FIXED.get(kind, ()), *earlier):
        old, new = (None if (value := at(one, pointer)) in ("", {}, []) else value for one in (before, now))
        if pointer == ("spec", "storageClassName") and old is None:
            continue  # the cluster may have filled it in
        if old != new:
            yield pointer, f"{'.'.join(map(str, pointer))} cannot change; it {_was(old)}"


def _was(old: object) -> str:
    if old is None:
        return "was not set"
    text = json.dumps(old, ensure_ascii=False)
    return f"was {text}" if len(text) <= _LONGEST else "was different"


def _of_kind(kind: str, new: Mapping[str, Any], old: Mapping[str, Any], number: int) -> Iterator[tuple[Pointer, str]]:
    match kind:
        case "Service":
            yield from _service(new, old)
        case "ConfigMap" | "Secret":
            yield from _frozen(new, old)
        case "PersistentVolume":
            yield from _volume(mapping(new, "spec"), mapping(old, "spec"))
        case "PersistentVolumeClaim":
            yield from _claim(new, old)
        case "Pod":
            yield from _pod(mapping(new, "spec"), mapping(old, "spec"))
        case "Job":
            yield from _job(new, old, number)


def _volume(new: Mapping[str, Any], old: Mapping[str, Any]) -> Iterator[tuple[Pointer, str]]:
    for field in VOLUME_SOURCES:
        was, now = old.get(field), new.get(field)
        if _EXPANDING not in mapping(was) and isinstance(now, dict):
            now = {key: value for key, value in now.items() if key != _EXPANDING}  # may be added
        if was != now:
            yield ("spec", field), f"spec.{field} cannot change; it {_was(was)}"
    was, now = (json.dumps(spec.get("nodeAffinity"), sort_keys=True) for spec in (old, new))
    if old.get("nodeAffinity") and now not in (was, _in_new_words(was)):
        yield ("spec", "nodeAffinity"), "spec.nodeAffinity cannot change, apart from the newer names of its labels"


def _in_new_words(nodes: str) -> str:
    for old, new in _RENAMED.items():
        nodes = nodes.replace(f'"{old}"', f'"{new}"')
    return nodes


def _pod(new: Mapping[str, Any], old: Mapping[str, Any]) -> Iterator[tuple[Pointer, str]]:
    """ValidatePodUpdate: images, and what makes a pod end earlier or stay where it is, may change."""
    may_change = _MUTABLE_IN_PODS | (_MUTABLE_IN_GATED_PODS if old.get("schedulingGates") else set())
    for field in sorted({*new, *old} - may_change):
        was, now = (_less_images(spec.get(field)) for spec in (old, new))
        if was != now:
            yield ("spec", field), f"spec.{field} cannot change, apart from images"
    was, now = (whole(spec.get("activeDeadlineSeconds")) for spec in (old, new))
    if was is not None and (now is None or now > was):
        yield ("spec", "activeDeadlineSeconds"), f"spec.activeDeadlineSeconds can only become less; it was {was}"
    tolerated = [_less_time(one) for _, one in items(new, "tolerations")]
    if any(_less_time(one) not in tolerated for _, one in items(old, "tolerations")):
        yield ("spec", "tolerations"), "spec.tolerations can only become more"
    gates = [one for _, one in items(old, "schedulingGates")]
    if any(one not in gates for _, one in items(new, "schedulingGates")):
        yield ("spec", "schedulingGates"), "spec.schedulingGates can only become fewer"


def _less_images(value: object) -> object:
    is_list = isinstance(value, list) and all(isinstance(one, dict) and "image" in one for one in value)
    return [{**one, "image": ""} for one in value] if is_list and isinstance(value, list) else value


def _less_time(toleration: Mapping[str, Any]) -> Mapping[str, Any]:
    return {key: value for key, value in toleration.items() if key != "tolerationSeconds"}


def _service(new: Mapping[str, Any], old: Mapping[str, Any]) -> Iterator[tuple[Pointer, str]]:
    spec, was = mapping(new, "spec"), mapping(old, "spec")
    if "ExternalName" in (spec.get("type"), was.get("type")):
        return
    address, earlier = spec.get("clusterIP") or "", was.get("clusterIP") or ""
    if address != earlier and ("None" in (address, earlier) or (address and earlier)):
        words = f"was {earlier}" if earlier else "was given by the cluster"
        yield ("spec", "clusterIP"), f"spec.clusterIP cannot change; it {words}"
    balanced = spec.get("type") == was.get("type") == "LoadBalancer"
    if balanced and spec.get("loadBalancerClass") != was.get("loadBalancerClass"):
        yield ("spec", "loadBalancerClass"), "spec.loadBalancerClass cannot change"


def _frozen(new: Mapping[str, Any], old: Mapping[str, Any]) -> Iterator[tuple[Pointer, str]]:
    if old.get("immutable") is not True:
        return
    for field in ("immutable", "data", "binaryData", "stringData"):
        if (old.get(field) or None) != (new.get(field) or None):
            yield (field,), f"{field} cannot change: it is immutable"


def _claim(new: Mapping[str, Any], old: Mapping[str, Any]) -> Iterator[tuple[Pointer, str]]:
    pointer: Pointer = ("spec", "resources", "requests", "storage")
    now, was = amount(at(new, pointer)), amount(at(old, pointer))
    if now is not None and was is not None and now < was:
        yield pointer, f"a claim cannot shrink; it was {at(old, pointer)}"


def _job(new: Mapping[str, Any], old: Mapping[str, Any], number: int) -> Iterator[tuple[Pointer, str]]:
    elastic = number >= 27 and at(new, ("spec", "completionMode")) == "Indexed"
    if not elastic and at(old, ("spec", "completions")) != at(new, ("spec", "completions")):
        yield ("spec", "completions"), "spec.completions cannot change"
    was, now = (at(one, ("spec", "template")) for one in (old, new))
    if at(old, ("spec", "suspend")) is True:
        was, now = (_lasting(template, resizable=number >= 36) for template in (was, now))
    if was != now:
        yield ("spec", "template"), "the pods of a Job cannot change"


def _lasting(template: object, *, resizable: bool) -> object:
    """A Job's pod template less what may change while it has not started."""
    if not isinstance(template, Mapping):
        return template
    spec = {key: value for key, value in mapping(template, "spec").items() if ("spec", key) not in _MUTABLE_IN_JOBS}
    for group in CONTAINERS if resizable else ():
        if group in spec:
            spec[group] = [{**one, "resources": None} for _, one in items(spec, group)]
    return {**{key: value for key, value in template.items() if (key,) not in _MUTABLE_IN_JOBS}, "spec": spec}


FAMILY = Family(
    "immutable",
    "What cannot change",
    "Fields that the API server keeps as they were: compared with the manifests of the base commit.",
    (
        Check(
            "immutable-field",
            Severity.ERROR,
            Basis.REFUSED,
            "the sync controller cannot apply the change, and stops at it",
            "write the old value; or give the object another name, or delete it in the cluster first",
            _changed,
            deployment(spec="replicas: 3"),
            deployment().replace("app: web", "app: shop"),
            before=deployment(),
        ),
    ),
)
