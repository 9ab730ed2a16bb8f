"""Each check once where it finds something and, by the first test, once where it must not."""

import pytest

from generator.checks.example import job
from generator.finding import Severity, errors
from tests.generator.checks.rendered import EXTERNAL, GOOD, findings, problems, said


def test_nothing_is_said_about_what_is_fine():
    assert said(GOOD, extra=EXTERNAL) == []


def broken(old, new, **options):
    assert old in GOOD
    return said(GOOD.replace(old, new, 1), **{"extra": EXTERNAL, **options})


CASES = {
    "kubernetes-schema": ("  replicas: 2", "  replica: 2", 7, "replica"),
    "unknown-kind": ("apiVersion: apps/v1\nkind: Dep", "apiVersion: apps/v2\nkind: Dep", 1, "apps/v1"),
    "removed-api": ("apiVersion: apps/v1\nkind: Dep", "apiVersion: apps/v1beta1\nkind: Dep", 1, "in Kubernetes 1.16"),
    "selector-mismatch": ("      app: web\n  template", "      app: wob\n  template", 10, "app=wob"),
    "service-without-pods": ("    app: web\n  ports", "    app: wob\n  ports", 37, "no pod of test"),
    "service-port": ("targetPort: http", "targetPort: grpc", 42, "port grpc"),
    "image-tag": ("web:1.4.1", "web", 19, "neither tag nor digest"),
    "image-latest": ("web:1.4.1", "web:latest", 19, "pushed last"),
    "invalid-image": ("ghcr.io/acme/web:1.4.1", "'no image'", 19, "no image reference"),
    "foreign-namespace": (
        "name: settings\n  namespace: shop",
        "name: settings\n  namespace: kube-system",
        48,
        "kube-system",
    ),
    "missing-reference": ("name: keys", "name: kays", 29, "Secret kays"),
}


@pytest.mark.parametrize("check", CASES)
def test_a_check_finds_its_problem_at_its_line(check):
    old, new, line, message = CASES[check]
    found = [(place, text) for name, place, text in broken(old, new) if name == check]
    assert [place for place, _ in found] == [line]
    assert message in found[0][1]


def test_a_finding_points_at_the_rendered_line_the_template_and_the_overlay():
    (finding,) = errors(findings(GOOD.replace("targetPort: http", "targetPort: grpc"), extra=EXTERNAL))
    assert str(finding.where) == "environments/test/rendered/web/all.yaml:42:7"
    assert finding.where.text == "      targetPort: grpc"
    assert [(label, str(place)) for label, place in finding.origins] == [
        ("template", "templates/t/all.yaml.j2"),
        ("overlay", "environments/test/services/web.yaml"),
    ]
    assert finding.fix


def test_custom_kinds_are_in_a_namespace_or_not_as_their_definition_says():
    issuer = "apiVersion: cert-manager.io/v1\nkind: KIND\nmetadata: {name: a}\nspec: {selfSigned: {}}\n"
    assert said(issuer.replace("KIND", "Issuer")) == []
    assert [check for check, *_ in said(issuer.replace("KIND", "ClusterIssuer"))] == ["kind-not-allowed"]


def test_a_finalizer_of_a_custom_resource_may_be_a_name_alone():
    with_finalizer = "apiVersion: API\nkind: KIND\nmetadata: {name: a, finalizers: [cleanup]}\nspec: {selfSigned: {}}\n"
    own = with_finalizer.replace("API", "v1").replace("KIND", "ConfigMap").replace("spec: {selfSigned: {}}\n", "")
    assert [check for check, *_ in said(own)] == ["name-syntax"]
    issuer = with_finalizer.replace("API", "cert-manager.io/v1").replace("KIND", "Issuer")
    assert said(issuer) == []
    twice = issuer.replace("[cleanup]", "[cleanup, cleanup]")
    assert said(twice) == [("duplicate-key", 3, "Issuer a: metadata.finalizers has cleanup twice")]


def test_two_services_with_one_object_are_told_apart():
    second = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\n"
    found = said({"web": GOOD, "worker": second}, extra=EXTERNAL)
    assert found == [
        ("duplicate-resource", 4, "ConfigMap settings is also rendered in environments/test/rendered/web/all.yaml")
    ]


def test_the_same_name_in_another_api_group_is_another_object():
    first = "apiVersion: v1\nkind: Service\nmetadata: {name: a}\n"
    second = "apiVersion: serving.knative.dev/v1\nkind: Service\nmetadata: {name: a}\n"
    assert "duplicate-resource" not in [check for check, *_ in said({"a": first, "b": second})]


def test_the_version_of_an_api_makes_no_other_object():
    hpa = "apiVersion: autoscaling/{}\nkind: HorizontalPodAutoscaler\nmetadata: {{name: a}}\n"
    found = said({"a": hpa.format("v1"), "b": hpa.format("v2")})
    assert "duplicate-resource" in [check for check, *_ in found]


