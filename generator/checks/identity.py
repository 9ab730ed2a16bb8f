"""Objects that are one to the cluster but two in the repository."""

from __future__ import annotations

from collections.abc import Iterator

from generator.checks.check import Check, Problem, RenderedObject, Scope
from generator.finding import Severity


def _duplicates(scope: Scope) -> Iterator[Problem]:
    first: dict[tuple[str, str, str, str], RenderedObject] = {}
    for placed in scope.objects:
        namespace = placed.namespace or scope.environment.namespace
        identity = (placed.api_group, placed.kind, namespace, placed.name)
        before = first.setdefault(identity, placed)
        if before is not placed and placed.name:
            yield Problem(placed, ("metadata", "name"), f"{placed.title} is also rendered in {before.manifest.path}")


CHECKS = (
    Check(
        "duplicate-resource",
        Severity.ERROR,
        "the sync controller would apply one over the other, again and again",
        "give one of the two another name",
        _duplicates,
    ),
)
