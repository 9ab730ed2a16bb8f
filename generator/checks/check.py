"""What a check is, what it looks at, and what it says.

A check sees one environment at a time: every object that all its services render. It knows no files.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from generator.finding import Severity
from generator.manifest import Manifest
from generator.repository import Environment, Pointer
from generator.workload import POD_TEMPLATES, at, mapping, pod_labels


@dataclass(frozen=True, slots=True)
class RenderedObject:
    """One object of a rendered file; `index` counts the objects of the file."""

    service: str
    manifest: Manifest
    index: int
    value: Mapping[str, Any]

    @property
    def api_version(self) -> str:
        """Its apiVersion, or the empty text."""
        return str(at(self.value, ("apiVersion",)) or "")

    @property
    def api_group(self) -> str:
        """The group of its API, empty for the core group."""
        return self.api_version.rpartition("/")[0]

    @property
    def kind(self) -> str:
        """Its kind, or the empty text."""
        return str(at(self.value, ("kind",)) or "")

    @property
    def name(self) -> str:
        """Its name, or the empty text."""
        return str(at(self.value, ("metadata", "name")) or "")

    @property
    def namespace(self) -> str | None:
        """The namespace it names, if it does."""
        found = at(self.value, ("metadata", "namespace"))
        return found if isinstance(found, str) else None

    @property
    def title(self) -> str:
        """How people name it: `Deployment web`."""
        return f"{self.kind} {self.name}".strip()


@dataclass(frozen=True)
class Scope:
    """An environment with everything that is rendered for it."""

    environment: Environment
    objects: tuple[RenderedObject, ...]

    @cached_property
    def by_kind(self) -> Mapping[str, tuple[RenderedObject, ...]]:
        """The objects by their kind."""
        found: dict[str, list[RenderedObject]] = {}
        for placed in self.objects:
            found.setdefault(placed.kind, []).append(placed)
        return {kind: tuple(objects) for kind, objects in found.items()}

    @cached_property
    def _by_label(self) -> Mapping[tuple[str, str], tuple[RenderedObject, ...]]:
        found: dict[tuple[str, str], list[RenderedObject]] = {}
        for workload in self.of(*POD_TEMPLATES):
            for key, value in (pod_labels(workload.value) or {}).items():
                found.setdefault((key, str(value)), []).append(workload)
        return {label: tuple(workloads) for label, workloads in found.items()}

    def selected(self, selector: Mapping[str, Any]) -> list[RenderedObject]:
        """The workloads whose pods have all labels of a selector; none for an empty selector."""
        if not selector:
            return []
        label = next((key, str(value)) for key, value in selector.items())
        candidates = self._by_label.get(label, ())
        return [workload for workload in candidates if selects(selector, pod_labels(workload.value) or {})]

    def of(self, *kinds: str) -> Iterator[RenderedObject]:
        """The objects of these kinds."""
        for kind in kinds:
            yield from self.by_kind.get(kind, ())


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with an object at a path; `fix` where it is more precise than the check's own."""

    placed: RenderedObject
    pointer: Pointer
    message: str
    fix: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """A check: its id, how much it weighs unless towpath.yaml says otherwise (None: off), why, and what to do."""

    id: str
    severity: Severity | None
    reason: str
    fix: str
    run: Callable[[Scope], Iterator[Problem]]


def selects(selector: Mapping[str, Any], labels: Mapping[str, Any]) -> bool:
    """Whether a map of labels is part of another."""
    return all(labels.get(key) == value for key, value in selector.items())


def match_labels(value: Mapping[str, Any]) -> Mapping[str, Any]:
    """`spec.selector.matchLabels` of an object."""
    return mapping(value, "spec", "selector", "matchLabels")
