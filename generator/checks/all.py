"""Every check there is, in the order of their families."""

from __future__ import annotations

from generator.checks import disruption, identity, images, references, schema, scope, selectors
from generator.checks.check import Check

CHECKS: tuple[Check, ...] = (
    *schema.CHECKS,
    *identity.CHECKS,
    *selectors.CHECKS,
    *images.CHECKS,
    *scope.CHECKS,
    *references.CHECKS,
    *disruption.CHECKS,
)
