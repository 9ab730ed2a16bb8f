"""All checks, as text and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import Any

from generator.checks.all import FAMILIES
from generator.checks.check import Basis
from generator.checks.others import OTHERS
from generator.finding import Severity
from generator.report.text import paint
from generator.repository import Settings
from generator.validation.validate import weigh

_OFF = "off"


@dataclass(frozen=True, slots=True)
class _Listed:
    """A check: its family, what it weighs here and by default, who objects, why, and what to do."""

    family: str
    check: str
    severity: str
    default: str
    basis: str
    reason: str
    fix: str


def _listed(settings: Settings | None) -> Iterator[_Listed]:
    """All checks, family by family, and then what is found about the repository."""

    def weights(id: str, severity: Severity | None) -> tuple[str, str]:
        here = weigh(settings, id, severity)
        return here.value if here else _OFF, severity.value if severity else _OFF

    for family in FAMILIES:
        for check in family.checks:
            basis = check.basis.name.lower()
            yield _Listed(family.title, check.id, *weights(check.id, check.severity), basis, check.reason, check.fix)
    for id, other in OTHERS.items():
        basis = Basis.RULE.name.lower()
        yield _Listed("The repository", id, *weights(id, other.severity), basis, other.reason, other.fix)


def checks_text(settings: Settings | None, colour: bool = False) -> str:
    """All checks with what they weigh here and why; those that towpath.yaml weighs otherwise have a star."""
    listed = list(_listed(settings))
    widest = max(len(one.check) for one in listed)
    blocks = []
    for title, checks in groupby(listed, key=lambda one: one.family):
        lines = [
            f"  {paint(one.check.ljust(widest), 'place', colour)}  "
            f"{(one.severity + ('*' if one.severity != one.default else '')).ljust(8)}  {one.reason}"
            for one in checks
        ]
        blocks.append("\n".join([title, *lines]))
    if any(one.severity != one.default for one in listed):
        blocks.append("* set in towpath.yaml")
    return "\n\n".join(blocks)


def checks_json(settings: Settings | None) -> list[dict[str, Any]]:
    """The same for programs."""
    return [asdict(one) for one in _listed(settings)]
