"""What a validation found, in the format asked for: the table of formats, and the two that everybody reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from generator.report.json import dumps, findings_json
from generator.report.text import findings_text, plain
from generator.validation.verdict import Verdict

FORMATS: Mapping[str, str] = {
    "text": "generator.report.validation:text",
    "json": "generator.report.validation:json",
    "sarif": "generator.report.sarif:sarif",
    "junit": "generator.report.junit:junit",
    "github": "generator.report.github:github",
}
"""A format and the function that writes it, as `module:function`; each takes a verdict and whether to use colour."""


def written(verdict: Verdict, format: str, colour: bool = False) -> str:
    """The result as text in a format of `FORMATS`, without a line break at its end."""
    module, _, name = FORMATS[format].partition(":")
    write: Callable[[Verdict, bool], str] = getattr(import_module(module), name)
    return write(verdict, colour)


def text(verdict: Verdict, colour: bool) -> str:
    """For people."""
    return findings_text(verdict.findings, colour)


def json(verdict: Verdict, colour: bool) -> str:  # noqa: ARG001 - a format takes the same as the others
    """For programs: schemas/validation-output.schema.json."""
    found: dict[str, Any] = {} if verdict.builds is None else {"builds": verdict.builds}
    found["summary"] = {**verdict.counts(), "unevaluatedRules": verdict.unknown_rules}
    found["findings"] = findings_json(verdict.findings)
    return dumps(found)


def summary(verdict: Verdict) -> str:
    """One line with the numbers, in the words of kubeconform."""
    found = verdict.counts()
    where = f"{found['objects']} resources found in {found['files']} files"
    words = (("Valid", "valid"), ("Invalid", "invalid"), ("Errors", "error"), ("Skipped", "skipped"))
    return f"Summary: {where} - " + ", ".join(f"{word}: {found[name]}" for word, name in words)


def each(verdict: Verdict) -> str:
    """A line for each object: how it fared."""
    said = ((plain(case.path), plain(case.title or "file"), case.status.value) for case in verdict.cases)
    return "\n".join(f"{path} - {title} is {status}" for path, title, status in said)
