"""Every check there is, in the order of their families."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from generator.checks import (
    apis,
    autoscaling,
    configuration,
    definitions,
    devices,
    duplicates,
    features,
    images,
    immutable,
    jobs,
    metadata,
    namespaces,
    pods,
    references,
    reliability,
    resources,
    rights,
    rollout,
    routes,
    schema,
    security,
    selectors,
    services,
    values,
    volumes,
)
from generator.checks.check import Check, Family

FAMILIES: Final[tuple[Family, ...]] = tuple(
    module.FAMILY
    for module in (
        schema,
        apis,
        features,
        metadata,
        values,
        duplicates,
        pods,
        volumes,
        resources,
        devices,
        rollout,
        jobs,
        services,
        configuration,
        rights,
        definitions,
        immutable,
        selectors,
        routes,
        references,
        autoscaling,
        namespaces,
        images,
        reliability,
        security,
    )
)
CHECKS: Final[tuple[Check, ...]] = tuple(check for family in FAMILIES for check in family.checks)
BY_ID: Final[Mapping[str, Check]] = {check.id: check for check in CHECKS}
