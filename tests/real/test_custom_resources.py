"""What we make of a definition of custom resources, and what the API server makes of it."""

import json
import time
from http import HTTPStatus
from typing import Any

from generator.custom.crds import defined
from tests.testbed.api_server import ApiServer

GROUP = "agree.example.com"
PATH = f"/apis/{GROUP}/v1/namespaces/default/things"
OBJECT = {"type": "object"}
KEEPS = {"x-kubernetes-preserve-unknown-fields": True}
FIELDS: dict[str, dict[str, Any]] = {
    "cidr": {"type": "string", "format": "cidr"},
    "ipv4": {"type": "string", "format": "ipv4"},
    "ipv6": {"type": "string", "format": "ipv6"},
    "list": {"type": "array", **KEEPS, "items": {**OBJECT, "properties": {"known": OBJECT}}},
    "lists": {"type": "array", **KEEPS, "items": {"type": "array", "items": OBJECT}},
    "free": {**OBJECT, "additionalProperties": True},
    "kept": KEEPS,
}
VALUES: dict[str, tuple[Any, ...]] = {
    "cidr": (
        *("10.0.0.0/8", "10.0.0.1/8", "010.000.0.0/8", "10.0.0.0/08", "10.0.0.0/33", "10.0.0.0/", "/8", "10.0.0/8"),
        *("10.0.0.0/255.0.0.0", "x/8", " 10.0.0.0/8", "10.0.0.0/8 ", "10.0.0.0/+8", "10.0.0.0/-1", "256.0.0.0/8"),
        *("1.2.3.4", "10.0.0.0/8/8", "10.0.0.0/\u0668", "", "::/0", "::1/128", "::1/129", "fe80::%eth0/64"),
        *("::ffff:1.2.3.4/96", "::ffff:1.2.3.4/120", "2001:00db8::/32", "1::2::3/64", "::/0000128"),
    ),
    "ipv4": ("10.0.0.1", "010.0.0.1", "::ffff:1.2.3.4", "::1", "1.2.3", "256.1.1.1", "1.2.3.4/8", ""),
    "ipv6": ("10.0.0.1", "::1", "::", ":: ", "fe80::1%eth0", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8:9", ""),
    "list": ([{"a": {"b": 1}}], [{"known": {}}], [{"known": {"a": 1}}], [1]),
    "lists": ([[{"a": 1}]], [{}]),
    "free": ({"a": 1}, {"a": {}}, {"a": {"b": 1}}, {"a": [{"b": 1}]}, {"a": [["b"]]}),
    "kept": (1, {"a": {"b": 1}}, [{"a": 1}]),
}


def test_we_agree_with_the_api_server_about_each_value(kubernetes: ApiServer) -> None:
    definition = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"things.{GROUP}"},
        "spec": {
            "group": GROUP,
            "scope": "Namespaced",
            "names": {"kind": "Thing", "listKind": "ThingList", "plural": "things", "singular": "thing"},
            "versions": [
                {
                    "name": "v1",
                    "served": True,
                    "storage": True,
                    "schema": {"openAPIV3Schema": {"type": "object", "properties": FIELDS}},
                }
            ],
        },
    }
    (ours,) = defined(definition, "crd.yaml")
    path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    assert kubernetes.call("POST", path, json.dumps(definition)).status == HTTPStatus.CREATED
    _wait_for(kubernetes)
    differ = []
    for field, values in VALUES.items():
        for value in values:
            thing = {"apiVersion": f"{GROUP}/v1", "kind": "Thing", "metadata": {"name": "a"}, field: value}
            said = kubernetes.call("POST", f"{PATH}?dryRun=All&fieldValidation=Strict", json.dumps(thing))
            if (said.status == HTTPStatus.CREATED) is not (ours.validate("1.36", thing) == []):
                differ.append((field, value, said.message))
    kubernetes.call("DELETE", f"{path}/things.{GROUP}")
    assert differ == []


def _wait_for(kubernetes: ApiServer) -> None:
    """Until the API server serves the kind."""
    end = time.monotonic() + 30
    while kubernetes.call("GET", PATH).status != HTTPStatus.OK:
        assert time.monotonic() < end, "the definition is not served"
        time.sleep(0.1)
