"""What is the same to the cluster, what it adds itself, and which objects belong together."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.adoption.grouping import Labelled, grouped
from generator.adoption.live import as_written, made_by_cluster
from generator.checks.selection import matches
from generator.k8syaml import load_all
from generator.server_defaults import comparable, essential
from tests.generator.adoption.manifests import WEB

POD = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: IMAGE
        ports: [{containerPort: 8080}]
        env: [{name: A}, {name: B, valueFrom: {fieldRef: {fieldPath: metadata.name}}}]
        readinessProbe: {httpGet: {port: 8080}}
        resources: {limits: {cpu: "1", memory: 1Gi}}
      volumes: [{name: tmp, emptyDir: {}}, {name: files, configMap: {name: files}}]
"""
FILLED_IN = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {}, annotations: null}
spec:
  replicas: 1
  revisionHistoryLimit: 10
  progressDeadlineSeconds: 600
  strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 25%, maxUnavailable: 25%}}
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      restartPolicy: Always
      dnsPolicy: ClusterFirst
      schedulerName: default-scheduler
      securityContext: {}
      terminationGracePeriodSeconds: 30
      containers:
      - name: web
        image: IMAGE
        imagePullPolicy: POLICY
        terminationMessagePath: /dev/termination-log
        terminationMessagePolicy: File
        ports: [{containerPort: 8080, protocol: TCP}]
        env: [{name: A, value: ""}, {name: B, valueFrom: {fieldRef: {apiVersion: v1, fieldPath: metadata.name}}}]
        readinessProbe:
          httpGet: {path: /, port: 8080, scheme: HTTP}
          timeoutSeconds: 1
          periodSeconds: 10
          successThreshold: 1
          failureThreshold: 3
        resources: {limits: {cpu: 1000m, memory: 1024Mi}}
      volumes: [{name: tmp, emptyDir: {}}, {name: files, configMap: {name: files, defaultMode: 420}}]
