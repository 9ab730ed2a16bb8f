"""Objects against the Kubernetes schemas of the environment's version."""

from __future__ import annotations

from collections.abc import Iterator

from generator.checks.check import Check, Problem, Scope
from generator.finding import Severity
from generator.schemas import UnknownKind, kinds, validate_object


def _invalid(scope: Scope) -> Iterator[Problem]:
    version = scope.environment.cluster.kubernetes_version
    for placed in scope.objects:
        found = validate_object(version, placed.value)
        for error in found if isinstance(found, list) else ():
            place = ".".join(str(step) for step in error.path)
            yield Problem(placed, error.path, f"{placed.title}: {place + ': ' if place else ''}{error.message}")


def _unknown(scope: Scope) -> Iterator[Problem]:
    version = scope.environment.cluster.kubernetes_version
    known = kinds(version)
    for placed in scope.objects:
        if (placed.api_version, placed.kind) in known:
            continue
        found = validate_object(version, placed.value)
        if isinstance(found, UnknownKind):
            yield Problem(placed, ("apiVersion",), str(found))


CHECKS = (
    Check(
        "kubernetes-schema",
        Severity.ERROR,
        "the API server would refuse the object or drop the field",
        "change the value or the template that writes this line",
        _invalid,
    ),
    Check(
        "unknown-kind",
        Severity.ERROR,
        "the cluster does not serve this kind, so applying it fails",
        "use a kind and apiVersion of the environment's Kubernetes version",
        _unknown,
    ),
)
