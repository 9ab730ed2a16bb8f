"""Checks across services find in outlines what they find in the objects; the others need nobody else's objects."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from generator.checks.check import Scope
from generator.checks.example import config_map, deployment, service, stream
from generator.checks.objects import RenderedObject
from generator.k8syaml import load_all
from generator.manifest import Manifest
from generator.validation.outline import outline
from generator.validation.validate import ACROSS, ALONE
from tests.generator.checks.rendered import environment
from tests.generator.checks.test_any_shape import bent

HERE = environment()
SIDECAR = "initContainers:\n- {name: proxy, restartPolicy: Always, readinessProbe: {grpc: {port: 1}}}"
MORE = (
    stream(config_map(), config_map().replace("{name: settings}", "{name: settings, namespace: shop2}")),
    deployment(pod="volumes: [{name: keys, secret: {secretName: keys}}]"),
    deployment(pod="serviceAccountName: nobody"),
    deployment(pod="affinity: {podAntiAffinity: {a: b}}", spec="replicas: 3"),
    deployment().replace("apps/v1", "apps.example.com/v1"),
    stream(deployment(pod=SIDECAR), service("selector: {app: web}")),
)


def placed(values, index=0):
    manifest = Manifest("environments/test/rendered/web/all.yaml", "", tuple(values), "t")
    return tuple(RenderedObject("web", manifest.path, number, value) for number, value in enumerate(values, index))


def found(checks, *groups):
    """What checks have against groups of objects, each by itself."""
    return sorted(
        (check.id, problem.placed.index, str(problem.pointer), problem.message, problem.fix)
        for group in groups
        for check in checks
        for problem in check.run(Scope(HERE, group).decoded())
    )


def test_every_example_is_judged_by_its_outline_as_by_itself():
    for text in (*(text for check in ACROSS for text in (check.good, check.bad)), *MORE):
        values = load_all(text)
        assert found(ACROSS, placed([outline(value) for value in values])) == found(ACROSS, placed(values)), text


@settings(suppress_health_check=list(HealthCheck))
@given(st.lists(bent(), min_size=1, max_size=4))
def test_outlines_say_all_that_is_asked_across_services(values):
    assert found(ACROSS, placed([outline(value) for value in values])) == found(ACROSS, placed(values))


@settings(suppress_health_check=list(HealthCheck))
@given(st.lists(bent(), min_size=2, max_size=4))
def test_the_other_checks_need_one_service_only(values):
    apart = (placed([value], index) for index, value in enumerate(values))
    assert found(ALONE, *apart) == found(ALONE, placed(values))


def test_an_outline_is_smaller_and_leaves_the_object_as_it_is():
    text = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, annotations: {a: b}}
spec:
  template:
    spec:
      containers:
      - name: web
        image: web:1
        env: [{name: A, value: b}, {name: C, valueFrom: {secretKeyRef: {name: s, key: k}}}]
"""
    (value,), (before,) = load_all(text), load_all(text)
    kept = {"valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}
    containers = [{"name": "web", "readinessProbe": False, "env": [{}, kept]}]
    pod = {"topologySpreadConstraints": False, "containers": containers}
    assert outline(value) == {**value, "metadata": {"name": "web"}, "spec": {"template": {"spec": pod}}}
    assert value == before
    assert outline("no object") == "no object"
    secret = outline({"kind": "Secret", "stringData": {"password": "x"}})
    assert secret == {"kind": "Secret", "stringData": {"password": ""}}
