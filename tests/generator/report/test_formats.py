"""Formats that other programs read, each against its own definition."""

import json
import os
import xml.etree.ElementTree as Xml
from pathlib import Path

import jsonschema
import pytest

from generator.errors import Location
from generator.finding import Finding, Severity
from generator.k8syaml.lines import SHOWN
from generator.report.validation import FORMATS, written
from generator.validation.verdict import Case, Status, Verdict

SARIF = json.loads((Path(__file__).parent.parent / "data/sarif-schema-2.1.0.json").read_text())
PLACE = Location("environments/test/rendered/a b/x,y.yaml", 4, 9, "  image: 100%")
ORIGINS = (
    ("template", Location("templates/web/x.yaml.j2", 7)),
    ("value", Location("environments/base/services/a.yaml", 3, 5)),
)
WRONG = Finding("image-tag", Severity.ERROR, "no tag: 50%\nsecond, line", PLACE, ORIGINS, "name one")
ODD = Finding(
    "unpinned", Severity.WARNING, "not pinned \x00 \x1b[31m http://me:secret@example.com/x", Location("a.yaml")
)
NOTE = Finding("image-digest", Severity.NOTE, "no digest", Location("a.yaml", 2, 1, "b: c"))
CASES = (
    Case(PLACE.path, "Deployment a", Status.INVALID, (WRONG,)),
    Case("a.yaml", "ConfigMap a", Status.VALID, (NOTE,)),
    Case("b.yaml", "ConfigMap b", Status.SKIPPED),
    Case("c.yaml", "", Status.ERROR, (Finding("yaml", Severity.ERROR, "no YAML", Location("c.yaml", 1, 1, "a: [")),)),
)
VERDICT = Verdict((WRONG, ODD, NOTE, *CASES[3].findings), CASES, "4 objects")
NOTHING = Verdict((), (), "nothing")


def sarif(verdict=VERDICT):
    return json.loads(written(verdict, "sarif"))


@pytest.mark.parametrize("verdict", [VERDICT, NOTHING])
def test_sarif_conforms_to_its_schema(verdict):
    jsonschema.Draft4Validator(SARIF).validate(sarif(verdict))


def test_sarif_shows_the_place_the_severity_and_where_it_comes_from():
    first = sarif()["runs"][0]["results"][0]
    place = first["locations"][0]["physicalLocation"]
    assert (first["ruleId"], first["level"]) == ("image-tag", "error")
    uri = "environments/test/rendered/a%20b/x%2Cy.yaml"
    assert place["artifactLocation"] == {"uri": uri, "uriBaseId": "SRCROOT"}
    assert place["region"] == {"startLine": 4, "startColumn": 9, "endColumn": 14, "snippet": {"text": PLACE.text}}
    related = [one["physicalLocation"]["artifactLocation"]["uri"] for one in first["relatedLocations"]]
    assert related == ["templates/web/x.yaml.j2", "environments/base/services/a.yaml"]


