"""Rules about what is asked before an object is taken (`pkg/apis/{admissionregistration,flowcontrol}/validation`)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from typing import Final

from generator.checks.fields.rule import (
    Rule,
    Rules,
    Schema,
    Table,
    absent,
    between,
    each,
    exactly_one,
    filled,
    has,
    once,
    one_of,
    text,
    unlike,
    when,
)
from generator.checks.fields.syntax import (
    DNS_1035_VERSION,
    PORT_NUMBER,
    SUBDOMAIN,
    WEBHOOK_URL,
    dns_1035_label,
    dns_label,
    dns_subdomain,
    path_segment,
    qualified_name,
)

_ALONE: Final = Rule("one-of", "'*' alone", {"not": {"type": "array", "minItems": 2, "contains": {"const": "*"}}})


_EXEMPT: Final = {"properties": {"metadata": {"required": ["name"], "properties": {"name": {"const": "exempt"}}}}}
_FIRST: Final = {"required": ["matchingPrecedence"], "properties": {"matchingPrecedence": {"const": 1}}}
_CATCH_ALL: Final = {"properties": {"metadata": {"required": ["name"], "properties": {"name": {"const": "catch-all"}}}}}
_LAST: Final = {
    "required": ["limited"],
    "properties": {
        "limited": {
            "required": ["nominalConcurrencyShares"],
            "properties": {
                "nominalConcurrencyShares": {"const": 5},
                "lendablePercent": {"enum": [0, None]},
                "borrowingLimitPercent": {"type": "null"},
                "limitResponse": {"properties": {"type": {"const": "Reject"}}},
            },
        }
    },
}
"""The last level is what `MandatoryPriorityLevelConfigurationCatchAll` says."""
_MOST_QUEUES: Final = 10**7
_QUEUES, _HAND = 64, 8
"""What the API server takes where nothing is said."""


def _hand(size: int) -> Schema:
    """Hands of this size, with as many queues as 60 bits choose among (`shufflesharding.RequiredEntropyBits`)."""
    most = bisect_right(range(_MOST_QUEUES + 1), 2**60, key=lambda queues: queues**size) - 1
    decks: Schema = {"type": "integer", "minimum": size, "maximum": most}
    unsaid = size <= _QUEUES <= most
    return {
        "required": [*(() if size == _HAND else ("handSize",)), *(() if unsaid else ("queues",))],
        "properties": {
            "handSize": {"enum": [size, *((0, None) if size == _HAND else ())]},
            "queues": {"anyOf": [decks, {"enum": [0, None]}]} if unsaid else decks,
        },
    }


_DEALT: Final = Rule(
    "number-range",
    f"a handSize (else {_HAND}) that is at most queues (else {_QUEUES}), and queues ^ handSize at most 2^60",
    {"anyOf": [_hand(size) for size in range(1, 16)]},
)


_RESERVED: Final = (
    "true|false|null|in|as|break|const|continue|else|for|function|if|import|let|loop|package|namespace|return|var|void"
    "|while"
)
"""The words that CEL keeps for itself."""
_OPERATIONS: Final = one_of("*", "CONNECT", "CREATE", "DELETE", "UPDATE", empty=False)
_NOT_EMPTY: Final = Rule("empty-field", "a name", {"minLength": 1})
_RULE_FIELDS: Final[Mapping[str, Rules]] = {
    "": filled("operations", "apiGroups", "apiVersions", "resources"),
    "operations": (_ALONE, each(_OPERATIONS)),
    "apiGroups": _ALONE,
    "apiVersions": (_ALONE, each(_NOT_EMPTY)),
    "resources": each(_NOT_EMPTY),
    "resourceNames": (once(), each(path_segment())),
    "scope": one_of("*", "Cluster", "Namespaced", empty=False),
}
_CHANGED: Final = one_of("*", "CONNECT", "CREATE", "UPDATE", empty=False)
_OF_MUTATIONS: Final = Rule(
    _CHANGED.check,
    _CHANGED.expects,
    {"properties": {"resourceRules": {"items": {"properties": {"operations": {"items": _CHANGED.schema}}}}}},
)
"""What is deleted cannot be changed."""
_CONDITIONS: Final = Rule("number-range", "at most 64 conditions", {"maxItems": 64})
_FAILURE: Final = one_of("Fail", "Ignore", empty=False)
_MATCH: Final = one_of("Equivalent", "Exact", empty=False)
LINES: Final = r"\S\s*[\n\r]\s*\S"
"""A text of several lines, whatever is around it."""
ONE_LINE: Final = (
    Rule("unknown-value", "a message of one line", {"not": {"type": "string", "pattern": LINES}}),
    Rule("unknown-value", "a message that says something", {"pattern": r"^$|\S"}),
)
"""What somebody is told whose object breaks a rule."""
REVIEW_VERSIONS: Final = (
    each(dns_1035_label()),
    Rule("unique-items", "each version once", {"uniqueItems": True}),
    Rule(
        "unknown-value",
        "v1 or v1beta1 among the versions",
        {"anyOf": [{"contains": {"enum": ["v1", "v1beta1"]}}, {"maxItems": 0}]},
    ),
)
"""The versions in which a webhook is asked."""
SERVICE: Final[Mapping[str, Rules]] = {
    "": filled("name", "namespace"),
    "path": text("path-syntax", "a path of DNS names that begins with '/'", r"(/([a-z0-9]([-a-z0-9.]*[a-z0-9])?/?)*)?"),
    "port": PORT_NUMBER,
}
"""A service that answers a webhook."""
_WEBHOOK: Final[Mapping[str, Rules]] = {
    "": filled("name", "admissionReviewVersions"),
    "name": text(
        "name-syntax",
        "a domain with at least three parts",
        r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?){2,}",
        253,
    ),
    "admissionReviewVersions": REVIEW_VERSIONS,
    "failurePolicy": _FAILURE,
    "matchConditions": _CONDITIONS,
    "matchPolicy": _MATCH,
    "sideEffects": one_of("None", "NoneOnDryRun", empty=False),
    "timeoutSeconds": between(1, 30),
}
_VERB: Final = one_of(
    *("*", "create", "delete", "deletecollection", "get", "list", "patch", "proxy", "update", "watch"), empty=False
)
ADMISSION: Final[Table] = {
    "admissionregistration.v1.ValidatingAdmissionPolicy": {"": filled("spec")},
    "flowcontrol.v1.FlowSchema": {
        "": (
            filled("spec"),
            when(
                {"properties": {"spec": _FIRST}},
                _EXEMPT,
                "number-range",
                "a matchingPrecedence of at least 2, except for exempt",
            ),
        )
    },
    "admissionregistration.v1.ValidatingWebhook": _WEBHOOK,
    "admissionregistration.v1.MutatingWebhook": {
        **_WEBHOOK,
        "reinvocationPolicy": one_of("Never", "IfNeeded", empty=False),
    },
    "admissionregistration.v1.WebhookClientConfig": {"": exactly_one("service", "url"), "url": WEBHOOK_URL},
    "admissionregistration.v1.ServiceReference": SERVICE,
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
        "auditAnnotations": Rule("number-range", "at most 20 annotations", {"maxItems": 20}),
    },
    "admissionregistration.v1.MutatingAdmissionPolicy": {"": filled("spec")},
    "admissionregistration.v1.MutatingAdmissionPolicySpec": {
        "": filled("matchConstraints", "mutations", "reinvocationPolicy"),
        "matchConstraints": (filled("resourceRules"), _OF_MUTATIONS),
        "failurePolicy": _FAILURE,
        "reinvocationPolicy": one_of("Never", "IfNeeded", empty=False),
    },
    "admissionregistration.v1.Mutation": {
        "": tuple(
            rule
            for type_, field, other in (
                ("ApplyConfiguration", "applyConfiguration", "jsonPatch"),
                ("JSONPatch", "jsonPatch", "applyConfiguration"),
            )
            for rule in (
                when(has("patchType", type_), filled(field).schema, "empty-field", f"{field} with this patchType"),
                when(has("patchType", type_), absent(other), "one-of", f"no {other} with this patchType"),
            )
        ),
        "patchType": one_of("ApplyConfiguration", "JSONPatch", empty=False),
    },
    "admissionregistration.v1.ApplyConfiguration": {"": filled("expression")},
    "admissionregistration.v1.JSONPatch": {"": filled("expression")},
    "admissionregistration.v1.MutatingAdmissionPolicyBinding": {"": filled("spec")},
    "admissionregistration.v1.MutatingAdmissionPolicyBindingSpec": {
        "": filled("policyName"),
        "matchResources": _OF_MUTATIONS,
        "policyName": dns_subdomain(),
    },
    "admissionregistration.v1.MatchResources": {"matchPolicy": _MATCH},
    "admissionregistration.v1.Validation": {
        "": filled("expression"),
        "message": ONE_LINE,
        "reason": one_of("Forbidden", "Invalid", "RequestEntityTooLarge", "Unauthorized", empty=False),
    },
    "admissionregistration.v1.MatchCondition": {"": filled("name", "expression"), "name": qualified_name()},
    "admissionregistration.v1.Variable": {
        "": filled("name", "expression"),
        "name": unlike(
            f"^({_RESERVED})$",
            text("name-syntax", "a name as CEL has them: letters, digits and '_'", "[_a-zA-Z][_a-zA-Z0-9]*"),
        ),
    },
    "admissionregistration.v1.AuditAnnotation": {
        "": filled("key", "valueExpression"),
        "key": unlike("/", qualified_name()),  # what stands before the '/' is the name of the policy
        "valueExpression": Rule("number-range", "at most 5 KiB", {"maxLength": 5 * 1024}),
    },
    "admissionregistration.v1.ParamKind": {
        "": filled("apiVersion", "kind"),
        "apiVersion": DNS_1035_VERSION,
        "kind": text("name-syntax", "a kind: letters, digits and '-'", "[A-Za-z]([-A-Za-z0-9]{0,61}[A-Za-z0-9])?"),
    },
    "admissionregistration.v1.ValidatingAdmissionPolicyBinding": {"": filled("spec")},
    "admissionregistration.v1.ValidatingAdmissionPolicyBindingSpec": {
        "": filled("policyName", "validationActions"),
        "policyName": dns_subdomain(),
        "validationActions": (
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
        "name": path_segment(),
        "parameterNotFoundAction": one_of("Allow", "Deny", empty=False),
    },
    "flowcontrol.v1.FlowSchemaSpec": {"matchingPrecedence": between(0, 10000)},
    "flowcontrol.v1.FlowDistinguisherMethod": {"type": one_of("ByNamespace", "ByUser", empty=False)},
    "flowcontrol.v1.PriorityLevelConfiguration": {
        "": (
            filled("spec"),
            when(
                _CATCH_ALL,
                {"properties": {"spec": _LAST}},
                "unknown-value",
                "for catch-all nominalConcurrencyShares: 5 and the response Reject, which nobody can change",
            ),
            Rule(
                "unknown-value",
                "the type Limited, or Exempt for the one that is named exempt",
                {
                    "if": _EXEMPT,
                    "then": {"properties": {"spec": {"properties": {"type": {"const": "Exempt"}}}}},
                    "else": {"properties": {"spec": {"properties": {"type": {"not": {"const": "Exempt"}}}}}},
                },
            ),
        )
    },
    "flowcontrol.v1.PriorityLevelConfigurationSpec": {
        "": (
            when(has("type", "Limited"), {"required": ["limited"]}, "empty-field", "limited with this type"),
            when(has("type", "Limited"), absent("exempt"), "one-of", "exempt with the type Exempt only"),
            when(has("type", "Exempt"), absent("limited"), "one-of", "limited with the type Limited only"),
        ),
        "type": one_of("Exempt", "Limited", empty=False),
    },
    "flowcontrol.v1.ExemptPriorityLevelConfiguration": {
        "nominalConcurrencyShares": between(0),
        "lendablePercent": between(0, 100),
    },
    "flowcontrol.v1.LimitedPriorityLevelConfiguration": {
        "": filled("limitResponse"),
        "nominalConcurrencyShares": between(0),
        "lendablePercent": between(0, 100),
        "borrowingLimitPercent": between(0),
    },
    "flowcontrol.v1.LimitResponse": {
        "": (
            when(has("type", "Queue"), {"required": ["queuing"]}, "empty-field", "queuing with this type"),
            when(has("type", "Reject"), absent("queuing"), "one-of", "queuing with the type Queue only"),
        ),
        "type": one_of("Queue", "Reject", empty=False),
    },
    "flowcontrol.v1.QueuingConfiguration": {
        "": _DEALT,
        "handSize": between(0),
        "queueLengthLimit": between(0),
        "queues": between(0, _MOST_QUEUES),
    },
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
        "apiGroups": _ALONE,
        "resources": _ALONE,
        "verbs": (_ALONE, each(_VERB)),
        "namespaces": (
            _ALONE,
            each(text("name-syntax", "'*' or a DNS label", r"\*|[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")),
        ),
    },
    "flowcontrol.v1.NonResourcePolicyRule": {
        "": filled("verbs", "nonResourceURLs"),
        "verbs": (_ALONE, each(_VERB)),
        "nonResourceURLs": (
            _ALONE,
            each(
                text(
                    "path-syntax",
                    "'*', or a path that begins with '/', without spaces and '//', and '*' only as '/*' at its end",
                    r"\*|(/[^/* ]+)+|(/[^/* ]+)*/\*?",
                )
            ),
        ),
    },
    "flowcontrol.v1.Subject": {
        "": tuple(
            rule
            for kind, field in (("Group", "group"), ("ServiceAccount", "serviceAccount"), ("User", "user"))
            for rule in (
                when(has("kind", kind), {"required": [field]}, "empty-field", f"{field} with this kind"),
                when({"not": has("kind", kind)}, absent(field), "one-of", f"{field} with the kind {kind} only"),
            )
        ),
        "kind": one_of("Group", "ServiceAccount", "User", empty=False),
    },
    "flowcontrol.v1.GroupSubject": {"": filled("name")},
    "flowcontrol.v1.UserSubject": {"": filled("name")},
    "flowcontrol.v1.ServiceAccountSubject": {
        "": filled("name", "namespace"),
        "name": text("name-syntax", "'*' or a DNS name", rf"\*|{SUBDOMAIN}", 253),
        "namespace": dns_label(),
    },
}
