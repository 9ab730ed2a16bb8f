from generator.shipped import shipped
from schemas import build_crds

NODE = {
    "type": "object",
    "description": "gone",
    "properties": {
        "description": {"type": "string", "description": "gone", "example": "gone"},
        "list": {"type": "array", "x-kubernetes-list-type": "atomic", "items": {"type": "string", "title": "gone"}},
        "keyed": {"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"]},
        "value": {"default": {"description": "kept"}, "enum": [{"title": "kept"}]},
    },
    "x-kubernetes-validations": [{"rule": "true", "message": "kept"}],
}


def test_only_what_validates_something_is_kept():
    assert build_crds.stripped(NODE) == {
        "type": "object",
        "properties": {
            "description": {"type": "string"},
            "list": {"type": "array", "items": {"type": "string"}},
            "keyed": {"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"]},
            "value": {"default": {"description": "kept"}, "enum": [{"title": "kept"}]},
        },
        "x-kubernetes-validations": [{"rule": "true", "message": "kept"}],
    }


def test_only_versions_that_are_served_are_kept():
    versions = [
        {"name": name, "served": served, "schema": {"openAPIV3Schema": {"type": "object"}}}
        for name, served in (("v1", True), ("v1beta1", False))
    ]
    crd = {"spec": {"group": "example.com", "names": {"kind": "Thing"}, "scope": "Cluster", "versions": versions}}
    assert list(build_crds.lines(crd, "m@v1")) == ['example.com/v1\tThing\tcluster\tm@v1\t{"type":"object"}']


def test_the_store_is_what_the_readme_says_it_is():
    readme = (shipped("schemas") / "crds/README.md").read_text()
    lines = build_crds.OUTPUT.read_text().splitlines()
    assert lines == sorted(lines)
    origins = {line.split("\t")[3] for line in lines}
    assert origins == {source.name for source in (*build_crds.SOURCES, *build_crds.GENERATED)}
    assert all(source.version in readme for source in (*build_crds.SOURCES, *build_crds.GENERATED))
