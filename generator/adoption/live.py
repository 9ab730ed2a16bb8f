"""What a cluster adds to the objects in it: `kubectl get -o yaml` shows it, nobody ever wrote it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from generator.workload import HELM_TESTS, at, helm_hooks, mapping

Map = Mapping[str, Any]

_METADATA: Final = frozenset(
    "creationTimestamp deletionGracePeriodSeconds deletionTimestamp generation managedFields ownerReferences"
    " resourceVersion selfLink uid".split()
)
_APPLIED: Final = "kubectl.kubernetes.io/last-applied-configuration"
_ANNOTATIONS: Final = (
    "autoscaling.alpha.kubernetes.io/",
    "control-plane.alpha.kubernetes.io/",
    "deployment.kubernetes.io/",
    "deprecated.daemonset.template.generation",
    "endpoints.kubernetes.io/",
    "pv.kubernetes.io/",
    "volume.beta.kubernetes.io/storage-provisioner",
    "volume.kubernetes.io/",
    _APPLIED,
)
_MADE: Final = frozenset(
    "ComponentStatus ControllerRevision Endpoints EndpointSlice Event Lease Node PodMetrics NodeMetrics".split()
)
_ALWAYS_THERE: Final = frozenset(
    {
        ("ConfigMap", "istio-ca-root-cert"),
        ("ConfigMap", "kube-root-ca.crt"),
        ("ConfigMap", "openshift-service-ca.crt"),
        ("Service", "kubernetes"),
        ("ServiceAccount", "default"),
    }
)
_JOB: Final = frozenset(
    "batch.kubernetes.io/controller-uid batch.kubernetes.io/job-name controller-uid job-name".split()
)
"""Labels that tell the pods of one job from those of others."""

_ASSIGNED: Final = ("clusterIP", "clusterIPs", "healthCheckNodePort", "ipFamilies", "ipFamilyPolicy")


def made_by_cluster(obj: Map) -> str | None:
    """Why an object is nobody's manifest: a controller made it, every namespace has one, or helm alone runs it.

    None if it is one.
    """
    kind, name = str(obj.get("kind")), str(at(obj, ("metadata", "name")))
    for owner in at(obj, ("metadata", "ownerReferences")) or ():
        if isinstance(owner, Mapping) and owner.get("controller"):
            return f"the {owner.get('kind')} {owner.get('name')} makes it"
    if kind in _MADE:
        return "the cluster makes it"
    if (kind, name) in _ALWAYS_THERE and _is_live(obj):
        return "every namespace has one"
    if kind == "Secret" and obj.get("type") in ("kubernetes.io/service-account-token", "helm.sh/release.v1"):
        return "the cluster or Helm makes it"
    if (hooks := helm_hooks(obj)) and hooks <= HELM_TESTS:
        return "it is a test of helm's, which only helm runs"
    return None


def as_written(obj: Map) -> dict[str, Any]:
    """The object as somebody would have written it: without status, and what the cluster has assigned to it."""
    live = _is_live(obj)
    applied = _applied(obj)
    found = {name: item for name, item in obj.items() if name != "status"}
    found["metadata"] = _metadata(mapping(obj, "metadata"), live)
    spec = found.get("spec")
    if isinstance(spec, Mapping):
        found["spec"] = _spec(obj, dict(spec), applied) if live else dict(spec)
        _clean_templates(found["spec"])
        if live and obj.get("kind") == "Job" and not spec.get("manualSelector"):
            _clean_job(found)
    if live and obj.get("kind") == "ServiceAccount":
        found.pop("secrets", None)
    return found


def _is_live(obj: Map) -> bool:
    return isinstance(at(obj, ("metadata", "uid")), str)


def _applied(obj: Map) -> Any:
    """What `kubectl apply` was last given for the object, if it says so."""
    text = at(obj, ("metadata", "annotations", _APPLIED))
    try:
        return json.loads(text) if isinstance(text, str) else None
    except ValueError:
        return None


def _metadata(metadata: Map, live: bool) -> dict[str, Any]:
    found = {name: item for name, item in metadata.items() if name not in _METADATA}
    if live:
        found.pop("finalizers", None)
    if isinstance(found.get("annotations"), Mapping):
        found["annotations"] = {
            name: value for name, value in found["annotations"].items() if not name.startswith(_ANNOTATIONS)
        }
        if not found["annotations"]:
            del found["annotations"]
    return found


def _spec(obj: Map, spec: dict[str, Any], applied: Any) -> dict[str, Any]:
    if obj.get("kind") == "Service":
        headless = spec.get("clusterIP") == "None"
        spec = {name: item for name, item in spec.items() if name not in _ASSIGNED}
        if headless:
            spec["clusterIP"] = "None"
        if applied is not None and isinstance(spec.get("ports"), list):
            spec["ports"] = [_port(port, applied) for port in spec["ports"]]
    bound = obj.get("kind") == "PersistentVolumeClaim" and applied is not None
    if bound and "volumeName" not in mapping(applied, "spec"):
        spec.pop("volumeName", None)
    return spec


def _port(port: Any, applied: Any) -> Any:
    """A node port that nobody asked for was chosen by the cluster; it keeps it as long as the Service is there."""
    asked = at(applied, ("spec", "ports"))
    wanted = isinstance(asked, list) and any(isinstance(one, Mapping) and "nodePort" in one for one in asked)
    if wanted or not isinstance(port, Mapping):
        return port
    return {name: item for name, item in port.items() if name != "nodePort"}


def _clean_job(found: dict[str, Any]) -> None:
    """A job finds its pods by labels that the server gives it."""
    spec = found["spec"]
    spec.pop("selector", None)
    template = dict(mapping(spec, "template"))
    for part in (found, template):
        metadata = dict(mapping(part, "metadata"))
        labels = {name: value for name, value in mapping(metadata, "labels").items() if name not in _JOB}
        part["metadata"] = _without_labels(metadata) | ({"labels": labels} if labels else {})
    spec["template"] = template


def _without_labels(metadata: Map) -> dict[str, Any]:
    return {name: item for name, item in metadata.items() if name != "labels"}


def _clean_templates(spec: dict[str, Any]) -> None:
    """Templates inside of an object have metadata, too, in which the server writes `creationTimestamp: null`."""
    for name in ("template", "jobTemplate"):
        template = spec.get(name)
        if isinstance(template, Mapping):
            inner = dict(template)
            if isinstance(inner.get("metadata"), Mapping):
                inner["metadata"] = {k: v for k, v in inner["metadata"].items() if k != "creationTimestamp"}
            if isinstance(inner.get("spec"), Mapping) and name == "jobTemplate":
                inner["spec"] = dict(inner["spec"])
                _clean_templates(inner["spec"])
            spec[name] = inner
    claims = spec.get("volumeClaimTemplates")
    if isinstance(claims, list):
        spec["volumeClaimTemplates"] = [
            {k: v for k, v in claim.items() if k != "status"} if isinstance(claim, Mapping) else claim
            for claim in claims
        ]
