"""Rules about pods and their containers (`pkg/apis/core/validation`, ValidatePodSpec and below)."""

from __future__ import annotations

from typing import Any, Final

from generator.checks.fields.rule import (
    Rule,
    Rules,
    Table,
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
    until,
    values,
    when,
)
from generator.checks.fields.syntax import (
    CONFIG_KEY,
    FILE_PATH,
    HEADER,
    IP,
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
_MODE: Final = Rule("number-range", "a file mode from 0 to 0777 (511)", {"minimum": 0, "maximum": 0o777})
_ID: Final = between(0, 2**31 - 1)
_NAMED: Final = (filled("name"),)
_VARIABLE: Final = (until(31, OLD_VARIABLE), since(32, VARIABLE))
_RESOURCE_NAME: Final = text(
    "resource-name",
    "cpu, memory, ephemeral-storage, hugepages-<size>, or a name with a domain such as nvidia.com/gpu",
    r"cpu|memory|ephemeral-storage|hugepages-.+|(?!requests\.)[^/]+/[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?",
)
_QUANTITIES: Final = (keys(_RESOURCE_NAME), values(NOT_NEGATIVE))
_RESOURCES: Final = tuple(
    Rule(rule.check, rule.expects, {"properties": {"limits": rule.schema, "requests": rule.schema}})
    for rule in _QUANTITIES
)
_PROFILE: Final = (
    filled("type"),
    when(has("type", "Localhost"), filled("localhostProfile").schema, "one-of", "localhostProfile with type Localhost"),
    when(
        has("type", "RuntimeDefault", "Unconfined"),
        {"properties": {"localhostProfile": {"type": "null"}}},
        "one-of",
        "localhostProfile only with type Localhost",
    ),
)
_OF_RESOURCES: Final = text(
    "unknown-value",
    "limits.cpu, limits.memory, limits.ephemeral-storage, the same of requests, or of hugepages-<size>",
    r"(limits|requests)\.(cpu|memory|ephemeral-storage|hugepages-.*)",
)


def _field_path(*fields: str) -> Rule:
    words = f"{', '.join(fields)}, metadata.labels['<key>'] or metadata.annotations['<key>']"
    pattern = "|".join([*(field.replace(".", r"\.") for field in fields), r"metadata\.(labels|annotations)\['.+'\]"])
    inner = text("unknown-value", words, pattern).schema
    return Rule("unknown-value", words, {"properties": {"fieldPath": inner}})


def _selector(*, numbers: bool) -> tuple[Rule, ...]:
    """What `operator` says about `values`."""
    operators = ("In", "NotIn", "Exists", "DoesNotExist", *(("Gt", "Lt") if numbers else ()))
    some: dict[str, Any] = {"required": ["values"], "properties": {"values": {"type": "array", "minItems": 1}}}
    single = {"required": ["values"], "properties": {"values": {"type": "array", "minItems": 1, "maxItems": 1}}}
    none: dict[str, Any] = {"properties": {"values": {"enum": [None, []]}}}
    return (
        when(has("operator", "In", "NotIn"), some, "label-selector", "values with the operator In or NotIn"),
        when(
            has("operator", "Exists", "DoesNotExist"), none, "label-selector", "no values with Exists or DoesNotExist"
        ),
        when(has("operator", "Gt", "Lt"), single, "label-selector", "one value with the operator Gt or Lt"),
        Rule(
            "label-selector",
            f"the operator {' or '.join(operators)}",
            {"properties": {"operator": {"enum": list(operators)}}},
        ),
    )


_PROBE_NUMBERS: Final = {
    field: between(0)
    for field in ("initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold")
}
_CONTAINER: Final[dict[str, Rules]] = {
    "": filled("name", "image"),
    "name": dns_label(),
    "imagePullPolicy": one_of("Always", "IfNotPresent", "Never"),
    "terminationMessagePolicy": one_of("File", "FallbackToLogsOnError"),
    "resources": _RESOURCES,
}

POD_SPEC: Final[Table] = {
    "core.v1.PodSpec": {
        "": filled("containers"),
        "restartPolicy": one_of("Always", "OnFailure", "Never"),
        "dnsPolicy": one_of("ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"),
        "preemptionPolicy": one_of("PreemptLowerPriority", "Never", empty=False),
        "activeDeadlineSeconds": between(1, 2**31 - 1),
        "hostname": optional(dns_label()),
        "subdomain": optional(dns_label()),
        "serviceAccountName": optional(dns_subdomain()),
        "nodeName": optional(dns_subdomain()),
        "priorityClassName": optional(dns_subdomain()),
        "runtimeClassName": dns_subdomain(),
        "nodeSelector": (keys(label_key()), values(label_value())),
        "overhead": (keys(_RESOURCE_NAME), values(NOT_NEGATIVE)),
        "resources": Rule(
            "quantity",
            NOT_NEGATIVE.expects,
            {"properties": {field: values(NOT_NEGATIVE).schema for field in ("limits", "requests")}},
        ),
    },
    "core.v1.PodOS": {"name": one_of("linux", "windows", empty=False)},
    "core.v1.PodReadinessGate": {"conditionType": qualified_name()},
    "core.v1.PodSchedulingGate": {"name": qualified_name()},
    "core.v1.HostAlias": {"": filled("ip"), "ip": IP, "hostnames": each(dns_subdomain("address"))},
    "core.v1.PodDNSConfig": {
        "nameservers": (each(IP), Rule("number-range", "at most 3 nameservers", {"maxItems": 3})),
        "searches": Rule("number-range", "at most 32 search domains", {"maxItems": 32}),
    },
    "core.v1.PodDNSConfigOption": {"": filled("name")},
    "core.v1.PodSecurityContext": {
        "runAsUser": _ID,
        "runAsGroup": _ID,
        "fsGroup": _ID,
        "supplementalGroups": each(_ID),
        "fsGroupChangePolicy": one_of("OnRootMismatch", "Always", empty=False),
        "supplementalGroupsPolicy": one_of("Merge", "Strict", empty=False),
        "seLinuxChangePolicy": one_of("Recursive", "MountOption", empty=False),
    },
    "core.v1.Sysctl": {
        "name": text(
            "name-syntax",
            "a sysctl: lower case words of letters, digits, '-' and '_', with '.' or '/' between them",
            "[a-z0-9]([-_a-z0-9]*[a-z0-9])?([./][a-z0-9]([-_a-z0-9]*[a-z0-9])?)*",
            253,
        )
    },
    "core.v1.SeccompProfile": {"": _PROFILE, "type": one_of("Localhost", "RuntimeDefault", "Unconfined", empty=False)},
    "core.v1.AppArmorProfile": {"": _PROFILE, "type": one_of("Localhost", "RuntimeDefault", "Unconfined", empty=False)},
}

SCHEDULING: Final[Table] = {
    "core.v1.NodeSelector": {"": filled("nodeSelectorTerms")},
    "core.v1.NodeSelectorRequirement": {"": _selector(numbers=True), "key": label_key()},
    "core.v1.PreferredSchedulingTerm": {"weight": between(1, 100)},
    "core.v1.WeightedPodAffinityTerm": {"weight": between(1, 100)},
    "core.v1.PodAffinityTerm": {"": filled("topologyKey"), "topologyKey": label_key(), "namespaces": each(dns_label())},
    "core.v1.TopologySpreadConstraint": {
        "": filled("topologyKey"),
        "maxSkew": between(1),
        "minDomains": between(1),
        "whenUnsatisfiable": one_of("DoNotSchedule", "ScheduleAnyway", empty=False),
        "nodeAffinityPolicy": one_of("Honor", "Ignore", empty=False),
        "nodeTaintsPolicy": one_of("Honor", "Ignore", empty=False),
    },
    "core.v1.Toleration": {
        "": (
            when(lacks("key"), has("operator", "Exists"), "toleration", "the operator Exists where there is no key"),
            when(has("operator", "Exists"), lacks("value"), "toleration", "no value with the operator Exists"),
            when(
                {"required": ["tolerationSeconds"], "properties": {"tolerationSeconds": {"type": "integer"}}},
                has("effect", "NoExecute"),
                "toleration",
                "the effect NoExecute with tolerationSeconds",
            ),
        ),
        "key": optional(label_key()),
        "value": optional(label_value()),
        "operator": one_of("Exists", "Equal"),
        "effect": one_of("NoSchedule", "PreferNoSchedule", "NoExecute"),
    },
    "meta.v1.LabelSelector": {
        "matchLabels": (keys(label_key("label-selector")), values(label_value("label-selector")))
    },
    "meta.v1.LabelSelectorRequirement": {
        "": _selector(numbers=False),
        "key": label_key("label-selector"),
        "values": each(label_value("label-selector")),
    },
}

CONTAINER: Final[Table] = {
    "core.v1.Container": _CONTAINER,
    "core.v1.EphemeralContainer": _CONTAINER,
    "core.v1.ContainerPort": {
        "containerPort": PORT_NUMBER,
        "hostPort": PORT_OR_NONE,
        "name": optional(PORT_NAME),
        "protocol": _PROTOCOL,
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
        "fieldRef": _field_path(
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
        "resourceFieldRef": Rule(
            _OF_RESOURCES.check, _OF_RESOURCES.expects, {"properties": {"resource": _OF_RESOURCES.schema}}
        ),
    },
    "core.v1.EnvFromSource": {
        "": exactly_one("configMapRef", "secretRef"),
        "prefix": tuple(optional(rule) for rule in _VARIABLE),
    },
    "core.v1.ConfigMapEnvSource": {"": _NAMED, "name": dns_subdomain()},
    "core.v1.SecretEnvSource": {"": _NAMED, "name": dns_subdomain()},
    "core.v1.ConfigMapKeySelector": {"": filled("name", "key"), "name": dns_subdomain(), "key": CONFIG_KEY},
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
    "core.v1.SecurityContext": {
        "runAsUser": _ID,
        "runAsGroup": _ID,
        "procMount": one_of("Default", "Unmasked", empty=False),
    },
    "core.v1.VolumeMount": {
        "": filled("name", "mountPath"),
        "subPath": RELATIVE_PATH,
        "subPathExpr": RELATIVE_PATH,
        "mountPropagation": one_of("None", "HostToContainer", "Bidirectional", empty=False),
        "recursiveReadOnly": one_of("Disabled", "IfPossible", "Enabled", empty=False),
    },
    "core.v1.VolumeDevice": {"": filled("name", "devicePath"), "devicePath": NO_BACKSTEPS},
}

VOLUMES: Final[Table] = {
    "core.v1.Volume": {"": _NAMED, "name": dns_label()},
    "core.v1.KeyToPath": {"": filled("key", "path"), "path": FILE_PATH, "mode": _MODE},
    "core.v1.ConfigMapVolumeSource": {"": _NAMED, "defaultMode": _MODE},
    "core.v1.ConfigMapProjection": {"": _NAMED},
    "core.v1.SecretVolumeSource": {"": filled("secretName"), "defaultMode": _MODE},
    "core.v1.SecretProjection": {"": _NAMED},
    "core.v1.DownwardAPIVolumeSource": {"defaultMode": _MODE},
    "core.v1.DownwardAPIVolumeFile": {
        "": (filled("path"), exactly_one("fieldRef", "resourceFieldRef")),
        "path": FILE_PATH,
        "mode": _MODE,
        "fieldRef": _field_path(
            "metadata.name", "metadata.namespace", "metadata.uid", "metadata.labels", "metadata.annotations"
        ),
        "resourceFieldRef": filled("containerName"),
    },
    "core.v1.ProjectedVolumeSource": {"defaultMode": _MODE},
    "core.v1.ServiceAccountTokenProjection": {
        "": filled("path"),
        "path": FILE_PATH,
        "expirationSeconds": between(600, 2**32),
    },
    "core.v1.EmptyDirVolumeSource": {"sizeLimit": NOT_NEGATIVE},
    "core.v1.HostPathVolumeSource": {
        "": filled("path"),
        "path": NO_BACKSTEPS,
        "type": one_of("DirectoryOrCreate", "Directory", "FileOrCreate", "File", "Socket", "CharDevice", "BlockDevice"),
    },
    "core.v1.CSIVolumeSource": {"": filled("driver")},
    "core.v1.PersistentVolumeClaimVolumeSource": {"": filled("claimName")},
    "core.v1.ImageVolumeSource": {"pullPolicy": one_of("Always", "IfNotPresent", "Never")},
}
