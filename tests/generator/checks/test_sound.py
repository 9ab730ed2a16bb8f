"""What is sound at one look is fine to each schema by itself."""

from hypothesis import HealthCheck, given, settings

from generator.checks.fields.validator import violations
from generator.checks.sound import is_sound
from generator.decoded import decoded
from generator.k8syaml import load_all
from generator.schemas import validate_object
from tests.generator.checks.rendered import GOOD
from tests.generator.checks.test_any_shape import OBJECTS, bent

VERSION = "1.34"


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
def test_nothing_is_found_in_what_is_sound(value):
    assert not look(value) or is_fine_to_each(value)


def test_what_a_single_schema_is_against_is_not_sound():
    (deployment, *_) = load_all(GOOD)
    assert not look({**deployment, "spec": {**deployment["spec"], "paused": None}})
    assert not look({**deployment, "spec": {**deployment["spec"], "pause": True}})
    assert not look({**deployment, "metadata": {**deployment["metadata"], "name": "Web"}})
    assert not look({**deployment, "apiVersion": "apps/v9"})
    assert not look({**deployment, 1: "no JSON"})
