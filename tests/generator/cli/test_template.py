"""`towpath template`, as somebody uses it."""

import json

import pytest

from bot.cli import main
from tests.generator.small import commit, write_files

API = "templates/api/template.yaml"
TEMPLATE = "description: An API.\nextends: web\n"


@pytest.fixture
def shop(tmp_path):
    root = write_files(tmp_path / "shop")
    commit(root)
    return root


@pytest.fixture
def source(tmp_path):
    folder = write_files(tmp_path / "source", {API: TEMPLATE})
    commit(folder)
    return folder


def towpath(root, *arguments):
    return main.run(["template", *arguments, "-C", str(root)])


def test_new_and_test(shop, capsys):
    assert towpath(shop, "new", "job") == 0
    said = capsys.readouterr()
    assert "wrote templates/job/template.yaml\n" in said.out
    assert "towpath template test job --update" in said.err
    assert towpath(shop, "test") == 0
    assert capsys.readouterr().out == "ok      job/minimal\n"
    place = shop / "templates/job/service.yaml.j2"
    place.write_text(place.read_text().replace("port: {{ values.port }}", "port: 80"))
    assert towpath(shop, "test", "job") == 1
    said = capsys.readouterr()
    assert (
        said.out.startswith("differs job/minimal\n") and "+  - port: 80" not in said.out and "+    port: 80" in said.out
    )
    assert "towpath template test --update" in said.err
    assert towpath(shop, "test", "job", "--update") == 0
    assert "wrote templates/job/tests/minimal/rendered/service.yaml\n" in capsys.readouterr().out
    assert towpath(shop, "test", "job", "--output", "json") == 0
    assert json.loads(capsys.readouterr().out)["cases"][0]["passed"] is True


def test_a_case_that_cannot_be_rendered_is_told_with_its_line(shop, capsys):
    write_files(shop, {"templates/web/tests/bad/service.yaml": "template: web\nvalues: {port: x}\n"})
    assert towpath(shop, "test", "--update") == 1
    said = capsys.readouterr().out
    assert "failed  web/bad" in said and "templates/web/tests/bad/service.yaml:2:16" in said


def test_add_shows_what_comes_and_a_dry_run_writes_nothing(shop, source, capsys):
    assert towpath(shop, "add", f"file://{source}", "--dry-run") == 0
    said = capsys.readouterr()
    assert "+++ b/templates/api/template.yaml" in said.out and "+extends: web" in said.out
    assert not (shop / API).exists()
    assert towpath(shop, "add", str(source), "--as", "gateway", "--output", "json") == 0
    (made,) = json.loads(capsys.readouterr().out)
    assert (made["template"], made["written"], made["files"]) == ("gateway", True, ["templates/gateway/template.yaml"])
    assert (shop / "templates/towpath.lock").exists()


@pytest.mark.parametrize("wrong", ["ext::sh -c id", "http://host/x", "--upload-pack=id"])
def test_what_is_no_address(shop, capsys, wrong):
    assert main.run(["template", "add", "-C", str(shop), "--", wrong]) == 2
    assert "is no URL of a git repository" in capsys.readouterr().err


def test_update_list_and_diff(shop, source, capsys):
    assert towpath(shop, "add", f"file://{source}") == 0
    commit(shop)
    (shop / API).write_text(TEMPLATE.replace("An API", "Our API"))
    capsys.readouterr()
    assert towpath(shop, "list") == 0
    api, web = capsys.readouterr().out.splitlines()
    assert api.startswith(f"api  file://{source} ") and api.endswith(", 1 file changed here")
    assert web == "web  yours"
    assert towpath(shop, "diff", "api") == 0
    assert "+description: Our API." in capsys.readouterr().out
    write_files(source, {API: TEMPLATE.replace("An API", "Their API")})
    commit(source)
    assert towpath(shop, "update") == 1
    said = capsys.readouterr().err
    assert "templates/api/template.yaml: changed at the same place here and in its source" in said
    assert "<<<<<<<" not in (shop / API).read_text()
    assert towpath(shop, "update", "api", "--conflicts", "write") == 1
    assert "<<<<<<< here" in (shop / API).read_text()
    assert "resolve the markers" in capsys.readouterr().err
    (shop / API).write_text(TEMPLATE.replace("An API", "One API"))
    assert towpath(shop, "update", "api") == 0
    assert "up to date" in capsys.readouterr().err


def test_an_update_to_a_ref_is_about_one_template(shop, source, capsys):
    assert towpath(shop, "update", "--to", "v2") == 2
    assert "--to is about one template" in capsys.readouterr().err
    assert towpath(shop, "update", "web") == 2
    assert "does not say where 'web' came from" in capsys.readouterr().err


def test_in_a_hook_of_another_repository_nothing_is_written_there(shop, source, tmp_path, monkeypatch, capsys):
    other = write_files(tmp_path / "other", {"a": "1"})
    commit(other)
    before = sorted(other.rglob("*"))
    for name, at in {"GIT_DIR": "", "GIT_INDEX_FILE": "index", "GIT_OBJECT_DIRECTORY": "objects"}.items():
        monkeypatch.setenv(name, str(other / ".git" / at))
    assert towpath(shop, "add", f"file://{source}") == 0, capsys.readouterr().err
    assert main.run(["diff", "-C", str(shop)]) == 0
    assert sorted(other.rglob("*")) == before
