"""What the others of an environment need to know of an object.

Checks that look across services (`across`) see outlines. A service can so be rendered, checked and forgotten, in
whatever process, and thousands of them fit into memory. A test runs every such check on objects and on their outlines.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from generator.workload import CONTAINERS, POD_TEMPLATES

_METADATA: Final = ("annotations", "managedFields")
_POD: Final = ("nodeSelector", "securityContext", "tolerations")
_CONTAINER: Final = ("args", "command", "image", "imagePullPolicy", "lifecycle", "livenessProbe", "securityContext")
_CONTAINER_MORE: Final = ("startupProbe", "volumeMounts", "workingDir")
_CONTENT: Final = ("data", "binaryData", "stringData")
_DATA: Final = ("ConfigMap", "Secret")


def outline(value: Any) -> Any:
    """An object less what no check asks of another service's object; what is no map comes back as it is."""
    if not isinstance(value, dict):
        return value
    made = dict(value)
    if isinstance(made.get("metadata"), dict):
        made["metadata"] = _less(made["metadata"], _METADATA)
    kind = made.get("kind")
    if isinstance(kind, str) and kind in POD_TEMPLATES:
        return _at(made, (*POD_TEMPLATES[kind], "spec"), _pod)
    if kind in _DATA:
        for field in _CONTENT:
            if isinstance(made.get(field), dict):
                made[field] = dict.fromkeys(made[field], "")
    return made


def _less(value: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {key: item for key, item in value.items() if key not in names}


def _at(value: Any, pointer: tuple[str | int, ...], change: Any) -> Any:
    """A copy with what is at the pointer changed, as far as there is something."""
    if not isinstance(value, dict):
        return value
    if not pointer:
        return change(value)
    step, rest = pointer[0], pointer[1:]
    return {**value, step: _at(value[step], rest, change)} if step in value else value


def _pod(spec: Mapping[str, Any]) -> dict[str, Any]:
    made = _less(spec, _POD)
    for group in CONTAINERS:
        if isinstance(made.get(group), list):
            made[group] = [_container(one) if isinstance(one, dict) else one for one in made[group]]
    return made


def _container(container: Mapping[str, Any]) -> dict[str, Any]:
    made = _less(container, _CONTAINER + _CONTAINER_MORE)
    if isinstance(made.get("env"), list):
        # Each keeps its place in the list: findings point there.
        made["env"] = [one if isinstance(one, dict) and "valueFrom" in one else {} for one in made["env"]]
    return made
