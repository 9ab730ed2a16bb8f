"""Test cases of templates: those that come with the tool, and what is said when one fails."""

import pytest

from generator.own_files.templates import paths
from generator.shipped import shipped
from generator.template_library.cases import Case, cases, run
from generator.trees.tree import EMPTY, EditedTree
from tests.generator.small import FILES

SHIPPED = EditedTree(
    EMPTY,
    {
        f"templates/{path.relative_to(shipped('templates'))}": path.read_bytes()
        for path in shipped("templates").rglob("*")
        if path.is_file()
    },
)
CASE = Case("web", "small")
SPEC = "templates/web/tests/small/service.yaml"


def tree(changes=None):
    files = {**FILES, SPEC: "template: web\nvalues: {port: 80}\n", **(changes or {})}
    return EditedTree(EMPTY, {path: text.encode() for path, text in files.items()})


@pytest.mark.parametrize("case", cases(SHIPPED), ids=lambda case: case.title)
def test_every_case_that_comes_with_the_tool_passes(case):
    """After a change that is meant: `towpath template test --update`, and look at the diff."""
    outcome = run(SHIPPED, case)
    assert outcome.passed, "\n".join([*map(str, outcome.findings), *outcome.diff()])


def updated(changes=None):
    first = tree(changes)
    return EditedTree(first, run(first, CASE).edits())


def test_a_case_is_found_and_rendered_with_its_own_service_alone():
    assert cases(tree()) == (CASE,)
    outcome = run(tree(), CASE)
    assert set(outcome.made) == {"deployment.yaml", "service.yaml"}
    assert not outcome.passed
    assert run(updated(), CASE).passed


def test_a_difference_is_shown_and_updated():
    template = "templates/web/service.yaml.j2"
    changed = EditedTree(updated(), {template: FILES[template].replace("port: 80", "port: 81").encode()})
    outcome = run(changed, CASE)
    assert [line for line in outcome.diff() if line[0] in "+-" and line[:3] not in ("+++", "---")] == [
        "-      port: 80",
        "+      port: 81",
    ]
    assert list(outcome.edits()) == ["templates/web/tests/small/rendered/service.yaml"]


def test_a_file_that_is_rendered_no_more_goes():
    outcome = run(EditedTree(updated(), {"templates/web/tests/small/rendered/old.yaml": b"a: 1\n"}), CASE)
    assert outcome.edits() == {"templates/web/tests/small/rendered/old.yaml": None}


def test_overlay_environment_and_files_of_a_case():
    folder = "templates/web/tests/small"
    environment = FILES["environments/test/environment.yaml"].replace("namespace: shop", "namespace: x")
    changes = {
        f"{folder}/overlay.yaml": "values: {replicas: 7}\nrelease: {image: 'ghcr.io/acme/web:2'}\n",
        f"{folder}/environment.yaml": environment,
    }
    text = run(tree(changes), CASE).made["deployment.yaml"]
    assert "replicas: 7" in text and "namespace: x" in text and "image: ghcr.io/acme/web:2" in text


def test_what_is_wrong_points_at_the_files_of_the_case():
    outcome = run(tree({SPEC: "template: web\nvalues: {port: x}\n"}), CASE)
    assert not outcome.passed
    assert [(one.where.path, one.where.line) for one in outcome.findings] == [(SPEC, 2)]


def test_cases_are_no_part_of_a_release():
    assert paths(tree(), "web") == paths(updated(), "web")
    assert not any("/tests/" in path for path in paths(tree(), "web"))
