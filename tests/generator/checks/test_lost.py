"""Fields that an older API server drops are told there, and nowhere that they are kept."""

from typing import Any

import pytest

from generator.checks.fields.lost import lost
from generator.schemas import supported_versions


def pod(**spec: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Pod", "spec": spec}


def paths(version, value):
    return [(".".join(map(str, path)), last) for path, last in lost(version, value["apiVersion"], value["kind"], value)]


RESIZE = pod(containers=[{"name": "a"}, {"name": "b", "resizePolicy": [{"resourceName": "cpu"}]}])
SPREAD = pod(topologySpreadConstraints=[{"minDomains": 3}])
BUDGET = {
    "apiVersion": "policy/v1",
    "kind": "PodDisruptionBudget",
    "spec": {"unhealthyPodEvictionPolicy": "AlwaysAllow"},
}
TEMPLATE = {"apiVersion": "batch/v1", "kind": "CronJob", "spec": {"jobTemplate": {"spec": {"managedBy": "a.b/c"}}}}


@pytest.mark.parametrize(
    ("value", "place", "first", "last"),
    [
        (RESIZE, "spec.containers.1.resizePolicy", 27, 32),
        (SPREAD, "spec.topologySpreadConstraints.0.minDomains", 25, 26),
        (BUDGET, "spec.unhealthyPodEvictionPolicy", 26, 26),
        (TEMPLATE, "spec.jobTemplate.spec.managedBy", 30, 31),
    ],
)
def test_a_field_is_lost_where_the_schema_has_it_and_the_feature_is_off(value, place, first, last):
    told = {version: paths(version, value) for version in supported_versions()}
    assert {version for version, found in told.items() if found} == {f"1.{n}" for n in range(first, last + 1)}
    assert all(found in ([], [(place, last)]) for found in told.values())


def test_a_value_that_is_what_happens_anyway_is_not_told():
    assert not paths("1.26", pod(topologySpreadConstraints=[{"minDomains": 1}]))
    assert not paths("1.32", pod(containers=[{"securityContext": {"procMount": "Default"}}]))
    assert paths("1.32", pod(containers=[{"securityContext": {"procMount": "Unmasked"}}]))


def test_kinds_without_a_schema_and_values_of_other_shapes_lose_nothing():
    assert not paths("1.30", {"apiVersion": "acme.com/v1", "kind": "Pod", "spec": {"resizePolicy": [1]}})
    assert not paths("1.30", pod(containers="none"))
    assert not paths("1.30", pod(containers=[None, "a"]))
