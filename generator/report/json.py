"""Errors and findings as JSON values, for `--output json`."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from generator.errors import Location, TowpathError, redact
from generator.finding import Finding, Severity
from generator.report.text import escaped, in_order


def dumps(value: Any) -> str:
    """A value as a document that people can read too."""
    return escaped(json.dumps(value, indent=2, ensure_ascii=False), lambda one: json.dumps(one)[1:-1])


def location_json(where: Location) -> dict[str, Any]:
    """A place: `path`, and `line`, `column` and `text` where they are known."""
    fields = {"path": where.path, "line": where.line, "column": where.column, "text": where.text and redact(where.text)}
    return {name: value for name, value in fields.items() if value is not None}


def error_json(error: TowpathError) -> dict[str, Any]:
    """An error of the one boundary, with the exit code it leads to."""
    return {
        "error": {
            "what": redact(error.what),
            "where": location_json(error.where) if error.where else None,
            "next": error.next or None,
            "exitCode": error.exit_code,
        }
    }


def finding_json(finding: Finding) -> dict[str, Any]:
    """A finding with everything it points at."""
    return {
        "check": finding.check,
        "severity": finding.severity.value,
        "message": redact(finding.message),
        "where": location_json(finding.where),
        "origins": [{"label": label, **location_json(place)} for label, place in finding.origins],
        "fix": finding.fix or None,
    }


def findings_json(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    """All findings, worst first."""
    return [finding_json(finding) for finding in in_order(findings)]


def finding_from_json(value: dict[str, Any]) -> Finding:
    """What `finding_json` was made of; raises KeyError, TypeError or ValueError for anything else."""
    return Finding(
        value["check"],
        Severity(value["severity"]),
        value["message"],
        Location(**value["where"]),
        tuple(
            (origin["label"], Location(**{key: origin[key] for key in origin if key != "label"}))
            for origin in value["origins"]
        ),
        value["fix"] or "",
    )
