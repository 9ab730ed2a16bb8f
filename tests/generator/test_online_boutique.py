"""The Online Boutique as rendered for prod (the load generator: staging) against what upstream releases.

Each object is rebuilt from the table of upstream's facts and must equal the rendered one, field by field and in both
directions, once the differences that are meant are taken away. They are written down in environments/README.md:
`DELIBERATE` has those of every service, `_prod_additions` those of prod.
"""

import hashlib
from copy import deepcopy
from pathlib import Path

import pytest

from generator.k8syaml import load_all
from generator.shipped import shipped

FACTS = load_all((Path(__file__).parent / "data" / "online-boutique-v0.10.6.yaml").read_text())[0]
SERVICES = FACTS["services"]
DELIBERATE = {"namespace": "shop", "labels": ("app.kubernetes.io/name", "app.kubernetes.io/managed-by")}
PROD_ONLY_KINDS = ("PodDisruptionBudget", "HorizontalPodAutoscaler", "NetworkPolicy")


def rendered(service, environment):
    """The objects of a service by (kind, name), as they are committed."""
    folder = shipped("environments") / environment / "rendered" / service
    objects = [obj for path in sorted(folder.glob("*.yaml")) for obj in load_all(path.read_text())]
    by_name = {(obj["kind"], obj["metadata"]["name"]): obj for obj in objects}
    assert len(by_name) == len(objects)
    return by_name


def expected(service):
    """The objects that upstream has for a service, rebuilt from the facts."""
    facts = SERVICES[service]
    objects = {("Deployment", service): deployment(service, facts)}
    if "ports" in facts:
        objects["Service", service] = a_service(service, service, "ClusterIP", facts["ports"])
    if "external" in facts:
        name = f"{service}-external"
        objects["Service", name] = a_service(service, name, "LoadBalancer", facts["external"])
    if facts.get("serviceAccount", True):
        metadata = {"name": service}
        objects["ServiceAccount", service] = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata}
    return objects


def a_service(service, name, kind, ports):
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "labels": {"app": service}},
        "spec": {"type": kind, "selector": {"app": service}, "ports": ports},
    }


def deployment(service, facts):
    pod = {
        "serviceAccountName": service if facts.get("serviceAccount", True) else None,
        "terminationGracePeriodSeconds": facts.get("terminationGracePeriodSeconds"),
        "securityContext": FACTS["podSecurityContext"],
        "initContainers": [init_container(name, one) for name, one in facts.get("initContainers", {}).items()] or None,
        "containers": [container(service, facts)],
        "volumes": facts.get("volumes"),
    }
    template = {"metadata": present(labels={"app": service}, annotations=facts.get("annotations"))}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": service, "labels": {"app": service}},
        "spec": present(
            replicas=facts.get("replicas"),
            selector={"matchLabels": {"app": service}},
            template={**template, "spec": present(**pod)},
        ),
    }


def container(service, facts):
    ports = [{"containerPort": port["targetPort"]} for port in facts.get("ports", [])]
    image = facts["image"] if facts.get("imageIsComplete") else f"{FACTS['registry']}/{facts['image']}"
    return present(
        name=facts.get("container", "server"),
        image=image,
        env=variables(facts.get("env")),
        resources=facts["resources"],
        securityContext=FACTS["securityContext"],
        ports=ports or None,
        readinessProbe=facts.get("readiness"),
        livenessProbe=facts.get("liveness"),
        volumeMounts=facts.get("volumeMounts"),
    )


def init_container(name, facts):
    return {
        "name": name,
        "image": facts["image"],
        "env": variables(facts["env"]),
        "command": [*facts["command"], facts["scriptSha256"]],
        "securityContext": FACTS["securityContext"],
    }


def variables(env):
    return None if env is None else [{"name": name, "value": value} for name, value in env.items()]


def present(**fields):
    return {name: value for name, value in fields.items() if value is not None}


def comparable(obj, service):
    """A rendered object less what every environment adds to upstream's, which must be there."""
    obj = deepcopy(obj)
    assert obj["metadata"].pop("namespace") == DELIBERATE["namespace"]
    take_labels(obj["metadata"], service)
    if obj["kind"] == "ServiceAccount":  # upstream gives it no labels at all
        assert obj["metadata"].pop("labels") == {"app": service}
    if obj["kind"] == "Deployment":
        pod = obj["spec"]["template"]
        take_labels(pod["metadata"], service)
        for one in pod["spec"]["containers"]:
            names = [port.pop("name") for port in one.get("ports", [])]  # a few have one upstream, ours all do
            assert names == [port["name"] for port in SERVICES[service].get("ports", [])]
        for one in pod["spec"].get("initContainers", []):
            one["command"][-1] = hashlib.sha256(one["command"][-1].encode()).hexdigest()
    return obj


def take_labels(metadata, service):
    assert [metadata["labels"].pop(label) for label in DELIBERATE["labels"]] == [service, "towpath"]


def take_prod_additions(service, objects):
    """Take away what prod adds on purpose; what is missing of it fails."""
    spec = objects["Deployment", service]["spec"]
    scaled = service == "frontend"
    assert spec.pop("replicas", None) == (None if scaled else 1 if service == "redis-cart" else 3)
    (spread,) = spec["template"]["spec"].pop("topologySpreadConstraints")
    assert spread["labelSelector"] == spec["selector"]
    kinds = {kind for kind, _ in objects} & set(PROD_ONLY_KINDS)
    guarded = service in ("redis-cart", "paymentservice")
    assert kinds == {"PodDisruptionBudget", *["HorizontalPodAutoscaler"] * scaled, *["NetworkPolicy"] * guarded}
    return {key: obj for key, obj in objects.items() if key[0] not in PROD_ONLY_KINDS}


@pytest.mark.parametrize("service", sorted(set(SERVICES) - {"loadgenerator"}))
def test_prod_is_what_upstream_releases(service):
    objects = take_prod_additions(service, rendered(service, "prod"))
    assert {key: comparable(obj, service) for key, obj in objects.items()} == expected(service)


def test_the_load_generator_is_upstreams_and_stays_out_of_prod():
    objects = {key: comparable(obj, "loadgenerator") for key, obj in rendered("loadgenerator", "staging").items()}
    assert objects == expected("loadgenerator")
    assert not rendered("loadgenerator", "prod")


def test_every_environment_has_exactly_the_services_it_should():
    for environment in ("test", "staging", "prod"):
        folders = {path.name for path in (shipped("environments") / environment / "rendered").iterdir()}
        assert folders == set(SERVICES) - ({"loadgenerator"} if environment == "prod" else set())


def test_nothing_is_lost_between_the_environments():
    """Outside of prod, too, everything is upstream's but the replicas and what the overlay says."""
    for service in set(SERVICES) - {"loadgenerator", "frontend"}:
        objects = rendered(service, "test")
        assert objects["Deployment", service]["spec"].pop("replicas") == 1
        assert {key: comparable(obj, service) for key, obj in objects.items()} == expected(service)


def test_specs_are_short():
    for path in (shipped("environments") / "base" / "services").glob("*.yaml"):
        script = 14 if path.stem == "loadgenerator" else 0
        assert len(path.read_text().splitlines()) - script <= 25, path.name
