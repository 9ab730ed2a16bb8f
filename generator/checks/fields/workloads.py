"""Rules about what runs pods, scales them and protects them (`pkg/apis/{apps,batch,autoscaling,policy}/validation`)."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from generator.checks.fields.containers import RESOURCE_NAME
from generator.checks.fields.objects import SOURCE_OF_TEMPLATE
from generator.checks.fields.rule import (
    Rule,
    Table,
    between,
    each,
    exactly_one,
    filled,
    has,
    inside,
    one_of,
    optional,
    since,
    text,
    until,
    when,
)
from generator.checks.fields.syntax import (
    DOMAIN_PATH,
    NOT_NEGATIVE,
    PERCENT_OR_NUMBER,
    PERCENTAGE,
    POSITIVE,
    dns_label,
    path_segment,
    qualified_name,
)

_STRATEGY: Final = one_of("RollingUpdate", "OnDelete")
_SOME: Final = Rule(
    "percentage", "more than 0", {"not": {"anyOf": [{"const": 0}, {"pattern": "^0+%$", "type": "string"}]}}
)
_AT_MOST_20: Final = Rule("number-range", "at most 20 of them", {"maxItems": 20})
_GENERATION: Final = "deprecated.daemonset.template.generation"
_NUMBER: Final = text("number-range", "a whole number", "[+-]?[0-9]{1,18}")
_NAMES_A_VOLUME: Final = Rule(
    "name-syntax",
    f"a name, which is that of a volume: {dns_label().expects}",
    {
        "required": ["metadata"],
        "properties": {
            "metadata": {"type": "object", "required": ["name"], "properties": {"name": dns_label().schema}}
        },
    },
)
_TARGET: Final = {"": filled("kind", "name"), "kind": path_segment(), "name": path_segment()}

_STATUS: Final = inside("rules", each(inside("onPodConditions", each(filled("status")))))
_STATUS_OF_CONDITIONS: Final = inside("jobTemplate", inside("spec", inside("podFailurePolicy", _STATUS)))
"""Before 1.34, a Job without it gets True, and a CronJob gets nothing."""

WORKLOADS: Final[Table] = {
    **{
        kind: {"": filled("spec")}
        for kind in (
            *("apps.v1.Deployment", "apps.v1.ReplicaSet", "apps.v1.StatefulSet"),
            *("batch.v1.CronJob", "batch.v1.Job", "core.v1.ReplicationController"),
        )
    },
    "apps.v1.DaemonSet": {
        "": filled("spec"),
        "metadata": replace(
            _NUMBER, schema={"properties": {"annotations": {"properties": {_GENERATION: _NUMBER.schema}}}}
        ),
    },
    "apps.v1.ControllerRevision": {
        "": Rule("empty-field", "data to be set", {"required": ["data"]}),
        "revision": between(0),
    },
    "core.v1.ReplicationControllerSpec": {
        "": filled("template"),
        "replicas": between(0),
        "minReadySeconds": between(0),
    },
    "apps.v1.DeploymentSpec": {
        "replicas": between(0),
        "minReadySeconds": between(0),
        "revisionHistoryLimit": between(0),
        "progressDeadlineSeconds": between(0),
    },
    "apps.v1.DeploymentStrategy": {"type": one_of("RollingUpdate", "Recreate")},
    "apps.v1.RollingUpdateDeployment": {"maxSurge": PERCENT_OR_NUMBER, "maxUnavailable": PERCENTAGE},
    "apps.v1.ReplicaSetSpec": {"replicas": between(0), "minReadySeconds": between(0)},
    "apps.v1.StatefulSetSpec": {
        "replicas": between(0),
        "minReadySeconds": between(0),
        "podManagementPolicy": one_of("OrderedReady", "Parallel"),
        "volumeClaimTemplates": (
            *(each(inside("spec", rule)) for rule in SOURCE_OF_TEMPLATE),
            each(_NAMES_A_VOLUME),
        ),
        "serviceName": since(33, optional(dns_label())),
    },
    "apps.v1.StatefulSetOrdinals": {"start": between(0)},
    "apps.v1.StatefulSetUpdateStrategy": {"type": _STRATEGY},
    "apps.v1.RollingUpdateStatefulSetStrategy": {
        "partition": between(0),
        "maxUnavailable": (*PERCENTAGE, _SOME),
    },
    "apps.v1.StatefulSetPersistentVolumeClaimRetentionPolicy": {
        "whenDeleted": one_of("Retain", "Delete"),
        "whenScaled": one_of("Retain", "Delete"),
    },
    "apps.v1.DaemonSetSpec": {"minReadySeconds": between(0), "revisionHistoryLimit": between(0)},
    "apps.v1.DaemonSetUpdateStrategy": {"type": _STRATEGY},
    "apps.v1.RollingUpdateDaemonSet": {"maxSurge": PERCENTAGE, "maxUnavailable": PERCENTAGE},
    "batch.v1.JobSpec": {
        "parallelism": between(0),
        "completions": between(0),
        "activeDeadlineSeconds": between(0),
        "backoffLimit": between(0),
        "backoffLimitPerIndex": between(0),
        "maxFailedIndexes": between(0),
        "ttlSecondsAfterFinished": between(0),
        "completionMode": one_of("NonIndexed", "Indexed", empty=False),
        "podReplacementPolicy": one_of("TerminatingOrFailed", "Failed", empty=False),
        "managedBy": (
            DOMAIN_PATH,
            Rule("name-syntax", "at most 63 characters", {"maxLength": 63}),
        ),
        "": (
            when(
                {"required": ["manualSelector"], "properties": {"manualSelector": {"const": True}}},
                {"required": ["selector"]},
                "empty-field",
                "a selector with manualSelector",
            ),
            when(
                has("completionMode", "Indexed"),
                {"properties": {"parallelism": {"maximum": 100_000}}},
                "number-range",
                "at most 100000 pods of an indexed Job at a time",
            ),
            when(
                {"not": {"required": ["backoffLimitPerIndex"]}},
                {
                    "properties": {
                        "podFailurePolicy": {
                            "properties": {
                                "rules": {"items": {"properties": {"action": {"not": {"const": "FailIndex"}}}}}
                            }
                        }
                    }
                },
                "empty-field",
                "backoffLimitPerIndex with the action FailIndex",
            ),
        ),
    },
    "batch.v1.PodFailurePolicy": {"rules": _AT_MOST_20},
    "batch.v1.PodFailurePolicyRule": {
        "": exactly_one("onExitCodes", "onPodConditions"),
        "onPodConditions": (Rule("empty-field", "at least one condition", {"minItems": 1}), _AT_MOST_20),
        "action": one_of("Count", "FailIndex", "FailJob", "Ignore", empty=False),
    },
    "batch.v1.PodFailurePolicyOnExitCodesRequirement": {
        "": when(
            has("operator", "In"),
            {"properties": {"values": {"not": {"type": "array", "contains": {"const": 0}}}}},
            "number-range",
            "exit codes of a failure: 0 is none",
        ),
        "operator": one_of("In", "NotIn", empty=False),
        "values": (
            Rule("empty-field", "at least one exit code", {"minItems": 1}),
            Rule("number-range", "at most 255 exit codes", {"maxItems": 255}),
        ),
    },
    "batch.v1.PodFailurePolicyOnPodConditionsPattern": {
        "type": qualified_name(),
        "status": one_of("True", "False", "Unknown"),
    },
    "batch.v1.SuccessPolicy": {"": filled("rules"), "rules": _AT_MOST_20},
    "batch.v1.SuccessPolicyRule": {
        "": Rule(
            "empty-field",
            "succeededIndexes or succeededCount",
            {"anyOf": [{"required": ["succeededIndexes"]}, {"required": ["succeededCount"]}]},
        ),
        "succeededIndexes": text(
            "number-range", "indexes such as 0,2-5", r"([0-9]+(-[0-9]+)?(,[0-9]+(-[0-9]+)?)*)?", 2**16
        ),
        "succeededCount": between(0),
    },
    "batch.v1.CronJobSpec": {
        "": (filled("schedule"), until(33, _STATUS_OF_CONDITIONS)),
        "concurrencyPolicy": one_of("Allow", "Forbid", "Replace"),
        "startingDeadlineSeconds": between(0),
        "successfulJobsHistoryLimit": between(0),
        "failedJobsHistoryLimit": between(0),
    },
    "policy.v1.PodDisruptionBudgetSpec": {
        "": Rule("one-of", "minAvailable or maxUnavailable", {"not": {"required": ["minAvailable", "maxUnavailable"]}}),
        "minAvailable": PERCENTAGE,
        "maxUnavailable": PERCENTAGE,
        "unhealthyPodEvictionPolicy": one_of("IfHealthyBudget", "AlwaysAllow", empty=False),
    },
}

_SCALED: Final = since(
    34,
    Rule(
        "name-syntax",
        "an apiVersion with a group, such as apps/v1",
        {
            "if": {"not": has("kind", "ReplicationController")},
            "then": {"required": ["apiVersion"], "properties": {"apiVersion": {"pattern": "^[^/]+/[^/]*$"}}},
            "else": {"properties": {"apiVersion": {"pattern": "^[^/]*(/[^/]+)?$"}}},
        },
    ),
)
_PARTS: Final = text("name-syntax", "a version, perhaps after a group and '/'", "[^/]*(/[^/]*)?")
_SOURCES: Final = ("containerResource", "external", "object", "pods", "resource")

AUTOSCALING: Final[Table] = {
    "autoscaling.v1.HorizontalPodAutoscalerSpec": {
        "scaleTargetRef": _SCALED,
        "maxReplicas": between(1),
        "minReplicas": between(1),
        "targetCPUUtilizationPercentage": between(1),
    },
    "autoscaling.v1.CrossVersionObjectReference": _TARGET,
    "autoscaling.v2.HorizontalPodAutoscalerSpec": {
        "scaleTargetRef": _SCALED,
        "maxReplicas": between(1),
        "minReplicas": (until(36, between(1)), since(37, between(0))),
        "": since(
            37,
            when(
                {"required": ["minReplicas"], "properties": {"minReplicas": {"const": 0}}},
                {
                    "required": ["metrics"],
                    "properties": {"metrics": {"contains": has("type", "Object", "External")}},
                },
                "number-range",
                "a metric of the type Object or External with minReplicas: 0",
            ),
        ),
    },
    "autoscaling.v2.CrossVersionObjectReference": _TARGET,
    "autoscaling.v2.MetricSpec": {
        "": (
            exactly_one(*_SOURCES),
            *(
                Rule(
                    "one-of",
                    f"{source} with the type {source[0].upper()}{source[1:]}",
                    {
                        "if": {"properties": {"type": {"const": source[0].upper() + source[1:]}}},
                        "then": {"required": [source]},
                    },
                )
                for source in _SOURCES
            ),
        ),
        "type": (
            one_of(*(source[0].upper() + source[1:] for source in _SOURCES), empty=False),
            until(
                26, Rule("unknown-value", "no ContainerResource before 1.27", {"not": {"const": "ContainerResource"}})
            ),
        ),
    },
    "autoscaling.v2.MetricTarget": {
        "type": one_of("Utilization", "Value", "AverageValue", empty=False),
        "averageUtilization": between(1),
        "averageValue": POSITIVE,
        "value": POSITIVE,
    },
    "autoscaling.v2.ResourceMetricSource": {
        "": filled("name"),
        "target": exactly_one("averageUtilization", "averageValue"),
    },
    "autoscaling.v2.ContainerResourceMetricSource": {
        "": filled("name", "container"),
        "container": dns_label(),
        "name": RESOURCE_NAME,
        "target": exactly_one("averageUtilization", "averageValue"),
    },
    "autoscaling.v2.PodsMetricSource": {"target": filled("averageValue")},
    "autoscaling.v2.ObjectMetricSource": {
        "describedObject": since(34, inside("apiVersion", _PARTS)),
        "target": Rule("empty-field", "value or averageValue", {"anyOf": [has("value"), has("averageValue")]}),
    },
    "autoscaling.v2.ExternalMetricSource": {"target": exactly_one("value", "averageValue")},
    "autoscaling.v2.MetricIdentifier": {"": filled("name"), "name": path_segment()},
    "autoscaling.v2.HPAScalingRules": {
        "selectPolicy": one_of("Max", "Min", "Disabled", empty=False),
        "stabilizationWindowSeconds": between(0, 3600),
        "tolerance": NOT_NEGATIVE,
        "policies": Rule("empty-field", "at least one policy", {"minItems": 1}),
    },
    "autoscaling.v2.HPAScalingPolicy": {
        "type": one_of("Pods", "Percent", empty=False),
        "value": between(1),
        "periodSeconds": between(1, 1800),
    },
}