def test_sarif_leaves_the_end_open_of_a_line_that_is_longer_than_what_is_shown_of_it():
    long = Finding("image-tag", Severity.ERROR, "no tag", Location("a.json", 1, 900, "x" * SHOWN))
    place = sarif(Verdict((long,), (), ""))["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
    assert place["region"] == {"startLine": 1, "startColumn": 900, "snippet": {"text": "x" * SHOWN}}


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("folder", ["", "/"])
def test_every_format_tells_a_file_whose_name_is_no_utf_8(format, folder):
    odd = Finding("bad-name", Severity.ERROR, "bad name", Location(folder + os.fsdecode(b"a\xff.yaml")))
    case = Case(odd.where.path, os.fsdecode(b"a\xff"), Status.INVALID, (odd,))
    told = written(Verdict((odd,), (case,), ""), format)
    told.encode("utf-8", "backslashreplace")  # as it is printed
    if format == "sarif":
        assert '"uri": "' in told
        assert f'{folder}a%FF.yaml"' in told


def test_sarif_explains_each_rule_once():
    run = sarif()["runs"][0]
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["image-tag", "yaml", "unpinned", "image-digest"]
    assert [run["results"][index]["ruleIndex"] for index in range(4)] == [0, 1, 2, 3]
    assert all(rule["help"]["text"] and rule["shortDescription"]["text"] for rule in rules)
    assert [rule["defaultConfiguration"]["level"] for rule in rules] == ["error", "error", "warning", "note"]


def test_a_fingerprint_stays_when_lines_move_and_tells_equal_findings_apart():
    moved = Finding(WRONG.check, WRONG.severity, WRONG.message, Location(PLACE.path, 40, 1, "x"))
    both = sarif(Verdict((moved, WRONG), (), ""))["runs"][0]["results"]
    alone = sarif(Verdict((moved,), (), ""))["runs"][0]["results"]
    marks = [one["partialFingerprints"]["towpathFinding/v1"] for one in both]
    assert len(set(marks)) == 2
    assert alone[0]["partialFingerprints"]["towpathFinding/v1"] in marks
    assert sarif()["runs"][0]["results"][0]["partialFingerprints"]["towpathFinding/v1"] == marks[0]


def test_paths_start_at_the_root_of_the_git_repository():
    inside = Verdict((NOTE, Finding("yaml", Severity.ERROR, "x", Location("../b.yaml"))), (), "", folder="sub/repo")
    uris = [
        one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        for one in sarif(inside)["runs"][0]["results"]
    ]
    assert uris == ["sub/b.yaml", "sub/repo/a.yaml"]
    assert "file=sub/repo/a.yaml" in written(inside, "github")


def test_github_annotations_escape_what_would_end_them():
    lines = written(VERDICT, "github").split("\n")
    assert lines[0] == (
        "::error file=environments/test/rendered/a b/x%2Cy.yaml,line=4,col=9,title=image-tag::"
        "no tag: 50%25%0Asecond, line%0Atemplate: templates/web/x.yaml.j2:7%0A"
        "value: environments/base/services/a.yaml:3:5%0Afix: name one"
    )
    assert [line.split(" ")[0] for line in lines] == ["::error", "::error", "::warning", "::notice"]


def test_nobody_can_write_a_workflow_command_of_their_own():
    evil = Finding(
        "yaml", Severity.ERROR, "a\n::set-output name=x::y\r::stop-commands::z", Location("a\n::error::x.yaml")
    )
    (line,) = written(Verdict((evil,), (), ""), "github").splitlines()
    assert line.startswith("::error file=a%0A%3A%3Aerror%3A%3Ax.yaml,")


def test_junit_counts_and_names_every_object():
    root = Xml.fromstring(written(VERDICT, "junit").encode())
    assert {name: root.get(name) for name in ("tests", "failures", "errors", "skipped")} == {
        "tests": "5",
        "failures": "1",
        "errors": "1",
        "skipped": "1",
    }
    cases = {(case.get("classname"), case.get("name")): [child.tag for child in case] for case in root.iter("testcase")}
    assert cases == {
        (PLACE.path, "Deployment a"): ["failure"],
        ("a.yaml", "ConfigMap a"): ["system-out"],
        ("a.yaml", "file"): ["system-out"],
        ("b.yaml", "ConfigMap b"): ["skipped"],
        ("c.yaml", "file"): ["error"],
    }
    assert [suite.get("tests") for suite in root] == ["2", "1", "1", "1"]


def test_junit_compares_no_finding_of_an_object_with_another(monkeypatch):
    severities = (Severity.ERROR, Severity.WARNING)
    found = tuple(Finding("a", severities[at % 2], f"m{at}", Location("a.yaml", at, 1, "x")) for at in range(20))
    compared = []
    monkeypatch.setattr(Finding, "__eq__", lambda one, _: compared.append(one))
    told = Xml.fromstring(written(Verdict(found, (Case("a.yaml", "A a", Status.INVALID, found),), ""), "junit"))
    (case,) = told.iter("testcase")
    assert [len(str(part.text).split("\n\n")) for part in case] == [10, 10]
    assert compared == []


@pytest.mark.parametrize("format", FORMATS)
def test_no_format_shows_a_secret_or_fails_on_odd_text(format):
    said = written(VERDICT, format)
    assert "secret" not in said
    assert "\x1b" not in said and "\x00" not in said


def test_an_empty_result_is_well_formed_in_every_format():
    assert written(NOTHING, "github") == written(NOTHING, "text") == ""
    assert Xml.fromstring(written(NOTHING, "junit").encode()).get("tests") == "0"
    assert json.loads(written(NOTHING, "json"))["findings"] == []


def test_paths_are_seen_from_the_root_of_the_git_repository():
    verdict = Verdict((), (), "", folder="apps/shop", here="/src/apps/shop")
    for path, seen in {
        "a.yaml": "apps/shop/a.yaml",
        "../../b.yaml": "b.yaml",
        "/src/other/c.yaml": "other/c.yaml",
        "/tmp/d.yaml": "/tmp/d.yaml",
        "stdin": "stdin",
    }.items():
        assert verdict.located(path) == seen


@pytest.mark.parametrize("format", FORMATS)
def test_no_format_holds_what_steers_a_terminal(format):
    hidden = "".join(map(chr, [*range(1, 9), 0x1B, 0x7F, 0x9B, 0x200B, 0x202E, 0x2028, 0xE000, 0xFEFF]))
    odd = Finding("odd", Severity.ERROR, f"é 世 {hidden}", Location(f"a{hidden}.yaml", 1, 1, hidden), fix=hidden)
    text = written(Verdict((odd,), (Case(odd.where.path, f"Pod {hidden}", Status.INVALID, (odd,)),), "1"), format)
    assert [character for character in text if not character.isprintable() and character != "\n"] == []
    assert "é 世" in text
