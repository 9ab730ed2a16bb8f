"""Rules about what the processes of pods may do (`pkg/apis/core/validation`, ValidateSecurityContext and below)."""

from __future__ import annotations

from typing import Final

from generator.checks.fields.rule import Rule, Table, between, each, filled, has, one_of, text, when
from generator.checks.fields.syntax import RELATIVE_PATH, dns_subdomain

_ID: Final = between(0, 2**31 - 1)
_PROFILE: Final = (
    filled("type"),
    when(
        has("type", "Localhost"), {"required": ["localhostProfile"]}, "one-of", "localhostProfile with type Localhost"
    ),
    when(
        has("type", "RuntimeDefault", "Unconfined"),
        {"properties": {"localhostProfile": {"enum": ["", None]}}},
        "one-of",
        "localhostProfile only with type Localhost",
    ),
)
_PROFILES: Final = one_of("Localhost", "RuntimeDefault", "Unconfined", empty=False)

SECURITY: Final[Table] = {
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
    "core.v1.SeccompProfile": {
        "": _PROFILE,
        "localhostProfile": RELATIVE_PATH,
        "type": one_of("Localhost", "RuntimeDefault", "Unconfined", empty=False),
    },
    "core.v1.AppArmorProfile": {
        "": _PROFILE,
        "localhostProfile": Rule(
            "name-syntax", "a profile without spaces around it", {"not": {"type": "string", "pattern": r"^\s|\s$"}}
        ),
        "type": _PROFILES,
    },
    "core.v1.WindowsSecurityContextOptions": {
        "gmsaCredentialSpecName": dns_subdomain(),
        "gmsaCredentialSpec": Rule("empty-field", "a credential spec", {"minLength": 1}),
        "runAsUserName": text(
            "name-syntax", "a user of Windows, perhaps after a domain and '\\'", r'([^\\]+\\)?[^"/\\:;|=,+*?<>@\[\]]+'
        ),
    },
    "core.v1.SecurityContext": {
        "runAsUser": _ID,
        "runAsGroup": _ID,
        "procMount": one_of("Default", "Unmasked", empty=False),
    },
}
