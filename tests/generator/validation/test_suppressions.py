"""Suppressions: what they hide, where they may stand, and what becomes of those that hide nothing."""

import pytest

from generator.finding import Severity, errors
from generator.own_files.load import load
from generator.resolving.pins import Pins
from generator.survey import survey, whole
from generator.trees.tree import DiskTree
from tests.generator.small import FILES, write_files

NO_PINS = Pins(None, None)
SPEC = FILES["environments/base/services/web.yaml"]
OVERLAY = FILES["environments/test/services/web.yaml"]
SETTINGS = FILES["towpath.yaml"] + "  seccomp: warning\n"


def suppress(check="seccomp", **fields):
    lines = [f"- check: {check}", *(f"  {name}: {value}" for name, value in {"reason": "known", **fields}.items())]
    return "\n".join(["suppress:", *lines]) + "\n"


def found(tmp_path, *environments, **changes):
    tree = DiskTree(write_files(tmp_path, {**FILES, "towpath.yaml": SETTINGS, **changes}))
    return survey(tree, NO_PINS, environments, keep=whole).findings


def about(findings, check):
    return [finding.where.path for finding in findings if finding.check == check]


def both(findings):
    return len(about(findings, "seccomp")), about(findings, "unused-suppression")


def test_without_suppressions_each_environment_has_its_finding(tmp_path):
    assert both(found(tmp_path)) == (2, [])


@pytest.mark.parametrize(
    ("path", "text", "left"),
    [
        ("environments/base/services/web.yaml", SPEC + suppress(), 0),
        ("environments/test/services/web.yaml", OVERLAY + suppress(), 1),
        ("towpath.yaml", SETTINGS + suppress(), 0),
        ("towpath.yaml", SETTINGS + suppress(environment="prod"), 1),
        ("towpath.yaml", SETTINGS + suppress(service="web", object="Deployment/web"), 0),
    ],
)
def test_a_suppression_hides_where_it_says(path, text, left, tmp_path):
    assert both(found(tmp_path, **{path: text})) == (left, [])


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("environments/base/services/web.yaml", SPEC + suppress(object="Service/web")),
        ("environments/test/services/web.yaml", OVERLAY + suppress("host-path")),
        ("towpath.yaml", SETTINGS + suppress(environment="nowhere")),
    ],
)
def test_one_that_hides_nothing_is_a_warning_at_its_line(path, text, tmp_path):
    findings = found(tmp_path, **{path: text})
    assert both(findings) == (2, [path])
    (one,) = [finding for finding in findings if finding.check == "unused-suppression"]
    assert one.severity is Severity.WARNING
    assert one.where.text is not None
    assert "check: " in one.where.text


def test_one_of_a_check_that_is_off_is_unused_and_says_why(tmp_path):
    findings = found(tmp_path, **{"environments/base/services/web.yaml": SPEC + suppress("spread")})
    (one,) = [finding for finding in findings if finding.check == "unused-suppression"]
    assert "switched off" in one.message


def test_nothing_is_unused_while_a_part_of_it_was_not_looked_at(tmp_path):
    text = SPEC + suppress("pod-disruption-budget")
    settings = SETTINGS.replace("pod-disruption-budget: false", "pod-disruption-budget: warning")
    changes = {"environments/base/services/web.yaml": text, "towpath.yaml": settings}
    assert both(found(tmp_path, **changes))[1] == []  # prod has several pods
    assert both(found(tmp_path, "test", **changes))[1] == []


def test_a_suppression_needs_a_reason_and_a_check_that_there_is(tmp_path):
    bare = "suppress:\n- check: seccomp\n"
    (one, *_) = errors(found(tmp_path, **{"environments/base/services/web.yaml": SPEC + bare}))
    assert "reason" in one.message
    (one,) = errors(found(tmp_path, **{"environments/base/services/web.yaml": SPEC + suppress("secomp")}))
    assert (one.check, one.where.path) == ("unknown-check", "environments/base/services/web.yaml")
    assert "did you mean 'seccomp'" in one.message


def test_suppressions_of_another_tree_can_be_the_ones_that_count(tmp_path):
    files = {**FILES, "towpath.yaml": SETTINGS, "environments/base/services/web.yaml": SPEC}
    before = DiskTree(write_files(tmp_path / "before", files))
    files["environments/base/services/web.yaml"] += suppress()
    tree = DiskTree(write_files(tmp_path / "after", files))
    assert both(survey(tree, NO_PINS, policy=load(before), keep=whole).findings) == (2, [])
    assert both(survey(before, NO_PINS, policy=load(tree), keep=whole).findings) == both(
        survey(tree, NO_PINS, keep=whole).findings
    )


def test_checks_of_another_tree_can_be_the_ones_that_count(tmp_path):
    """R4: who asks for a change does not switch off what finds something in it; a typo of theirs is found."""
    on, off = (SETTINGS.replace("seccomp: warning", other) for other in ("seccomp: error", "seccomp: no\n  secomp: no"))
    before = DiskTree(write_files(tmp_path / "before", {**FILES, "towpath.yaml": on}))
    tree = DiskTree(write_files(tmp_path / "after", {**FILES, "towpath.yaml": off}))
    found = survey(tree, NO_PINS, policy=load(before), keep=whole).findings
    assert {one.check for one in errors(found)} == {"seccomp", "unknown-check"}


def test_what_another_tree_allows_can_be_what_counts(tmp_path):
    path = "environments/test/environment.yaml"
    before = DiskTree(write_files(tmp_path / "before", {**FILES, path: FILES[path] + "allow: {images: [other/*]}\n"}))
    tree = DiskTree(write_files(tmp_path / "after", FILES))
    assert [one.check for one in errors(survey(tree, NO_PINS, keep=whole).findings)] == []
    refused = errors(survey(tree, NO_PINS, policy=load(before), keep=whole).findings)
    assert refused and "allow.images" in refused[0].fix
