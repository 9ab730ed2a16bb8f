"""Rules about what clusters rather than people write (`pkg/apis/{core,certificates}/validation`): nodes, events, …"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from generator.checks.fields.rule import (
    Rule,
    Table,
    between,
    each,
    filled,
    formatted,
    has,
    one_of,
    optional,
    since,
    until,
    when,
)
from generator.checks.fields.syntax import (
    CIDR,
    MICROSECONDS,
    OLD_CIDR,
    ONE_OF_EACH_FAMILY,
    SIGNER,
    dns_subdomain,
    label_key,
    label_value,
    qualified_name,
)

_USAGES: Final = (
    *("any", "cert sign", "client auth", "code signing", "content commitment", "crl sign", "data encipherment"),
    *("decipher only", "digital signature", "email protection", "encipher only", "ipsec end system", "ipsec tunnel"),
    *("ipsec user", "key agreement", "key encipherment", "microsoft sgc", "netscape sgc", "ocsp signing", "s/mime"),
    *("server auth", "signing", "timestamping"),
)
_NAME: Final = dns_subdomain("object-name")
_SHORT: Final = Rule("number-range", "at most 128 characters", {"maxLength": 128})
_NOTE: Final = Rule("number-range", "at most 1024 characters", {"maxLength": 1024})
_DEPRECATED: Final = Rule(
    "unknown-value", "nothing: eventTime, series and reportingController say it", {"type": "null"}
)
_REPORTED: Final = ("reportingComponent", "reportingInstance", "action", "reason")
_OF_EVENTS: Final = {
    "reportingComponent": qualified_name(),
    "message": _NOTE,
    **dict.fromkeys(("action", "reason", "reportingInstance"), _SHORT),
}
CLUSTER: Final[Table] = {
    "core.v1.Event": {
        "": (
            when(has("eventTime"), filled(*_REPORTED).schema, "empty-field", f"{', '.join(_REPORTED)} with eventTime"),
            *(
                Rule(
                    rule.check,
                    f"{rule.expects}, with eventTime",
                    {"if": has("eventTime"), "then": {"properties": {field: rule.schema}}},
                )
                for field, rule in _OF_EVENTS.items()
            ),
        ),
        "eventTime": MICROSECONDS,
    },
    "core.v1.EventSeries": {"lastObservedTime": MICROSECONDS},
    "events.v1.EventSeries": {"count": between(2), "lastObservedTime": MICROSECONDS},
    "core.v1.NodeSpec": {
        "podCIDR": (until(35, optional(OLD_CIDR)), since(36, optional(CIDR))),
        "podCIDRs": (until(35, each(OLD_CIDR)), since(36, each(CIDR)), ONE_OF_EACH_FAMILY),
    },
    "core.v1.Taint": {
        "": filled("key", "effect"),
        "key": label_key(),
        "value": label_value(),
        "effect": one_of("NoSchedule", "PreferNoSchedule", "NoExecute", empty=False),
    },
    "certificates.v1.CertificateSigningRequestSpec": {
        "": filled("request", "signerName", "usages"),
        "request": formatted(
            "certificate-request", "a PEM block CERTIFICATE REQUEST in base64", "towpath-certificate-request"
        ),
        "signerName": SIGNER,
        "expirationSeconds": between(600),
        "usages": (each(one_of(*_USAGES, empty=False)), Rule("unique-items", "each usage once", {"uniqueItems": True})),
    },
    "events.v1.Event": {
        "eventTime": MICROSECONDS,
        "": filled("eventTime", "reportingController", "reportingInstance", "action", "reason", "type"),
        "metadata": Rule("object-name", _NAME.expects, {"properties": {"name": _NAME.schema}}),
        "reportingController": qualified_name(),
        "note": _NOTE,
        **dict.fromkeys(("action", "reason", "reportingInstance"), _SHORT),
        "type": one_of("Normal", "Warning", empty=False),
        **dict.fromkeys(("deprecatedFirstTimestamp", "deprecatedLastTimestamp"), _DEPRECATED),
        "deprecatedCount": replace(_DEPRECATED, schema={"enum": [0, None]}),
        "deprecatedSource": replace(_DEPRECATED, schema={"additionalProperties": {"enum": ["", None]}}),
    },
}
