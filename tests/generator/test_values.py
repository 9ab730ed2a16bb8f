from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.errors import Location
from generator.file_schemas import parsed
from generator.repository import Pointer
from generator.values import Layer, Origins, file_layer, merge, merge_all

scalars = st.booleans() | st.integers(-9, 9) | st.text("ab", max_size=2)
keys = st.sampled_from("abc")
trees = st.recursive(
    scalars | st.none() | st.lists(scalars, max_size=3), lambda inner: st.dictionaries(keys, inner, max_size=3)
)
maps = st.dictionaries(keys, trees, max_size=3)
# Maps of one shape: what is a map in one is a map in all, as the schema of a template has it.
shaped = st.fixed_dictionaries(
    {},
    optional={
        "leaf": scalars,
        "list": st.lists(scalars, max_size=3),
        "map": st.dictionaries(keys, scalars, max_size=3),
        "deep": st.fixed_dictionaries({}, optional={"x": scalars, "y": st.dictionaries(keys, scalars, max_size=2)}),
    },
)


def has_null(value: Any) -> bool:
    return value is None or (isinstance(value, dict) and any(map(has_null, value.values())))


def test_maps_merge_lists_replace_and_null_removes() -> None:
    below = {"env": {"A": "1", "B": "2"}, "args": ["a", "b"], "replicas": 1, "gone": {"x": 1}}
    above = {"env": {"B": None, "C": "3"}, "args": ["c"], "gone": None}
    assert merge(below, above) == {"env": {"A": "1", "C": "3"}, "args": ["c"], "replicas": 1}


@pytest.mark.parametrize(
    ("below", "above", "merged"),
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ({"a": "foo"}, {"b": None}, {"a": "foo"}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_the_cases_of_rfc_7396(below: dict[str, Any], above: dict[str, Any], merged: dict[str, Any]) -> None:
    assert merge(below, above) == merged


@given(maps)
def test_nothing_laid_over_changes_nothing(one: dict[str, Any]) -> None:
    assert merge(one, {}) == one


@given(maps, maps)
def test_what_is_laid_over_twice_counts_once(one: dict[str, Any], other: dict[str, Any]) -> None:
    once = merge(one, other)
    assert merge(once, other) == once


@given(shaped, shaped, shaped)
def test_layers_of_one_shape_can_be_merged_in_any_grouping(
    one: dict[str, Any], two: dict[str, Any], three: dict[str, Any]
) -> None:
    assert merge(merge(one, two), three) == merge(one, merge(two, three))


@given(maps, maps)
def test_merging_changes_neither_side(one: dict[str, Any], other: dict[str, Any]) -> None:
    before = repr((one, other))
    merge(one, other)
    assert repr((one, other)) == before


@given(st.lists(maps, min_size=1, max_size=4))
def test_no_null_survives(layers: list[dict[str, Any]]) -> None:
    assert not has_null(merge_all(Layer(data, nowhere) for data in layers))


@given(maps, st.lists(scalars, max_size=3), keys)
def test_a_list_always_replaces(one: dict[str, Any], items: list[Any], key: str) -> None:
    assert merge(one, {key: items})[key] == items


def nowhere(_pointer: Pointer, _key: bool) -> Location:
    return Location("nowhere")


def layer(name: str, data: Mapping[str, Any]) -> Layer:
    return Layer(data, lambda pointer, key: Location(f"{name}:{'/'.join(map(str, pointer))}{'!' if key else ''}"))


def at(data: Any, pointer: Pointer) -> Any:
    for step in pointer:
        data = data[step]
    return data


@given(st.lists(maps, min_size=1, max_size=4))
def test_the_origin_of_a_leaf_is_the_last_layer_that_wrote_it(layers: list[dict[str, Any]]) -> None:
    named = tuple(layer(str(number), data) for number, data in enumerate(layers))
    merged = merge_all(named)
    origins = Origins(named, merged)
    for pointer in origins:
        number, _, inside = origins[pointer].path.partition(":")
        assert inside == "/".join(map(str, pointer))
        written = at(layers[int(number)], pointer)
        if pointer:  # an empty map may gather under a map of nulls
            assert written == at(merged, pointer) or at(merged, pointer) == {}
        for above in range(int(number) + 1, len(layers)):
            with pytest.raises((KeyError, TypeError, IndexError)):
                at(layers[above], pointer)


def test_what_is_not_there_has_no_origin_but_a_neighbourhood() -> None:
    layers = (layer("spec", {"env": {"A": 1}, "gone": 1}), layer("overlay", {"env": {"B": 2}, "gone": None}))
    origins = Origins(layers, merge_all(layers))
    assert ("env", "A") in origins
    for missing in [("gone",), ("env", "C"), ("env", "A", "x"), ("env", 0)]:
        assert missing not in origins
        with pytest.raises(KeyError):
            origins[missing]
    assert origins.nearest(("env", "C")).path == "overlay:env"
    assert origins.nearest(("gone",)).path == "overlay:gone"
    assert origins.nearest(("nothing",)).path == "overlay:"
    assert origins.nearest(("env", "A"), key=True).path == "spec:env/A!"


def test_the_leaves_are_scalars_and_empty_collections() -> None:
    values = {"a": {"b": 1, "c": {}}, "d": [1, {"e": 2}], "f": [], "g": None}
    origins = Origins((layer("spec", values),), values)
    assert list(origins) == [("a", "b"), ("a", "c"), ("d", 0), ("d", 1, "e"), ("f",), ("g",)]
    assert len(origins) == 6


def test_a_layer_of_a_file_knows_lines_and_columns() -> None:
    source = parsed("spec.yaml", b"values:\n  env:\n    A: 1\n  other: 2\n")
    found = file_layer(source, "values", only=["env"])
    assert found.data == {"env": {"A": 1}}
    assert found.locate(("env", "A"), False) == Location("spec.yaml", 3, 8, "    A: 1")
    assert found.locate(("env", "A"), True) == Location("spec.yaml", 3, 5, "    A: 1")
    assert file_layer(source, "absent").data == {}
