"""Kubernetes' schemas: what is served when, what is wrong with an object, and that two validators agree on it."""

import copy
import json
from contextlib import suppress
from functools import cache

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator import schemas
from generator.checks.fields.validator import violations
from generator.errors import InputError
from generator.schema_words import unknown_field
from generator.schemas import SchemaError, UnknownKind, validate_object

VERSIONS = schemas.supported_versions()


def deployment(**container):
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "labels": {"app": "web"}, "creationTimestamp": None},
        "spec": {
            "replicas": 3,
            "selector": {"matchLabels": {"app": "web"}},
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": 0}},
            "template": {
                "metadata": {"labels": {"app": "web"}},
                "spec": {
                    "securityContext": {"runAsNonRoot": True, "runAsUser": 1000},
                    "containers": [
                        {
                            "name": "server",
                            "image": "web:1.0",
                            "ports": [{"name": "http", "containerPort": 8080}],
                            "env": [{"name": "PORT", "value": "8080"}],
                            "readinessProbe": {"httpGet": {"path": "/", "port": "http"}, "periodSeconds": 5},
                            "resources": {"requests": {"cpu": "100m", "memory": "64Mi"}, "limits": {"cpu": 0.5}},
                        }
                        | container
                    ],
                    "volumes": [{"name": "data", "emptyDir": {}}],
                },
            },
        },
    }


CORPUS = [
    deployment(),
    {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {
            "type": "ClusterIP",
            "selector": {"app": "web"},
            "ports": [{"name": "http", "port": 80, "targetPort": "http"}],
        },
    },
    {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "web"}, "data": {"a": "b"}},
    {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "web"}, "data": {"a": "aHVudGVyMg=="}},
    {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {"name": "web"},
        "automountServiceAccountToken": False,
    },
    {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": "web"},
        "spec": {"maxUnavailable": "50%", "selector": {"matchLabels": {"app": "web"}}},
    },
    {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "web"},
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
            "minReplicas": 3,
            "maxReplicas": 12,
            "metrics": [
                {
                    "type": "Resource",
                    "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 70}},
                }
            ],
        },
    },
    {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "web"},
        "spec": {"podSelector": {}, "policyTypes": ["Ingress"], "ingress": [{"ports": [{"port": 8080}]}]},
    },
    {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": "web"},
        "spec": {
            "rules": [
                {
                    "host": "shop.example.com",
                    "http": {
                        "paths": [
                            {
                                "path": "/",
                                "pathType": "Prefix",
                                "backend": {"service": {"name": "web", "port": {"number": 80}}},
                            }
                        ]
                    },
                }
            ]
        },
    },
    {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": {"name": "tidy"},
        "spec": {
            "schedule": "0 3 * * *",
            "jobTemplate": {
                "spec": {"template": {"spec": {"restartPolicy": "Never", "containers": [{"name": "tidy"}]}}}
            },
        },
    },
]


def errors(obj, version="1.36"):
    found = validate_object(version, obj)
    assert isinstance(found, list), found
    return found


def message(**container):
    """What is said about one container of the Deployment that is otherwise fine."""
    [error] = errors(deployment(**container))
    assert error.path[:5] == ("spec", "template", "spec", "containers", 0)
    return error.message


def test_thirteen_minor_versions_in_order():
    assert schemas.supported_versions() == [f"1.{minor}" for minor in range(25, 38)]


@pytest.mark.parametrize("version", ["1.36", "v1.36", "1.36.4", "v1.36.2-gke.100", "1.36.0+k3s1"])
def test_a_version_may_be_written_as_clusters_report_it(version):
    assert schemas.minor(version) == "1.36"


@pytest.mark.parametrize("version", ["1.24", "1.38", "2.0", "", "1.3", "latest", "1.36\n"])
def test_a_version_without_schemas_says_which_there_are(version):
    with pytest.raises(InputError) as raised:
        schemas.kinds(version)
    assert repr(version) in raised.value.what
    assert '"1.25" to "1.37"' in raised.value.next


