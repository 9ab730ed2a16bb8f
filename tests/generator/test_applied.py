"""Fields that cannot change are compared with what a tree has rendered."""

import json

import pytest

from bot.cli.main import run
from generator.building.write import plan, write
from generator.finding import errors
from generator.resolving.pins import Pins
from generator.survey import survey, whole
from generator.trees.git import CommitTree, Git
from generator.trees.tree import DiskTree, EditedTree
from tests.generator.small import FILES, commit, write_files

NO_PINS = Pins(None, None)
TEMPLATE = "templates/web/deployment.yaml.j2"


def rendered(folder):
    tree = DiskTree(write_files(folder, FILES))
    write(folder, plan(tree, survey(tree, NO_PINS, keep=whole).kept))
    return tree


def fixed(tree, before):
    found = errors(survey(tree, NO_PINS, before=before, keep=whole).findings)
    return [finding for finding in found if finding.check == "immutable-field"]


def test_a_changed_selector_is_found_in_every_environment(tmp_path):
    before = rendered(tmp_path)
    labels = FILES[TEMPLATE].replace("app: {{ service }}", "app: {{ service ~ '-2' }}").encode()
    service = FILES["templates/web/service.yaml.j2"].replace("app: {{ service }}", "app: {{ service ~ '-2' }}").encode()
    changed = EditedTree(before, {TEMPLATE: labels, "templates/web/service.yaml.j2": service})
    found = fixed(changed, before)
    assert [finding.where.path.split("/")[1] for finding in found] == ["prod", "test"]
    assert all("spec.selector cannot change" in finding.message for finding in found)
    assert fixed(changed, None) == []


def test_a_change_of_anything_else_is_fine(tmp_path):
    before = rendered(tmp_path)
    spec = b"template: web\nvalues:\n  port: 9090\n"
    assert fixed(EditedTree(before, {"environments/base/services/web.yaml": spec}), before) == []


def test_a_folder_that_git_knows_to_be_the_same_is_not_read(tmp_path, monkeypatch):
    now = rendered(tmp_path)
    before = Git(tmp_path).tree(commit(tmp_path))
    read, files = [], CommitTree.files

    def reading(tree, folder):
        read.append(folder)
        return files(tree, folder)

    monkeypatch.setattr(CommitTree, "files", reading)
    assert fixed(now, before) == []
    assert read == []
    assert fixed(EditedTree(now, {TEMPLATE: FILES[TEMPLATE].encode() + b"# More\n"}), before) == []
    assert read == ["environments/prod/rendered/web", "environments/test/rendered/web"]


def test_an_object_that_moves_to_another_file_is_still_the_same(tmp_path):
    before = rendered(tmp_path)
    path = "environments/test/rendered/web"
    text = before.read(f"{path}/deployment.yaml").replace(b"app: web", b"app: wab")
    moved = EditedTree(before, {f"{path}/deployment.yaml": None, f"{path}/old.yaml": text})
    assert len(fixed(before, moved)) == 1


def test_what_cannot_be_read_was_never_applied(tmp_path):
    before = rendered(tmp_path)
    path = "environments/test/rendered/web/deployment.yaml"
    for content in (b"\xff", b"a: [", b"- 1\n"):
        assert fixed(before, EditedTree(before, {path: content})) == []


def test_validate_compares_with_head_or_with_another_commit(tmp_path, capsys):
    rendered(tmp_path)
    first = commit(tmp_path)
    text = FILES[TEMPLATE].replace("app: {{ service }}", "app: {{ service ~ '-2' }}")
    service = FILES["templates/web/service.yaml.j2"].replace("app: {{ service }}", "app: {{ service ~ '-2' }}")
    write_files(tmp_path, {TEMPLATE: text, "templates/web/service.yaml.j2": service})

    def found(*options):
        capsys.readouterr()
        run(["validate", "-C", str(tmp_path), "-o", "json", *options])
        return [one["check"] for one in json.loads(capsys.readouterr().out)["findings"] if one["severity"] == "error"]

    assert run(["render", "-C", str(tmp_path)]) == 0
    assert found().count("immutable-field") == 2
    commit(tmp_path)
    assert found().count("immutable-field") == 0
    assert found("--base", first).count("immutable-field") == 2


@pytest.mark.parametrize("revision", ["nope", "a..b"])
def test_a_base_that_is_no_commit_is_a_usage_error(revision, tmp_path, capsys):
    rendered(tmp_path)
    commit(tmp_path)
    assert run(["validate", "-C", str(tmp_path), "--base", revision]) in (1, 2)
    assert revision in capsys.readouterr().err
