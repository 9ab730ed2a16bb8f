"""The files that an import writes say what was found, exactly."""

import json

from hypothesis import given
from hypothesis import strategies as st

from generator.adoption.layers import SAME, ordered, override, split
from generator.adoption.spec_text import spec_text
from generator.k8syaml import load_all
from generator.values import merge
from tests.generator.schema_values import NASTY

TEXTS = st.one_of(
    st.sampled_from([text for text in NASTY if text.isprintable() or "\n" in text]), st.text("ab:,{ #", max_size=9)
)
JSON = st.recursive(
    st.one_of(st.booleans(), st.integers(-9, 99999), TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from("abcd"), inner, max_size=3)),
    max_leaves=12,
)
VALUES = st.dictionaries(st.sampled_from("klmn"), JSON, max_size=3)


@given(st.dictionaries(TEXTS.filter(bool), JSON, min_size=1, max_size=4))
def test_a_spec_reads_back_as_what_was_written(value):
    assert load_all(spec_text(value)) == [value]


def test_short_maps_stand_on_one_line():
    text = spec_text({"ports": {"http": {"port": 80}}, "args": ["a: b", "c"], "script": "a\nb\n", "name": "a:b"})
    assert text == 'ports: {http: {port: 80}}\nargs: ["a: b", c]\nscript: |\n  a\n  b\nname: a:b\n'


@given(VALUES, VALUES)
def test_what_a_layer_overrides_gives_the_wanted_value(below, wanted):
    change = override(below, wanted)
    assert merge(below, {} if change is SAME else change) == wanted


@given(st.dictionaries(st.sampled_from(["test", "staging", "prod"]), VALUES, min_size=1))
def test_base_and_overlay_give_every_environment_its_values_in_their_order(values):
    base, overlays = ordered(values, *split(values))
    for environment, wanted in values.items():
        merged = merge(merge({}, base), overlays[environment])
        assert {name: json.dumps(value) for name, value in merged.items()} == {
            name: json.dumps(value) for name, value in wanted.items()
        }


def test_what_all_environments_say_is_said_once():
    values = {"test": {"a": {"x": 1, "y": 2}, "b": 1}, "prod": {"a": {"x": 1, "y": 3}, "b": 1}}
    assert split(values) == ({"a": {"x": 1}, "b": 1}, {"test": {"a": {"y": 2}}, "prod": {"a": {"y": 3}}})