@pytest.mark.parametrize("version", VERSIONS)
def test_ordinary_objects_are_fine_in_every_version(version):
    found = [(obj, validate_object(version, obj)) for obj in CORPUS]
    assert [one for one in found if one[1] != []] == []


@pytest.mark.parametrize("version", [VERSIONS[0], VERSIONS[-1]])
def test_every_kind_has_a_schema_that_compiles_and_refuses_unknown_fields(version):
    for api_version, kind in schemas.kinds(version):
        obj = {"apiVersion": api_version, "kind": kind, "zzz": 1}
        [error, *_] = [error for error in errors(obj, version) if error.path == ("zzz",)]
        assert error.check == "unknown-field"


def test_scope():
    scope = {kind.kind: kind.namespaced for kind in schemas.kinds("1.36").values()}
    cluster = {"Namespace", "Node", "ClusterRole", "CustomResourceDefinition", "PriorityClass", "IngressClass"}
    namespaced = {"Deployment", "Service", "Ingress", "Role", "PersistentVolumeClaim", "CSIStorageCapacity"}
    assert not any(scope[kind] for kind in cluster)
    assert all(scope[kind] for kind in namespaced)


def test_lists_and_parameters_of_api_calls_are_no_kinds():
    names = {kind.kind for kind in schemas.kinds("1.36").values()}
    assert not {"DeploymentList", "DeleteOptions", "WatchEvent", "Status"} & names


