"""Definitions in a repository, those that travel with the tool, and which of them counts."""

import json

import pytest

from generator.custom.catalogue import Catalogue
from generator.custom.cel import Rules
from generator.custom.crds import bundled, bundled_versions
from generator.custom.definitions import Definitions
from generator.errors import InputError
from generator.schemas import UnknownKind
from generator.shipped import shipped
from generator.trees.tree import DiskTree, EditedTree
from tests.generator.small import write_files

STORE = (shipped("schemas") / "crds/definitions.tsv").read_text().splitlines()
KINDS = [tuple(line.split("\t")[:2]) for line in STORE]


def definition(maximum, *, version="v1", group="example.com", kind="Thing"):
    schema = {
        "type": "object",
        "properties": {"spec": {"type": "object", "properties": {"size": {"type": "integer", "maximum": maximum}}}},
    }
    versions = [{"name": version, "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}]
    spec = {"group": group, "scope": "Namespaced", "names": {"kind": kind, "plural": "things"}, "versions": versions}
    return {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {}, "spec": spec}


def thing(api_version="example.com/v1", kind="Thing", **spec):
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": "a"}, "spec": spec}


def limits(tmp_path, files, environment="test"):
    """The largest size that the definitions found allow."""
    kinds = Definitions(DiskTree(write_files(tmp_path, files))).of(environment)
    known = Catalogue(custom=kinds)
    found = [size for size in range(5) if known.validate("1.36", thing(size=size)) == []]
    return max(found, default=None)


@pytest.mark.parametrize(
    "folder",
    [
        "schemas",
        "crds/deep",
        "manifests",
        "infrastructure/x/y",
        "clusters",
        "apps/operators/x",
        "environments",
        "environments/base/crds",
        "environments/base/services/web",
        "environments/test/manifests",
    ],
)
def test_definitions_are_found(tmp_path, folder):
    assert limits(tmp_path, {f"{folder}/thing.yaml": json.dumps(definition(3))}) == 3


def test_definitions_of_another_environment_are_not_used(tmp_path):
    assert limits(tmp_path, {"environments/prod/crds/thing.yaml": json.dumps(definition(3))}) is None


@pytest.mark.parametrize(
    "place", ["environments/test/rendered/web", ".github", "a/node_modules/b", "templates/web", "docs/t.md"]
)
def test_definitions_in_other_files_are_not_used(tmp_path, place):
    path = place if "." in place[1:] else f"{place}/t.yaml"
    assert limits(tmp_path, {path: json.dumps(definition(3))}) is None


def test_of_two_definitions_that_of_schemas_counts_and_else_the_first_by_path(tmp_path):
    others = {"b/t.yaml": json.dumps(definition(1)), "a/t.yaml": json.dumps(definition(2))}
    assert limits(tmp_path, others) == 2
    assert limits(tmp_path, {**others, "schemas/t.yaml": json.dumps(definition(3))}) == 3


def test_the_environments_own_definition_counts(tmp_path):
    files = {"schemas/t.yaml": json.dumps(definition(1)), "environments/test/crds/t.json": json.dumps(definition(2))}
    assert limits(tmp_path, files) == 2


def test_lists_of_definitions_are_read_and_broken_files_are_passed_over(tmp_path):
    listed = {"apiVersion": "v1", "kind": "List", "items": [definition(3)]}
    broken = "kind: CustomResourceDefinition\na: ["
    assert limits(tmp_path, {"crds/a.yaml": json.dumps(listed), "crds/b.yaml": broken, "crds/c.json": broken}) == 3


def test_a_null_in_a_definition_is_as_if_it_were_not_there(tmp_path):
    one = definition(3)
    one["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["status"] = {
        "type": "object",
        "properties": None,
    }
    assert limits(tmp_path, {"crds/a.json": json.dumps(one)}) == 3


def test_a_link_is_not_followed(tmp_path):
    write_files(tmp_path, {"elsewhere/t.yaml": json.dumps(definition(3))})
    (tmp_path / "crds").symlink_to(tmp_path.parent)
    (tmp_path / "t.yaml").symlink_to(tmp_path / "elsewhere/t.yaml")
    (tmp_path / "elsewhere/t.yaml").rename(tmp_path / "elsewhere/t.txt")
    assert limits(tmp_path, {}) is None


def test_nothing_is_read_before_somebody_asks(tmp_path):
    class Silent(EditedTree):
        def entries(self, folder):
            raise AssertionError(folder)

    known = Catalogue(custom=Definitions(Silent(DiskTree(tmp_path))).of("test"))
    assert known.validate("1.36", {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}}) == []


@pytest.mark.parametrize(("api_version", "kind"), KINDS, ids=lambda value: value)
def test_each_kind_that_travels_with_the_tool_has_a_usable_schema(api_version, kind):
    custom = bundled(api_version, kind)
    assert custom is not None
    errors = custom.validate("1.36", {"apiVersion": api_version, "kind": kind, "metadata": {"name": "a"}, "x": 1})
    assert ("unknown-field", ("x",)) in [(error.check, error.path) for error in errors]


def test_all_rules_that_travel_with_the_tool_are_evaluated():
    assert sum(Rules(json.loads(line.split("\t")[4])).unknown() for line in STORE) == 0
    assert sum(line.count('"rule":') for line in STORE) > 250


def test_the_repositorys_definition_counts_before_the_one_that_travels_with_the_tool():
    flux = ("kustomize.toolkit.fluxcd.io/v1", "Kustomization")
    obj = thing(*flux, size=1)
    assert Catalogue().validate("1.36", obj) != []
    kinds = Catalogue().with_kinds(_kinds(definition(1, group="kustomize.toolkit.fluxcd.io", kind="Kustomization")))
    assert kinds.validate("1.36", obj) == []


def _kinds(crd):
    from generator.custom.crds import defined

    return defined(crd, "crd.yaml")


FLUX = {
    "interval": "10m",
    "path": "./prod",
    "prune": True,
    "sourceRef": {"kind": "GitRepository", "name": "repo"},
}


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({}, []),
        ({"prune": None}, ["spec.prune"]),
        ({"interval": "soon"}, ["spec.interval"]),
        ({"sourceRef": {"kind": "Git", "name": "a"}}, ["spec.sourceRef.kind"]),
        ({"pruned": True}, ["spec.pruned"]),
        ({"postBuild": {"substituteFrom": [{"kind": "ConfigMap"}]}}, ["spec.postBuild.substituteFrom.0"]),
    ],
)
def test_a_kustomization_of_flux(change, found):
    obj = thing("kustomize.toolkit.fluxcd.io/v1", "Kustomization", **{**FLUX, **change})
    errors = Catalogue().validate("1.36", obj)
    assert isinstance(errors, list)
    places = [".".join(map(str, error.path)) for error in errors]
    assert [place if place != "spec" else errors[0].message.split("'")[1] for place in places] == found


def test_an_unknown_version_of_a_known_kind_names_the_one_that_there_is():
    found = Catalogue().validate("1.36", thing("kustomize.toolkit.fluxcd.io/v1beta9", "Kustomization"))
    assert isinstance(found, UnknownKind)
    assert str(found).endswith("use kustomize.toolkit.fluxcd.io/v1")
    assert bundled_versions("kustomize.toolkit.fluxcd.io", "Kustomization") == ["kustomize.toolkit.fluxcd.io/v1"]


def test_a_schema_that_is_none_is_said(tmp_path):
    (tmp_path / "thing.json").write_text("{")
    with pytest.raises(InputError, match="no JSON Schema"):
        Catalogue(locations=(f"{tmp_path}/{{{{.ResourceKind}}}}.json",)).validate("1.36", thing())


def test_rules_that_unfold_without_end_are_not_evaluated():
    """Each optMap writes twice what it is called on: forty of them would fill any memory."""
    rule = {"rule": f"self.?a{'.optMap(x, x)' * 40}.hasValue()"}
    assert Rules({"type": "object", "x-kubernetes-validations": [rule]}).unknown() == 1
