"""What the others of an environment need to know of an object.

Checks that look across services (`across`) see outlines. A service can so be rendered, checked and forgotten, in
whatever process, and thousands of them fit into memory. A test runs every such check on objects and on their outlines.
"""

from __future__ import annotations

from typing import Any, Final

from generator.workload import CONTAINERS, POD_TEMPLATES

_METADATA: Final = ("name", "namespace")
_WORKLOAD: Final = ("apiVersion", "kind", "metadata", "replicas", "serviceName")
_POD: Final = ("affinity", "automountServiceAccountToken", "priorityClassName", "serviceAccountName", "volumes")
_CONTAINER: Final = ("envFrom", "name", "ports", "resources", "restartPolicy")
_CONTENT: Final = ("data", "binaryData", "stringData")
_DATA: Final = ("ConfigMap", "Secret")


def outline(value: Any) -> Any:
    """An object less what no check asks of another service's object; what is no map comes back as it is."""
    if not isinstance(value, dict):
        return value
    kind = value.get("kind")
    way = POD_TEMPLATES.get(kind) if isinstance(kind, str) else None
    if way == ():
        return _pods(value, way)
    made = dict(value)
    if "metadata" in made:
        made["metadata"] = _only(made["metadata"], _METADATA)
    if way:
        return _pods(made, way)
    for field in _CONTENT if kind in _DATA else ():
        if isinstance(made.get(field), dict):
            made[field] = dict.fromkeys(made[field], "")
    return made


def _only(value: Any, names: tuple[str, ...]) -> Any:
    """The fields of a map that have these names."""
    return {name: value[name] for name in names if name in value} if isinstance(value, dict) else value


def _pods(value: Any, way: tuple[str, ...]) -> Any:
    """What describes the pods of a workload; where a way leads there, with what is asked of the workload itself."""
    if not isinstance(value, dict):
        return value
    if way:
        step, *rest = way
        made = _only(value, _WORKLOAD)
        return {**made, step: _pods(value[step], tuple(rest))} if step in value else made
    made = _only(value, ("apiVersion", "kind"))
    if "metadata" in value:
        made["metadata"] = _only(value["metadata"], (*_METADATA, "labels"))
    return {**made, "spec": _pod(value["spec"])} if "spec" in value else made


def _pod(spec: Any) -> Any:
    if not isinstance(spec, dict):
        return spec
    made = _only(spec, _POD)
    made["topologySpreadConstraints"] = bool(spec.get("topologySpreadConstraints"))
    for group in CONTAINERS:
        if group in spec:
            made[group] = [_container(one) for one in spec[group]] if isinstance(spec[group], list) else spec[group]
    return made


def _container(container: Any) -> Any:
    if not isinstance(container, dict):
        return container
    made = _only(container, _CONTAINER)
    made["readinessProbe"] = bool(container.get("readinessProbe"))
    env = container.get("env")
    if isinstance(env, list) and any("valueFrom" in one for one in env if isinstance(one, dict)):
        # Each keeps its place in the list: findings point there.
        made["env"] = [_only(one, ("valueFrom",)) for one in env]
    return made
