"""Rules about containers (`pkg/apis/core/validation`, validateContainers and below)."""

from __future__ import annotations

from typing import Final

from generator.checks.fields.rule import (
    Rule,
    Rules,
    Table,
    between,
    exactly_one,
    filled,
    has,
    keys,
    one_of,
    optional,
    since,
    text,
    unlike,
    until,
    values,
    when,
)
from generator.checks.fields.syntax import (
    CONFIG_KEY,
    DIVISORS,
    DOMAIN_NAME,
    HEADER,
    KEY,
    NO_BACKSTEPS,
    NOT_NEGATIVE,
    OLD_VARIABLE,
    PORT,
    PORT_NAME,
    PORT_NUMBER,
    PORT_OR_NONE,
    RELATIVE_PATH,
    VARIABLE,
    dns_label,
    dns_subdomain,
)

_PROTOCOL: Final = one_of("TCP", "UDP", "SCTP")
NAMED: Final = (filled("name"),)
_VARIABLE: Final = (until(31, OLD_VARIABLE), since(32, VARIABLE))
RESOURCE_NAME: Final = unlike(
    "^requests\\.",
    text(
        "resource-name",
        "cpu, memory, ephemeral-storage, hugepages-<size>, or a name with a domain such as nvidia.com/gpu",
        rf"cpu|memory|ephemeral-storage|hugepages-.+|{DOMAIN_NAME}",
    ),
)
_QUANTITIES: Final = (keys(RESOURCE_NAME), values(NOT_NEGATIVE))
_RESOURCES: Final = tuple(
    Rule(rule.check, rule.expects, {"properties": {"limits": rule.schema, "requests": rule.schema}})
    for rule in _QUANTITIES
)
_NO_PAGES: Final = {"propertyNames": {"not": {"pattern": "^hugepages-"}}}
OVERHEAD: Final = Rule(
    "empty-field",
    "cpu or memory with huge pages",
    {"anyOf": [_NO_PAGES, {"required": ["cpu"]}, {"required": ["memory"]}]},
)
"""What pods need beside their containers is read as their limits."""
_PAGES_NEED_MORE: Final = Rule(
    "empty-field",
    "cpu or memory with huge pages",
    {
        "anyOf": [
            {"properties": {"limits": _NO_PAGES, "requests": _NO_PAGES}},
            *(
                {"required": [group], "properties": {group: {"type": "object", "required": [name]}}}
                for group in ("limits", "requests")
                for name in ("cpu", "memory")
            ),
        ]
    },
)
_OF_RESOURCES: Final = text(
    "unknown-value",
    "limits.cpu, limits.memory, limits.ephemeral-storage, the same of requests, or of hugepages-<size>",
    r"(limits|requests)\.(cpu|memory|ephemeral-storage|hugepages-.*)",
)
_KEYED: Final = rf"metadata\.(labels\['{KEY}'\]|annotations\['(?i:{KEY})'\])"
RESOURCE_FIELD: Final = Rule(
    _OF_RESOURCES.check, _OF_RESOURCES.expects, {"properties": {"resource": _OF_RESOURCES.schema}}
)


def field_path(*fields: str) -> Rule:
    """A reference to one of these fields of a pod, or to one of its labels or annotations."""
    words = f"{', '.join(fields)}, metadata.labels['<key>'] or metadata.annotations['<key>']"
    pattern = "|".join([*(field.replace(".", r"\.") for field in fields), _KEYED])
    inner = text("unknown-value", words, pattern).schema
    return Rule("unknown-value", words, {"properties": {"fieldPath": inner}})


_PROBE_NUMBERS: Final = {
    field: between(0)
    for field in ("initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold")
}
_CONTAINER: Final[dict[str, Rules]] = {
    "": filled("name", "image"),
    "name": dns_label(),
    "imagePullPolicy": one_of("Always", "IfNotPresent", "Never"),
    "terminationMessagePolicy": one_of("File", "FallbackToLogsOnError"),
    "resources": (*_RESOURCES, _PAGES_NEED_MORE),
}


def _once(field: str, word: str) -> Rule:
    item = {"type": "object", "required": [field], "properties": {field: {"const": word}}}
    return Rule("unique-items", f"{word} once", {"contains": item, "minContains": 0, "maxContains": 1})


_DIVISORS: Final = tuple(
    Rule(
        "quantity",
        f"a divisor for {name}, such as {such}",
        {
            "if": {"properties": {"resource": {"pattern": rf"\.{name}"}}},
            "then": {
                "properties": {
                    "divisor": {
                        "anyOf": [
                            {"type": "string", "format": f"towpath-divisor-of-{kind}"},
                            {"enum": [*map(float, DIVISORS[kind]), None]},
                        ]
                    }
                }
            },
        },
    )
    for name, kind, such in (
        ("cpu", "cpu", "1 or 1m"),
        *((name, "sizes", "1, 1Mi or 1M") for name in ("memory", "ephemeral-storage", "hugepages-")),
    )
)

