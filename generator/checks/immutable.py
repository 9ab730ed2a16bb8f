"""Fields that cannot change once the object is in the cluster (the Validate…Update functions of `pkg/apis`)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from generator.checks.check import Basis, Check, Family, Problem, RenderedObject, Scope
from generator.checks.example import deployment
from generator.checks.quantity import amount
from generator.finding import Severity
from generator.repository import Pointer
from generator.workload import at, mapping

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
    "PersistentVolumeClaim": tuple(
        ("spec", field) for field in ("accessModes", "selector", "storageClassName", "volumeMode", "dataSource")
    ),
    "Secret": (("type",),),
    "RoleBinding": _ROLE,
    "ClusterRoleBinding": _ROLE,
    "StorageClass": (("provisioner",), ("parameters",), ("reclaimPolicy",), ("volumeBindingMode",)),
    "PriorityClass": (("value",), ("preemptionPolicy",)),
}
_MEANS: Final[Mapping[tuple[str, Pointer], Any]] = {
    ("StatefulSet", ("spec", "podManagementPolicy")): "OrderedReady",
    ("StatefulSet", ("spec", "serviceName")): "",
    ("Job", ("spec", "completionMode")): "NonIndexed",
    ("PersistentVolumeClaim", ("spec", "volumeMode")): "Filesystem",
    ("Secret", ("type",)): "Opaque",
    ("StorageClass", ("reclaimPolicy",)): "Delete",
    ("StorageClass", ("volumeBindingMode",)): "Immediate",
    ("PriorityClass", ("preemptionPolicy",)): "PreemptLowerPriority",
}
_MUTABLE_IN_JOBS: Final = (
    ("metadata",),
    ("spec", "nodeSelector"),
    ("spec", "tolerations"),
    ("spec", "affinity"),
    ("spec", "schedulingGates"),
)


def _changed(scope: Scope) -> Iterator[Problem]:
    for placed in scope.objects if scope.before else ():
        before = scope.before.get(placed.identity(scope.environment.namespace))
        if before is None:
            continue
        for pointer, what in (*_fixed(placed, before), *_of_kind(placed, before)):
            yield Problem(placed, pointer, f"{placed.title}: {what}")


def _fixed(placed: RenderedObject, before: Mapping[str, Any]) -> Iterator[tuple[Pointer, str]]:
    for pointer in _FIXED.get(placed.kind, ()):
        means = _MEANS.get((placed.kind, pointer))
        old, new = at(before, pointer) or means, at(placed.value, pointer) or means
        unknown = means is None and None in (old, new) and placed.kind == "PersistentVolumeClaim"
        if old != new and not unknown:  # what a claim leaves open, the cluster may have filled in
            yield pointer, f"{'.'.join(map(str, pointer))} cannot change; it {_was(old)}"


def _was(old: object) -> str:
    if old is None:
        return "was not set"
    text = json.dumps(old, ensure_ascii=False)
    return f"was {text}" if len(text) <= _LONGEST else "was different"


def _of_kind(placed: RenderedObject, before: Mapping[str, Any]) -> Iterator[tuple[Pointer, str]]:
    match placed.kind:
        case "Service":
            yield from _service(placed.value, before)
        case "ConfigMap" | "Secret":
            yield from _frozen(placed.value, before)
        case "PersistentVolumeClaim":
            yield from _claim(placed.value, before)
        case "Job":
            yield from _job(placed.value, before)


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


def _job(new: Mapping[str, Any], old: Mapping[str, Any]) -> Iterator[tuple[Pointer, str]]:
    indexed = at(new, ("spec", "completionMode")) == "Indexed"
    if not indexed and at(old, ("spec", "completions")) != at(new, ("spec", "completions")):
        yield ("spec", "completions"), "spec.completions cannot change"
    suspended = at(old, ("spec", "suspend")) is True
    was, now = (_lasting(at(one, ("spec", "template")), suspended) for one in (old, new))
    if was != now:
        yield ("spec", "template"), "the pods of a Job cannot change"


def _lasting(template: object, suspended: bool) -> object:
    """A Job's pod template less what may change while it has not started."""
    if not isinstance(template, Mapping) or not suspended:
        return template
    spec = {key: value for key, value in mapping(template, "spec").items() if ("spec", key) not in _MUTABLE_IN_JOBS}
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
