"""Rules about what is asked before an object is taken (`pkg/apis/{admissionregistration,flowcontrol}/validation`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from generator.checks.fields.rule import (
    Rule,
    Rules,
    Table,
    between,
    each,
    exactly_one,
    filled,
    has,
    once,
    one_of,
    text,
    when,
)
from generator.checks.fields.syntax import (
    PORT_NUMBER,
    WEBHOOK_URL,
    dns_1035_label,
    dns_label,
    dns_subdomain,
    qualified_name,
)


def _alone(*fields: str) -> tuple[Rule, ...]:
    """`*` stands alone in these lists."""
    many = {"not": {"type": "array", "minItems": 2, "contains": {"const": "*"}}}
    return tuple(Rule("one-of", "'*' alone", {"properties": {field: many}}) for field in fields)


_OPERATIONS: Final = one_of("*", "CONNECT", "CREATE", "DELETE", "UPDATE", empty=False)
_RULES: Final = (
    filled("operations", "apiGroups", "apiVersions", "resources"),
    *_alone("operations", "apiGroups", "apiVersions"),
)
_NOT_EMPTY: Final = Rule("empty-field", "a name", {"minLength": 1})
_RULE_FIELDS: Final[Mapping[str, Rules]] = {
    "": _RULES,
    "operations": each(_OPERATIONS),
    "apiVersions": each(_NOT_EMPTY),
    "resources": each(_NOT_EMPTY),
    "scope": one_of("*", "Cluster", "Namespaced", empty=False),
}
_FAILURE: Final = one_of("Fail", "Ignore", empty=False)
_MATCH: Final = one_of("Equivalent", "Exact", empty=False)
_WEBHOOK: Final[Mapping[str, Rules]] = {
    "": filled("name", "admissionReviewVersions"),
    "name": text(
        "name-syntax",
        "a domain with at least three parts",
        r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?){2,}",
        253,
    ),
    "admissionReviewVersions": (
        each(dns_1035_label()),
        Rule("unique-items", "each version once", {"uniqueItems": True}),
        Rule(
            "unknown-value",
            "v1 or v1beta1 among the versions",
            {"anyOf": [{"contains": {"enum": ["v1", "v1beta1"]}}, {"maxItems": 0}]},
        ),
    ),
    "failurePolicy": _FAILURE,
    "matchPolicy": _MATCH,
    "sideEffects": one_of("None", "NoneOnDryRun", empty=False),
    "timeoutSeconds": between(1, 30),
}
ADMISSION: Final[Table] = {
    "admissionregistration.v1.ValidatingAdmissionPolicy": {"": filled("spec")},
    "flowcontrol.v1.FlowSchema": {"": filled("spec")},
    "admissionregistration.v1.ValidatingWebhook": _WEBHOOK,
    "admissionregistration.v1.MutatingWebhook": {
        **_WEBHOOK,
        "reinvocationPolicy": one_of("Never", "IfNeeded", empty=False),
    },
    "admissionregistration.v1.WebhookClientConfig": {"": exactly_one("service", "url"), "url": WEBHOOK_URL},
    "admissionregistration.v1.ServiceReference": {
        "": filled("name", "namespace"),
        "path": text(
            "path-syntax", "a path of DNS names that begins with '/'", r"(/([a-z0-9]([-a-z0-9.]*[a-z0-9])?/?)*)?"
        ),
        "port": PORT_NUMBER,
    },
    "admissionregistration.v1.RuleWithOperations": _RULE_FIELDS,
    "admissionregistration.v1.NamedRuleWithOperations": _RULE_FIELDS,
    "admissionregistration.v1.ValidatingAdmissionPolicySpec": {
        "": (
            filled("matchConstraints"),
            Rule(
                "empty-field",
                "validations or auditAnnotations",
                {"anyOf": [has("validations"), has("auditAnnotations")]},
            ),
        ),
        "matchConstraints": filled("resourceRules"),
        "failurePolicy": _FAILURE,
    },
    "admissionregistration.v1.MatchResources": {"matchPolicy": _MATCH},
    "admissionregistration.v1.Validation": {
        "": filled("expression"),
        "message": Rule("unknown-value", "a message of one line", {"not": {"type": "string", "pattern": r"\n"}}),
        "reason": one_of("Forbidden", "Invalid", "RequestEntityTooLarge", "Unauthorized", empty=False),
    },
    "admissionregistration.v1.MatchCondition": {"": filled("name", "expression"), "name": qualified_name()},
    "admissionregistration.v1.Variable": {
        "": filled("name", "expression"),
        "name": text("name-syntax", "a name as CEL has them: letters, digits and '_'", "[_a-zA-Z][_a-zA-Z0-9]*"),
    },
    "admissionregistration.v1.AuditAnnotation": {"": filled("key", "valueExpression"), "key": qualified_name()},
    "admissionregistration.v1.ParamKind": {"": filled("apiVersion", "kind")},
    "admissionregistration.v1.ValidatingAdmissionPolicyBinding": {"": filled("spec")},
    "admissionregistration.v1.ValidatingAdmissionPolicyBindingSpec": {
        "": filled("policyName", "validationActions"),
        "policyName": dns_subdomain(),
        "validationActions": (
            once(),
            each(one_of("Audit", "Deny", "Warn", empty=False)),
            Rule(
                "one-of",
                "Deny or Warn",
                {"not": {"type": "array", "allOf": [{"contains": {"const": word}} for word in ("Deny", "Warn")]}},
            ),
        ),
    },
    "admissionregistration.v1.ParamRef": {
        "": (exactly_one("name", "selector"), filled("parameterNotFoundAction")),
        "parameterNotFoundAction": one_of("Allow", "Deny", empty=False),
    },
    "flowcontrol.v1.FlowSchemaSpec": {"matchingPrecedence": between(0, 10000)},
    "flowcontrol.v1.FlowDistinguisherMethod": {"type": one_of("ByNamespace", "ByUser", empty=False)},
    "flowcontrol.v1.PriorityLevelConfigurationReference": {"": filled("name"), "name": dns_subdomain()},
    "flowcontrol.v1.PolicyRulesWithSubjects": {
        "": (
            filled("subjects"),
            Rule(
                "empty-field",
                "resourceRules or nonResourceRules",
                {"anyOf": [has("resourceRules"), has("nonResourceRules")]},
            ),
        )
    },
    "flowcontrol.v1.ResourcePolicyRule": {
        "": (
            filled("verbs", "apiGroups", "resources"),
            Rule(
                "empty-field",
                "namespaces, or clusterScope: true",
                {
                    "anyOf": [
                        has("namespaces"),
                        {"required": ["clusterScope"], "properties": {"clusterScope": {"const": True}}},
                    ]
                },
            ),
        ),
        "apiGroups": once(),
        "resources": once(),
        "verbs": (
            once(),
            each(
                one_of(
                    *("*", "create", "delete", "deletecollection", "get", "list"),
                    *("patch", "proxy", "update", "watch"),
                    empty=False,
                )
            ),
        ),
        "namespaces": (
            once(),
            each(text("name-syntax", "'*' or a DNS label", r"\*|[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")),
        ),
    },
    "flowcontrol.v1.Subject": {
        "": when(has("kind", "ServiceAccount"), {"required": ["serviceAccount"]}, "empty-field", "serviceAccount"),
        "kind": one_of("Group", "ServiceAccount", "User", empty=False),
    },
    "flowcontrol.v1.ServiceAccountSubject": {
        "": filled("name", "namespace"),
        "name": text("name-syntax", "'*' or a DNS name", r"\*|[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?"),
        "namespace": dns_label(),
    },
}