CONTAINERS: Final[Table] = {
    "core.v1.Container": {
        **_CONTAINER,
        "": (
            filled("name", "image"),
            since(
                35,
                when(
                    has("restartPolicyRules"),
                    filled("restartPolicy").schema,
                    "empty-field",
                    "restartPolicy with its rules",
                ),
            ),
        ),
        "restartPolicy": since(35, one_of("Always", "Never", "OnFailure", empty=False)),
        "restartPolicyRules": Rule("number-range", "at most 20 rules", {"maxItems": 20}),
        "resizePolicy": tuple(_once("resourceName", name) for name in ("cpu", "memory")),
    },
    "core.v1.ObjectFieldSelector": {"apiVersion": one_of("v1")},
    "core.v1.ResourceFieldSelector": {"": _DIVISORS},
    "core.v1.EphemeralContainer": _CONTAINER,
    "core.v1.ContainerPort": {
        "containerPort": PORT_NUMBER,
        "hostPort": PORT_OR_NONE,
        "name": optional(PORT_NAME),
        "protocol": _PROTOCOL,
    },
    "core.v1.ContainerRestartRule": {
        "": filled("exitCodes"),
        "action": (
            until(35, one_of("Restart", empty=False)),
            since(36, one_of("Restart", "RestartAllContainers", empty=False)),
        ),
    },
    "core.v1.ContainerRestartRuleOnExitCodes": {
        "operator": one_of("In", "NotIn", empty=False),
        "values": Rule("number-range", "at most 255 exit codes", {"maxItems": 255}),
    },
    "core.v1.ContainerResizePolicy": {
        "resourceName": one_of("cpu", "memory", empty=False),
        "restartPolicy": one_of("NotRequired", "RestartContainer", empty=False),
    },
    "core.v1.EnvVar": {"": filled("name"), "name": _VARIABLE},
    "core.v1.EnvVarSource": {
        "": (
            until(34, exactly_one("fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef")),
            since(35, exactly_one("fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef", "fileKeyRef")),
        ),
        "fieldRef": field_path(
            "metadata.name",
            "metadata.namespace",
            "metadata.uid",
            "spec.nodeName",
            "spec.serviceAccountName",
            "status.hostIP",
            "status.hostIPs",
            "status.podIP",
            "status.podIPs",
        ),
        "resourceFieldRef": RESOURCE_FIELD,
    },
    "core.v1.EnvFromSource": {
        "": exactly_one("configMapRef", "secretRef"),
        "prefix": tuple(optional(rule) for rule in _VARIABLE),
    },
    "core.v1.ConfigMapEnvSource": {"": NAMED, "name": dns_subdomain()},
    "core.v1.SecretEnvSource": {"": NAMED, "name": dns_subdomain()},
    "core.v1.ConfigMapKeySelector": {"": filled("name", "key"), "name": dns_subdomain(), "key": CONFIG_KEY},
    "core.v1.FileKeySelector": {
        "": filled("volumeName", "path", "key"),
        "volumeName": dns_label(),
        "path": NO_BACKSTEPS,
        "key": VARIABLE,
    },
    "core.v1.SecretKeySelector": {"": filled("name", "key"), "name": dns_subdomain(), "key": CONFIG_KEY},
    "core.v1.Probe": {
        "": exactly_one("exec", "grpc", "httpGet", "tcpSocket"),
        **_PROBE_NUMBERS,
        "terminationGracePeriodSeconds": between(1),
    },
    "core.v1.LifecycleHandler": {
        "": (
            until(29, exactly_one("exec", "httpGet", "tcpSocket")),
            since(30, exactly_one("exec", "httpGet", "sleep", "tcpSocket")),
        )
    },
    "core.v1.ExecAction": {"": filled("command")},
    "core.v1.HTTPGetAction": {"port": PORT, "scheme": one_of("HTTP", "HTTPS")},
    "core.v1.HTTPHeader": {"name": HEADER},
    "core.v1.TCPSocketAction": {"port": PORT},
    "core.v1.GRPCAction": {"port": PORT_NUMBER},
    "core.v1.VolumeMount": {
        "": filled("name", "mountPath"),
        "subPath": RELATIVE_PATH,
        "subPathExpr": RELATIVE_PATH,
        "mountPropagation": one_of("None", "HostToContainer", "Bidirectional", empty=False),
        "recursiveReadOnly": one_of("Disabled", "IfPossible", "Enabled", empty=False),
    },
    "core.v1.VolumeDevice": {"": filled("name", "devicePath"), "devicePath": NO_BACKSTEPS},
}
