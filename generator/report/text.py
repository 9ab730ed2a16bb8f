"""Errors and findings as text: what happened, the place with its line and a caret, and what to do next."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby

from generator.errors import Location, TowpathError, redact
from generator.finding import Finding, Severity

_RESET = "\x1b[0m"
_COLOURS = {
    "error": "\x1b[1;31m",
    "warning": "\x1b[1;33m",
    "note": "\x1b[1;36m",
    "next": "\x1b[1;32m",
    "place": "\x1b[1;34m",
}
_UNUSUAL = re.compile("[^\n -~]")
_CAUSE = "kubernetes-schema"
_WIDEST = 160
_LONGEST = 2000
_MOST = {Severity.ERROR: 20, Severity.WARNING: 3, Severity.NOTE: 3}


def plain(text: str) -> str:
    """`text` without credentials and without what would steer a terminal: control characters are shown as codes."""
    return "".join(character if character.isprintable() else _shown(character) for character in redact(text))


def escaped(text: str, escape: Callable[[str], str]) -> str:
    """`text` with an escape for each character, line breaks apart, that a terminal does not show as it is."""
    return _UNUSUAL.sub(lambda one: one[0] if one[0].isprintable() else escape(one[0]), text)


def _shown(character: str) -> str:
    return " " if character == "\t" else f"\\x{ord(character):02x}"


def paint(text: str, style: str, colour: bool) -> str:
    """`text` in the colour of a style (`error`, `warning`, `note`, `next`, `place`), if there is colour."""
    return f"{_COLOURS[style]}{text}{_RESET}" if colour else text


def error_text(error: TowpathError, colour: bool = False) -> str:
    """An error of the one boundary: what, where and next."""
    lines = [f"{paint('error:', 'error', colour)} {_block(error.what)}"]
    if error.where:
        lines.append(f"  {paint('-->', 'place', colour)} {plain(str(error.where))}")
        lines += _excerpt(error.where, colour)
    if error.next:
        lines.append(f"{paint('next:', 'next', colour)} {_block(error.next)}")
    return "\n".join(lines)


def _block(text: str) -> str:
    """A message that may have several lines, each after the first indented, as far as anybody reads it."""
    shown = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
    return "\n  ".join(plain(line) for line in shown.splitlines())


def _excerpt(where: Location, colour: bool) -> Iterator[str]:
    """The line that a location shows, and a caret under its column."""
    if where.line is None or where.text is None:
        return
    margin = " " * len(str(where.line))
    bar = paint("|", "place", colour)
    yield f"  {where.line} {bar} {plain(where.text)[:_WIDEST]}"
    if where.column is not None and where.column <= _WIDEST:
        before = plain(where.text[: where.column - 1])
        yield f"  {margin} {bar} {' ' * len(before)}{paint('^', 'error', colour)}"


def finding_text(finding: Finding, colour: bool = False) -> str:
    """A finding: severity and check, the message, the line it is about, where that came from, and the fix."""
    name = finding.severity.value
    lines = [
        f"{paint(f'{name}[{finding.check}]', name, colour)} {_block(finding.message)}",
        f"  {paint('-->', 'place', colour)} {plain(str(finding.where))}",
        *_excerpt(finding.where, colour),
    ]
    lines += [f"  {label}: {plain(str(place))}" for label, place in finding.origins]
    if finding.fix:
        lines.append(f"  {paint('fix:', 'next', colour)} {_block(finding.fix)}")
    return "\n".join(lines)


def findings_text(findings: Iterable[Finding], colour: bool = False) -> str:
    """Findings, worst first, in the order of their places; of the same check only so many that people still read."""
    shown: list[str] = []
    for (severity, check), same in groupby(in_order(findings), key=lambda one: (one.severity, one.check)):
        alike = list(same)
        most = _MOST[severity]
        shown += [finding_text(finding, colour) for finding in alike[:most]]
        if len(alike) > most:
            shown.append(f"… and {len(alike) - most} more of [{check}]; --output json has all of them")
    return "\n\n".join(shown)


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """Findings as people read them: errors first, check by check, each by file and line.

    What the schema says comes first: a misspelt field is the reason for much that then seems to be missing.
    """
    rank = {severity: number for number, severity in enumerate(Severity)}
    return sorted(
        findings,
        key=lambda finding: (
            rank[finding.severity],
            finding.check != _CAUSE,
            finding.check,
            finding.where.path,
            finding.where.line or 0,
            finding.message,
        ),
    )


def count(number: int, noun: str, plural: str = "") -> str:
    """`1 file`, `2 files`."""
    return f"{number} {noun if number == 1 else plural or noun + 's'}"


def tally(findings: Sequence[Finding]) -> str:
    """How many findings of each severity there are: `2 errors, 1 warning`, or `no findings`."""
    counted = [
        count(sum(finding.severity is severity for finding in findings), severity.value)
        for severity in Severity
        if any(finding.severity is severity for finding in findings)
    ]
    return ", ".join(counted) or "no findings"
