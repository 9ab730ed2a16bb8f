"""How much work it takes to find what selectors select: as much for each of many objects as for each of few."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from generator.checks import selection
from generator.checks.check import Scope
from generator.checks.objects import Pod, RenderedObject, pod_of
from generator.k8syaml import load_all
from generator.validation.validate import ACROSS
from tests.generator.checks.rendered import environment, problems

WORKLOAD = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: NAME}
spec:
  selector: {matchLabels: {team: shop, app: NAME}}
  template:
    metadata: {labels: {team: shop, app: NAME}}
    spec: {containers: [{name: a, image: a:1, ports: [{name: http, containerPort: 80}]}]}
---
"""
SELECTING = {
    "Services of one of them each": "{apiVersion: v1, kind: Service, metadata: {name: NAME}, spec: {"
    "selector: {team: shop, app: NAME}, ports: [{port: 80}]}}",
    "Services of all of them each": "{apiVersion: v1, kind: Service, metadata: {name: NAME}, spec: {"
    "selector: {team: shop}, ports: [{port: 80, targetPort: http}]}}",
    "Services of nobody": "{apiVersion: v1, kind: Service, metadata: {name: NAME}, spec: {"
    "selector: {team: shop, app: other-NAME}, ports: [{port: 80}]}}",
    "budgets with an expression": "{apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {name: NAME}, spec: {"
    "minAvailable: 1, selector: {matchExpressions: [{key: app, operator: In, values: [NAME]}]}}}",
    "budgets of all of them each": "{apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {name: NAME}, spec: {"
    "minAvailable: 1, selector: {}}}",
    "policies with peers that are nobody": "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, "
    "metadata: {name: NAME}, spec: {podSelector: {}, ingress: [{from: [{podSelector: {matchLabels: {app: b}}}]}]}}",
}


class Counted(tuple[RenderedObject, ...]):
    """Objects that count how often somebody goes through them all."""

    times = 0

    def __iter__(self):
        self.times += 1
        return super().__iter__()


@pytest.fixture
def work(monkeypatch):
    """How many pods the checks across services compare with selectors, and how often they go through all objects."""

    def work(text: str, number: int) -> tuple[int, int]:
        compared = []
        satisfied = selection.satisfied

        def counting(wanted, expressions, labels):
            compared.append(labels)
            return satisfied(wanted, expressions, labels)

        monkeypatch.setattr(selection, "satisfied", counting)
        values = [one for at in range(number) for one in load_all((WORKLOAD + text).replace("NAME", f"w{at}"))]
        objects = Counted(RenderedObject("web", "all.yaml", index, value) for index, value in enumerate(values))
        scope = Scope(environment(), objects)
        for check in ACROSS:
            list(check.run(scope))
        monkeypatch.setattr(selection, "satisfied", satisfied)
        return len(compared), objects.times

    return work


def test_a_value_that_an_expression_lists_twice_selects_each_pod_once():
    budget = SELECTING["budgets with an expression"].replace("[NAME]", "[NAME, NAME]")
    found = [problem.message for _, problem in problems((WORKLOAD + budget).replace("NAME", "w"))]
    assert "PodDisruptionBudget w wants 1 of 1 pods, so nobody can drain their nodes" in found


@pytest.mark.parametrize("text", SELECTING.values(), ids=SELECTING)
def test_the_work_grows_as_the_objects_do(work, text):
    few, again = work(text, 10)
    many, over = work(text, 40)
    assert many <= 4 * few and over == again


WORDS = st.sampled_from("abc")
EXPRESSION = st.fixed_dictionaries(
    {"key": WORDS, "operator": st.sampled_from(["In", "NotIn", "Exists", "DoesNotExist", "Odd"])},
    optional={"values": st.lists(WORDS, max_size=3)},
)
SELECTOR = st.fixed_dictionaries(
    {}, optional={"matchLabels": st.dictionaries(WORDS, WORDS), "matchExpressions": st.lists(EXPRESSION, max_size=2)}
)
PORTS = st.lists(st.fixed_dictionaries({"containerPort": st.integers(80, 82)}, optional={"name": WORDS}), max_size=2)
PODS = st.lists(st.tuples(st.dictionaries(WORDS, WORDS), PORTS), max_size=4)


@example(pods=[({"a": "a"}, []), ({"a": "b"}, [])], selector={"matchLabels": {"a": "a"}}, times=9)
@example(
    pods=[({"a": "a"}, []), ({"a": "b"}, [])],
    selector={"matchExpressions": [{"key": "a", "operator": "In", "values": ["a", "b"]}]},
    times=9,
)
@given(pods=PODS, selector=SELECTOR, times=st.sampled_from([1, 9]))
def test_those_are_found_that_one_would_find_by_looking_at_each(pods, selector, times):
    made = [pod(labels, ports) for labels, ports in pods * times]
    selected = selection.Selection(made).of(selector)
    expected = [one for one in made if selection.matches(selector, one.labels)]
    assert sorted(map(id, selected)) == sorted(map(id, expected))
    assert bool(selected) == bool(expected)
    for field, value in (("name", "a"), ("containerPort", 80)):
        own = {id(one): [port.get(field) for port in one.containers[0].value["ports"]] for one in expected}
        lacking = [one for one, ports in own.items() if value not in ports and (ports or field == "name")]
        assert sorted(id(one) for _, one in selected.without(field, value)) == sorted(lacking)


def pod(labels: dict[str, str], ports: list[dict[str, Any]]) -> Pod:
    spec = {"containers": [{"name": "a", "ports": ports}]}
    return pod_of(RenderedObject("web", "a.yaml", 0, {"kind": "Pod", "metadata": {"labels": labels}, "spec": spec}))
