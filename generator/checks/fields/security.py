"""Rules about what the processes of pods may do (`pkg/apis/core/validation`, ValidateSecurityContext and below)."""

from __future__ import annotations

from typing import Any, Final

from generator.checks.fields.rule import (
    Rule,
    Schema,
    Table,
    absent,
    between,
    each,
    filled,
    has,
    one_of,
    since,
    text,
    until,
    when,
)
from generator.checks.fields.syntax import RELATIVE_PATH, dns_subdomain

_ID: Final = between(0, 2**31 - 1)
_PROFILE: Final = (
    filled("type"),
    when(
        has("type", "Localhost"), {"required": ["localhostProfile"]}, "one-of", "localhostProfile with type Localhost"
    ),
    when(
        has("type", "RuntimeDefault", "Unconfined"),
        absent("localhostProfile"),
        "one-of",
        "localhostProfile only with type Localhost",
    ),
)
_PROFILES: Final = one_of("Localhost", "RuntimeDefault", "Unconfined", empty=False)
_CONTAINERS: Final = ("containers", "ephemeralContainers", "initContainers")
HAS_HOST_NETWORK: Final = {"required": ["hostNetwork"], "properties": {"hostNetwork": {"const": True}}}
_HAS_HOST_IPC: Final = {"required": ["hostIPC"], "properties": {"hostIPC": {"const": True}}}
OWN_USERS: Final = {"required": ["hostUsers"], "properties": {"hostUsers": {"const": False}}}


def _system(name: str) -> Schema:
    return {"required": ["os"], "properties": {"os": {"type": "object", **has("name", name)}}}


def _contexts(pod: Schema, container: Schema) -> dict[str, Any]:
    """The security contexts of a pod and of its containers, by their fields."""
    inside = {"items": {"properties": {"securityContext": container}}}
    return {"securityContext": pod, **dict.fromkeys(_CONTAINERS, inside)}


def _sysctls(pattern: str) -> Schema:
    names = {"items": {"properties": {"name": {"not": {"type": "string", "pattern": pattern}}}}}
    return {"properties": {"securityContext": {"properties": {"sysctls": names}}}}


_OF_LINUX_PODS: Final = (
    *("appArmorProfile", "fsGroup", "fsGroupChangePolicy", "runAsGroup", "runAsUser", "seLinuxChangePolicy"),
    *("seLinuxOptions", "seccompProfile", "supplementalGroups", "supplementalGroupsPolicy"),
)
_NOT_OF_WINDOWS_PODS: Final = {**absent(*_OF_LINUX_PODS)["properties"], "sysctls": {"maxItems": 0}}
_OF_LINUX_CONTAINERS: Final = (
    *("allowPrivilegeEscalation", "appArmorProfile", "capabilities", "privileged", "procMount"),
    *("readOnlyRootFilesystem", "runAsGroup", "runAsUser", "seLinuxOptions", "seccompProfile"),
)
OF_POD: Final = (
    when(
        _system("linux"),
        {"properties": _contexts(absent("windowsOptions"), absent("windowsOptions"))},
        "one-of",
        "windowsOptions in pods with the os windows only",
    ),
    when(
        _system("windows"),
        {
            "properties": {
                **_contexts({"properties": _NOT_OF_WINDOWS_PODS}, absent(*_OF_LINUX_CONTAINERS)),
                **{field: {"enum": [False, None]} for field in ("hostIPC", "hostPID")},
                **{field: {"type": "null"} for field in ("hostUsers", "resources", "shareProcessNamespace")},
            }
        },
        "one-of",
        "no field that Windows does not have in a pod with the os windows",
    ),
    since(
        33,
        when(
            {"not": OWN_USERS},
            {"properties": _contexts({}, {"properties": {"procMount": {"not": {"const": "Unmasked"}}}})},
            "one-of",
            "procMount Unmasked with hostUsers: false only",
        ),
    ),
    since(29, when(HAS_HOST_NETWORK, _sysctls("^net[./]"), "one-of", "no sysctl of the network with hostNetwork")),
    since(
        29,
        when(
            _HAS_HOST_IPC,
            _sysctls(r"^(kernel[./](shm|msg|sem$)|fs[./]mqueue[./])"),
            "one-of",
            "no sysctl of its communication with hostIPC",
        ),
    ),
)
"""What the fields of a pod and the security contexts in it say of each other."""

_NO_CONTROL: Final = r"\x00-\x1f\x7f"
_NETBIOS: Final = rf'[^{_NO_CONTROL}\\/:*?"<>|.][^{_NO_CONTROL}\\/:*?"<>|]{{0,14}}'
_DOMAIN_LABEL: Final = "[A-Za-z0-9]([-A-Za-z0-9]{0,61}[A-Za-z0-9])?"
_WINDOWS_USER: Final = text(
    "name-syntax",
    "a user of Windows of at most 104 characters, perhaps after a domain and '\\'",
    rf"((?:{_NETBIOS}|(?=[^\\]{{1,255}}\\){_DOMAIN_LABEL}(\.{_DOMAIN_LABEL})*)\\)?"
    rf'(?![. ]+$)[^{_NO_CONTROL}"/\\:;|=,+*?<>@\[\]]{{1,104}}',
)
SECURITY: Final[Table] = {
    "core.v1.PodSecurityContext": {
        "runAsUser": _ID,
        "runAsGroup": _ID,
        "fsGroup": _ID,
        "supplementalGroups": each(_ID),
        "fsGroupChangePolicy": one_of("OnRootMismatch", "Always", empty=False),
        "supplementalGroupsPolicy": one_of("Merge", "Strict", empty=False),
        "seLinuxChangePolicy": (
            one_of("Recursive", "MountOption", empty=False),
            until(36, one_of("Recursive", empty=False)),
        ),
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
        "": (
            *_PROFILE,
            when(
                has("type", "Localhost"),
                {"not": {"required": ["localhostProfile"], "properties": {"localhostProfile": {"const": ""}}}},
                "empty-field",
                "localhostProfile with type Localhost",
            ),
        ),
        "localhostProfile": (
            Rule(
                "name-syntax", "a profile without spaces around it", {"not": {"type": "string", "pattern": r"^\s|\s$"}}
            ),
            Rule("name-syntax", "at most 4095 characters", {"maxLength": 4095}),
        ),
        "type": _PROFILES,
    },
    "core.v1.WindowsSecurityContextOptions": {
        "gmsaCredentialSpecName": dns_subdomain(),
        "gmsaCredentialSpec": (
            Rule("empty-field", "a credential spec", {"minLength": 1}),
            Rule("number-range", "at most 64 KiB", {"maxLength": 64 * 1024}),
        ),
        "runAsUserName": _WINDOWS_USER,
    },
    "core.v1.SecurityContext": {
        "runAsUser": _ID,
        "runAsGroup": _ID,
        "procMount": one_of("Default", "Unmasked", empty=False),
    },
}
