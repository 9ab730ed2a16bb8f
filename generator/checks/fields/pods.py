"""Rules about pods and their containers (`pkg/apis/core/validation`, ValidatePodSpec and below)."""

from __future__ import annotations

from typing import Final

from generator.checks.fields.rule import (
    Rule,
    Rules,
    Table,
    absent,
    between,
    each,
    exactly_one,
    filled,
    has,
    keys,
    lacks,
    one_of,
    optional,
    since,
    text,
    unlike,
    until,
    values,
    when,
)
from generator.checks.fields.security import HAS_HOST_NETWORK, OF_POD
from generator.checks.fields.syntax import (
    CONFIG_KEY,
    HEADER,
    IP,
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
    label_key,
    label_value,
    qualified_name,
)

_PROTOCOL: Final = one_of("TCP", "UDP", "SCTP")
NAMED: Final = (filled("name"),)
_VARIABLE: Final = (until(31, OLD_VARIABLE), since(32, VARIABLE))
RESOURCE_NAME: Final = unlike(
    "^requests\\.",
    text(
        "resource-name",
        "cpu, memory, ephemeral-storage, hugepages-<size>, or a name with a domain such as nvidia.com/gpu",
        r"cpu|memory|ephemeral-storage|hugepages-.+|[^/]+/[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?",
    ),
)
_QUANTITIES: Final = (keys(RESOURCE_NAME), values(NOT_NEGATIVE))
_RESOURCES: Final = tuple(
    Rule(rule.check, rule.expects, {"properties": {"limits": rule.schema, "requests": rule.schema}})
    for rule in _QUANTITIES
)
_NO_PAGES: Final = {"propertyNames": {"not": {"pattern": "^hugepages-"}}}
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
    pattern = "|".join(
        [
            *(field.replace(".", r"\.") for field in fields),
            rf"metadata\.(labels\['{KEY}'\]|annotations\['(?i:{KEY})'\])",
        ]
    )
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

_OF_POD: Final = (
    *(
        Rule(rule.check, rule.expects, {"properties": {"limits": rule.schema, "requests": rule.schema}})
        for rule in (
            keys(text("resource-name", "cpu, memory or hugepages-<size>", "cpu|memory|hugepages-.+")),
            values(NOT_NEGATIVE),
        )
    ),
    Rule("one-of", "no claims: they are those of containers", {"not": {"required": ["claims"]}}),
)

_SEARCH: Final = "_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?"
_SECCOMP: Final = text(
    "unknown-value",
    "runtime/default, docker/default, unconfined, or localhost/ and a relative path without '..'",
    r"runtime/default|docker/default|unconfined|localhost/(?!/)(?!(.*/)?\.\.(/|$)).*",
)
_DELETION_COST: Final = text("number-range", "a whole number of at most 32 bits", "0|-?[1-9][0-9]{0,9}")


def _annotated(rule: Rule, keyword: str, key: str) -> Rule:
    return Rule(rule.check, rule.expects, {"properties": {"annotations": {keyword: {key: rule.schema}}}})


_ANNOTATED: Final = (
    _annotated(_SECCOMP, "properties", "seccomp.security.alpha.kubernetes.io/pod"),
    _annotated(_SECCOMP, "patternProperties", r"^container\.seccomp\.security\.alpha\.kubernetes\.io/"),
    _annotated(_DELETION_COST, "properties", "controller.kubernetes.io/pod-deletion-cost"),
)
"""What annotations of pods mean to Kubernetes (ValidatePodSpecificAnnotations)."""

