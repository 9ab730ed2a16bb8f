"""Nulls are read as the API server reads them; tests/real asks a real one."""

from typing import Any

import pytest

from generator.decoded import decoded


def pod(spec):
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}, "spec": spec}


def test_an_object_without_nulls_is_itself():
    value = pod({"containers": [{"name": "web", "args": ["null", ""]}]})

    assert decoded("1.36", value) is value


@pytest.mark.parametrize(
    "written, read",
    [
        ({"nodeName": None, "containers": None}, {}),
        ({"containers": [None, {"name": "a", "livenessProbe": None}]}, {"containers": [{}, {"name": "a"}]}),
        ({"containers": [{"args": [None, "x"]}]}, {"containers": [{"args": ["", "x"]}]}),
        ({"nodeSelector": {"disk": None}}, {"nodeSelector": {"disk": ""}}),
        (
            {"containers": [{"resources": {"limits": {"cpu": None}}}]},
            {"containers": [{"resources": {"limits": {"cpu": "0"}}}]},
        ),
        ({"securityContext": {"supplementalGroups": [None]}}, {"securityContext": {"supplementalGroups": [0]}}),
    ],
)
def test_a_null_is_no_value_and_in_lists_and_free_maps_the_zero_value(written, read):
    assert decoded("1.36", pod(written)) == pod(read)


def test_a_null_in_a_map_of_times_stays_for_it_is_the_zero_time():
    budget = {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "status": {"disruptedPods": {"web-0": None}}}

    assert decoded("1.36", budget) == budget


def test_an_unknown_field_and_an_unknown_kind_stay_as_they_are():
    custom = {"apiVersion": "example.com/v1", "kind": "Widget", "spec": None}

    assert decoded("1.36", pod({"bogus": None})) == pod({"bogus": None})
    assert decoded("1.36", custom) is custom
    odd: Any = {1: None}
    assert decoded("1.36", odd) == odd  # what JSON cannot say is for the schema to report
