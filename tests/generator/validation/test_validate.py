import pytest

from generator.building.write import plan, write
from generator.finding import Severity, errors
from generator.k8syaml.lines import _lines as lines
from generator.resolving.pins import Pins
from generator.survey import survey, whole
from generator.trees.tree import DiskTree
from tests.generator.small import FILES, write_files

NO_PINS = Pins(None, None)
OVERLAY = "environments/test/services/web.yaml"
FOLDER = "environments/test/rendered/web"


def small(tmp_path, **changes):
    return DiskTree(write_files(tmp_path, {**FILES, **changes}))


def rendered(tmp_path, **changes):
    tree = small(tmp_path, **changes)
    write(tmp_path, plan(tree, survey(tree, NO_PINS, keep=whole).kept))
    return tree


def checks(found, *severities):
    return [one.check for one in found.findings if not severities or one.severity in severities]


def test_a_fresh_repository_has_only_the_warning_that_prod_is_not_pinned(tmp_path):
    assert checks(survey(rendered(tmp_path), NO_PINS, compare=True, keep=whole)) == ["unpinned"]


@pytest.mark.parametrize(
    ("path", "content"),
    [(f"{FOLDER}/deployment.yaml", b"edited"), (f"{FOLDER}/service.yaml", None), (f"{FOLDER}/.towpath", None)],
)
def test_a_rendered_file_that_is_not_what_its_inputs_render_is_an_error(path, content, tmp_path):
    tree = rendered(tmp_path)
    (tmp_path / path).unlink() if content is None else (tmp_path / path).write_bytes(content)
    found = survey(tree, NO_PINS, compare=True, keep=whole)
    (stale,) = errors(found.findings)
    assert (stale.check, stale.where.path) == ("stale-rendered", path)
    assert "towpath render web -e test" in stale.fix


def test_a_foreign_file_beside_rendered_ones_is_a_warning_that_can_be_an_error(tmp_path):
    tree = rendered(tmp_path)
    (tmp_path / FOLDER / "extra.yaml").write_text("kind: Secret\n")
    assert checks(survey(tree, NO_PINS, compare=True, keep=whole), Severity.WARNING) == ["unpinned", "foreign-file"]
    settings = FILES["towpath.yaml"] + "  foreign-file: error\n  unpinned: false\n"
    write_files(tmp_path, {"towpath.yaml": settings})
    found = survey(tree, NO_PINS, compare=True, keep=whole)
    assert [(one.check, one.severity) for one in found.findings] == [("foreign-file", Severity.ERROR)]


def test_a_manifest_beside_the_rendered_folders_is_foreign_too(tmp_path):
    tree = rendered(tmp_path)
    beside = "environments/test/rendered"
    write_files(tmp_path, {f"{beside}/extra.yaml": "kind: Secret\n", f"{beside}/a": ""})
    found = survey(tree, NO_PINS, compare=True, keep=whole)
    (foreign,) = (one for one in found.findings if one.check == "foreign-file")
    assert foreign.where.path == "environments/test/rendered/extra.yaml"


def test_what_a_removed_service_left_behind_is_an_error(tmp_path):
    tree = rendered(tmp_path)
    (tmp_path / "environments/test/services/web.yaml").unlink()
    (stale,) = errors(survey(tree, NO_PINS, compare=True, keep=whole).findings)
    assert (stale.check, stale.where.path) == ("stale-rendered", f"{FOLDER}/.towpath")
    assert errors(survey(tree, NO_PINS, ["prod"], compare=True, keep=whole).findings) == []


def test_an_overlay_that_lost_its_release_is_not_answered_with_an_empty_folder(tmp_path):
    tree = rendered(tmp_path)
    (tmp_path / OVERLAY).write_text("# release:\n#   image: ghcr.io/acme/web:1.4.1\n")
    (stale,) = errors(survey(tree, NO_PINS, compare=True, keep=whole).findings)
    assert (stale.check, stale.where.path) == ("stale-rendered", OVERLAY)
    assert "names no release" in stale.message and stale.fix.startswith("write `release:` with an image")


def test_problems_of_our_own_files_cannot_be_weighed_away(tmp_path):
    settings = FILES["towpath.yaml"] + "  no-service-spec: false\n"
    tree = small(tmp_path, **{"towpath.yaml": settings, "environments/test/services/api.yaml": "values: {}\n"})
    assert {"no-service-spec", "unknown-check"} <= {
        one.check for one in errors(survey(tree, NO_PINS, keep=whole).findings)
    }


def test_a_finding_points_at_the_line_of_the_template_and_of_the_value(tmp_path):
    tree = small(tmp_path, **{"environments/base/services/web.yaml": "template: web\nvalues:\n  port: 99999999999\n"})
    first = errors(survey(tree, NO_PINS, ["test"], keep=whole).findings)[0]
    assert first.where.path == f"{FOLDER}/deployment.yaml"
    assert "containerPort" in (first.where.text or "")
    origins = {label: str(place) for label, place in first.origins}
    assert origins["template"] == "templates/web/deployment.yaml.j2:21"
    assert origins["value"].startswith("environments/base/services/web.yaml:3")


TWIN = {
    "environments/base/services/twin.yaml": "template: web\nvalues: {port: 80}\n",
    "environments/test/services/twin.yaml": "release:\n  image: ghcr.io/acme/twin:1.0.0\n",
    "templates/web/service.yaml.j2": FILES["templates/web/service.yaml.j2"].replace(
        "name: {{ service }}", "name: all", 1
    ),
}


def test_checks_look_across_the_services_of_an_environment(tmp_path):
    found = survey(small(tmp_path, **TWIN), NO_PINS, keep=whole)
    assert "duplicate-resource" in checks(found)


def test_only_findings_about_the_chosen_service_are_told(tmp_path):
    broken = {"environments/base/services/twin.yaml": "template: web\nvalues: {port: many}\n"}
    tree = small(
        tmp_path, **{**TWIN, **broken, "templates/web/service.yaml.j2": FILES["templates/web/service.yaml.j2"]}
    )
    assert errors(survey(tree, NO_PINS, services=["twin"], keep=whole).findings)
    found = survey(tree, NO_PINS, ["test"], ["web"], keep=whole)
    assert [build.service for build in found.kept] == ["web"]


def test_what_the_repository_says_about_the_whole_is_always_told(tmp_path):
    settings = FILES["towpath.yaml"] + "  nonsense: error\n"
    found = survey(small(tmp_path, **{"towpath.yaml": settings}), NO_PINS, ["test"], ["web"], keep=whole)
    assert "unknown-check" in checks(found)


def test_a_file_is_taken_apart_once_for_all_that_is_wrong_with_it(tmp_path):
    one = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: same}\n"
    tree = small(tmp_path, **{"environments/base/services/web/manifests/same.yaml": "---\n".join([one] * 30)})
    taken = lines.cache_info().misses
    found = survey(tree, NO_PINS, ("test",), keep=whole).findings
    same = [one for one in found if one.check == "duplicate-resource"]
    assert [one.where.text for one in same] == ["  name: same"] * 29
    assert lines.cache_info().misses - taken < 10
