"""What a check is, what it looks at, and what it says.

A check sees one environment at a time: every object that all its services render. It knows no files.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import cached_property
from typing import Any, Final, NamedTuple

from generator.applied import Identity
from generator.checks.fields.validator import violations
from generator.checks.selection import Selected, Selection
from generator.checks.sound import is_sound
from generator.custom.catalogue import Catalogue
from generator.decoded import decoded
from generator.finding import Severity
from generator.repository import Environment, Pointer
from generator.schemas import kinds
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


_NOBODY: Final = Selected({}, ())


@dataclass(frozen=True)
class Scope:
    """An environment with everything that is rendered for it.

    `before` are the objects as they were applied last, those that are different now at least: what may not change
    is compared with them. The `catalogue` has the schemas of every kind.
    """

    environment: Environment
    objects: tuple[RenderedObject, ...]
    before: Mapping[Identity, Mapping[str, Any]] = field(default_factory=dict)
    catalogue: Catalogue = field(default_factory=Catalogue)

    @property
    def version(self) -> str:
        """The Kubernetes version of the environment."""
        return self.environment.cluster.kubernetes_version

    def in_version(self, version: str) -> Scope:
        """The same objects in another Kubernetes version."""
        cluster = replace(self.environment.cluster, kubernetes_version=version)
        return replace(self, environment=replace(self.environment, cluster=cluster))

    def decoded(self) -> Scope:
        """The same objects as the API server reads them: a null is no value."""
        read = ((placed, decoded(self.version, placed.value)) for placed in self.doubtful)
        changed = {id(placed): replace(placed, value=value) for placed, value in read if value is not placed.value}
        return replace(self, objects=tuple(changed.get(id(one), one) for one in self.objects)) if changed else self

    @cached_property
    def doubtful(self) -> tuple[RenderedObject, ...]:
        """The objects that a schema may have something against, or that are of kinds that Kubernetes does not have."""
        version = self.version
        return tuple(one for one in self.objects if not is_sound(version, one.api_version, one.kind, one.value))

    @cached_property
    def by_kind(self) -> Mapping[str, tuple[RenderedObject, ...]]:
        """The objects by their kind; only those of Kubernetes itself: others have a Service or an Ingress too."""
        found: dict[str, list[RenderedObject]] = {}
        for placed in self.objects:
            if "." not in placed.api_group or placed.api_group.endswith(".k8s.io"):
                found.setdefault(placed.kind, []).append(placed)
        return {kind: tuple(objects) for kind, objects in found.items()}

    @cached_property
    def by_name(self) -> Mapping[tuple[str, str], RenderedObject]:
        """The objects of Kubernetes' own kinds by kind and name."""
        return {(placed.kind, placed.name): placed for kind in self.by_kind.values() for placed in kind}

    @cached_property
    def names(self) -> frozenset[tuple[str, str]]:
        """The kind and name of every object."""
        return frozenset((placed.kind, placed.name) for placed in self.objects)

    @cached_property
    def custom_names(self) -> frozenset[str]:
        """The names of the objects of kinds that Kubernetes does not have."""
        own = kinds(self.version)
        return frozenset(one.name for one in self.objects if (one.api_version, one.kind) not in own)

    @cached_property
    def pods(self) -> tuple[Pod, ...]:
        """The pods of every workload."""
        return tuple(_pod(placed) for placed in self.of(*POD_TEMPLATES))

    @cached_property
    def containers(self) -> tuple[Container, ...]:
        """Every container of every workload."""
        return tuple(container for pod in self.pods for container in pod.containers)

    @cached_property
    def broken_rules(self) -> Mapping[str, tuple[Problem, ...]]:
        """What the tables of `generator.checks.fields` have against the objects, by check."""
        found: dict[str, list[Problem]] = {}
        for placed in self.doubtful:
            for one in violations(self.version, placed.api_version, placed.kind, placed.value):
                place = ".".join(map(str, one.path))
                message = f"{placed.title}: {place + ': ' if place else ''}{one.message}"
                found.setdefault(one.check, []).append(Problem(placed, one.path, message))
        return {check: tuple(problems) for check, problems in found.items()}

    @cached_property
    def selection(self) -> Selection:
        """Finds the pods that selectors select."""
        return Selection(self.pods)

    def selected(self, labels: Mapping[str, Any]) -> Selected:
        """The pods that have all labels of a Service's selector; none for an empty one."""
        return self.selection.of({"matchLabels": labels}) if labels else _NOBODY

    def of(self, *kinds: str) -> Iterator[RenderedObject]:
        """The objects of these kinds of Kubernetes."""
        for kind in kinds:
            yield from self.by_kind.get(kind, ())


def _pod(placed: RenderedObject) -> Pod:
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


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with an object at a path; `fix` where it is more precise than the check's own."""

    placed: RenderedObject
    pointer: Pointer
    message: str
    fix: str = ""


class Basis(Enum):
    """Who objects to what a check finds."""

    REFUSED = "The API server refuses it."
    BROKEN = "The API server takes it, but it cannot work as written."
    PRACTICE = "It works; most teams want it otherwise."
    RULE = "It breaks a rule of a Towpath repository."


@dataclass(frozen=True, slots=True)
class Check:
    """A check: its id, how much it weighs unless towpath.yaml says otherwise (None: off), why, and what to do.

    `good` and `bad` are manifests that it accepts and refuses; `before` is how both of them were, for a check that
    looks at changes. They are its tests and its documentation. `across` marks a check that means something only where
    everything is there that is applied together. `kinds` are those that it looks at, as far as it pays not to run it
    where there are none of them; `by_schema` marks one that looks at `doubtful` objects only.
    """

    id: str
    severity: Severity | None
    basis: Basis
    reason: str
    fix: str
    run: Callable[[Scope], Iterator[Problem]]
    good: str
    bad: str
    before: str = ""
    across: bool = False
    kinds: tuple[str, ...] = ()
    by_schema: bool = False


@dataclass(frozen=True, slots=True)
class Family:
    """Checks about one thing: a file, and a page of the documentation. `name` is that of both."""

    name: str
    title: str
    about: str
    checks: tuple[Check, ...]


def by_rules(check: str) -> Callable[[Scope], Iterator[Problem]]:
    """What a check runs that is a table of rules."""

    def run(scope: Scope) -> Iterator[Problem]:
        return iter(scope.broken_rules.get(check, ()))

    return run