class TestWords:
    def test_unknown_field(self):
        assert message(imagee="web:2.0") == "unknown field 'imagee'; did you mean 'image'?"
        assert message(readinessprobe={}) == "unknown field 'readinessprobe'; did you mean 'readinessProbe'?"
        assert message(zzz=1) == "unknown field 'zzz'"

    def test_unknown_field_of_a_small_map_names_the_others(self):
        probe = {"grpc": {"port": 1, "zzzzz": 2}}
        assert message(livenessProbe=probe) == "unknown field 'zzzzz'; known here: port, service"

    def test_an_unknown_field_that_begins_like_one_other(self):
        assert unknown_field("environment", ["env", "image"]) == "unknown field 'environment'; did you mean 'env'?"
        assert unknown_field("environment", ["env", "enviro"]) == "unknown field 'environment'; did you mean 'enviro'?"
        assert unknown_field("po", ["port", *"abcdefgh"]) == "unknown field 'po'"

    def test_missing_field(self):
        obj = deployment()
        del obj["spec"]["selector"]
        assert errors(obj) == [SchemaError(("spec",), "missing-field", "missing required field 'selector'")]

    def test_wrong_type(self):
        assert message(ports=[{"containerPort": "80"}]) == 'expected integer, got string "80": write 80'
        assert message(env=[{"name": "PORT", "value": 80}]) == "expected string, got integer 80: put it in quotes"
        assert message(env=[{"name": "ON", "value": True}]) == "expected string, got boolean true: put it in quotes"
        assert message(command="run") == 'expected list, got string "run"'
        assert message(resources=[]) == "expected map, got list"
        assert message(name=None) == "expected string, got null"

    def test_integer_or_string(self):
        probe = {"tcpSocket": {"port": [80]}}
        assert message(livenessProbe=probe) == "expected integer or string, got list"

    def test_a_field_of_what_is_one_level_deeper(self):
        pod = {"containers": [{"name": "a"}], "securityContext": {}, "ports": [], "runAsUser": 1, "image": "a"}
        found = validate_object("1.36", {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}, "spec": pod})
        assert isinstance(found, list)
        assert [error.message.partition("; ")[2] for error in found] == [
            "it belongs one level deeper, into an item of containers",
            "it belongs one level deeper, into an item of containers",
            "it belongs one level deeper, into securityContext",
        ]

    def test_a_field_of_what_is_further_up(self):
        obj = deployment()
        pod = obj["spec"]["template"]["spec"]
        pod["replicas"] = 2
        pod["containers"][0]["nodeSelector"] = pod["containers"][0]["resources"]["kind"] = {}
        assert [error.message.partition("; ")[2] for error in errors(obj)] == [
            "further up, spec.template.spec has it",
            "further up, the top of the object has it",
            "further up, spec has it",
        ]

    def test_out_of_range(self):
        assert message(ports=[{"containerPort": 2**31}]) == "expected at most 2147483647, got integer 2147483648"

    @pytest.mark.parametrize("quantity", ["64MB", "1 Gi", "lots", "", "1..5", "-", "0x10", "5ki", "1e", "1Mi2"])
    def test_bad_quantity(self, quantity):
        said = message(resources={"limits": {"memory": quantity}})
        assert said.partition(": write")[0] == f'expected a quantity such as 250m, 1.5 or 64Mi, got string "{quantity}"'

    @pytest.mark.parametrize(
        ("quantity", "advice"),
        [
            ("64MB", ": write 64M, or 64Mi for powers of 1024"),
            ("1 Gi", ": write 1Gi"),
            ("5ki", ": write 5Ki"),
            ("1.5kb", ": write 1.5k, or 1.5Ki for powers of 1024"),
            ("lots", ""),
            ("1e", ""),
        ],
    )
    def test_a_quantity_that_was_probably_meant(self, quantity, advice):
        assert message(resources={"limits": {"memory": quantity}}).endswith(f'"{quantity}"{advice}')

    @pytest.mark.parametrize("quantity", ["64Mi", "100m", "1", ".5", "1.", "+1k", "-1", "1e3", "1E-3", "2E", 1, 0.5])
    def test_good_quantity(self, quantity):
        assert errors(deployment(resources={"limits": {"memory": quantity}})) == []

    @pytest.mark.parametrize("data", ["aA==", "aGFsbG8=", "YWJj", "", "YW\nJj\n", "YQ=\n="])
    def test_good_base64(self, data):
        assert errors({"apiVersion": "v1", "kind": "Secret", "data": {"a": data}}) == []

    @pytest.mark.parametrize("data", ["hunter2!", "YWJ", "YWJj=", "=", "YW Jj"])
    def test_a_secret_is_never_quoted(self, data):
        [error] = errors({"apiVersion": "v1", "kind": "Secret", "data": {"a": data}})
        assert (error.path, error.message) == (("data", "a"), "expected base64, got string")

    def test_not_even_one_of_the_wrong_type(self):
        [error] = errors({"apiVersion": "v1", "kind": "Secret", "stringData": {"pin": 7351}})
        assert error.message == "expected string, got integer"

    def test_a_long_value_is_cut(self):
        assert len(message(ports=[{"containerPort": "8" * 1000}])) < 90

    def test_a_time(self):
        obj = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"creationTimestamp": "yesterday"}}
        [error] = errors(obj)
        assert error.message == 'expected a time such as 2026-01-31T09:30:00Z, got string "yesterday"'

    @pytest.mark.parametrize("text", ["2026-01-31T9:30:00Z", "2026-01-31T09:30:00,5+01:00"])
    def test_a_time_that_go_reads_more_loosely_than_is_written_anywhere(self, text):
        assert errors({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"creationTimestamp": text}}) == []


@pytest.mark.parametrize(
    ("obj", "expected"),
    [
        (None, SchemaError((), "wrong-type", "expected a Kubernetes object, got null")),
        ([], SchemaError((), "wrong-type", "expected a Kubernetes object, got list")),
        ({"kind": "Service"}, SchemaError((), "missing-field", "missing required field 'apiVersion'")),
        ({"apiVersion": "v1"}, SchemaError((), "missing-field", "missing required field 'kind'")),
        ({"apiVersion": [], "kind": "Pod"}, SchemaError(("apiVersion",), "wrong-type", "expected string, got list")),
    ],
)
def test_what_is_no_object(obj, expected):
    assert errors(obj) == [expected]


