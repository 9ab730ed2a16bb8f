"""Making, adding and updating templates in a real repository."""

import shutil

import pytest

from generator.errors import InputError, UsageError
from generator.file_schemas import InvalidInput
from generator.scaffold import create
from generator.shipped import shipped
from generator.template_library import lock as template_lock
from generator.template_library import source as template_source
from generator.template_library.cases import cases, run
from generator.template_library.source import Address
from generator.template_library.work import add, carry_out, changes, diff, make, originals, refuse_broken, update
from generator.trees.tree import EMPTY, DiskTree, EditedTree
from tests.generator.small import FILES, commit, git, write_files

API = "templates/api/template.yaml"
TEMPLATE = """\
description: An API.
extends: web
values:
  one: {description: One., default: 1}
  two: {description: Two., default: 2}
"""


@pytest.fixture
def shop(tmp_path):
    root = write_files(tmp_path / "shop")
    commit(root)
    return root


@pytest.fixture
def source(tmp_path):
    folder = write_files(
        tmp_path / "source",
        {API: TEMPLATE, "templates/api/tests/small/service.yaml": "template: api\nvalues: {port: 1}\n"},
    )
    commit(folder)
    return folder


def added(shop, source, **options):
    work = add(shop, Address(f"file://{source}"), options.get("path"), options.get("name"))
    carry_out(shop, work)
    return work


@pytest.mark.parametrize("parent", [None, "web"])
def test_a_new_template_works_and_its_cases_pass(shop, parent):
    if parent:
        write_files(
            shop,
            {
                "templates/web/template.yaml": FILES["templates/web/template.yaml"].replace(
                    "type: integer}\n  env", "type: integer, default: 80}\n  env"
                )
            },
        )
    carry_out(shop, make(shop, "job", parent))
    tree = DiskTree(shop)
    found = cases(tree, ["job"])
    assert found and all(run(tree, case).passed for case in found)


def test_a_new_template_takes_nobodys_place(shop):
    for name in ("web", "Web", "_lib", "a/b"):
        with pytest.raises(UsageError):
            make(shop, name, None)


def test_a_template_is_added_with_its_lock(shop, source):
    work = added(shop, source)
    assert (shop / API).read_text() == TEMPLATE
    origin = template_lock.read(DiskTree(shop))["api"]
    assert origin == work.origin
    assert (origin.source, origin.path, origin.commit) == (
        f"file://{source}",
        "templates/api",
        git(source, "rev-parse", "HEAD"),
    )
    with pytest.raises(UsageError, match="templates/api already"):
        added(shop, source)
    assert added(shop, source, name="other").name == "other"


def test_what_does_not_load_here_is_not_added(shop, source):
    write_files(source, {API: TEMPLATE.replace("extends: web", "extends: nothing")})
    commit(source)
    with pytest.raises(InvalidInput, match="unknown template 'nothing'"):
        added(shop, source)
    write_files(
        source,
        {API: TEMPLATE + "manifests: {a.yaml.j2: true}\n", "templates/api/a.yaml.j2": "{% include '_lib/x.j2' %}\n"},
    )
    commit(source)
    with pytest.raises(InputError, match=r"there is no template '_lib/x\.j2' here"):
        added(shop, source)
    assert not (shop / "templates/api").exists()


def test_an_update_keeps_what_was_changed_here(shop, source):
    added(shop, source)
    commit(shop)
    (shop / API).write_text(TEMPLATE.replace("An API.", "Our API."))
    write_files(source, {API: TEMPLATE.replace("default: 2", "default: 3"), "templates/api/README.md": "Read.\n"})
    newest = commit(source)
    work = update(shop, "api", None)
    carry_out(shop, work)
    assert (shop / API).read_text() == TEMPLATE.replace("An API.", "Our API.").replace("default: 2", "default: 3")
    assert template_lock.read(DiskTree(shop))["api"].commit == newest
    assert changes(shop, "api") == ("template.yaml",)
    assert not update(shop, "api", None).edits


def test_the_original_is_found_in_history_without_the_source(shop, source):
    added(shop, source)
    commit(shop)
    (shop / API).write_text(TEMPLATE.replace("An API.", "Our API."))
    commit(shop)
    shutil.rmtree(source)
    before = originals(shop, "api")
    assert before == {API: TEMPLATE.encode()}
    shown = list(diff(EditedTree(EMPTY, before), {API: (shop / API).read_bytes()}))
    assert "-description: An API." in shown and "+description: Our API." in shown


def test_an_original_that_was_never_committed_is_fetched_again(shop, source):
    added(shop, source)
    (shop / API).write_text(TEMPLATE.replace("An API.", "Our API."))
    write_files(source, {API: TEMPLATE.replace("default: 2", "default: 3")})
    commit(source)
    assert not update(shop, "api", None).conflicts


