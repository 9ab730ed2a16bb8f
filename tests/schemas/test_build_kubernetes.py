"""The script that makes the Kubernetes store: what it keeps, corrects, and how it folds versions together."""

import json
import zipfile

import pytest

from schemas import build_kubernetes

META = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"


def widget(**properties):
    return {
        "description": "A widget.",
        "properties": {"metadata": {"$ref": f"#/$defs/{META}"}, "description": {"type": "string"}} | properties,
        "x-kubernetes-group-version-kind": [{"group": "example.com", "version": "v1", "kind": "Widget"}],
    }


@pytest.fixture
def store(tmp_path, monkeypatch):
    """Makes the store of a wheel with these definitions by minor version; its lines, split."""

    def make(by_minor):
        wheel = tmp_path / "kubernetes_validate.whl"
        with zipfile.ZipFile(wheel, "w") as archive:
            for minor, definitions in by_minor.items():
                name = f"kubernetes_validate/kubernetes-json-schema/v1.{minor}.0-local-strict/_definitions.json"
                archive.writestr(name, json.dumps({"$defs": definitions | {META: {"type": "object"}}}))
        monkeypatch.setattr(build_kubernetes, "OUTPUT", tmp_path / "definitions.tsv")
        build_kubernetes.main(str(wheel))
        return [line.split("\t") for line in (tmp_path / "definitions.tsv").read_text().splitlines()]

    return make


def test_a_definition_has_a_line_for_each_run_of_versions_without_a_change(store):
    changed = widget(size={"type": "integer"})
    lines = store({25: {"W": widget()}, 26: {"W": widget()}, 27: {"W": changed}, 28: {}, 29: {"W": changed}})
    assert [line[:3] for line in lines if line[0] == "W"] == [
        ["W", "1.25", "1.26"],
        ["W", "1.27", "1.27"],
        ["W", "1.29", "1.29"],
    ]


def test_descriptions_go_and_fields_of_that_name_stay(store):
    [line] = [line for line in store({25: {"W": widget()}}) if line[0] == "W"]
    schema = json.loads(line[4])
    assert "description" not in schema
    assert schema["properties"]["description"] == {"type": "string"}


def test_only_what_kinds_are_made_of_is_kept(store):
    kept = {line[0] for line in store({25: {"W": widget(size={"$ref": "#/$defs/Size"}), "Size": {}, "Other": {}}})}
    assert kept == {"W", "Size", META}


def test_a_kind_says_its_scope(store):
    [line] = [line for line in store({25: {"W": widget()}}) if line[0] == "W"]
    assert line[3] == "example.com/v1 Widget namespaced"


def test_formats_that_the_decoder_enforces_are_spelled_out(store):
    [line] = [
        line for line in store({25: {"W": widget(size={"type": "integer", "format": "int32"})}}) if line[0] == "W"
    ]
    assert json.loads(line[4])["properties"]["size"]["maximum"] == 2147483647


def test_a_wheel_of_something_else_is_refused(store):
    with pytest.raises(SystemExit, match="holds no strict Kubernetes definitions"):
        store({})
