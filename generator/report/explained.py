"""Explanations of checks and of values, as text and as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from textwrap import wrap
from typing import Any

from generator.checks.check import Check
from generator.checks.others import Other
from generator.errors import Location
from generator.report.check_pages import example, severity
from generator.report.json import location_json
from generator.report.text import paint, plain
from generator.resolving.explain import Explanation
from generator.validation.suppressions import Suppression

_LONGEST = 60
_WIDTH = 110


def check_text(check: Check, here: str, said: Location | None, given: Sequence[Suppression], colour: bool) -> str:
    """A check: what it weighs here, why, what to do, where it is suppressed, and its examples."""
    lines = [f"{paint(check.id, 'place', colour)}: {here}{f' ({said})' if said else ''}, by default {severity(check)}"]
    lines += [f"  {check.basis.value}", f"  because {check.reason}"]
    lines.append(f"  {paint('fix:', 'next', colour)} {check.fix}")
    lines += [f"  suppressed at {plain(str(one.where))}: {plain(one.reason)}" for one in given]
    for title, text in (("before", check.before), ("found", check.bad), ("fine", check.good)):
        if text:
            lines += ["", f"{title}:", *(f"  {line}" for line in example(text).splitlines())]
    return "\n".join(lines)


def check_json(check: Check, here: str, said: Location | None, given: Sequence[Suppression]) -> dict[str, Any]:
    """The same for programs."""
    return {
        "check": check.id,
        "severity": here,
        "default": severity(check),
        "where": location_json(said) if said else None,
        "basis": check.basis.name.lower(),
        "reason": check.reason,
        "fix": check.fix,
        "suppressed": [{"reason": one.reason, "where": location_json(one.where)} for one in given],
        "examples": {"before": check.before or None, "bad": check.bad, "good": check.good},
    }


def other_text(id: str, other: Other, here: str, colour: bool) -> str:
    """Something that is found about the repository rather than about an object."""
    lines = [f"{paint(id, 'place', colour)}: {here}, by default {other.severity.value}", f"  because {other.reason}"]
    return "\n".join([*lines, f"  {paint('fix:', 'next', colour)} {other.fix}"])


def other_json(id: str, other: Other, here: str) -> dict[str, Any]:
    """The same for programs."""
    return {
        "check": id,
        "severity": here,
        "default": other.severity.value,
        "basis": "rule",
        "reason": other.reason,
        "fix": other.fix,
    }


def value_text(service: str, environment: str, explained: Explanation, colour: bool) -> str:
    """A value: what it is, what it means, who says so, and where it ends up."""
    name = paint(explained.path, "place", colour)
    lines = [f"{name} of {service} in {environment}: {_short(explained.value)}"]
    if explained.description:
        lines += wrap(plain(explained.description), _WIDTH, initial_indent="  ", subsequent_indent="  ")
    lines.append("")
    width = max((len(layer.name) for layer in explained.layers), default=0)
    for layer in reversed(explained.layers):
        mark = paint("*", "next", colour) if layer.counts else " "
        lines.append(f"{mark} {layer.name:{width}}  {_short(layer.value)}  {plain(str(layer.where))}")
    if not explained.layers:
        lines.append("  nobody sets it")
    shown = [f"  {plain(str(at))}: {plain((at.text or '').strip())}" for at in explained.rendered]
    lines += ["", "rendered:", *(shown or ["  no line comes from it alone"])]
    return "\n".join(lines)


def value_json(service: str, environment: str, explained: Explanation) -> dict[str, Any]:
    """The same for programs."""
    layers = [
        {"layer": one.name, "value": one.value, "counts": one.counts, "where": location_json(one.where)}
        for one in explained.layers
    ]
    return {
        "service": service,
        "environment": environment,
        "path": explained.path,
        "value": explained.value,
        "description": explained.description or None,
        "layers": layers,
        "rendered": [location_json(one) for one in explained.rendered],
    }


def values_text(found: Sequence[Explanation]) -> str:
    """All values, a line each: what it is and where that is written."""
    width = max((len(one.path) for one in found), default=0)
    return "\n".join(
        f"{one.path:{width}}  {_short(one.value)}  {plain(str(one.layers[-1].where)) if one.layers else ''}"
        for one in found
    )


def _short(value: Any) -> str:
    if value is None:
        return "not set"
    text = plain(json.dumps(value, ensure_ascii=False, default=str))
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
