import copy
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.diff import Placed, compare, differences
from generator.diff_words import Meaning
from generator.k8syaml import load_all

DIGESTS = ["@sha256:" + letter * 64 for letter in "ab"]
DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop, labels: {team: shop}}
spec:
  replicas: 2
  template:
    metadata: {annotations: {checksum/files: abc}}
    spec:
      serviceAccountName: web
      initContainers:
        - {name: wait, image: "busybox:1.37"}
      containers:
        - name: server
          image: ghcr.io/acme/web:1.4.1
          env:
            - {name: MODE, value: fast}
            - {name: KEY, valueFrom: {secretKeyRef: {name: keys, key: one}}}
          ports:
            - {name: http, containerPort: 8080}
            - {name: admin, containerPort: 9090}
          resources: {requests: {cpu: 100m}}
          readinessProbe: {httpGet: {path: /ready, port: http}, periodSeconds: 5}
          securityContext: {readOnlyRootFilesystem: true}
          volumeMounts: [{name: files, mountPath: /etc/web}]
      volumes:
        - {name: files, configMap: {name: web}}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {type: ClusterIP, ports: [{name: http, port: 80, targetPort: http}]}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: web}
data: {banner.html: "a\\nb\\nc\\n", flag: "on"}
---
apiVersion: v1
kind: Secret
metadata: {name: web}
stringData: {password: hunter2}
"""


def placed(text, environment="test", service="web"):
    return [Placed(environment, service, value) for value in load_all(text)]


def told(old, new):
    return [(change.meaning, str(change)) for change in compare(placed(old), placed(new))]


CASES = [
    ("web:1.4.1", "web:1.4.2", Meaning.IMAGE, "web: image 1.4.1 → 1.4.2"),
    ("acme/web:1.4.1", "other/web:1.4.1", Meaning.IMAGE, "web: image ghcr.io/acme/web:1.4.1 → ghcr.io/other/web:1.4.1"),
    ("busybox:1.37", "busybox:1.38", Meaning.IMAGE, "web: image 1.37 → 1.38 (init container wait)"),
    ("replicas: 2", "replicas: 3", Meaning.SCALE, "web: replicas 2 → 3"),
    ("  replicas: 2\n", "", Meaning.SCALE, "web: replicas removed (was 2)"),
    ("value: fast", "value: very fast", Meaning.VARIABLES, 'web: MODE fast → "very fast"'),
    ("key: one", "key: two", Meaning.VARIABLES, "web: KEY secret:keys/one → secret:keys/two"),
    (
        "- {name: MODE",
        "- {name: MOOD, value: good}\n            - {name: MODE",
        Meaning.VARIABLES,
        "web: MOOD set to good",
    ),
    ("            - {name: MODE, value: fast}\n", "", Meaning.VARIABLES, "web: MODE removed (was fast)"),
    ("cpu: 100m", "cpu: 200m", Meaning.RESOURCES, "web: cpu request 100m → 200m"),
    ("periodSeconds: 5", "periodSeconds: 9", Meaning.PROBES, "web: readiness probe periodSeconds 5 → 9"),
    ("containerPort: 9090", "containerPort: 9091", Meaning.EXPOSURE, "web: ports.admin.containerPort 9090 → 9091"),
    ("type: ClusterIP", "type: NodePort", Meaning.EXPOSURE, "web: Service web spec.type ClusterIP → NodePort"),
    ("readOnlyRootFilesystem: true", "readOnlyRootFilesystem: false", Meaning.SECURITY, None),
    ("serviceAccountName: web", "serviceAccountName: root", Meaning.SECURITY, "web: serviceAccountName web → root"),
    ("checksum/files: abc", "checksum/files: abd", Meaning.FILES, "web: pods restart to read changed config files"),
    ('"a\\nb\\nc\\n"', '"a\\nx\\ny\\nc\\n"', Meaning.FILES, "web: ConfigMap web banner.html: 2 lines added, 1 removed"),
    ('flag: "on"', 'flag: "off"', Meaning.FILES, "web: ConfigMap web flag on → off"),
    ("configMap: {name: web}", "configMap: {name: wob}", Meaning.FILES, "web: volumes.files.configMap.name web → wob"),
    ("{team: shop}", "{team: shop, new: x}", Meaning.OTHER, "web: Deployment web metadata.labels.new set to x"),
]


@pytest.mark.parametrize(("old", "new", "meaning", "text"), CASES)
def test_a_change_is_one_sentence_under_its_meaning(old, new, meaning, text):
    assert old in DEPLOYMENT
    ((found, said),) = told(DEPLOYMENT, DEPLOYMENT.replace(old, new, 1))
    assert found is meaning
    assert text is None or said == text


def test_a_moved_digest_under_the_same_tag_is_shown():
    old, new = (DEPLOYMENT.replace("web:1.4.1", f"web:1.4.1{digest}") for digest in DIGESTS)
    assert told(old, new) == [(Meaning.IMAGE, f"web: image 1.4.1 digest {'a' * 12} → {'b' * 12}")]


def test_objects_come_and_go_by_kind_and_name():
    first, *rest = DEPLOYMENT.split("---\n")
    assert told(first, "---\n".join([first, *rest])) == [
        (Meaning.OBJECTS, f"web: {kind} web added") for kind in ("Service", "ConfigMap", "Secret")
    ]
    assert told(DEPLOYMENT, "---\n".join(rest)) == [(Meaning.OBJECTS, "web: Deployment web removed")]


def test_another_version_of_the_api_is_a_change_and_no_other_object():
    changed = DEPLOYMENT.replace("apps/v1", "apps/v2")
    assert told(DEPLOYMENT, changed) == [(Meaning.OTHER, "web: Deployment web apiVersion apps/v1 → apps/v2")]


def test_the_values_of_a_secret_are_never_shown():
    changed = DEPLOYMENT.replace("hunter2", "correct horse")
    ((meaning, text),) = told(DEPLOYMENT, changed)
    assert (meaning, text) == (Meaning.FILES, "web: Secret web password changed")


def test_order_matters_only_where_it_is_all_that_changed():
    one = "            - {name: http, containerPort: 8080}\n"
    two = "            - {name: admin, containerPort: 9090}\n"
    assert told(DEPLOYMENT, DEPLOYMENT.replace(one + two, two + one)) == [
        (Meaning.EXPOSURE, "web: order of ports http, admin → admin, http")
    ]


def test_changes_come_by_environment_service_and_meaning():
    old = [
        Placed(*place, value) for place in product(("test", "prod"), ("web", "api")) for value in load_all(DEPLOYMENT)
    ]
    changed = DEPLOYMENT.replace("replicas: 2", "replicas: 3").replace("1.4.1", "1.4.2")
    new = [Placed(*place, value) for place in product(("test", "prod"), ("web", "api")) for value in load_all(changed)]
    assert [(one.environment, one.service, one.meaning) for one in compare(old, new)] == [
        (*place, meaning)
        for place in product(("prod", "test"), ("api", "web"))
        for meaning in (Meaning.IMAGE, Meaning.SCALE)
    ]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(0, 3) | st.sampled_from(["a", "b", ""]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["name", "ports", "env", "x"]), inner, max_size=3)
        | st.lists(st.fixed_dictionaries({"name": st.sampled_from("abc"), "value": inner}), max_size=3)
    ),
    max_leaves=8,
)


@given(json_values, json_values)
def test_there_is_a_difference_exactly_if_the_values_differ(old, new):
    assert bool(list(differences(old, new))) == (repr(_plain(old)) != repr(_plain(new)))


def test_true_is_not_one():
    assert list(differences({"a": [1]}, {"a": [True]}))
    assert list(differences({"env": [{"name": "A", "value": 1}]}, {"env": [{"name": "A", "value": True}]}))


@given(json_values)
def test_nothing_changes_from_a_value_to_its_copy(value):
    thing = {"apiVersion": "v1", "kind": "Thing", "metadata": {"name": "a"}, "spec": value}
    assert compare([Placed("e", "s", thing)], [Placed("e", "s", copy.deepcopy(thing))]) == ()


@given(json_values, json_values)
def test_any_two_objects_can_be_compared(old, new):
    things = [
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "a"}, "spec": one} for one in (old, new)
    ]
    for change in compare([Placed("e", "s", things[0])], [Placed("e", "s", things[1])]):
        assert "\n" not in change.text


def _plain(value):
    """With keys in order, since the order of a map means nothing."""
    if isinstance(value, dict):
        return {key: _plain(value[key]) for key in sorted(value)}
    return [_plain(item) for item in value] if isinstance(value, list) else value
