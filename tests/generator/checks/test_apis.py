"""The table of lives against the schemas: what is removed is not served, and what takes its place is."""

from generator.checks.apis import LIVES, is_off
from generator.schemas import kinds, supported_versions
from tests.generator.checks.rendered import problems

FIRST, LAST = (int(version[2:]) for version in (supported_versions()[0], supported_versions()[-1]))


def served(number, key):
    return key in kinds(f"1.{number}")


def test_a_life_is_that_of_the_schemas():
    for key, life in LIVES.items():
        assert life.deprecated < life.removed, key
        for number in range(max(FIRST, life.removed), LAST + 1):
            assert not served(number, key), key
        if FIRST < life.removed <= LAST:
            assert served(life.removed - 1, key), key


def test_what_takes_its_place_is_there_before_it_goes():
    for key, life in LIVES.items():
        number = min(max(life.removed - 1, FIRST), LAST)
        assert not life.successor or served(number, (life.successor, key[1])), key


def test_every_api_that_the_schemas_lose_is_in_the_table():
    beta = {
        key
        for number in range(FIRST, LAST)
        for key in kinds(f"1.{number}")
        if not served(number + 1, key) and "beta" in key[0] and not served(LAST, key)
    }
    assert beta <= set(LIVES)


def test_apis_that_are_not_finished_are_off_but_for_those_that_always_were_on():
    for number in range(FIRST, LAST + 1):
        on = {key for key in kinds(f"1.{number}") if not is_off(f"1.{number}", *key)}
        assert {key for key in on if "alpha" in key[0]} == set()
        unfinished = {key for key in on if "beta" in key[0]}
        assert unfinished == {key for key, life in LIVES.items() if life.removed <= 32 and served(number, key)}, number
    assert is_off("1.36", "resource.k8s.io/v1beta1", "ResourceClaim")
    assert not is_off("1.36", "resource.k8s.io/v1", "ResourceClaim")
    assert not is_off("1.36", "example.com/v1alpha1", "Widget")


def test_both_messages_name_the_version_and_the_successor():
    text = "apiVersion: {}\nkind: {}\nmetadata: {{name: a}}\n"
    (removed,) = [
        one for id, one in problems(text.format("policy/v1beta1", "PodSecurityPolicy")) if id == "removed-api"
    ]
    assert removed.message == "policy/v1beta1 PodSecurityPolicy was removed in Kubernetes 1.25; nothing takes its place"
    assert removed.fix == "remove the object"
    old = text.format("storage.k8s.io/v1beta1", "VolumeAttributesClass")
    (going,) = [one for id, one in problems(old) if id == "deprecated-api"]
    assert going.message.endswith("since Kubernetes 1.34 and goes in 1.37; storage.k8s.io/v1 has it")


def test_a_successor_that_is_gone_too_leads_on_to_what_is_there():
    old = "apiVersion: flowcontrol.apiserver.k8s.io/v1beta1\nkind: FlowSchema\nmetadata: {name: a}\n"
    (gone,) = [one for id, one in problems(old) if id == "removed-api"]
    assert gone.message.endswith("flowcontrol.apiserver.k8s.io/v1 has it")