def test_a_service_may_name_a_port_by_number_and_leave_the_target_out():
    assert broken("targetPort: http", "targetPort: 8080") == []
    found = findings(GOOD.replace("\n      targetPort: http", ""), extra=EXTERNAL)
    assert ("undeclared-port", Severity.WARNING) in [(one.check, one.severity) for one in found]
    assert not errors(found)


def test_a_selector_wants_all_of_its_labels():
    assert broken("    app: web\n  ports", "    app: web\n    tier: front\n  ports") == []
    ((check, line, _),) = broken("    app: web\n  ports", "    app: web\n    tier: back\n  ports")
    assert (check, line) == ("service-without-pods", 37)


def test_a_service_may_select_one_pod_by_a_label_that_its_controller_gives():
    """As for each member of a database: upstream Redis, Kafka and ZooKeeper have one Service for each pod."""
    given = "statefulset.kubernetes.io/pod-name: web-0"
    assert broken("    app: web\n  ports", f"    app: web\n    {given}\n  ports") == []
    assert broken("    app: web\n  ports", f"    {given}\n  ports") == []
    ((check, *_),) = broken("    app: web\n  ports", f"    app: wob\n    {given}\n  ports")
    assert check == "service-without-pods"


OPERATED = """\
apiVersion: monitoring.coreos.com/v1
kind: Alertmanager
metadata: {name: main}
spec: {replicas: 2}
---
apiVersion: v1
kind: Service
metadata: {name: alertmanager}
spec:
  selector: {alertmanager: WHOSE}
  ports: [{port: 9093, targetPort: web}]
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: alertmanager}
spec:
  maxUnavailable: 1
  selector: {matchLabels: {alertmanager: WHOSE}}
"""


def test_pods_that_an_operator_makes_of_a_custom_resource_have_its_name_in_a_label():
    for whose, wrong in (("main", []), ("other", ["service-without-pods", "budget-without-pods"])):
        found = [one.check for one in findings(OPERATED.replace("WHOSE", whose))]
        assert [check for check in found if check.endswith("-without-pods")] == wrong


def test_a_service_may_lead_to_a_number_where_no_container_says_its_ports():
    """`containerPort` is only information (Kubernetes' API reference): Argo CD and Bank of Anthos do without."""
    silent = GOOD.replace("          ports:\n            - name: http\n              containerPort: 8080\n", "")
    assert silent != GOOD
    assert said(silent.replace("targetPort: http", "targetPort: 8080"), extra=EXTERNAL) == []
    assert [check for check, *_ in said(silent, extra=EXTERNAL)] == ["service-port"]


def test_an_ingress_of_aws_leads_to_an_action_in_an_annotation_instead_of_a_service():
    ingress = (
        "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  name: a\n"
        "spec: {defaultBackend: {service: {name: redirect, port: {name: PORT}}}}\n"
    )
    assert said(ingress.replace("PORT", "use-annotation")) == []
    assert [check for check, *_ in said(ingress.replace("PORT", "http"))] == ["ingress-service"]


@pytest.mark.parametrize(
    ("second", "wrong"),
    [
        ("{name: b, port: 80, protocol: UDP, nodePort: 30080}", False),
        ("{name: b, port: 81, nodePort: 30080}", True),
        ("{name: b, port: 81, protocol: UDP, nodePort: 30080}", True),
        (
            "{name: b, port: 80, protocol: UDP, nodePort: 30081}, {name: c, port: 80, protocol: SCTP, nodePort: 30081}",
            True,
        ),
    ],
)
def test_a_node_port_is_for_one_port_of_a_service(second, wrong):
    service = (
        "apiVersion: v1\nkind: Service\nmetadata:\n  name: a\n"
        f"spec: {{type: NodePort, ports: [{{name: a, port: 80, nodePort: 30080}}, {second}]}}\n"
    )
    assert [check for check, *_ in said(service)] == ["duplicate-name"] * wrong


def test_an_init_container_has_a_name_of_its_own():
    init = "      initContainers: [{name: NAME, image: ghcr.io/acme/load:1.0.0}]\n      containers"
    assert broken("      containers", init.replace("NAME", "load")) == []
    assert [check for check, *_ in broken("      containers", init.replace("NAME", "server"))] == ["duplicate-name"]


def test_a_container_without_a_name_is_told_by_its_place():
    messages = [one.message for _, one in problems(job().replace("name: server", "command: [server]"))]
    assert "Job report: containers.0 has no limit of memory" in messages
    assert not any(":  " in one for one in messages)


def test_a_service_without_selector_selects_nothing_on_purpose():
    found = broken("  selector:\n    app: web\n  ports", "  ports")
    assert found == []


