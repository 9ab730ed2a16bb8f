"""Volumes of pods and where they are mounted (`pkg/apis/core/validation`, ValidateVolumes, ValidateVolumeMounts)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from generator.checks.check import Basis, Check, Family, Problem, Scope
from generator.checks.example import deployment, manifest, stream
from generator.checks.objects import Container, Pod, RenderedObject
from generator.finding import Severity
from generator.repository import Pointer
from generator.workload import at, items, mapping

_BLOCK: Final = ("persistentVolumeClaim", "ephemeral")
_LONGEST: Final = 253
_MOUNTS: Final = ("volumeMounts", "volumeDevices")


def _missing(scope: Scope) -> Iterator[Problem]:
    for pod in scope.pods:
        known: frozenset[object] | None = None
        for container in pod.containers:
            for group in _MOUNTS:
                if group in container.value:
                    known = _volumes(pod) if known is None else known
                    yield from _unknown(container, group, known)
            if "env" in container.value:
                yield from _no_files(pod, container)


def _no_files(pod: Pod, container: Container) -> Iterator[Problem]:
    """Variables are read only from files of an emptyDir of the pod."""
    for index, variable in items(container.value, "env"):
        name = mapping(variable, "valueFrom", "fileKeyRef").get("volumeName")
        if isinstance(name, str) and not any(_is_empty(name, volume) for _, volume in items(pod.spec, "volumes")):
            message = f"{pod.placed.title}: {variable.get('name')} is read from {name}, which is no emptyDir of the pod"
            path = (*container.pointer, "env", index, "valueFrom", "fileKeyRef", "volumeName")
            yield Problem(pod.placed, path, message)


def _is_empty(name: str, volume: Mapping[str, Any]) -> bool:
    return volume.get("name") == name and volume.get("emptyDir") is not None


def _volumes(pod: Pod) -> frozenset[object]:
    claims = items(pod.placed.value, "spec", "volumeClaimTemplates") if pod.placed.kind == "StatefulSet" else ()
    names = [mapping(claim, "metadata").get("name") for _, claim in claims]
    return frozenset(str(name) for name in [*names, *(volume.get("name") for _, volume in items(pod.spec, "volumes"))])


def _unknown(container: Container, group: str, known: frozenset[object]) -> Iterator[Problem]:
    for index, mount in items(container.value, group):
        name = mount.get("name")
        if isinstance(name, str) and name not in known:
            there = f"it has {', '.join(sorted(map(str, known)))}" if known else "it has none"
            message = (
                f"{container.placed.title}: the container {container.title} mounts {name}, which is no volume; {there}"
            )
            yield Problem(container.placed, (*container.pointer, group, index, "name"), message)


def _sources(scope: Scope) -> Iterator[Problem]:
    for pod in scope.pods:
        for index, volume in items(pod.spec, "volumes") if "volumes" in pod.spec else ():
            found = [name for name, value in volume.items() if name != "name" and value is not None]
            if len(found) > 1:
                message = f"{pod.placed.title}: the volume {volume.get('name')} is {' and '.join(found)} at once"
                yield Problem(pod.placed, (*pod.spec_pointer, "volumes", index), message)


def _conflicts(scope: Scope) -> Iterator[Problem]:
    recursive = not scope.drops("core.v1.VolumeMount", "recursiveReadOnly")
    for container in scope.containers:
        devices = list(items(container.value, "volumeDevices")) if "volumeDevices" in container.value else []
        for index, mount in items(container.value, "volumeMounts") if "volumeMounts" in container.value else ():
            path = (*container.pointer, "volumeMounts", index)
            for words in (*_conflict(container, mount, devices), *(_recursive(mount) if recursive else ())):
                yield Problem(
                    container.placed, path, f"{container.placed.title}: the mount {mount.get('name')} {words}"
                )
    for pod in scope.pods:
        for container in pod.containers:
            if "volumeDevices" in container.value:
                yield from _of_devices(pod, container)


def _of_devices(pod: Pod, container: Container) -> Iterator[Problem]:
    """A block device is a claim, and is there once."""
    sources = {str(volume.get("name")): volume for _, volume in items(pod.spec, "volumes")}
    seen: set[str] = set()
    for index, device in items(container.value, "volumeDevices"):
        name = str(device.get("name"))
        source = sources.get(name)
        path = (*container.pointer, "volumeDevices", index)
        if name in seen:
            yield Problem(pod.placed, path, f"{pod.placed.title}: the device {name} is there already")
        elif source is not None and all(source.get(field) is None for field in _BLOCK):
            yield Problem(pod.placed, path, f"{pod.placed.title}: the device {name} is neither a claim nor ephemeral")
        seen.add(name)


def _conflict(container: Container, mount: Any, devices: list[tuple[int, Any]]) -> Iterator[str]:
    if mount.get("subPath") and mount.get("subPathExpr"):
        yield "has both subPath and subPathExpr"
    privileged = mapping(container.value, "securityContext").get("privileged") is True
    if mount.get("mountPropagation") == "Bidirectional" and not privileged:
        yield "passes mounts on to the node, which only a privileged container may"
    if any(mount.get("name") == device.get("name") for _, device in devices):
        yield "is a device of the container too"
    if any(mount.get("mountPath") == device.get("devicePath") for _, device in devices):
        yield "is where a device of the container is too"


def _recursive(mount: Mapping[str, Any]) -> Iterator[str]:
    if mount.get("recursiveReadOnly") not in ("IfPossible", "Enabled"):
        return
    if mount.get("readOnly") is not True:
        yield "has recursiveReadOnly without readOnly"
    if mount.get("mountPropagation") not in (None, "None"):
        yield "has recursiveReadOnly, and mounts passed between it and the node"


def _two_sources(scope: Scope) -> Iterator[Problem]:
    for placed in scope.of("PersistentVolumeClaim"):
        yield from _different(placed, ("spec",))
    for placed in scope.of("StatefulSet"):
        for index, _ in items(placed.value, "spec", "volumeClaimTemplates"):
            yield from _different(placed, ("spec", "volumeClaimTemplates", index, "spec"))
    for pod in scope.pods:
        for index, volume in items(pod.spec, "volumes") if "volumes" in pod.spec else ():
            if "ephemeral" in volume:
                path = (*pod.spec_pointer, "volumes", index, "ephemeral", "volumeClaimTemplate", "spec")
                yield from _different(pod.placed, path)


def _different(placed: RenderedObject, path: Pointer) -> Iterator[Problem]:
    """Whether the two sources of the claim at a path are different things."""
    spec = at(placed.value, path)
    source, reference = mapping(spec, "dataSource"), mapping(spec, "dataSourceRef")
    fields = ("apiGroup", "kind", "name")
    if source and reference and any((source.get(one) or "") != (reference.get(one) or "") for one in fields):
        message = f"{placed.title}: dataSource and dataSourceRef are two different things"
        yield Problem(placed, (*path, "dataSource"), message)


def _own_claims(scope: Scope) -> Iterator[Problem]:
    """The claims that are made for the ephemeral volumes of a Pod, by its name (ValidateVolumes)."""
    for pod in scope.pods:
        volumes = items(pod.spec, "volumes") if pod.placed.kind == "Pod" and pod.placed.name else ()
        made = {f"{pod.placed.name}-{volume.get('name')}" for _, volume in volumes if "ephemeral" in volume}
        for index, volume in volumes if made else ():
            path: Pointer = (*pod.spec_pointer, "volumes", index)
            claim = mapping(volume, "persistentVolumeClaim").get("claimName")
            if isinstance(claim, str) and claim in made:
                message = f"{pod.placed.title}: the claim {claim} is made for an ephemeral volume of the pod"
                yield Problem(pod.placed, (*path, "persistentVolumeClaim", "claimName"), message)
            elif "ephemeral" in volume and len(f"{pod.placed.name}-{volume.get('name')}") > _LONGEST:
                message = f"{pod.placed.title}: the name of its claim, pod-volume, has more than {_LONGEST} characters"
                yield Problem(pod.placed, (*path, "name"), message)


def _projected_twice(scope: Scope) -> Iterator[Problem]:
    for pod in scope.pods:
        for index, volume in items(pod.spec, "volumes") if "volumes" in pod.spec else ():
            seen: set[str] = set()
            for place, path in _projected_paths(volume):
                if path in seen:
                    message = f"{pod.placed.title}: the volume {volume.get('name')} has two files {path}"
                    yield Problem(pod.placed, (*pod.spec_pointer, "volumes", index, *place), message)
                seen.add(path)


def _projected_paths(volume: Any) -> Iterator[tuple[Pointer, str]]:
    """The files that a projected volume makes of keys and fields, and where it says so."""
    for number, source in items(volume, "projected", "sources"):
        for kind in source:
            inside: Pointer = ("projected", "sources", number, kind)
            for index, file in items(source, kind, "items"):
                if isinstance(file.get("path"), str) and file["path"]:
                    yield (*inside, "items", index, "path"), file["path"]


_MOUNT = "volumeMounts: [{name: data, mountPath: /data"
_PROJECTED = """\
volumes:
- name: about
  projected:
    sources:
    - downwardAPI: {items: [{path: name, fieldRef: {fieldPath: metadata.name}}]}
    - downwardAPI: {items: [{path: labels, fieldRef: {fieldPath: metadata.labels}}]}"""


def _claim(source: str) -> str:
    claim = f"accessModes: [ReadWriteOnce]\nresources: {{requests: {{storage: 1Gi}}}}\n{source}"
    return manifest("v1", "PersistentVolumeClaim", "data", claim)


def _with_claim(name: str) -> str:
    """A Pod with an ephemeral volume `data` and this claim."""
    made = "{accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}"
    volumes = f"- name: data\n  ephemeral: {{volumeClaimTemplate: {{spec: {made}}}}}"
    other = f"- name: other\n  persistentVolumeClaim: {{claimName: {name}}}"
    pod = f"containers: [{{name: web, image: ghcr.io/acme/web:1.0.0}}]\nvolumes:\n{volumes}\n{other}"
    return stream(_claim("").replace("name: data", f"name: {name}"), manifest("v1", "Pod", "web", pod))


_DATA = "volumes: [{name: data, emptyDir: {}}]"

FAMILY = Family(
    "volumes",
    "Volumes",
    "What pods mount, and from where.",
    (
        Check(
            "missing-volume",
            Severity.ERROR,
            Basis.REFUSED,
            "a container can only mount what its pod has as a volume",
            "add the volume to the pod, or correct the name",
            _missing,
            deployment(f"{_MOUNT}}}]", pod=_DATA),
            deployment(f"{_MOUNT}}}]"),
        ),
        Check(
            "volume-source",
            Severity.ERROR,
            Basis.REFUSED,
            "a volume comes from one source",
            "keep one of them, or make two volumes",
            _sources,
            deployment(pod=_DATA),
            deployment(pod="volumes: [{name: data, emptyDir: {}, hostPath: {path: /data}}]"),
        ),
        Check(
            "claim-source",
            Severity.ERROR,
            Basis.REFUSED,
            "a claim is filled from one source: dataSource is the older way to write dataSourceRef",
            "remove one of them",
            _two_sources,
            _claim("dataSource: {kind: PersistentVolumeClaim, name: old}"),
            _claim(
                "dataSource: {kind: PersistentVolumeClaim, name: old}\n"
                "dataSourceRef: {kind: PersistentVolumeClaim, name: other}"
            ),
        ),
        Check(
            "ephemeral-claim",
            Severity.ERROR,
            Basis.REFUSED,
            "an ephemeral volume gets a claim with the name of the pod, '-' and its own name",
            "rename the volume",
            _own_claims,
            _with_claim("web-cache"),
            _with_claim("web-data"),
            kinds=("Pod",),
        ),
        Check(
            "projected-twice",
            Severity.ERROR,
            Basis.REFUSED,
            "what is projected into one volume shares a folder, so every file needs a path of its own",
            "give one of them another path, or make two volumes",
            _projected_twice,
            deployment(pod=_PROJECTED),
            deployment(pod=_PROJECTED.replace("path: labels", "path: name")),
        ),
        Check(
            "mount-conflict",
            Severity.ERROR,
            Basis.REFUSED,
            "the fields of the mount exclude each other",
            "remove one of them",
            _conflicts,
            deployment(f"{_MOUNT}, subPath: web}}]", pod=_DATA),
            deployment(f"{_MOUNT}, subPath: web, subPathExpr: $(POD)}}]", pod=_DATA),
        ),
    ),
)
