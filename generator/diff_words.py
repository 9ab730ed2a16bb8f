"""What a difference between two Kubernetes objects means, and the sentence that people read for it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from difflib import SequenceMatcher
from enum import Enum
from typing import Any, Final

from generator.errors import InputError
from generator.release import parse_image
from generator.workload import CONTAINERS, POD_TEMPLATES

Step = str | int
Path = tuple[Step, ...]

_LONGEST = 60


class Meaning(Enum):
    """What a change is about, in the order people want to read them."""

    OBJECTS = "added and removed objects"
    IMAGE = "image"
    SCALE = "replicas and scaling"
    VARIABLES = "environment variables"
    FILES = "config files"
    RESOURCES = "resources"
    PROBES = "probes"
    EXPOSURE = "exposure"
    SECURITY = "security"
    OTHER = "other"


class _Absent:
    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Final = _Absent()
"""Stands for a value that one side does not have."""

_KINDS: Mapping[str, Meaning] = {
    **dict.fromkeys(("Service", "Ingress", "Gateway", "HTTPRoute", "GRPCRoute", "TCPRoute"), Meaning.EXPOSURE),
    **dict.fromkeys(("HorizontalPodAutoscaler", "PodDisruptionBudget", "ScaledObject"), Meaning.SCALE),
    **dict.fromkeys(
        ("NetworkPolicy", "ServiceAccount", "Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding"),
        Meaning.SECURITY,
    ),
    **dict.fromkeys(("ConfigMap", "Secret"), Meaning.FILES),
}
_CONTAINER_FIELDS: Mapping[Step, Meaning] = {
    "image": Meaning.IMAGE,
    "imagePullPolicy": Meaning.IMAGE,
    "env": Meaning.VARIABLES,
    "envFrom": Meaning.VARIABLES,
    "resources": Meaning.RESOURCES,
    "readinessProbe": Meaning.PROBES,
    "livenessProbe": Meaning.PROBES,
    "startupProbe": Meaning.PROBES,
    "ports": Meaning.EXPOSURE,
    "securityContext": Meaning.SECURITY,
    "volumeMounts": Meaning.FILES,
}
_POD_FIELDS: Mapping[Step, Meaning] = {
    **dict.fromkeys(
        ("securityContext", "serviceAccountName", "automountServiceAccountToken", "hostNetwork", "hostPID", "hostIPC"),
        Meaning.SECURITY,
    ),
    "imagePullSecrets": Meaning.IMAGE,
    "hostAliases": Meaning.EXPOSURE,
}
_FILE_SOURCES = {"configMap", "secret", "projected"}


def in_pod(kind: str, path: Path) -> Path | None:
    """The rest of a path that leads into the pod of a workload; None for a path elsewhere."""
    template = POD_TEMPLATES.get(kind)
    if template is None or path[: len(template) + 1] != (*template, "spec"):
        return None
    return path[len(template) + 1 :]


def meaning_of(kind: str, path: Path, old: Any, new: Any) -> Meaning:
    """What a difference at this path of an object is about."""
    pod = in_pod(kind, path)
    if pod:
        return _pod_meaning(pod, old, new)
    if path[:1] == ("metadata",) or path[:1] == ("apiVersion",):
        return Meaning.OTHER
    if kind in _KINDS:
        return _KINDS[kind]
    if path == ("spec", "replicas"):
        return Meaning.SCALE
    return Meaning.FILES if _is_checksum(path) else Meaning.OTHER


def _pod_meaning(pod: Path, old: Any, new: Any) -> Meaning:
    if pod[0] in CONTAINERS and len(pod) > 2:
        return _CONTAINER_FIELDS.get(pod[2], Meaning.OTHER)
    if pod[0] == "volumes":
        sides = [side for side in (old, new) if isinstance(side, Mapping)]
        from_files = any(_FILE_SOURCES & set(side) for side in sides) or bool(_FILE_SOURCES & set(pod))
        return Meaning.FILES if from_files else Meaning.OTHER
    return _POD_FIELDS.get(pod[0], Meaning.OTHER)


def _is_checksum(path: Path) -> bool:
    return "annotations" in path and "checksum" in str(path[-1])


def sentence(kind: str, name: str, service: str, path: Path, old: Any, new: Any) -> str:
    """The change in words: `image v1.4.1 → v1.4.2`."""
    if _is_checksum(path):
        return "pods restart to read changed config files"
    if kind in ("ConfigMap", "Secret") and path[:1] in (("data",), ("binaryData",), ("stringData",)):
        return _data(kind, name, path, old, new)
    pod = in_pod(kind, path)
    if pod and pod[0] in CONTAINERS and len(pod) > 2:
        of = _container(pod, service)
        return f"{_container_change(pod[2:], old, new)}{of}"
    if kind in POD_TEMPLATES and path == ("spec", "replicas"):
        return _change("replicas", old, new)
    label = ".".join(str(step) for step in (pod or path))
    return _change(label if pod else f"{kind} {name} {label}", old, new)


def _container(pod: Path, service: str) -> str:
    """Which container, where it is not the one that everybody expects."""
    if pod[0] == "initContainers":
        return f" (init container {pod[1]})"
    return "" if pod[1] in (service, "server", "main", "app") else f" (container {pod[1]})"


def _container_change(path: Path, old: Any, new: Any) -> str:
    match path:
        case ("image",):
            return _image(old, new)
        case (*field, "order") if isinstance(old, list):
            return f"order of {'.'.join(map(str, field))} {', '.join(map(str, old))} → {', '.join(map(str, new))}"
        case ("env", variable):
            return _change(str(variable), _variable(old), _variable(new))
        case ("resources", ("requests" | "limits") as bound, what):
            return _change(f"{what} {str(bound).removesuffix('s')}", old, new)
        case (("readinessProbe" | "livenessProbe" | "startupProbe") as probe, *rest):
            return _change(f"{probe.removesuffix('Probe')} probe {'.'.join(map(str, rest))}".strip(), old, new)
    return _change(".".join(map(str, path)), old, new)


def _variable(value: Any) -> Any:
    """A variable as its value, or as where its value comes from."""
    if not isinstance(value, Mapping):
        return value
    for word, key in (("secret", "secretKeyRef"), ("configMap", "configMapKeyRef")):
        source = (value.get("valueFrom") or {}).get(key)
        if source:
            return f"{word}:{source.get('name')}/{source.get('key')}"
    return value.get("value", value.get("valueFrom", ""))


def _image(old: Any, new: Any) -> str:
    try:
        before, after = parse_image(str(old)), parse_image(str(new))
    except InputError:
        return _change("image", old, new)
    if before.repository != after.repository:
        return f"image {old} → {new}"
    if before.tag == after.tag:
        return f"image {before.short} digest {_digest(before.digest)} → {_digest(after.digest)}"
    return f"image {before.short} → {after.short}"


def _digest(digest: str | None) -> str:
    return (digest or "none").removeprefix("sha256:")[:12]


def _data(kind: str, name: str, path: Path, old: Any, new: Any) -> str:
    """A changed file of a ConfigMap in lines; of a Secret nothing is ever shown."""
    label = f"{kind} {name} {'.'.join(map(str, path[1:]))}".rstrip()
    if old is ABSENT or new is ABSENT:
        return f"{label} {'added' if old is ABSENT else 'removed'}"
    if kind == "Secret" or path[0] == "binaryData" or not (isinstance(old, str) and isinstance(new, str)):
        return f"{label} changed"
    before, after = old.splitlines(), new.splitlines()
    if len(before) <= 1 and len(after) <= 1:
        return _change(label, old, new)
    blocks = SequenceMatcher(None, before, after, autojunk=False).get_matching_blocks()
    same = sum(block.size for block in blocks)
    return f"{label}: {len(after) - same} lines added, {len(before) - same} removed"


def _change(label: str, old: Any, new: Any) -> str:
    if old is ABSENT:
        return f"{label} set to {shown(new)}"
    if new is ABSENT:
        return f"{label} removed (was {shown(old)})"
    return f"{label} {shown(old)} → {shown(new)}"


def shown(value: Any) -> str:
    """A value in a sentence: bare where it is one word, else as compact JSON, at most 60 characters."""
    if isinstance(value, str) and value.isprintable() and value and " " not in value:
        text = value
    else:
        text = json.dumps(value, ensure_ascii=False, separators=(", ", ": "))
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