ROLE = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: {kind}
metadata: {{name: web}}
"""


@pytest.mark.parametrize("kind", ["Role", "ClusterRole"])
def test_rights_need_to_be_allowed(kind):
    text = ROLE.format(kind=kind)
    assert [check for check, *_ in said(text)] == ["kind-not-allowed"]
    assert said(text, extra=f"allow: {{kinds: [{kind}]}}\n") == []


def test_what_belongs_to_no_namespace_needs_to_be_allowed():
    namespace = "apiVersion: v1\nkind: Namespace\nmetadata: {name: other}\n"
    assert [check for check, *_ in said(namespace)] == ["kind-not-allowed"]
    assert said(namespace, extra="allow: {kinds: [Namespace]}\n") == []


REFERENCES = """\
apiVersion: v1
kind: Pod
metadata: {name: a}
spec:
  serviceAccountName: robot
  volumes:
    - {name: a, configMap: {name: map}}
    - {name: b, secret: {secretName: hidden}}
    - {name: c, projected: {sources: [{secret: {name: inner}}, {configMap: {name: there, optional: true}}]}}
    - {name: d, persistentVolumeClaim: {claimName: disk}}
  initContainers:
    - {name: i, image: "a:1", envFrom: [{secretRef: {name: early}}]}
  containers:
    - {name: c, image: "a:1", env: [{name: A, valueFrom: {configMapKeyRef: {name: conf, key: k, optional: true}}}]}
"""


def test_every_kind_of_reference_is_seen_and_optional_ones_are_not_needed():
    found = [message.split(" needs the ")[1] for _, _, message in said(REFERENCES)]
    assert sorted(text.split(",")[0] for text in found) == [
        "ConfigMap map",
        "PersistentVolumeClaim disk",
        "Secret early",
        "Secret hidden",
        "Secret inner",
        "ServiceAccount robot",
    ]
    external = """external:
  secrets: [early, hidden, inner]
  configMaps: [map]
  serviceAccounts: [robot]
  persistentVolumeClaims: [disk]
"""
    assert said(REFERENCES, extra=external) == []


def test_checks_are_weighed_by_the_settings():
    text = GOOD.replace("targetPort: http", "targetPort: grpc")
    found = {
        settings: [
            one.severity for one in findings(text, extra=EXTERNAL, settings=settings) if one.check == "service-port"
        ]
        for settings in ("", "checks: {service-port: warning}\n", "checks: {service-port: false}\n")
    }
    assert list(found.values()) == [[Severity.ERROR], [Severity.WARNING], []]


@pytest.mark.parametrize("check", ["image-digest", "liveness-probe", "pod-disruption-budget"])
def test_a_check_that_is_off_or_a_warning_can_be_an_error(check):
    assert [one for one, *_ in said(GOOD, extra=EXTERNAL, settings=f"checks: {{{check}: error}}\n")] == [check]


BUDGET = """---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web}
spec: {minAvailable: 1, selector: {matchLabels: {tier: front}}}
"""
SCALER = """---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec: {maxReplicas: 5, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}}
"""


@pytest.mark.parametrize("addition", [BUDGET, SCALER])
def test_a_budget_is_wanted_only_for_several_pods_without_one(addition):
    assert said(GOOD + addition, extra=EXTERNAL, settings="checks: {pod-disruption-budget: error}\n") == []


def test_an_unknown_check_in_the_settings_is_a_finding():
    (finding,) = errors(findings(GOOD, extra=EXTERNAL, settings="checks: {image-digets: error}\n"))
    assert finding.check == "unknown-check"
    assert "did you mean 'image-digest'" in finding.message
    assert (finding.where.path, finding.where.line) == ("towpath.yaml", 2)


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        "apiVersion: v1",
        "apiVersion: v1\nkind: Service\nmetadata: 3\nspec: {selector: [], ports: {a: b}}\n",
        "apiVersion: apps/v1\nkind: Deployment\nspec: {selector: 1, template: {spec: {containers: [3, {image: 1}]}}}\n",
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {labels: null}\nspec: {template: null}\n",
        "apiVersion: 5\nkind: [Deployment]\n",
        "apiVersion: v1\nkind: Service\nmetadata: {name: [a]}\nspec: {selector: {a: [b]}, ports: [{targetPort: {}}]}\n",
    ],
)
def test_objects_of_any_shape_are_findings_and_never_a_crash(text):
    assert any(one.check in ("kubernetes-schema", "unknown-kind") for one in findings(text))


def test_a_key_of_digits_is_a_key_and_no_index():
    text = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  annotations:\n    '0': b\n    '01': 5\n"
    (finding,) = errors(findings(text))
    assert (finding.check, finding.where.line) == ("kubernetes-schema", 7)
    assert "metadata.annotations.01" in finding.message
