"""What we make of a definition of custom resources, and what the API server makes of it."""

import json
from http import HTTPStatus
from typing import Any

from generator.custom.crds import defined
from tests.real.definitions import DEFINITIONS, fields_of, wait_for
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
    "spec": {**OBJECT, "properties": {"count": {"type": "integer"}}},
    **{
        name: {"type": "string", "format": name}
        for name in ("byte", "date", "date-time", "duration", "email", "hostname", "mac", "uri")
    },
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
    "spec": ({"count": 0}, {"count": -1}, {"count": 2**31 - 1}, {"count": 2**31}, {}),
    "byte": ("YQ==", "YWI=", "YWJj", "YQ", "a", "", "Y Q==", "YQ==\n"),
    "date": ("2026-01-31", "2026-02-29", "2028-02-29", "2026-1-1", "2026-13-01", "", "2026-01-31T00:00:00Z"),
    "date-time": (
        *(
            "2026-01-31T09:30:00Z",
            "2026-01-31t09:30:00z",
            "2026-01-31T09:30:00+01:00",
            "2026-01-31T09:30:00.123456789Z",
        ),
        *("2026-01-31 09:30:00Z", "2026-01-31T09:30:00", "2026-13-31T09:30:00Z", "2026-02-30T09:30:00Z", "2026-01-31"),
        *("2026-01-31T24:00:00Z", "2026-01-31T09:60:00Z", "2026-01-31T09:30Z", "2026-01-31T09:30:00,5Z", ""),
    ),
    "duration": (
        *(
            "1h",
            "1h30m",
            "-1.5h",
            "90",
            "0",
            "1 h",
            "1d",
            "2 weeks",
            "1H",
            "P1D",
            "10 days",
            "1hour",
            "every 5 minutes",
        ),
        *("", "h", "1x", "1 fortnight", "+5s", "5µs", "1h 30m"),
    ),
    "email": ("a@example.com", "Ann <a@example.com>", "a", "", "@", "a@", "@a", "a@b"),
    "hostname": (
        *(
            "a",
            "a.example.com",
            "A.Example.COM",
            "a.b",
            "a_b",
            "",
            "-a",
            "a-",
            "a..b",
            "a.b.",
            "10.0.0.1",
            "ä.de",
            "a b",
        ),
        *("a" * 63, "a" * 64, "a:80", "a.example.c", "*.example.com", "a.example.c0m"),
    ),
    "mac": ("01:23:45:67:89:ab", "01-23-45-67-89-AB", "0123.4567.89ab", "a", "", "01:23:45:67:89", "01:23:45:67:89:zz"),
    "uri": (
        *("https://example.com/a", "/a", "urn:a", "mailto:a@b", "*", "a", "", "://", "//a", "http://a b", "/a b"),
        *("http://%zz", "/%zz", "http://a/%zz", "http:", "1http://a", "http://a\tb", "http://u@a", "/a?%zz"),
    ),
}


def test_we_agree_with_the_api_server_about_each_value(kubernetes: ApiServer) -> None:
    scale = {"specReplicasPath": ".spec.count", "statusReplicasPath": ".status.count"}
    definition = fields_of(GROUP, FIELDS, subresources={"scale": scale})
    (ours,) = defined(definition, "crd.yaml")
    assert kubernetes.call("POST", DEFINITIONS, json.dumps(definition)).status == HTTPStatus.CREATED
    wait_for(kubernetes, PATH)
    differ = []
    for field, values in VALUES.items():
        for value in values:
            thing = {"apiVersion": f"{GROUP}/v1", "kind": "Thing", "metadata": {"name": "a"}, field: value}
            said = kubernetes.call("POST", f"{PATH}?dryRun=All&fieldValidation=Strict", json.dumps(thing))
            if (said.status == HTTPStatus.CREATED) is not (ours.validate("1.36", thing) == []):
                differ.append((field, value, said.message))
    kubernetes.call("DELETE", f"{DEFINITIONS}/things.{GROUP}")
    assert differ == []