_MIRROR: Final = "kubernetes.io/config.mirror"
_MIRRORED: Final = {
    "properties": {
        "metadata": {
            "required": ["annotations"],
            "properties": {"annotations": {"type": "object", "required": [_MIRROR]}},
        }
    }
}
_ALIVE: Final = {
    "properties": {"resizePolicy": {"items": {"properties": {"restartPolicy": {"not": {"const": "RestartContainer"}}}}}}
}
_KEPT_WHEN_RESIZED: Final = when(
    {"not": has("restartPolicy", "Always")},
    _ALIVE,
    "unknown-value",
    "RestartContainer in containers and sidecars only",
)
_CLASSED: Final = when(
    lacks("priorityClassName"),
    {
        "properties": {
            "priority": {"enum": [0, None]},
            "preemptionPolicy": {"enum": ["PreemptLowerPriority", None]},
        }
    },
    "one-of",
    "a priorityClassName, which priority and preemptionPolicy come from",
)
"""Admission compares them with the class of the pod; without one, and without a default in the cluster, with these
(plugin/pkg/admission/priority).
"""
POD_SPEC: Final[Table] = {
    "core.v1.PodSpec": {
        "": (
            filled("containers"),
            when(
                {"required": ["setHostnameAsFQDN"], "properties": {"setHostnameAsFQDN": {"const": True}}},
                absent("hostnameOverride"),
                "one-of",
                "setHostnameAsFQDN or hostnameOverride",
            ),
            when(HAS_HOST_NETWORK, absent("hostnameOverride"), "one-of", "hostNetwork or hostnameOverride"),
            when(
                has("restartPolicy", "Never"),
                {"properties": {group: {"items": _ALIVE} for group in ("containers", "initContainers")}},
                "unknown-value",
                "NotRequired in each resizePolicy with restartPolicy: Never",
            ),
            when(
                {"required": ["hostUsers"], "properties": {"hostUsers": {"const": False}}},
                {"properties": {field: {"const": False} for field in ("hostNetwork", "hostPID", "hostIPC")}},
                "one-of",
                "hostUsers: false, or a namespace of the host",
            ),
            *OF_POD,
        ),
        "initContainers": each(_KEPT_WHEN_RESIZED),
        "restartPolicy": one_of("Always", "OnFailure", "Never"),
        "dnsPolicy": one_of("ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"),
        "preemptionPolicy": one_of("PreemptLowerPriority", "Never", empty=False),
        "activeDeadlineSeconds": between(1, 2**31 - 1),
        "hostname": optional(dns_label()),
        "hostnameOverride": (dns_subdomain(), Rule("name-syntax", "at most 64 characters", {"maxLength": 64})),
        "subdomain": optional(dns_label()),
        "ephemeralContainers": Rule(
            "unknown-value", "no ephemeral containers: a running pod gets them", {"maxItems": 0}
        ),
        "serviceAccountName": optional(dns_subdomain()),
        "nodeName": optional(dns_subdomain()),
        "priorityClassName": optional(dns_subdomain()),
        "runtimeClassName": dns_subdomain(),
        "nodeSelector": (keys(label_key()), values(label_value())),
        "overhead": (keys(RESOURCE_NAME), values(NOT_NEGATIVE)),
        "resources": _OF_POD,
    },
    "core.v1.PodOS": {"name": one_of("linux", "windows", empty=False)},
    "core.v1.PodReadinessGate": {"conditionType": qualified_name()},
    "core.v1.PodSchedulingGate": {"name": qualified_name()},
    "core.v1.HostAlias": {"": filled("ip"), "ip": IP, "hostnames": each(dns_subdomain("address"))},
    "core.v1.PodDNSConfig": {
        "nameservers": (each(IP), Rule("number-range", "at most 3 nameservers", {"maxItems": 3})),
        "searches": (
            Rule("number-range", "at most 32 search domains", {"maxItems": 32}),
            each(
                text(
                    "address",
                    "a search domain",
                    rf"\.|{_SEARCH}(\.{_SEARCH})*\.?",
                )
            ),
        ),
    },
    "core.v1.PodDNSConfigOption": {"": filled("name")},
    "core.v1.PodResourceClaim": {
        "": exactly_one("resourceClaimName", "resourceClaimTemplateName"),
        "name": dns_label(),
        "resourceClaimName": dns_subdomain(),
        "resourceClaimTemplateName": dns_subdomain(),
    },
    "core.v1.ResourceClaim": {"": filled("name"), "request": optional(dns_label())},
}


def _once(field: str, word: str) -> Rule:
    item = {"type": "object", "required": [field], "properties": {field: {"const": word}}}
    return Rule("unique-items", f"{word} once", {"contains": item, "minContains": 0, "maxContains": 1})


_SIZES: Final = ["", 0, "0", 1, "1", *(f"1{unit}" for unit in "k M G T P E Ki Mi Gi Ti Pi Ei".split())]
_DIVISORS: Final = tuple(
    Rule(
        "quantity",
        f"a divisor for {name}",
        {
            "if": {"properties": {"resource": {"pattern": rf"\.{name}"}}},
            "then": {"properties": {"divisor": {"enum": divisors}}},
        },
    )
    for name, divisors in (
        ("cpu", ["", 0, "0", 1, "1", "1m", "1000m"]),
        ("memory", _SIZES),
        ("ephemeral-storage", _SIZES),
    )
)

CONTAINER: Final[Table] = {
    "core.v1.Container": {
        **_CONTAINER,
        "": (
            filled("name", "image"),
            when(
                has("restartPolicyRules"), filled("restartPolicy").schema, "empty-field", "restartPolicy with its rules"
            ),
        ),
        "restartPolicy": one_of("Always", "Never", "OnFailure", empty=False),
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
            until(34, one_of("Restart", empty=False)),
            since(35, one_of("Restart", "RestartAllContainers", empty=False)),
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
            until(33, exactly_one("fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef")),
            since(34, exactly_one("fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef", "fileKeyRef")),
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
    "core.v1.LifecycleHandler": {"": exactly_one("exec", "httpGet", "sleep", "tcpSocket")},
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

PODS: Final[Table] = {
    "core.v1.Pod": {
        "metadata": _ANNOTATED,
        "spec": (
            Rule(
                "name-syntax",
                "an image without spaces around it",
                {
                    "properties": {
                        group: {"items": {"properties": {"image": {"not": {"type": "string", "pattern": r"^\s|\s$"}}}}}
                        for group in ("containers", "initContainers")
                    }
                },
            ),
            when(has("schedulingGates"), lacks("nodeName"), "one-of", "schedulingGates or nodeName"),
            _CLASSED,
        ),
        "": (
            filled("spec"),
            when(
                _MIRRORED,
                {"properties": {"spec": filled("nodeName").schema}},
                "empty-field",
                f"a nodeName with the annotation {_MIRROR}",
            ),
            Rule(
                "empty-field",
                "a reference of the image",
                {
                    "properties": {
                        "spec": {
                            "properties": {"volumes": {"items": {"properties": {"image": filled("reference").schema}}}}
                        }
                    }
                },
            ),
        ),
    },
    "core.v1.PodTemplate": {"": filled("template")},
    "core.v1.PodTemplateSpec": {"": filled("spec"), "metadata": _ANNOTATED},
}