def test_a_conflict_is_told_and_its_markers_are_there_to_write(shop, source):
    added(shop, source)
    commit(shop)
    (shop / API).write_text(TEMPLATE.replace("An API.", "Our API."))
    write_files(source, {API: TEMPLATE.replace("An API.", "Their API.")})
    commit(source)
    work = update(shop, "api", None)
    assert [(one.path, one.line) for one in work.conflicts] == [("template.yaml", 1)]
    assert b"<<<<<<< here" in (work.edits[API] or b"")


def test_after_an_upgrade_of_the_tool_its_templates_are_merged(tmp_path, monkeypatch):
    """`init` with one version, a change of somebody's own, and a newer version that changed another place."""
    made = create(tmp_path / "shop", "web", forge=False)
    place = made.folder / "templates/worker/template.yaml"
    place.write_text(place.read_text().replace("description: ", "description: Ours. ", 1))
    newer = tmp_path / "newer"
    shutil.copytree(shipped("templates"), newer)
    changed = newer / "worker/template.yaml"
    changed.write_text(changed.read_text() + "values:\n  more: {description: More., default: 1}\n")
    monkeypatch.setattr(template_source, "shipped", lambda _: newer)
    monkeypatch.setattr(template_source, "VERSION", "9.9.9")
    work = update(made.folder, "worker", None)
    assert not work.conflicts
    refuse_broken(made.folder, [work])
    carry_out(made.folder, work)
    text = place.read_text()
    assert "description: Ours. " in text and text.endswith("values:\n  more: {description: More., default: 1}\n")
    assert template_lock.read(DiskTree(made.folder))["worker"].version == "9.9.9"
    assert not update(made.folder, "worker", None).edits


def test_templates_that_are_updated_together_may_need_each_other(shop, source):
    write_files(source, {"templates/base/template.yaml": "description: B.\nextends: web\n"})
    commit(source)
    for name in ("api", "base"):
        added(shop, source, path=f"templates/{name}")
    new = {
        API: TEMPLATE.replace("One.", "One.").replace(
            "{description: One., default: 1}", "{$ref: 'base#/more', description: One., default: 1}"
        )
    }
    new["templates/base/template.yaml"] = (
        "description: B.\nextends: web\nvalues: {more: {description: M., default: 1}}\n"
    )
    write_files(source, new)
    commit(source)
    works = [update(shop, name, None) for name in ("api", "base")]
    refuse_broken(shop, works)
    with pytest.raises(InvalidInput, match="template 'base' has no value 'more'"):
        refuse_broken(shop, works[:1])


def test_an_update_that_breaks_another_template_is_refused(shop, source):
    added(shop, source)
    mine = "description: M.\nextends: api\nvalues: {one: {$ref: 'api#/two', description: O.}}\n"
    write_files(shop, {"templates/mine/template.yaml": mine})
    write_files(source, {API: TEMPLATE.replace("  two: {description: Two., default: 2}\n", "")})
    commit(source)
    with pytest.raises(InvalidInput, match="template 'api' has no value 'two'"):
        refuse_broken(shop, [update(shop, "api", None)])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{% include '_lib/x.j2' %}\n", "there is no template '_lib/x.j2' here"),
        ("a: x-{{ a }}\n", "is not a whole YAML node"),
    ],
)
def test_a_template_whose_files_are_broken_is_not_added_without_any_case(shop, source, text, said):
    git(source, "rm", "-rq", "templates/api/tests")
    write_files(source, {"templates/api/part.yaml.j2": text})
    commit(source)
    with pytest.raises(InputError) as refused:
        added(shop, source)
    assert said in str(refused.value)


def test_what_comes_with_the_tool_has_no_other_version(shop):
    origin = template_lock.Origin("towpath", {}, version="0.0.1")
    write_files(shop, {template_lock.PATH: template_lock.format({"worker": origin, "gone": origin}).decode()})
    with pytest.raises(UsageError, match="one version"):
        update(shop, "worker", "v2")
    with pytest.raises(UsageError, match="has no template 'gone' any more"):
        update(shop, "gone", None)


def test_only_what_has_an_origin_is_updated(shop):
    with pytest.raises(UsageError, match="does not say where 'web' came from"):
        update(shop, "web", None)


@pytest.mark.parametrize(
    "text",
    [
        "version: 2\n",
        "version: 1\ntemplates: []\n",
        "version: 1\ntemplates: {a: {source: x}}\n",
        "version: 1\ntemplates: {a: {source: x, files: {b: c}}}\n",
        "version: 1\ntemplates: {a: {source: x, files: {}, more: 1}}\n",
    ],
)
def test_a_damaged_lock_is_said(shop, text):
    write_files(shop, {template_lock.PATH: text})
    with pytest.raises(InputError, match="no lock of templates"):
        template_lock.read(DiskTree(shop))
