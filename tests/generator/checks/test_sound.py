"""What is sound at one look is fine to each schema by itself."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from generator.checks.fields.validator import violations
from generator.checks.sound import is_sound
from generator.decoded import decoded
from generator.k8syaml import load_all
from generator.schemas import kinds, schema_for, validate_object
from tests.generator.checks.rendered import GOOD
from tests.generator.checks.test_any_shape import OBJECTS, bent
from tests.generator.schema_values import accepted_by

VERSION = "1.34"
KINDS = sorted(kinds(VERSION))


def look(value):
    return is_sound(VERSION, str(value.get("apiVersion") or ""), str(value.get("kind") or ""), value)


def is_fine_to_each(value):
    read = decoded(VERSION, value)
    named = (value.get("apiVersion"), value.get("kind"))
    return read is value and validate_object(VERSION, value) == [] and not list(violations(VERSION, *named, value))


def test_examples_are_sound_where_each_schema_says_so():
    assert all(map(look, load_all(GOOD)))
    sound = list(map(look, OBJECTS))
    assert sound == [is_fine_to_each(value) for value in OBJECTS]
    assert 0 < sum(sound) < len(sound)


@settings(suppress_health_check=list(HealthCheck))
@given(bent())
def test_what_is_sound_is_fine_to_each(value):
    assert look(value) == is_fine_to_each(value)


@settings(suppress_health_check=list(HealthCheck))
@given(st.data())
def test_an_object_of_any_kind_is_sound_where_it_is_fine_to_each(data):
    kind = data.draw(st.sampled_from(KINDS))
    value = data.draw(accepted_by(schema_for(VERSION, *kind) or {}))
    named = {**value, "apiVersion": kind[0], "kind": kind[1]} if isinstance(value, dict) else {}
    assert look(named) == is_fine_to_each(named)


def test_a_null_is_found_wherever_a_kind_leaves_open_what_is_there():
    def claim(inner):
        driver = {"driver": "a.example.com", "parameters": inner}
        spec = {"devices": {"config": [{"opaque": driver}]}}
        return {"apiVersion": "resource.k8s.io/v1", "kind": "ResourceClaim", "metadata": {"name": "a"}, "spec": spec}

    for fine in ({}, {"a": [{"b": 1}]}):
        assert look(claim(fine))
        assert is_fine_to_each(claim(fine))
    for wrong in ({"a": None}, {"a": [{"b": None}]}, None):
        assert not look(claim(wrong))
        assert not is_fine_to_each(claim(wrong))


def test_a_null_is_found_in_fields_maps_and_lists():
    sound = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a"}, "stringData": {"b": "c"}}
    assert look(sound)
    fields = {"type": None, "stringData": {"b": None}, "metadata": {"name": "a", "finalizers": [None]}}
    assert not any(look({**sound, field: value}) for field, value in fields.items())


def test_what_a_single_schema_is_against_is_not_sound():
    (deployment, *_) = load_all(GOOD)
    assert not look({**deployment, "spec": {**deployment["spec"], "paused": None}})
    assert not look({**deployment, "spec": {**deployment["spec"], "pause": True}})
    assert not look({**deployment, "metadata": {**deployment["metadata"], "name": "Web"}})
    assert not look({**deployment, "apiVersion": "apps/v9"})
    assert not look({**deployment, 1: "no JSON"})
