"""How much work it takes to find what selectors select: as much for each of many objects as for each of few."""

from __future__ import annotations

import pytest

from generator.checks import selection
from generator.checks.check import Scope
from generator.checks.objects import RenderedObject
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
        matches = selection.matches

        def counting(selector, labels):
            compared.append(labels)
            return matches(selector, labels)

        monkeypatch.setattr(selection, "matches", counting)
        values = [one for at in range(number) for one in load_all((WORKLOAD + text).replace("NAME", f"w{at}"))]
        objects = Counted(RenderedObject("web", "all.yaml", index, value) for index, value in enumerate(values))
        scope = Scope(environment(), objects)
        for check in ACROSS:
            list(check.run(scope))
        monkeypatch.setattr(selection, "matches", matches)
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
