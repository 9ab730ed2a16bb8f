"""Strategic merge patches give what kubectl gives: `record_strategic_merges.py` recorded it."""

import json
from pathlib import Path

import pytest

from generator.patches.sourced import Node, plain, sourced
from generator.patches.strategic_merge import PatchError, merge

RECORDED = json.loads((Path(__file__).parents[1] / "data" / "strategic-merge.json").read_text(encoding="utf-8"))


class Nowhere:
    """A text for nodes whose place does not matter."""

    def span(self, start, pointer):
        raise AssertionError("nobody asks")


def node(value) -> Node:
    return sourced(value, Nowhere())


def merged(original, patch, api_version="apps/v1", kind="Deployment"):
    found = merge(node(original), node(patch), api_version, kind)
    return None if found is None else plain(found)


def test_a_patch_gives_what_kubectl_gives():
    for case in RECORDED["cases"]:
        try:
            made = merged(RECORDED["object"], case["patch"])
        except PatchError:
            made = None
        assert made == case.get("result"), case["patch"]


def test_what_a_patch_adds_to_a_list_has_no_directives_and_no_nulls():
    containers = [{"name": "new", "image": "i", "command": None, "env": [{"name": "A", "$patch": "delete"}]}]
    made = merged({"spec": {}}, {"spec": {"template": {"spec": {"containers": containers}}}})
    assert made == {"spec": {"template": {"spec": {"containers": [{"name": "new", "image": "i", "env": []}]}}}}


def test_a_map_replaces_what_is_not_there():
    patch = {"metadata": {"annotations": {"$patch": "replace", "a": "b"}, "labels": {"$patch": "delete"}}}
    assert merged({"metadata": {"name": "web"}}, patch) == {"metadata": {"name": "web", "annotations": {"a": "b"}}}


def test_an_item_goes_while_its_list_is_sorted():
    order = {"$setElementOrder/finalizers": ["c", "b"], "$deleteFromPrimitiveList/finalizers": ["a"]}
    made = merged({"metadata": {"finalizers": ["a", "b", "c"]}}, {"metadata": order})
    assert made == {"metadata": {"finalizers": ["c", "b"]}}


def test_the_whole_object_goes():
    assert merged({"kind": "Deployment"}, {"$patch": "delete"}) is None


@pytest.mark.parametrize(
    ("patch", "said"),
    [
        ({"spec": {"$retainKeys": ["a"], "b": 1}}, "$retainKeys"),
        ({"spec": {"$patch": "merge"}}, "`replace` or `delete`"),
        ({"metadata": {"$deleteFromPrimitiveList/finalizers": "a"}}, "takes a list"),
        ({"metadata": {"$setElementOrder/finalizers": "a"}}, "takes a list"),
    ],
)
def test_a_refusal_says_why_and_where(patch, said):
    with pytest.raises(PatchError, match=r".") as refused:
        merged({"spec": {"b": 2}, "metadata": {"finalizers": ["a"]}}, patch)
    assert said in refused.value.what
    assert refused.value.node.pointer[0] in patch


def test_lists_of_custom_resources_replace_as_in_a_json_merge_patch():
    original = {"spec": {"containers": [{"name": "a"}], "a": 1, "b": {"c": 1}}}
    patch = {"spec": {"containers": [{"name": "b"}], "a": None, "b": {"d": {"e": None, "f": 2}}}}
    made = merged(original, patch, "example.com/v1", "Thing")
    assert made == {"spec": {"containers": [{"name": "b"}], "b": {"c": 1, "d": {"f": 2}}}}


@pytest.mark.parametrize(
    ("api_version", "kind"),
    [("v1", "Service"), ("batch/v1", "CronJob"), ("extensions/v1beta1", "Deployment"), ("v1", "ConfigMap")],
)
def test_merging_an_empty_patch_changes_nothing(api_version, kind):
    original = {"apiVersion": api_version, "kind": kind, "spec": {"ports": [{"port": 80}]}, "data": {"a": "b"}}
    assert merged(original, {}, api_version, kind) == original
