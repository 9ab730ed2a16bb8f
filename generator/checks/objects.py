"""What checks look at: the objects that services render, the pods of workloads, and their containers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from generator.applied import Identity
from generator.repository import Pointer
from generator.workload import CONTAINERS, POD_TEMPLATES, items, mapping


@dataclass(frozen=True)
class RenderedObject:
    """One object of the rendered file at `path`; `index` counts the documents of the file.

    `within` leads to the object in its document, where that is a List of several.
    """

    service: str
    path: str
    index: int
    value: Mapping[str, Any]
    within: Pointer = ()
    api_version: str = field(init=False, repr=False, compare=False)
    """Its apiVersion, or the empty text."""
    api_group: str = field(init=False, repr=False, compare=False)
    """The group of its API, empty for the core group."""
    kind: str = field(init=False, repr=False, compare=False)
    """Its kind, or the empty text."""
    name: str = field(init=False, repr=False, compare=False)
    """Its name, or the empty text."""
    namespace: str | None = field(init=False, repr=False, compare=False)
    """The namespace it names, if it does."""
    metadata: Mapping[str, Any] = field(init=False, repr=False, compare=False)
    """Its metadata, empty where it has none."""

    def __post_init__(self) -> None:
        # Every check asks for these, so they are not looked up each time.
        value, known = mapping(self.value), self.__dict__
        known["metadata"] = metadata = mapping(value, "metadata")
        namespace = metadata.get("namespace")
        known["api_version"] = api_version = str(value.get("apiVersion") or "")
        known["api_group"] = api_version.rpartition("/")[0]
        known["kind"] = str(value.get("kind") or "")
        known["name"] = str(metadata.get("name") or "")
        known["namespace"] = namespace if isinstance(namespace, str) else None

    @property
    def title(self) -> str:
        """How people name it: `Deployment web`."""
        return f"{self.kind} {self.name}".strip() or "this document"

    def identity(self, namespace: str) -> Identity:
        """What the cluster knows it by, where objects without a namespace go into this one."""
        return (self.api_group, self.kind, self.namespace or namespace, self.name)


class Container(NamedTuple):
    """A container of a workload: where it stands, in which list, and what is written of it."""

    placed: RenderedObject
    pointer: Pointer
    group: str
    value: Mapping[str, Any]

    @property
    def name(self) -> str:
        """Its name, or the empty text."""
        return str(self.value.get("name") or "")

    @property
    def title(self) -> str:
        """How people name it: by its name, or by its place where it has none."""
        return self.name or ".".join(map(str, self.pointer[-2:]))

    @property
    def lasting(self) -> bool:
        """Whether it runs as long as its pod: no init container, unless it is a sidecar."""
        return self.group == "containers" or self.sidecar

    @property
    def sidecar(self) -> bool:
        """Whether it is an init container that keeps running (restartPolicy: Always)."""
        return self.group == "initContainers" and self.value.get("restartPolicy") == "Always"


class Pod(NamedTuple):
    """The pods of a workload; `pointer` leads to what describes them (`spec.template`), `spec` is its `spec`."""

    placed: RenderedObject
    pointer: Pointer
    metadata: Mapping[str, Any]
    labels: Mapping[str, Any]
    spec: Mapping[str, Any]
    containers: tuple[Container, ...]

    @property
    def spec_pointer(self) -> Pointer:
        """Where their spec stands."""
        return (*self.pointer, "spec")


def pod_of(placed: RenderedObject) -> Pod:
    """The pods of a workload."""
    pointer = POD_TEMPLATES[placed.kind]
    spec = mapping(placed.value, *pointer, "spec")
    containers = tuple(
        Container(placed, (*pointer, "spec", group, index), group, value)
        for group in CONTAINERS
        if group in spec
        for index, value in items(spec, group)
    )
    metadata = mapping(placed.value, *pointer, "metadata")
    return Pod(placed, pointer, metadata, mapping(metadata, "labels"), spec, containers)