def test_what_a_status_lacks_is_no_error_for_the_api_server_drops_it():
    scaler = next(one for one in CORPUS if one["kind"] == "HorizontalPodAutoscaler")
    assert errors(scaler | {"status": {"currentReplicas": 1}}) == []
    assert errors(scaler | {"status": {"replicas": 1}}) != []
    assert errors(scaler | {"status": {"currentReplicas": "1"}}) != []


def test_keys_that_json_cannot_have_are_an_error_and_no_crash():
    [error] = errors({"apiVersion": "v1", "kind": "ConfigMap", "data": {1: "a"}})
    assert error.check == "bad-value"


@pytest.mark.parametrize(
    ("version", "api_version", "kind", "said"),
    [
        ("1.36", "policy/v1beta1", "PodDisruptionBudget", "in policy/v1beta1; use policy/v1"),
        ("1.36", "extensions/v1beta1", "Ingress", "in extensions/v1beta1; use networking.k8s.io/v1"),
        ("1.36", "v1", "Deployment", "in v1; use apps/v1"),
        ("1.36", "autoscaling/v2beta2", "HorizontalPodAutoscaler", "(only 1.25 has); use autoscaling/v2"),
        ("1.25", "batch/v1", "Cronjob", "did you mean CronJob in batch/v1?"),
        ("1.36", "apps/v1", "Deploymnet", "did you mean Deployment in apps/v1?"),
        ("1.36", "argoproj.io/v1alpha1", "Rollout", "in argoproj.io/v1alpha1"),
        ("1.36", "flink.apache.org/v1", "FlinkDeployment", "in flink.apache.org/v1"),
        ("1.36", "gateway.solo.io/v1", "Ingress", "in gateway.solo.io/v1"),
        ("1.36", "rbac.authorisation.k8s.io/v1", "Role", "; use rbac.authorization.k8s.io/v1"),
        ("1.36", "networking/v1", "Ingress", "; use networking.k8s.io/v1"),
    ],
)
def test_an_unknown_kind_names_what_to_use(version, api_version, kind, said):
    unknown = validate_object(version, {"apiVersion": api_version, "kind": kind})
    assert isinstance(unknown, UnknownKind)
    assert str(unknown).startswith(f"Kubernetes {version} has no {kind} in {api_version}")
    assert str(unknown).endswith(said)


def test_a_kind_of_a_later_version_says_since_when():
    unknown = validate_object("1.25", {"apiVersion": "resource.k8s.io/v1", "kind": "ResourceClaim"})
    assert isinstance(unknown, UnknownKind)
    assert unknown.served == ("1.34", "1.37")


def test_what_is_suggested_is_always_served():
    asked = {key for version in VERSIONS for key in schemas.kinds(version)}
    for version in VERSIONS:
        for api_version, kind in asked - set(schemas.kinds(version)):
            unknown = validate_object(version, {"apiVersion": api_version, "kind": kind})
            assert isinstance(unknown, UnknownKind)
            instead = unknown.did_you_mean
            assert instead is None or schemas.kinds(version)[instead.api_version, instead.kind] == instead


def test_a_definition_brings_all_it_refers_to_and_no_more():
    probe = schemas.definition("1.36", "io.k8s.api.core.v1.Probe")
    assert set(probe["$defs"]) == {
        f"io.k8s.api.core.v1.{name}"
        for name in ("ExecAction", "GRPCAction", "HTTPGetAction", "HTTPHeader", "Probe", "TCPSocketAction")
    } | {"io.k8s.apimachinery.pkg.util.intstr.IntOrString"}
    jsonschema.Draft202012Validator.check_schema(probe)
    assert jsonschema.Draft202012Validator(probe).is_valid({"httpGet": {"port": 80}})
    with pytest.raises(KeyError):
        schemas.definition("1.36", "io.k8s.api.core.v1.Prober")


