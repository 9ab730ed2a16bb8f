"""Which resources webhooks and policies are about (`pkg/apis/admissionregistration/validation`, validateResources)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from generator.checks.check import Problem, Scope
from generator.repository import Pointer
from generator.workload import items

WITH_RULES: Final = (
    *("ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"),
    *("ValidatingAdmissionPolicy", "MutatingAdmissionPolicy"),
    *("ValidatingAdmissionPolicyBinding", "MutatingAdmissionPolicyBinding"),
)
"""The kinds that say so in rules."""


def covered(scope: Scope) -> Iterator[Problem]:
    """Resources that a wildcard beside them includes."""
    for placed in scope.of(*WITH_RULES):
        for path, resources in _lists(placed.value):
            for index, wildcard in _included(resources):
                message = f"{placed.title}: {wildcard} includes {resources[index]} already"
                yield Problem(placed, (*path, index), message)


def _lists(value: Mapping[str, Any]) -> Iterator[tuple[Pointer, Sequence[str]]]:
    rules: list[Pointer] = [("webhooks", index, "rules") for index, _ in items(value, "webhooks")]
    for field in ("matchConstraints", "matchResources"):
        rules += [("spec", field, group) for group in ("resourceRules", "excludeResourceRules")]
    for path in rules:
        for index, rule in items(value, *path):
            resources = rule.get("resources")
            if isinstance(resources, list) and len(resources) > 1:
                yield (*path, index, "resources"), [str(one) for one in resources]


def _included(resources: Sequence[str]) -> Iterator[tuple[int, str]]:
    """As the API server counts: of parts only those after their wildcard, of wholes only the last."""
    plain = [index for index, one in enumerate(resources) if "/" not in one]
    if "*" in resources and resources[plain[-1]] != "*":
        yield plain[-1], "*"
    for index, resource in enumerate(resources):
        name, slash, part = resource.partition("/")
        if "*/*" in resources and resource != "*/*":
            yield index, "*/*"
        elif slash:
            yield from ((index, one) for one in (f"{name}/*", f"*/{part}") if one in resources[:index])
