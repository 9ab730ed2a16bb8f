"""JSON patches, by the examples of RFC 6902, appendix A, and what goes wrong."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.patches.json_patch import apply
from generator.patches.sourced import equal, plain
from generator.patches.strategic_merge import PatchError
from tests.generator.patches.test_strategic_merge import node


def test_copies_of_copies_end():
    doubling = [{**op("copy", f"/a/{number}"), "from": "/a"} for number in range(60)]
    with pytest.raises(PatchError, match="copies come to more than 20,000 keys and values"):
        applied({"a": {"b": 1}}, *doubling)
    assert len(applied({"a": {"b": 1}}, *doubling[:10])["a"]) == 11


def applied(value, *operations):
    return plain(apply(node(value), node(list(operations))))


def op(name, path, **fields):
    return {"op": name, "path": path, **fields}


@pytest.mark.parametrize(
    ("value", "operations", "expected"),
    [
        ({"foo": "bar"}, [op("add", "/baz", value="qux")], {"foo": "bar", "baz": "qux"}),
        ({"foo": ["bar", "baz"]}, [op("add", "/foo/1", value="qux")], {"foo": ["bar", "qux", "baz"]}),
        ({"baz": "qux", "foo": "bar"}, [op("remove", "/baz")], {"foo": "bar"}),
        ({"foo": ["bar", "qux", "baz"]}, [op("remove", "/foo/1")], {"foo": ["bar", "baz"]}),
        ({"baz": "qux", "foo": "bar"}, [op("replace", "/baz", value="boo")], {"baz": "boo", "foo": "bar"}),
        (
            {"foo": {"bar": "baz", "waldo": "fred"}, "qux": {"corge": "grault"}},
            [{**op("move", "/qux/thud"), "from": "/foo/waldo"}],
            {"foo": {"bar": "baz"}, "qux": {"corge": "grault", "thud": "fred"}},
        ),
        (
            {"foo": ["all", "grass", "cows", "eat"]},
            [{**op("move", "/foo/3"), "from": "/foo/1"}],
            {"foo": ["all", "cows", "eat", "grass"]},
        ),
        ({"baz": "qux", "foo": ["a", 2, "c"]}, [op("test", "/baz", value="qux"), op("test", "/foo/1", value=2)], None),
        ({"foo": "bar"}, [op("add", "/child", value={"grandchild": {}})], {"foo": "bar", "child": {"grandchild": {}}}),
        ({"/": 9, "~1": 10}, [op("test", "/~01", value=10)], None),
        ({"foo": ["bar"]}, [op("add", "/foo/-", value=["abc", "def"])], {"foo": ["bar", ["abc", "def"]]}),
        ({"a": {"b": 1}}, [{**op("copy", "/a/c"), "from": "/a"}], {"a": {"b": 1, "c": {"b": 1}}}),
        ({"a": 1}, [op("replace", "", value={"b": 2})], {"b": 2}),
        ({"a": [1]}, [{**op("move", "/a"), "from": "/a"}], {"a": [1]}),
        ({"a": {"": 1}}, [op("remove", "/a/")], {"a": {}}),
    ],
)
def test_an_operation_does_what_the_standard_says(value, operations, expected):
    assert equal(applied(value, *operations), value if expected is None else expected)


@pytest.mark.parametrize(
    ("operation", "said"),
    [
        (op("add", "/baz/bat", value="qux"), "there is no 'baz'; there is: foo, list"),
        (op("test", "/foo", value=True), "the test fails: /foo has another value"),
        (op("remove", "/list/2"), "the list has only 2 items"),
        (op("remove", "/list/-"), "'-' is no index"),
        (op("remove", "/list/01"), "'01' is no index"),
        (op("add", "/list/3", value=1), "the list has only 2 items"),
        (op("replace", "/food", value=1), "there is no 'food'"),
        (op("add", "/foo"), "`op: add` needs 'value'"),
        (op("copy", "/foo"), "`op: copy` needs 'from'"),
        ({**op("move", "/list/0"), "from": "/list"}, "cannot be moved into itself"),
        (op("add", "/foo/bar", value=1), "nothing can be added to a scalar"),
        (op("remove", ""), "the whole object cannot be removed so"),
    ],
)
def test_what_cannot_be_done_is_said(operation, said):
    with pytest.raises(PatchError) as refused:
        applied({"foo": 1, "list": [1, 2]}, operation)
    assert said in refused.value.what


values = st.recursive(
    st.none() | st.booleans() | st.integers(0, 3) | st.sampled_from(["", "a", "~/"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["", "a", "~/", "0"]), inner),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["a", "~/"]), values, min_size=1), values)
def test_what_is_added_is_there_and_can_be_taken_out_again(value, added):
    there = applied(value, op("add", "/new", value=added))
    assert equal(there, {**value, "new": added})
    assert equal(applied(there, op("test", "/new", value=added), op("remove", "/new")), value)
