import json

import jsonschema
import pytest

from bot.cli.main import run
from generator.own_files.templates import load_template
from generator.own_schemas import KINDS, own_schema, with_values
from generator.trees.tree import DiskTree
from tests.generator.small import FILES, write_files


@pytest.fixture
def root(tmp_path):
    return write_files(tmp_path)


@pytest.mark.parametrize("kind", KINDS)
def test_each_is_a_schema_and_printed(kind, capsys):
    assert run(["schema", kind]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed == own_schema(kind)
    jsonschema.Draft202012Validator.check_schema(printed)


def accepts(schema, value):
    return jsonschema.Draft202012Validator(schema).is_valid(value)


def test_the_values_of_a_template_are_part_of_it(root, capsys):
    assert run(["schema", "service", "--template", "web", "-C", str(root)]) == 0
    schema = json.loads(capsys.readouterr().out)
    jsonschema.Draft202012Validator.check_schema(schema)
    assert accepts(schema, {"template": "web", "values": {"port": 80}})
    assert not accepts(schema, {"template": "web", "values": {"prot": 80}})
    assert not accepts(schema, {"template": "web", "values": {"port": "x"}})
    assert not accepts(schema, {"template": "other", "values": {}})
    assert schema["properties"]["values"]["properties"]["port"]["description"] == "The port it listens on."


def test_an_overlay_may_set_a_part_of_the_values_and_remove_some():
    template = load_template(DiskTree(_project()), "frontend")
    schema = with_values("overlay", template, "1.36")
    jsonschema.Draft202012Validator.check_schema(schema)
    assert accepts(schema, {"values": {"expose": {"ingress": {"path": "/"}}, "replicas": None}})
    assert not accepts(schema, {"values": {"expose": {"ingress": {"path": 1}}}})


def _project():
    from generator.shipped import shipped

    return shipped("templates").parent


def test_files_for_editors_name_schemas_that_are_there_and_accept_them(root, capsys):
    assert run(["schema", "--write", "-C", str(root)]) == 0
    capsys.readouterr()
    for path in ("towpath.yaml", "environments/test/environment.yaml", "environments/base/services/web.yaml"):
        first, _, rest = (root / path).read_text().partition("\n")
        named = (root / path).parent / first.removeprefix("# yaml-language-server: $schema=")
        assert json.loads(named.read_text())["title"]
        assert rest == FILES[path]
    assert run(["schema", "--write", "-C", str(root)]) == 0
    assert capsys.readouterr().out == ""
    assert run(["render", "-C", str(root)]) == 0
    assert run(["validate", "-C", str(root)]) == 0


def test_new_services_name_their_schema_where_there_are_schemas(root, capsys):
    arguments = ["-C", str(root), "--template", "web", "--image", "ghcr.io/acme/a:1"]
    assert run(["service", "new", "before", *arguments]) == 0
    assert "yaml-language-server" not in (root / "environments/base/services/before.yaml").read_text()
    assert run(["schema", "--write", "-C", str(root)]) == 0
    assert run(["service", "new", "after", *arguments]) == 0
    spec, overlay = (root / f"environments/{place}/services/after.yaml" for place in ("base", "test"))
    assert spec.read_text().startswith(
        "# yaml-language-server: $schema=../../../schemas/towpath/service-web.schema.json\n"
    )
    assert overlay.read_text().startswith(
        "# yaml-language-server: $schema=../../../schemas/towpath/overlay-web.schema.json\n"
    )


@pytest.mark.parametrize("arguments", [[], ["service", "--write"], ["towpath", "--template", "web"]])
def test_what_makes_no_sense_is_refused(arguments, root, capsys):
    assert run(["schema", *arguments, "-C", str(root)]) == 2
    assert "error:" in capsys.readouterr().err
