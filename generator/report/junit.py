"""JUnit's XML, which every CI system shows: a test case for each object, a failure for each that has errors."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import groupby
from xml.etree import ElementTree as Xml

from generator.errors import redact
from generator.finding import Finding, Severity, errors
from generator.report.text import escaped, finding_text, in_order
from generator.validation.verdict import Case, Status, Verdict

# Anything else is no character of XML 1.0 (section 2.2), not even escaped.
_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(verdict: Verdict, colour: bool) -> str:  # noqa: ARG001 - a format takes the same as the others
    """A suite for each file, in it a case for each object, or one for the file as a whole."""
    by_path = sorted((*verdict.cases, *_rest(verdict)), key=lambda case: case.path)
    suites = Xml.Element("testsuites", name="towpath validate")
    for path, cases in groupby(by_path, key=lambda case: case.path):
        suites.append(_suite(verdict.located(path), list(cases)))
    _count(suites, list(suites))
    Xml.indent(suites)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + escaped(
        Xml.tostring(suites, encoding="unicode"), lambda one: f"&#{ord(one)};"
    )


def _rest(verdict: Verdict) -> Iterable[Case]:
    """What was found elsewhere than in a case: in our own files, or in a file as a whole."""
    told = {id(finding) for case in verdict.cases for finding in case.findings}
    rest = [finding for finding in in_order(verdict.findings) if id(finding) not in told]
    for path, found in groupby(sorted(rest, key=lambda one: one.where.path), key=lambda one: one.where.path):
        findings = tuple(found)
        yield Case(path, "", Status.INVALID if errors(findings) else Status.VALID, findings)


def _suite(path: str, cases: list[Case]) -> Xml.Element:
    suite = Xml.Element("testsuite", name=_text(path))
    suite.extend(_case(path, case) for case in cases)
    _count(suite, [])
    return suite


def _case(path: str, case: Case) -> Xml.Element:
    element = Xml.Element("testcase", name=_text(case.title or "file"), classname=_text(path))
    if case.status is Status.SKIPPED:
        Xml.SubElement(element, "skipped")
    wrong = errors(case.findings)
    if wrong:
        kind = "error" if case.status is Status.ERROR else "failure"
        failed = Xml.SubElement(element, kind, type=wrong[0].check, message=_text(wrong[0].message))
        failed.text = _told(wrong)
    rest = [finding for finding in case.findings if finding.severity is not Severity.ERROR]
    if rest:
        Xml.SubElement(element, "system-out").text = _told(rest)
    return element


def _count(element: Xml.Element, suites: list[Xml.Element]) -> None:
    """`tests`, `failures`, `errors` and `skipped` of a suite, or the sums of its suites."""
    for name, path in (("tests", "testcase"), ("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        own = sum(1 for _ in element.iter(path))
        element.set(name, str(sum(int(suite.get(name, "0")) for suite in suites) if suites else own))


def _told(findings: Iterable[Finding]) -> str:
    return _text("\n\n".join(finding_text(finding) for finding in findings))


def _text(text: str) -> str:
    return _ILLEGAL.sub("\ufffd", redact(text))