"""


def one(text):
    (obj,) = load_all(text)
    return obj


@pytest.mark.parametrize(
    ("image", "policy"),
    [
        ("web:1.0", "IfNotPresent"),
        ("web:latest", "Always"),
        ("host:5000/web", "Always"),
        ("web@sha256:a", "IfNotPresent"),
    ],
)
def test_what_the_server_fills_in_makes_no_difference(image, policy):
    short, long = (one(text.replace("IMAGE", image).replace("POLICY", policy)) for text in (POD, FILLED_IN))
    assert comparable(short) == comparable(long)
    other = "Always" if policy == "IfNotPresent" else "IfNotPresent"
    assert comparable(short) != comparable(one(FILLED_IN.replace("IMAGE", image).replace("POLICY", other)))


def test_an_image_without_a_tag_is_the_latest():
    assert comparable(one(POD.replace("IMAGE", "web"))) == comparable(one(POD.replace("IMAGE", "web:latest")))


@pytest.mark.parametrize(
    ("short", "long"),
    [
        ("ports: [{port: 80}]", "type: ClusterIP, ports: [{port: 80, targetPort: 80, protocol: TCP}]"),
        ("selector: {a: b}", "internalTrafficPolicy: Cluster, sessionAffinity: None, selector: {a: b}"),
    ],
)
def test_services(short, long):
    head = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: "
    assert comparable(one(f"{head}{{{short}}}")) == comparable(one(f"{head}{{{long}}}"))


def test_an_autoscaler_of_the_first_version_says_the_same_in_the_second():
    head = "kind: HorizontalPodAutoscaler\nmetadata: {name: web}\n"
    target = "scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}, maxReplicas: 3"
    old = one(f"apiVersion: autoscaling/v1\n{head}spec: {{{target}, targetCPUUtilizationPercentage: 70}}\n")
    cpu = "{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 70}}}"
    new = one(f"apiVersion: autoscaling/v2\n{head}spec: {{{target}, minReplicas: 1, metrics: [{cpu}]}}\n")
    assert comparable(old) == comparable(new)


def test_maps_that_mean_something_when_they_are_empty_stay():
    policy = one(
        "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: all}\n"
        "spec: {podSelector: {}, ingress: [{from: [{namespaceSelector: {}}]}], policyTypes: [Ingress]}\n"
    )
    assert essential(policy)["spec"] == {"podSelector": {}, "ingress": [{"from": [{"namespaceSelector": {}}]}]}


LIVE: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {
        "name": "web",
        "namespace": "shop",
        "uid": "0e",
        "resourceVersion": "7",
        "generation": 2,
        "creationTimestamp": "2026-01-01T00:00:00Z",
        "managedFields": [{}],
        "annotations": {"example.com/a": "b"},
    },
    "spec": {
        "clusterIP": "10.0.0.1",
        "clusterIPs": ["10.0.0.1"],
        "ipFamilies": ["IPv4"],
        "ipFamilyPolicy": "SingleStack",
        "type": "NodePort",
        "ports": [{"port": 80, "nodePort": 30123}],
    },
    "status": {"loadBalancer": {}},
}


def test_what_the_cluster_adds_is_taken_away():
    assert as_written(LIVE) == {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "web", "namespace": "shop", "annotations": {"example.com/a": "b"}},
        "spec": {"type": "NodePort", "ports": [{"port": 80, "nodePort": 30123}]},
    }


def test_a_node_port_that_nobody_applied_was_chosen_by_the_cluster():
    applied = {"kubectl.kubernetes.io/last-applied-configuration": json.dumps({"spec": {"ports": [{"port": 80}]}})}
    obj = {**LIVE, "metadata": {**LIVE["metadata"], "annotations": applied}}
    written = as_written(obj)
    assert written["spec"] == {"type": "NodePort", "ports": [{"port": 80}]}
    assert written["metadata"] == {"name": "web", "namespace": "shop"}


def test_a_headless_service_stays_headless():
    assert as_written({**LIVE, "spec": {"clusterIP": "None"}})["spec"] == {"clusterIP": "None"}


def test_what_controllers_make_is_nobodys():
    owner = {"kind": "ReplicaSet", "name": "web-1", "controller": True}
    pod = {"kind": "Pod", "metadata": {"name": "web-1-x", "ownerReferences": [owner]}}
    assert made_by_cluster(pod) == "the ReplicaSet web-1 makes it"
    assert made_by_cluster({"kind": "EndpointSlice", "metadata": {"name": "web-1"}}) == "the cluster makes it"
    assert made_by_cluster(LIVE) is None


def test_the_tests_of_helm_are_no_part_of_what_is_applied():
    def hook(words: str) -> dict[str, object]:
        return {"kind": "Pod", "metadata": {"name": "web", "annotations": {"helm.sh/hook": words}}}

    assert made_by_cluster(hook("test")) == "it is a test of helm's, which only helm runs"
    assert made_by_cluster(hook("test-success,test")) is not None
    assert made_by_cluster(hook("pre-install, test")) is None


EVERYTHING = """\
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: scale}
spec: {scaleTargetRef: {kind: Deployment, name: web-v1}}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: budget}
spec: {selector: {matchLabels: {app: web}}}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: outside}
spec: {rules: [{http: {paths: [{backend: {service: {name: web}}}]}}]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: reads}
subjects: [{kind: ServiceAccount, name: reader}]
roleRef: {kind: Role, name: reads}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: reads}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: reader}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: nobody}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: named, labels: {app.kubernetes.io/name: web-v1}}
"""


def test_all_that_is_only_there_for_a_workload_belongs_to_it():
    objects = [
        *load_all(WEB.replace("    spec:\n", "    spec:\n      serviceAccountName: reader\n", 1)),
        *load_all(EVERYTHING),
    ]
    shared, service = grouped(objects)
    assert (shared.name, shared.objects) == ("shared", (("ConfigMap", "nobody"),))
    assert service.name == "web" and len(service.objects) == len(objects) - 1


def test_groups_do_not_depend_on_the_order_of_objects():
    objects = [*load_all(WEB), *load_all(EVERYTHING)]
    assert grouped(objects) == grouped(reversed(objects))


VALUES: list[Any] = ["x", "y", 1, None, [], {}]
LABELS = st.dictionaries(st.sampled_from("abc"), st.sampled_from(VALUES), max_size=3)
SELECTORS = st.fixed_dictionaries(
    {},
    optional={
        "matchLabels": LABELS,
        "matchExpressions": st.lists(
            st.fixed_dictionaries(
                {
                    "key": st.sampled_from("abc"),
                    "operator": st.sampled_from(["In", "NotIn", "Exists", "DoesNotExist"]),
                    "values": st.lists(st.sampled_from("xy")),
                }
            ),
            max_size=2,
        ),
    },
)


@given(st.lists(LABELS, max_size=6), SELECTORS)
def test_a_selector_finds_what_a_look_at_everything_finds(labels, selector):
    things = [(("Pod", str(number)), each) for number, each in enumerate(labels)]
    assert list(Labelled(things).selected_by(selector)) == [
        key for key, each in things if each and matches(selector, each)
    ]
