"""What is found about the repository rather than about an object, and may be weighed like a check."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from generator.finding import Severity


@dataclass(frozen=True, slots=True)
class Other:
    """How much it weighs unless towpath.yaml says otherwise, why it is told, and what to do."""

    severity: Severity
    reason: str
    fix: str


OTHERS: Final[Mapping[str, Other]] = {
    "stale-rendered": Other(
        Severity.ERROR,
        "the cluster gets what is rendered, and that is not what the files say from which it is rendered",
        "run 'towpath render' and commit the result",
    ),
    "foreign-file": Other(
        Severity.WARNING,
        "a file among the rendered ones that towpath did not write is applied all the same, and never promoted",
        "move it to environments/base/services/<service>/manifests/, or remove it",
    ),
    "unpinned": Other(
        Severity.WARNING,
        "without a revision a change of a template or of the base spec is here at once, past all earlier environments",
        "let the bot pin it with the next promotion",
    ),
    "unused-default": Other(
        Severity.WARNING,
        "a default that no template takes has no effect, so its name is probably misspelt",
        "correct the name or remove it",
    ),
    "unused-value": Other(
        Severity.WARNING,
        "helm passes over a value that nothing in the chart takes, so its name is probably misspelt",
        "correct the name or remove it",
    ),
    "unused-manifests": Other(
        Severity.WARNING,
        "plain manifests beside a service that is not there are rendered nowhere",
        "add the service spec or the overlay, or remove the folder",
    ),
    "unused-service": Other(
        Severity.WARNING,
        "a service spec that no environment has an overlay for is rendered nowhere",
        "add an overlay, or remove the spec",
    ),
    "unused-suppression": Other(
        Severity.WARNING,
        "a suppression that hides nothing today hides a mistake tomorrow",
        "remove it, or correct what it is about",
    ),
}
"""By the id that `checks:` of towpath.yaml knows them by."""
