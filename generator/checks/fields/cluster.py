"""Rules about what clusters rather than people write (`pkg/apis/{core,certificates}/validation`): nodes, events, …"""

from __future__ import annotations

from typing import Final

from generator.checks.fields.rule import Rule, Table, between, each, filled, one_of, optional, since, text
from generator.checks.fields.syntax import CIDR, label_key, label_value, qualified_name

_USAGES: Final = (
    *("any", "cert sign", "client auth", "code signing", "content commitment", "crl sign", "data encipherment"),
    *("decipher only", "digital signature", "email protection", "encipher only", "ipsec end system", "ipsec tunnel"),
    *("ipsec user", "key agreement", "key encipherment", "microsoft sgc", "netscape sgc", "ocsp signing", "s/mime"),
    *("server auth", "signing", "timestamping"),
)
CLUSTER: Final[Table] = {
    "core.v1.NodeSpec": {"podCIDRs": since(36, each(optional(CIDR)))},
    "core.v1.Taint": {
        "": filled("key", "effect"),
        "key": label_key(),
        "value": label_value(),
        "effect": one_of("NoSchedule", "PreferNoSchedule", "NoExecute", empty=False),
    },
    "certificates.v1.CertificateSigningRequestSpec": {
        "": filled("request", "signerName", "usages"),
        "signerName": text("name-syntax", "a domain, '/' and a path", r"[a-z0-9.-]+\.[a-z0-9.-]+/.+"),
        "expirationSeconds": between(600),
        "usages": (each(one_of(*_USAGES, empty=False)), Rule("unique-items", "each usage once", {"uniqueItems": True})),
    },
    "events.v1.Event": {
        "": filled("eventTime", "reportingController", "reportingInstance", "action", "reason", "type"),
        "reportingController": qualified_name(),
        "type": one_of("Normal", "Warning", empty=False),
    },
}