def test_callers_cannot_change_the_store():
    schemas.definition("1.36", "io.k8s.api.core.v1.Probe")["$defs"].clear()
    assert schemas.definition("1.36", "io.k8s.api.core.v1.Probe")["$defs"]


@cache
def oracle(version, api_version, kind):
    schema = schemas.schema_for(version, api_version, kind)
    assert schema
    return jsonschema.Draft202012Validator(schema)


def oracle_paths(version, obj):
    """Where jsonschema sees an error, in the terms of `validate_object`."""
    paths = set()
    for error in oracle(version, obj["apiVersion"], obj["kind"]).iter_errors(obj):
        path = tuple(error.absolute_path)
        if error.validator == "additionalProperties":
            paths |= {(*path, field) for field in set(error.instance) - set(error.schema["properties"])}
        else:
            paths.add(path)
    return paths


def places(node, path=()):
    """The path of every value within an object, its own excepted."""
    steps = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for step, value in steps:
        yield (*path, step)
        yield from places(value, (*path, step))


VALUES: st.SearchStrategy[object] = st.sampled_from(
    [None, True, 0, -1, 2**31, 2**63, 1.0, 1.5, "", "80", "1Gi", "1 Gi", "ä", [], ["a"], [{}], {}, {"name": "a"}]
)


def mutated(obj, path, value, change):
    obj = copy.deepcopy(obj)
    holder = obj
    for step in path[:-1]:
        holder = holder[step]
    if change == "remove":
        del holder[path[-1]]
    elif change == "rename" and isinstance(holder, dict):
        holder[f"{path[-1]}x"] = holder.pop(path[-1])
    else:
        holder[path[-1]] = value
    return obj


@given(data=st.data())
def test_both_validators_agree_on_mutated_objects(data):
    version = data.draw(st.sampled_from(["1.25", "1.31", "1.37"]))
    obj = data.draw(st.sampled_from(CORPUS))
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from([path for path in places(obj) if path[0] not in ("apiVersion", "kind")]))
        obj = mutated(obj, path, data.draw(VALUES), data.draw(st.sampled_from(["set", "remove", "rename"])))
        if set(obj) <= {"apiVersion", "kind"}:
            break
    found = errors(obj, version)
    assert {error.path for error in found} == oracle_paths(version, obj), json.dumps(obj)
    assert bool(found) != oracle(version, obj["apiVersion"], obj["kind"]).is_valid(obj)


def test_what_is_read_as_empty_is_what_a_version_publishes_as_required():
    for name, fields in schemas._READ_EMPTY.items():
        required = set()
        for version in schemas.supported_versions():
            with suppress(KeyError):  # the version has no such type
                required.update(schemas.definition(version, name)["$defs"][name].get(schemas.READ_EMPTY, ()))
        assert required == set(fields), name


def test_no_type_requires_nothing_in_so_many_words():
    for api_version, kind in schemas.kinds("1.36"):
        schema = schemas.schema_for("1.36", api_version, kind)
        types = schema["$defs"] if schema else {}
        assert types and [name for name, one in types.items() if one.get("required") == []] == []


def test_a_revision_is_read_as_empty_up_to_1_36():
    revision = "io.k8s.api.apps.v1.ControllerRevision"
    assert schemas.READ_EMPTY not in schemas.definition("1.37", revision)["$defs"][revision]


@pytest.mark.parametrize(("version", "warned"), [("1.36", True), ("1.37", False)])
def test_a_field_that_is_not_required_is_not_missed(version, warned):
    revision = {"apiVersion": "apps/v1", "kind": "ControllerRevision", "metadata": {"name": "a"}, "data": {}}
    found = [error.check for error in violations(version, "apps/v1", "ControllerRevision", revision)]
    assert found == (["unset-field"] if warned else [])
