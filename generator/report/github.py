"""GitHub's annotations: workflow commands that a runner turns into remarks beside the lines of a pull request.

https://docs.github.com/actions/reference/workflow-commands-for-github-actions
"""

from __future__ import annotations

from collections.abc import Iterator

from generator.finding import Finding, Severity
from generator.report.text import in_order, plain
from generator.validation.verdict import Verdict

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}
_DATA = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
_PROPERTY = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A", ":": "%3A", ",": "%2C"})


def github(verdict: Verdict, colour: bool) -> str:  # noqa: ARG001 - a format takes the same as the others
    """A line for each finding, worst first: a runner shows only the first ten of each kind."""
    return "\n".join(_annotation(verdict, finding) for finding in in_order(verdict.findings))


def _annotation(verdict: Verdict, finding: Finding) -> str:
    where = finding.where
    properties = {"file": verdict.located(where.path), "line": where.line, "col": where.column, "title": finding.check}
    named = ",".join(
        f"{name}={plain(str(value).translate(_PROPERTY))}" for name, value in properties.items() if value is not None
    )
    message = "\n".join(plain(line) for part in _parts(finding) for line in part.splitlines()).translate(_DATA)
    return f"::{_COMMANDS[finding.severity]} {named}::{message}"


def _parts(finding: Finding) -> Iterator[str]:
    yield finding.message
    yield from (f"{label}: {place}" for label, place in finding.origins)
    if finding.fix:
        yield f"fix: {finding.fix}"
