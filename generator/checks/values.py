"""What single fields may hold: the rules are in `generator.checks.fields`, their examples here."""

from __future__ import annotations

from typing import Final

from generator.checks.check import Basis, Check, Family, by_rules
from generator.checks.example import config_map, deployment, manifest, service
from generator.finding import Severity


def _check(id: str, reason: str, fix: str, good: str, bad: str) -> Check:
    return Check(id, Severity.ERROR, Basis.REFUSED, reason, fix, by_rules(id), good, bad, by_schema=True)


_CPU: Final = "{resourceName: cpu, restartPolicy: NotRequired}"


def _volume(text: str) -> str:
    return deployment(pod=f"volumes:\n- {text}")


def _ingress(path: str, backend: str = "service: {name: web, port: {number: 80}}") -> str:
    rules = f"rules:\n- host: shop.example.com\n  http:\n    paths:\n    - {path}\n      backend: {{{backend}}}"
    return service() + "---\n" + manifest("networking.k8s.io/v1", "Ingress", "web", rules)


def _budget(value: str) -> str:
    selector = "selector:\n  matchLabels: {app: web}"
    return (
        deployment()
        + "---\n"
        + manifest("policy/v1", "PodDisruptionBudget", "web", f"maxUnavailable: {value}\n{selector}")
    )


def _policy(cidr: str) -> str:
    rule = f"podSelector: {{}}\ningress:\n- from:\n  - ipBlock: {{cidr: {cidr}}}"
    return manifest("networking.k8s.io/v1", "NetworkPolicy", "web", rule)


def _signed(request: str) -> str:
    spec = f"request: {request}\nsignerName: kubernetes.io/kube-apiserver-client\nusages: [client auth]"
    return manifest("certificates.k8s.io/v1", "CertificateSigningRequest", "web", spec)


_REQUEST: Final = (
    "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlHTk1FRUNBUUF3RGpFTU1Bb0dBMVVFQXd3RGQyVmlNQ293QlFZ"
    "REsyVndBeUVBeE9HdzNDZWk3VTN3N1g5TQppcE1OKzdCWU1DTmVBQ3kzM2g5RHNvWGRoQWFnQURBRkJnTXJaWEFEUVFBZ3QxRnc0"
    "eHVLT3dWTTYzN01XclhrCjhxTk4zcys2UnVLSzNFOVdtMzJsQk54V0pWc1ZJdlRENkJPMS9tejNBZVBkWTRuUjl3SktYQi9oNXQw"
    "bFBBa0kKLS0tLS1FTkQgQ0VSVElGSUNBVEUgUkVRVUVTVC0tLS0tCg=="
)

