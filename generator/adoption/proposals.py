"""The values that objects suggest: what the values of our templates would have to be to render them.

They are proposals: what becomes of them when they are rendered decides (`generator.adoption.inversion`), and a template
gets those that it declares. All objects are read in their essential form.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from generator.adoption.grouping import Key, key_of
from generator.adoption.ports import Ports, ports_of
from generator.workload import POD_TEMPLATES, at, items, mapping, pod_pointer

Map = Mapping[str, Any]
Values = dict[str, Any]

_RECOMMENDED: Final = "app.kubernetes.io/name", "app.kubernetes.io/managed-by"
_TIMING: Final = (
    "initialDelaySeconds",
    "periodSeconds",
    "timeoutSeconds",
    "successThreshold",
    "failureThreshold",
    "terminationGracePeriodSeconds",
)
_MOUNT: Final = frozenset({"name", "mountPath", "subPath", "readOnly"})


@dataclass(frozen=True, slots=True)
class Parts:
    """The objects of a service by what they are to it; those that no template of ours knows are none of them."""

    service: str
    deployment: Map
    internal: Map | None
    external: Map | None
    account: Map | None
    autoscaler: Map | None
    budget: Map | None
    ingress: Map | None

    @property
    def pod(self) -> Map:
        """The spec of the pods."""
        return mapping(self.deployment, "spec", "template", "spec")

    @property
    def container(self) -> Map:
        """The container that is released: the one named like the service, or the first."""
        return released(self.service, self.deployment) or {}

    @property
    def selector(self) -> Map:
        """The labels by which the Deployment finds its pods."""
        return mapping(self.deployment, "spec", "selector", "matchLabels")


def released(service: str, workload: Map) -> Map | None:
    """The container of a workload whose image is released: the one named like the service, or the first."""
    pod = pod_pointer(workload)
    found = [one for _, one in items(workload, *(pod or ()), "spec", "containers")]
    named = [one for one in found if one.get("name") == service]
    return next(iter(named or found), None)


def parts_of(service: str, objects: Iterable[Map], workload: Key) -> Parts | None:
    """The parts of a service; None for a workload that makes its pods by other objects, such as a CronJob."""
    kinds: dict[str, list[Map]] = {}
    for obj in objects:
        kinds.setdefault(key_of(obj)[0], []).append(obj)
    kind, name = workload
    deployment = next(one for one in kinds[kind] if at(one, ("metadata", "name")) == name)
    if POD_TEMPLATES[kind] != ("spec", "template"):
        return None
    internal, external = _services(service, deployment, kinds.get("Service", []))
    return Parts(
        service,
        deployment,
        internal,
        external,
        _only(kinds, "ServiceAccount"),
        _only(kinds, "HorizontalPodAutoscaler"),
        _only(kinds, "PodDisruptionBudget"),
        _only(kinds, "Ingress"),
    )


def _only(kinds: Mapping[str, list[Map]], kind: str) -> Map | None:
    found = kinds.get(kind, [])
    return found[0] if len(found) == 1 else None


def _services(service: str, deployment: Map, found: list[Map]) -> tuple[Map | None, Map | None]:
    """The Service that other services call, and a second one for the outside."""
    deployed = at(deployment, ("metadata", "name"))

    def rank(one: Map) -> tuple[bool, bool, bool, str]:
        name = str(at(one, ("metadata", "name")))
        return (
            name not in (service, deployed),
            at(one, ("spec", "type")) == "LoadBalancer",
            at(one, ("spec", "clusterIP")) == "None",
            name,
        )

    ordered = sorted(found, key=rank)
    outside = [one for one in ordered[1:] if at(one, ("spec", "type")) == "LoadBalancer"]
    return (ordered[0] if ordered else None), (outside[0] if len(outside) == 1 else None)


def proposed(parts: Parts) -> Values:
    """The values; None for one that has to be taken away where a default sets it."""
    ports = ports_of(parts.container, parts.internal)
    return {
        **_labels(parts),
        **_container_values(parts),
        **_pod_values(parts),
        **_deployment_values(parts),
        "ports": ports.values,
        "portsByName": ports.by_name,
        "probes": _probes(parts.container, ports) or None,
        "service": _service(parts, ports),
        "expose": _expose(parts),
        "autoscale": _autoscale(parts),
        "disruptionBudget": _budget(parts),
        "serviceAccount": _account(parts),
        "files": None,
        "spread": None,
        "callers": None,
    }


def _labels(parts: Parts) -> Values:
    """How all labels come about with the fewest exceptions."""
    deployment = dict(mapping(parts.deployment, "metadata", "labels"))
    pods = dict(mapping(parts.deployment, "spec", "template", "metadata", "labels"))
    recommended = dict(zip(_RECOMMENDED, (parts.service, "towpath"), strict=True))
    choices = []
    for ours in ({}, recommended):
        for labels in ({}, _beyond(deployment, {**ours, **parts.selector})):
            every = {**ours, **labels, **parts.selector}
            if every.items() <= pods.items():
                choices.append(_with_labels(parts, bool(ours), labels, every, _beyond(pods, every)))
    if not choices:
        choices = [_with_labels(parts, False, {}, dict(parts.selector), _beyond(pods, parts.selector))]
    return min(choices, key=lambda values: len(str(values["metadata"])) + len(str(values["labels"])))


def _beyond(labels: Map, known: Map) -> dict[str, Any]:
    return {name: value for name, value in labels.items() if known.get(name) != value}


def _with_labels(parts: Parts, recommended: bool, labels: Map, every: Map, pods: Map) -> Values:
    selector = dict(parts.selector)
    ours = selector == {"app.kubernetes.io/name": parts.service}
    return {
        "selector": None if ours else selector or None,
        "recommendedLabels": recommended,
        "labels": dict(labels) or None,
        "podLabels": dict(pods) or None,
        "metadata": _metadata(parts, every) or None,
    }


def _metadata(parts: Parts, every: Map) -> Values:
    files = {
        "deployment": (parts.deployment, parts.service),
        "service": (parts.internal, parts.service),
        "service-external": (parts.external, f"{parts.service}-external"),
        "serviceaccount": (parts.account, parts.service),
        "horizontalpodautoscaler": (parts.autoscaler, parts.service),
        "poddisruptionbudget": (parts.budget, parts.service),
        "ingress": (parts.ingress, parts.service),
    }
    found = {file: _own(obj, name, every) for file, (obj, name) in files.items() if obj is not None}
    return {file: own for file, own in found.items() if own}


def _own(obj: Map, name: str, every: Map) -> Values:
    """What is different about the metadata of an object."""
    metadata = mapping(obj, "metadata")
    found: Values = {}
    if metadata.get("name") != name:
        found["name"] = metadata.get("name")
    if dict(metadata.get("labels") or {}) != dict(every):
        found["labels"] = metadata.get("labels") or {}
    if metadata.get("annotations"):
        found["annotations"] = metadata["annotations"]
    return found


def _container_values(parts: Parts) -> Values:
    container = parts.container
    copied = ("command", "args", "workingDir", "imagePullPolicy", "envFrom", "resources", "lifecycle")
    return {
        "containerName": container.get("name"),
        **{name: container.get(name) for name in copied},
        "env": _variables(container) or None,
        "securityContext": container.get("securityContext"),
        **_volumes(parts),
    }


def _variables(container: Map) -> Values:
    """The variables by name; those whose source has no short form are left out."""
    found: Values = {}
    for one in container.get("env", ()):
        value = _variable(one) if isinstance(one, Mapping) else None
        if value is not None:
            found[str(one.get("name"))] = value
    return found


def _variable(one: Map) -> Any:
    if "valueFrom" not in one:
        return one.get("value", "")
    source = mapping(one, "valueFrom")
    if (path := at(source, ("fieldRef", "fieldPath"))) is not None:
        return {"field": path}
    for word, field in (("secret", "secretKeyRef"), ("configMap", "configMapKeyRef")):
        if found := mapping(source, field):
            named = {word: found.get("name"), "key": found.get("key")}
            return named | ({"optional": found["optional"]} if "optional" in found else {})
    return None


def _volumes(parts: Parts) -> Values:
    """Each volume with its mount in it, if one that fits is all that the container has of it and the order is right."""
    volumes = [one for one in parts.pod.get("volumes", ()) if isinstance(one, Mapping) and one.get("name")]
    mounts = [one for one in parts.container.get("volumeMounts", ()) if isinstance(one, Mapping)]
    inside = [one for one in mounts if _fits_inside(one, mounts)]
    order = [str(one["name"]) for one in volumes]
    places = [order.index(one["name"]) for one in inside if one["name"] in order]
    if mounts[: len(inside)] != inside or places != sorted(places) or len(places) != len(inside):
        inside = []
    by_name = {one["name"]: {name: item for name, item in one.items() if name != "name"} for one in inside}
    found = {
        str(one["name"]): by_name.get(one["name"], {}) | {name: item for name, item in one.items() if name != "name"}
        for one in volumes
    }
    return {"volumes": found or None, "volumeMounts": [one for one in mounts if one not in inside] or None}


def _fits_inside(mount: Map, mounts: list[Map]) -> bool:
    return set(mount) <= _MOUNT and [one.get("name") for one in mounts].count(mount.get("name")) == 1


def _pod_values(parts: Parts) -> Values:
    pod, metadata = parts.pod, mapping(parts.deployment, "spec", "template", "metadata")
    copied = (
        "automountServiceAccountToken enableServiceLinks hostAliases dnsPolicy dnsConfig terminationGracePeriodSeconds"
        " priorityClassName nodeSelector tolerations affinity".split()
    )
    secrets = [one.get("name") for one in pod.get("imagePullSecrets", ()) if isinstance(one, Mapping)]
    return {
        **{name: pod.get(name) for name in copied},
        "imagePullSecrets": secrets or None,
        "annotations": dict(metadata.get("annotations") or {}) or None,
        "podSecurityContext": pod.get("securityContext"),
        "initContainers": _init_containers(parts) or None,
    }


def _init_containers(parts: Parts) -> Values:
    copied = ["imagePullPolicy", "command", "args", "workingDir", "restartPolicy"]
    copied += ["envFrom", "resources", "volumeMounts"]
    found: Values = {}
    for one in parts.pod.get("initContainers", ()):
        settings = {"image": one.get("image")} | {name: one[name] for name in copied if name in one}
        if context := _own_context(parts.container.get("securityContext") or {}, one.get("securityContext") or {}):
            settings["securityContext"] = context
        variables = _variables(one)
        found[str(one.get("name"))] = settings | ({"env": variables} if variables else {})
    return found


def _own_context(inherited: Map, context: Map) -> Values:
    """What an init container's security context says beyond the one that it inherits from the service's container."""
    return {name: value for name, value in context.items() if inherited.get(name) != value}


def _deployment_values(parts: Parts) -> Values:
    spec = mapping(parts.deployment, "spec")
    copied = ("strategy", "minReadySeconds", "progressDeadlineSeconds", "revisionHistoryLimit")
    return {"replicas": spec.get("replicas", 1), **{name: spec.get(name) for name in copied}}


def _probes(container: Map, ports: Ports) -> Values:
    found: Values = {}
    for kind in ("readiness", "liveness", "startup"):
        probe = mapping(container, f"{kind}Probe")
        handler = _handler(probe, ports)
        if handler:
            found[kind] = handler | {name: probe[name] for name in _TIMING if name in probe}
    return found


def _handler(probe: Map, ports: Ports) -> Values:
    if "exec" in probe:
        return {"exec": at(probe, ("exec", "command"))}
    if "grpc" in probe:
        grpc = mapping(probe, "grpc")
        return {"grpc": ports.reference(grpc.get("port"), by_number=True)} | _some(grpc, "service")
    if "tcpSocket" in probe:
        tcp = mapping(probe, "tcpSocket")
        return {"tcp": ports.reference(tcp.get("port"))} | _some(tcp, "host")
    if "httpGet" in probe:
        http = mapping(probe, "httpGet")
        reference = ports.reference(http.get("port"))
        port = {} if reference is True else {"port": reference}
        headers = {one.get("name"): one.get("value") for one in http.get("httpHeaders", ())}
        said = {"headers": headers} if headers else {}
        return {"http": http.get("path", "/")} | port | _some(http, "host", "scheme") | said
    return {}


def _some(value: Map, *names: str) -> Values:
    return {name: value[name] for name in names if name in value}


def _service(parts: Parts, ports: Ports) -> Values | None:
    """What the Service says beyond its ports and the selector."""
    if parts.internal is None:
        return None
    spec = {name: item for name, item in mapping(parts.internal, "spec").items() if name != "ports"}
    if spec.get("selector") == dict(parts.selector):
        del spec["selector"]
    if ports.service is not None:
        spec["ports"] = ports.service
    return spec or None


def _expose(parts: Parts) -> Values | None:
    found: Values = {}
    if parts.external is not None:
        spec = mapping(parts.external, "spec")
        settings = _some(spec, "loadBalancerClass", "loadBalancerSourceRanges", "externalTrafficPolicy")
        found["loadBalancer"] = {"port": at(spec, ("ports", 0, "port")), **settings}
    if parts.ingress is not None:
        found["ingress"] = _ingress(parts.ingress)
    return found or None


def _ingress(ingress: Map) -> Values:
    rule = at(ingress, ("spec", "rules", 0))
    path = at(rule, ("http", "paths", 0, "path"))
    found: Values = {"host": at(rule, ("host",))}
    if path not in (None, "/"):
        found["path"] = path
    if (name := at(ingress, ("spec", "ingressClassName"))) is not None:
        found["className"] = name
    if (secret := at(ingress, ("spec", "tls", 0, "secretName"))) is not None:
        found["tlsSecret"] = secret
    return found


def _autoscale(parts: Parts) -> Values | None:
    if parts.autoscaler is None:
        return None
    spec = mapping(parts.autoscaler, "spec")
    found: Values = {"min": spec.get("minReplicas", 1), "max": spec.get("maxReplicas")}
    metrics = list(spec.get("metrics", ()))
    share = at(metrics, (0, "resource", "target", "averageUtilization"))
    if at(metrics, (0, "resource", "name")) == "cpu" and share is not None:
        found["cpu"] = f"{share}%"
        metrics = metrics[1:]
    return found | ({"metrics": metrics} if metrics else {}) | _some(spec, "behavior")


def _budget(parts: Parts) -> Values | None:
    if parts.budget is None:
        return None
    spec = mapping(parts.budget, "spec")
    return _some(spec, "minAvailable", "maxUnavailable", "unhealthyPodEvictionPolicy") or None


def _account(parts: Parts) -> Any:
    named = parts.pod.get("serviceAccountName")
    if named is None:
        return False
    if parts.account is None or at(parts.account, ("metadata", "name")) != named:
        return named
    return True
