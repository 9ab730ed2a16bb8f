"""SARIF 2.1.0 (OASIS), which code hosts show beside the lines of a change.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html; what GitHub reads of it:
https://docs.github.com/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from generator.checks.all import CHECKS
from generator.errors import Location, redact
from generator.finding import Finding, Severity
from generator.k8syaml.lines import SHOWN
from generator.report.json import dumps
from generator.report.text import in_order
from generator.validation.verdict import Verdict
from generator.version import VERSION

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_ROOT = "SRCROOT"
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "note"}


def sarif(verdict: Verdict, colour: bool) -> str:  # noqa: ARG001 - a format takes the same as the others
    """One run with a rule for each check that found something. Paths start at the root of the git repository."""
    findings = in_order(verdict.findings)
    rules = list(dict.fromkeys(finding.check for finding in findings))
    driver = {
        "name": "towpath",
        "semanticVersion": VERSION,
        "rules": [_rule(rule, findings) for rule in rules],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {_ROOT: {"description": {"text": "The root of the git repository."}}},
        "results": _results(verdict, findings, rules),
    }
    return dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]})


def _rule(id: str, findings: Iterable[Finding]) -> dict[str, Any]:
    check = next((one for one in CHECKS if one.id == id), None)
    first = next(finding for finding in findings if finding.check == id)
    reason = check.reason if check else id.replace("-", " ")
    fix = (check.fix if check else first.fix) or "see the message"
    severity = (check.severity if check else None) or first.severity
    return {
        "id": id,
        "name": "".join(word.capitalize() for word in id.split("-")),
        "shortDescription": {"text": reason},
        "fullDescription": {"text": reason},
        "help": {"text": f"Why: {reason}.\nWhat to do: {fix}.", "markdown": f"**Why**: {reason}.\n\n**Fix**: {fix}."},
        "defaultConfiguration": {"level": _LEVELS[severity]},
        "properties": {"tags": ["kubernetes"]},
    }


def _results(verdict: Verdict, findings: Iterable[Finding], rules: list[str]) -> list[dict[str, Any]]:
    seen: Counter[tuple[str, str, str]] = Counter()
    results = []
    for finding in findings:
        results.append(_result(verdict, finding, rules, seen[finding.identity]))
        seen[finding.identity] += 1
    return results


def _result(verdict: Verdict, finding: Finding, rules: list[str], before: int) -> dict[str, Any]:
    """A result; `before` are equal ones above it. The fingerprint stays the same when lines move."""
    fix = f"\nFix: {finding.fix}" if finding.fix else ""
    identity = "\n".join((*finding.identity, str(before)))
    related = [
        {"id": number, "message": {"text": label}, **_location(verdict, place)}
        for number, (label, place) in enumerate(finding.origins, start=1)
    ]
    result = {
        "ruleId": finding.check,
        "ruleIndex": rules.index(finding.check),
        "level": _LEVELS[finding.severity],
        "message": {"text": redact(finding.message + fix)},
        "locations": [_location(verdict, finding.where)],
        "partialFingerprints": {
            "towpathFinding/v1": hashlib.sha256(identity.encode("utf-8", "surrogatepass")).hexdigest()
        },
    }
    return {**result, "relatedLocations": related} if related else result


def _location(verdict: Verdict, place: Location) -> dict[str, Any]:
    artifact: dict[str, Any] = {"uri": quote(verdict.located(place.path), errors="surrogateescape"), "uriBaseId": _ROOT}
    if place.path.startswith("/"):
        artifact = {"uri": "file://" + quote(place.path, errors="surrogateescape")}
    return {"physicalLocation": {"artifactLocation": artifact, "region": _region(place)}}


def _region(place: Location) -> dict[str, Any]:
    """The line, from its column to its end, which is left open where the line is longer than what is shown of it.

    Code hosts want a region even for a file as a whole.
    """
    region: dict[str, Any] = {"startLine": place.line or 1}
    if place.column is not None:
        region["startColumn"] = place.column
    if place.text:
        region["snippet"] = {"text": redact(place.text)}
    if place.text and len(place.text) < SHOWN:
        region["endColumn"] = max(len(place.text.rstrip("\r")) + 1, region.get("startColumn", 1))
    return region
