"""Whatever an object looks like, checks find problems in it or none: they never fail, and never point beside it."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from generator.checks.all import CHECKS
from generator.checks.check import Scope
from generator.checks.example import job
from generator.checks.objects import RenderedObject
from generator.k8syaml import dump, load_all
from generator.manifest import Manifest
from tests.generator.checks.rendered import environment, problems

CORPUS = sorted((Path(__file__).parents[2] / "real" / "corpus").rglob("*.yaml"))
OBJECTS = [one for check in CHECKS for text in (check.good, check.bad) for one in load_all(text) if len(text) < 5000]
OBJECTS += [one for path in CORPUS for one in load_all(path.read_text()) if isinstance(one, dict) and "kind" in one]
OTHER: st.SearchStrategy[Any] = st.sampled_from(
    [None, True, 0, -1, 1.5, "", "x", "-", "é", [], {}, [None], [[]], [{}], [1, "a"], {"a": None}, {"": {}}]
)
SCOPE = environment()


def places(value: Any, path: tuple = ()):
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, below in inner:
        yield from places(below, (*path, step))


@st.composite
def bent(draw):
    """An object with one or two of its places replaced by something else."""
    value = copy.deepcopy(draw(st.sampled_from(OBJECTS)))
    for _ in range(draw(st.integers(1, 2))):
        path = draw(st.sampled_from(list(places(value))[1:]))
        inside: Any = value
        for step in path[:-1]:
            inside = inside[step]
        inside[path[-1]] = copy.deepcopy(draw(OTHER))
    return value


NO_KEY = {"kind": "Pod", "apiVersion": "v1", "spec": {"topologySpreadConstraints": [{"matchLabelKeys": [[], {}]}]}}


@settings(suppress_health_check=list(HealthCheck))
@example([NO_KEY])
@given(st.lists(bent(), min_size=1, max_size=3))
def test_no_check_fails_for_any_object(values):
    text = "---\n".join(map(dump, values))
    manifest = Manifest("environments/test/rendered/web/all.yaml", text, tuple(values), "t")
    objects = tuple(RenderedObject("web", manifest.path, index, value) for index, value in enumerate(values))
    before = {one.identity("shop"): other for one, other in zip(objects, OBJECTS, strict=False)}
    scope = Scope(SCOPE, objects, before)
    for check in CHECKS:
        for problem in check.run(scope):
            assert problem.placed in objects
            assert problem.message
            assert all(isinstance(step, str | int) for step in problem.pointer)


@pytest.mark.parametrize("field", ["clusterIPs", "ipFamilies"])
@pytest.mark.parametrize("value", [True, 1, "IPv4", {"a": 1}])
def test_the_addresses_of_a_service_are_a_list_or_none(field, value):
    value = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}, "spec": {field: value}}
    assert {"kubernetes-schema"} <= {check for check, _ in problems(dump(value))}


def test_a_container_whose_name_is_a_map_has_no_name():
    policy = "podFailurePolicy: {rules: [{action: Count, onExitCodes: {containerName: a, operator: In, values: [1]}}]}"
    text = job(spec=policy).replace("name: server", "name: {a: 1}")
    found = {check for check, _ in problems(text)}
    assert {"job-fields", "kubernetes-schema"} <= found


def test_tolerations_in_an_annotation_may_be_as_deep_as_they_like():
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "a", "annotations": {"scheduler.alpha.kubernetes.io/tolerations": "[" * 100_000}},
        "spec": {"containers": [{"name": "a", "image": "a:1"}]},
    }
    (told,) = [one.message for check, one in problems(dump(pod)) if check == "unknown-value"]
    assert "a list of tolerations in JSON" in told


@pytest.mark.parametrize(
    ("text", "told"), [("9:30:00,000000Z", False), ("09:30:00.000000Z", False), ("09:30:00Z", True)]
)
def test_a_time_of_microseconds_is_read_as_go_does(text, told):
    lease = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": "a"}}
    lease["spec"] = {"renewTime": f"2026-01-31T{text}"}
    assert ("unknown-value" in {check for check, _ in problems(dump(lease))}) == told
