"""Fields whose feature is off in the cluster's version."""

from __future__ import annotations

from collections.abc import Iterator

from generator.checks.check import Basis, Check, Family, Problem, Scope
from generator.checks.example import deployment
from generator.checks.fields.lost import lost
from generator.finding import Severity


def _dropped(scope: Scope) -> Iterator[Problem]:
    for placed in scope.objects:
        for path, last in lost(scope.version, placed.api_version, placed.kind, placed.value):
            where = ".".join(map(str, path))
            message = (
                f"{placed.title}: {where}: Kubernetes 1.{scope.minor} drops it; 1.{last + 1} is the first to keep it"
            )
            yield Problem(placed, path, message)


FAMILY = Family(
    "features",
    "Features",
    "Fields whose feature is off in the cluster's Kubernetes version.",
    (
        Check(
            "dropped-field",
            Severity.WARNING,
            Basis.BROKEN,
            "the feature is off in that version: the API server drops the field without a word, and it has no effect",
            "remove it, or upgrade the cluster first; where your cluster turns the feature on, switch this check off",
            _dropped,
            deployment(pod="hostname: web"),
            deployment(pod="hostnameOverride: web"),
        ),
    ),
)
