"""What the API server makes of a manifest: fields that it fills in, and other ways to write the same.

`essential` takes away what the server would fill in itself, so that a manifest and what `kubectl get` gives back of it
become equal. Only what makes no difference to the stored object counts. The defaults are those of Kubernetes'
`pkg/apis/{core,apps,autoscaling,batch,flowcontrol,networking,resource,storage}/*/defaults.go` and of the `+default`
markers of its types.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from generator.errors import InputError
from generator.quantity import amount
from generator.release import parse_image
from generator.workload import POD_TEMPLATES

Map = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Shape:
    """A part of an object: its defaults, the shapes of parts of it (of a list's items too), and other ways to write it.

    In `meaningful` are fields that say something even when they are an empty map.
    """

    defaults: Map = field(default_factory=dict)
    inside: Mapping[str, Shape] = field(default_factory=dict)
    meaningful: frozenset[str] = frozenset()
    rewrite: Callable[[dict[str, Any]], dict[str, Any]] | None = None


def _pull_policy(container: dict[str, Any]) -> dict[str, Any]:
    """Without a policy, the server takes Always for the tag latest (or none) and else IfNotPresent."""
    rest = str(container.get("image", "")).rpartition("/")[2]
    tag = rest.partition("@")[0].partition(":")[2]
    usual = "Always" if tag == "latest" or not (tag or "@" in rest) else "IfNotPresent"
    return _less(container, "imagePullPolicy") if container.get("imagePullPolicy") == usual else container


def _port(port: dict[str, Any]) -> dict[str, Any]:
    return _less(port, "targetPort") if port.get("targetPort") == port.get("port") else port


def _account(pod: dict[str, Any]) -> dict[str, Any]:
    """`serviceAccount` is the old name of `serviceAccountName`; the server keeps both."""
    name = pod.get("serviceAccountName", pod.get("serviceAccount"))
    named = {} if name is None else {"serviceAccountName": name}
    return {**_less(pod, "serviceAccount"), **named}


def _service(spec: dict[str, Any]) -> dict[str, Any]:
    if spec.get("sessionAffinityConfig") == {"clientIP": {"timeoutSeconds": 10800}}:
        return _less(spec, "sessionAffinityConfig")
    return spec


def _claim(spec: dict[str, Any]) -> dict[str, Any]:
    """What a claim is filled from, in the newer of two fields for it: the server says it in both."""
    source = spec.get("dataSourceRef") or spec.get("dataSource")
    return {**_less(spec, "dataSource"), "dataSourceRef": source} if source else spec


def _job(spec: dict[str, Any]) -> dict[str, Any]:
    """How often a job is tried again has no limit of its own where each index has one; a policy waits for failures."""
    usual = 2**31 - 1 if "backoffLimitPerIndex" in spec else 6
    if spec.get("podReplacementPolicy") == "Failed" and "podFailurePolicy" in spec:
        spec = _less(spec, "podReplacementPolicy")
    return _less(spec, "backoffLimit") if spec.get("backoffLimit") == usual else spec


def _subject(subject: dict[str, Any]) -> dict[str, Any]:
    """Users and groups are those of RBAC, a service account has no API group."""
    usual = "" if subject.get("kind") == "ServiceAccount" else _RBAC
    return _less(subject, "apiGroup") if subject.get("apiGroup") == usual else subject


def _policy(spec: dict[str, Any]) -> dict[str, Any]:
    usual = ["Ingress", "Egress"] if spec.get("egress") else ["Ingress"]
    return _less(spec, "policyTypes") if spec.get("policyTypes") == usual else spec


def _less(value: Map, *names: str) -> dict[str, Any]:
    return {name: item for name, item in value.items() if name not in names}


_HTTP: Final = Shape({"path": "/", "scheme": "HTTP"})
_PROBE: Final = Shape(
    {"initialDelaySeconds": 0, "timeoutSeconds": 1, "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 3},
    {"httpGet": _HTTP, "grpc": Shape({"service": ""})},
)
_HOOK: Final = Shape(inside={"httpGet": _HTTP})
_RESOURCES: Final = Shape(inside={"limits": Shape(), "requests": Shape()})
_FIELD: Final = Shape({"apiVersion": "v1"})
_RESOURCE: Final = Shape({"divisor": "0"})
_CONTAINER: Final = Shape(
    {
        "terminationMessagePath": "/dev/termination-log",
        "terminationMessagePolicy": "File",
        "stdin": False,
        "stdinOnce": False,
        "tty": False,
        "workingDir": "",
    },
    {
        "ports": Shape({"protocol": "TCP", "name": "", "hostPort": 0}),
        "env": Shape({"value": ""}, {"valueFrom": Shape(inside={"fieldRef": _FIELD, "resourceFieldRef": _RESOURCE})}),
        "envFrom": Shape({"prefix": ""}),
        "resources": _RESOURCES,
        "livenessProbe": _PROBE,
        "readinessProbe": _PROBE,
        "startupProbe": _PROBE,
        "lifecycle": Shape(inside={"postStart": _HOOK, "preStop": _HOOK}),
        "securityContext": Shape({"procMount": "Default"}),
        "volumeMounts": Shape({"readOnly": False, "subPath": "", "recursiveReadOnly": "Disabled"}),
    },
    frozenset({"securityContext"}),
    _pull_policy,
)
_CLAIM: Final = Shape({"volumeMode": "Filesystem"}, {"resources": _RESOURCES}, rewrite=_claim)
_MODE: Final = 0o644
_DOWNWARD: Final = Shape(inside={"items": Shape(inside={"fieldRef": _FIELD, "resourceFieldRef": _RESOURCE})})
_VOLUME: Final = Shape(
    inside={
        "configMap": Shape({"defaultMode": _MODE}),
        "secret": Shape({"defaultMode": _MODE}),
        "downwardAPI": Shape({"defaultMode": _MODE}, _DOWNWARD.inside),
        "projected": Shape(
            {"defaultMode": _MODE},
            {
                "sources": Shape(
                    inside={"downwardAPI": _DOWNWARD, "serviceAccountToken": Shape({"expirationSeconds": 3600})},
                    meaningful=frozenset({"serviceAccountToken", "downwardAPI"}),
                )
            },
        ),
        "hostPath": Shape({"type": ""}),
        "emptyDir": Shape({"medium": ""}),
        "ephemeral": Shape(inside={"volumeClaimTemplate": Shape(inside={"spec": _CLAIM})}),
        "persistentVolumeClaim": Shape({"readOnly": False}),
    },
    meaningful=frozenset({"emptyDir"}),
)
_POD: Final = Shape(
    {
        "dnsPolicy": "ClusterFirst",
        "restartPolicy": "Always",
        "schedulerName": "default-scheduler",
        "terminationGracePeriodSeconds": 30,
        "enableServiceLinks": True,
        "hostNetwork": False,
        "hostPID": False,
        "hostIPC": False,
    },
    {
        "containers": _CONTAINER,
        "initContainers": _CONTAINER,
        "volumes": _VOLUME,
        "tolerations": Shape({"operator": "Equal", "key": "", "value": "", "effect": ""}),
    },
    rewrite=_account,
)
_BY_ALL: Final = {"type": "Percent", "value": 100, "periodSeconds": 15}
_SCALE_UP: Final = [{"type": "Pods", "value": 4, "periodSeconds": 15}, _BY_ALL]
_DEVICE: Final = Shape({"allocationMode": "ExactCount", "count": 1})
_DEVICES: Final = Shape(
    inside={"devices": Shape(inside={"requests": Shape(inside={"exactly": _DEVICE, "firstAvailable": _DEVICE})})}
)
_SPECS: Final[Mapping[str, Shape]] = {
    "Deployment": Shape(
        {
            "replicas": 1,
            "progressDeadlineSeconds": 600,
            "revisionHistoryLimit": 10,
            "minReadySeconds": 0,
            "paused": False,
            "strategy": {"type": "RollingUpdate"},
        },
        {
            "strategy": Shape(
                {"rollingUpdate": {}}, {"rollingUpdate": Shape({"maxSurge": "25%", "maxUnavailable": "25%"})}
            )
        },
    ),
    "StatefulSet": Shape(
        {
            "replicas": 1,
            "revisionHistoryLimit": 10,
            "minReadySeconds": 0,
            "podManagementPolicy": "OrderedReady",
            "updateStrategy": {"type": "RollingUpdate"},
            "persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Retain", "whenScaled": "Retain"},
        },
        {
            "updateStrategy": Shape({}, {"rollingUpdate": Shape({"partition": 0})}),
            "volumeClaimTemplates": Shape(
                {"apiVersion": "v1", "kind": "PersistentVolumeClaim"},
                {"spec": _CLAIM},
            ),
        },
    ),
    "DaemonSet": Shape(
        {"revisionHistoryLimit": 10, "minReadySeconds": 0, "updateStrategy": {"type": "RollingUpdate"}},
        {"updateStrategy": Shape({}, {"rollingUpdate": Shape({"maxSurge": 0, "maxUnavailable": 1})})},
    ),
    "ReplicaSet": Shape({"replicas": 1, "minReadySeconds": 0}),
    "Job": Shape(
        {
            "parallelism": 1,
            "completions": 1,
            "completionMode": "NonIndexed",
            "suspend": False,
            "manualSelector": False,
            "podReplacementPolicy": "TerminatingOrFailed",
        },
        {"podFailurePolicy": Shape(inside={"rules": Shape(inside={"onPodConditions": Shape({"status": "True"})})})},
        rewrite=_job,
    ),
    "CronJob": Shape(
        {"concurrencyPolicy": "Allow", "suspend": False, "successfulJobsHistoryLimit": 3, "failedJobsHistoryLimit": 1}
    ),
    "Service": Shape(
        {
            "type": "ClusterIP",
            "sessionAffinity": "None",
            "internalTrafficPolicy": "Cluster",
            "externalTrafficPolicy": "Cluster",
            "allocateLoadBalancerNodePorts": True,
            "publishNotReadyAddresses": False,
        },
        {"ports": Shape({"protocol": "TCP", "name": ""}, rewrite=_port)},
        rewrite=_service,
    ),
    "HorizontalPodAutoscaler": Shape(
        {"minReplicas": 1},
        {
            "behavior": Shape(
                inside={
                    "scaleUp": Shape({"selectPolicy": "Max", "stabilizationWindowSeconds": 0, "policies": _SCALE_UP}),
                    "scaleDown": Shape({"selectPolicy": "Max", "policies": [_BY_ALL]}),
                }
            )
        },
    ),
    "NetworkPolicy": Shape(
        inside={
            "ingress": Shape(inside={"ports": Shape({"protocol": "TCP"})}),
            "egress": Shape(inside={"ports": Shape({"protocol": "TCP"})}),
        },
        meaningful=frozenset({"podSelector", "ingress", "egress"}),
        rewrite=_policy,
    ),
    "CSIDriver": Shape(
        {
            "attachRequired": True,
            "podInfoOnMount": False,
            "fsGroupPolicy": "ReadWriteOnceWithFSType",
            "volumeLifecycleModes": ["Persistent"],
        }
    ),
    "PersistentVolume": Shape(
        {"volumeMode": "Filesystem", "persistentVolumeReclaimPolicy": "Retain"}, {"hostPath": Shape({"type": ""})}
    ),
    "PersistentVolumeClaim": _CLAIM,
    "APIService": Shape(inside={"service": Shape({"port": 443})}),
    "FlowSchema": Shape({"matchingPrecedence": 1000}),
    "ResourceClaim": _DEVICES,
    "ResourceClaimTemplate": Shape(inside={"spec": _DEVICES}),
}
_TOP: Final[Mapping[str, Map]] = {
    "PriorityClass": {"preemptionPolicy": "PreemptLowerPriority"},
    "Secret": {"type": "Opaque"},
    "StorageClass": {"reclaimPolicy": "Delete", "volumeBindingMode": "Immediate"},
}
_RBAC: Final = "rbac.authorization.k8s.io"
_BINDINGS: Final = ("ClusterRoleBinding", "RoleBinding")
_BINDING: Final = {"subjects": Shape(rewrite=_subject), "roleRef": Shape({"apiGroup": _RBAC})}
_METADATA: Final = Shape()
_AMOUNTS: Final = (("target", "averageValue"), ("target", "value"))
_RESOURCE_AMOUNTS: Final = (("resources", "limits"), ("resources", "requests"))
_MEANT: Final = frozenset({"selector", "namespaceSelector", "labelSelector", "podSelector"})


def essential(obj: Map) -> dict[str, Any]:
    """The object without what the server would fill in, written in one of the ways that mean the same."""
    kind = str(obj.get("kind"))
    inside = {"metadata": _METADATA, **({"spec": _spec(kind)} if kind in _KNOWN else {})}
    shape = Shape(_TOP.get(kind, {}), inside | (_BINDING if kind in _BINDINGS else {}))
    found: dict[str, Any] = _stripped(_current(obj), shape)
    return found


def comparable(obj: Map) -> Any:
    """The essential of an object, with equal texts for what is equal: quantities, and an image without a tag.

    Such an image is that with the tag latest (Kubernetes' documentation of images).
    """
    return equalised(essential(obj))


def equalised(value: Any, path: tuple[str, ...] = ()) -> Any:
    """A part of an essential object, below a path of keys, in the text that everything equal to it has."""
    return _equalised(value, path)


def _equalised(value: Any, path: tuple[str, ...]) -> Any:
    if isinstance(value, Mapping):
        return {name: _equalised(item, (*path, name)) for name, item in value.items()}
    if isinstance(value, list):
        return [_equalised(item, path) for item in value]
    if path[-1:] == ("sizeLimit",) or path[-2:] in _AMOUNTS or path[-3:-1] in _RESOURCE_AMOUNTS:
        number = amount(value)
        return value if number is None else format(number.normalize(), "f")
    return with_tag(value) if path[-1:] == ("image",) and isinstance(value, str) else value


def with_tag(image: str) -> str:
    """An image reference with the tag that Kubernetes takes where there is neither a tag nor a digest."""
    try:
        parsed = parse_image(image)
    except InputError:
        return image
    return image if parsed.tag or parsed.digest else f"{image}:latest"


def _spec(kind: str) -> Shape:
    """The shape of the spec of a kind, its pods included."""
    shape = _SPECS.get(kind, Shape())
    path = POD_TEMPLATES.get(kind)
    if path is None or kind == "PodTemplate":  # it has no spec
        return shape
    if not path:
        return _POD
    inner = Shape(inside={"metadata": _METADATA, "spec": _pod_of(kind)})
    if path[1] == "template":
        return Shape(shape.defaults, {**shape.inside, "template": inner}, shape.meaningful, shape.rewrite)
    job = _SPECS["Job"]
    jobs = Shape(job.defaults, {**job.inside, "template": inner}, rewrite=job.rewrite)
    return Shape(shape.defaults, {"jobTemplate": Shape(inside={"metadata": _METADATA, "spec": jobs})})


def _pod_of(kind: str) -> Shape:
    """Jobs have to say how their pods restart: there is no default."""
    if kind not in ("Job", "CronJob"):
        return _POD
    return Shape(_less(_POD.defaults, "restartPolicy"), _POD.inside, _POD.meaningful, _POD.rewrite)


_KNOWN: Final = frozenset({*_SPECS, *POD_TEMPLATES})


def _stripped(value: Any, shape: Shape | None) -> Any:
    if isinstance(value, list):
        return [_stripped(item, shape) for item in value]
    if not isinstance(value, Mapping):
        return value
    found: dict[str, Any] = {}
    for name, item in value.items():
        if item is None:
            continue
        inner = _stripped(item, shape.inside.get(name) if shape else None)
        if shape is not None and (_is_empty(name, inner, shape) or _is_default(name, inner, shape)):
            continue
        found[name] = inner
    return shape.rewrite(found) if shape and shape.rewrite else found


def _is_empty(name: str, value: Any, shape: Shape) -> bool:
    return value in ({}, []) and isinstance(value, (dict, list)) and name not in shape.meaningful | _MEANT


def _is_default(name: str, value: Any, shape: Shape) -> bool:
    usual = shape.defaults.get(name)
    return usual is not None and type(value) is type(usual) and bool(value == usual)


def _current(obj: Map) -> Map:
    """The object in the newest version of its API that says the same: autoscaling/v1 in the words of v2."""
    if obj.get("kind") != "HorizontalPodAutoscaler" or not isinstance(obj.get("spec"), Mapping):
        return obj
    if obj.get("apiVersion") == "autoscaling/v2beta2":
        return {**obj, "apiVersion": "autoscaling/v2"}
    if obj.get("apiVersion") != "autoscaling/v1":
        return obj
    spec = dict(obj["spec"])
    share = spec.pop("targetCPUUtilizationPercentage", None)
    if share is not None:
        target = {"type": "Utilization", "averageUtilization": share}
        spec["metrics"] = [{"type": "Resource", "resource": {"name": "cpu", "target": target}}]
    return {**obj, "apiVersion": "autoscaling/v2", "spec": spec}