FAMILY = Family(
    "values",
    "Fields whose values the schema does not limit",
    "Words, numbers, names, ports, quantities and addresses that the API server checks after the schema.",
    (
        _check(
            "unknown-value",
            "the field takes one of a few words, in exactly this spelling",
            "write one of the words that the message lists",
            deployment("imagePullPolicy: IfNotPresent"),
            deployment("imagePullPolicy: ifNotPresent"),
        ),
        _check(
            "number-range",
            "the number is outside of what the field takes",
            "write a number in the range",
            deployment(spec="minReadySeconds: 0"),
            deployment(spec="minReadySeconds: -1"),
        ),
        _check(
            "port-number",
            "ports go from 1 to 65535",
            "write the port that the container listens on",
            deployment("ports: [{containerPort: 8080}]"),
            deployment("ports: [{containerPort: 80800}]"),
        ),
        _check(
            "port-name",
            "the name of a port is a service name of RFC 6335: at most 15 characters, with a letter among them",
            "shorten the name; a port's number is written without quotes",
            deployment("ports: [{name: metrics, containerPort: 8080}]"),
            deployment("ports: [{name: prometheus-metrics, containerPort: 8080}]"),
        ),
        _check(
            "name-syntax",
            "the name is that of an object or a part of one, which has the syntax of a DNS name",
            "correct the name, here and where it is defined",
            _volume("{name: data, emptyDir: {}}"),
            _volume("{name: My_Data, emptyDir: {}}"),
        ),
        _check(
            "percentage",
            "the field takes a number of pods or a percentage of them",
            'write a number without quotes, or a percentage such as "25%"',
            _budget('"25%"'),
            _budget('"25"'),
        ),
        _check(
            "quantity",
            "an amount of a resource cannot be negative, and some cannot be zero",
            "write a positive quantity",
            deployment("resources: {requests: {memory: 64Mi}}"),
            deployment("resources: {requests: {memory: -64Mi}}"),
        ),
        _check(
            "address",
            "the field takes an IP address, a network or the name of a host",
            "correct the address",
            _policy("10.0.0.0/8"),
            _policy("10.0.0.256/8"),
        ),
        _check(
            "path-syntax",
            "a path that climbs up, or that proxies read in several ways, is refused",
            "write the path in its shortest form",
            _ingress("path: /shop\n      pathType: Prefix"),
            _ingress("path: /shop//cart\n      pathType: Prefix"),
        ),
        _check(
            "key-syntax",
            "keys of ConfigMaps and Secrets become file names, and names of headers become a part of a request",
            "use letters, digits, '-', '_' and '.' only",
            config_map("data: {log.level: info}"),
            config_map('data: {"log/level": info}'),
        ),
        _check(
            "variable-name",
            "a process can only be given variables whose name has no '='",
            "correct the name; up to Kubernetes 1.31 it may not begin with a digit either",
            deployment('env: [{name: LOG_LEVEL, value: "info"}]'),
            deployment('env: [{name: LOG=LEVEL, value: "info"}]'),
        ),
        _check(
            "resource-name",
            "a container can ask for cpu, memory, ephemeral-storage, huge pages, and for resources with a domain",
            "correct the name; it is case sensitive",
            deployment("resources: {limits: {memory: 64Mi}}"),
            deployment("resources: {limits: {Memory: 64Mi}}"),
        ),
        _check(
            "empty-field",
            "the field is optional in the schema, and needed all the same",
            "write it",
            deployment("env: [{name: A, valueFrom: {configMapKeyRef: {name: settings, key: a, optional: true}}}]"),
            deployment("env: [{name: A, valueFrom: {configMapKeyRef: {key: a, optional: true}}, }]"),
        ),
        Check(
            "unset-field",
            Severity.WARNING,
            Basis.PRACTICE,
            "the published schema requires the field; the API server reads an empty text, zero or false for it",
            "write what is meant",
            by_rules("unset-field"),
            deployment("lifecycle:\n  preStop: {sleep: {seconds: 5}}"),
            deployment("lifecycle:\n  preStop: {sleep: {}}"),
            by_schema=True,
        ),
        _check(
            "one-of",
            "these fields exclude each other, and one of them is needed",
            "keep one of them",
            deployment("readinessProbe:\n  httpGet: {path: /ready, port: 8080}"),
            deployment("readinessProbe:\n  httpGet: {path: /ready, port: 8080}\n  tcpSocket: {port: 8080}"),
        ),
        _check(
            "unique-items",
            "the list may hold each of its items once",
            "remove what is there twice",
            deployment("resizePolicy: [{resourceName: cpu, restartPolicy: NotRequired}]"),
            deployment(f"resizePolicy: [{_CPU}, {_CPU}]"),
        ),
        _check(
            "certificate-request",
            "whoever signs a certificate reads the request as PKCS #10, in PEM, in base64",
            "write what `base64 -w0` makes of the file that `openssl req -new` writes",
            _signed(_REQUEST),
            _signed("LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCg=="),
        ),
        _check(
            "toleration",
            "the fields of a toleration contradict each other",
            "write operator Exists without a value, or Equal with key and value",
            deployment(pod="tolerations: [{operator: Exists}]"),
            deployment(pod="tolerations: [{operator: Equal, value: gpu}]"),
        ),
    ),
)
