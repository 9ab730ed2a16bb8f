"""ConfigMaps and Secrets (`pkg/apis/core/validation`, ValidateConfigMap and ValidateSecret)."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from generator.checks.check import Basis, Check, Family, Problem, Scope
from generator.checks.example import config_map
from generator.checks.objects import RenderedObject
from generator.finding import Severity
from generator.workload import mapping

_MOST: Final = 1024 * 1024
_NEEDS: Final[Mapping[str, tuple[str, ...]]] = {
    "kubernetes.io/tls": ("tls.crt", "tls.key"),
    "kubernetes.io/ssh-auth": ("ssh-privatekey",),
    "kubernetes.io/dockercfg": (".dockercfg",),
    "kubernetes.io/dockerconfigjson": (".dockerconfigjson",),
}
_KEY: Final = "ssh-privatekey"
_JSON: Final = ("kubernetes.io/dockercfg", "kubernetes.io/dockerconfigjson")
_TOKEN: Final = "kubernetes.io/service-account-token"
_CONFIDENTIAL: Final = re.compile(r"(?i)(^|[_.-])(password|secret[_.-]access[_.-]key|private[_.-]key)$")
_PRIVATE: Final = "PRIVATE KEY-----"
_ACCOUNT: Final = "kubernetes.io/service-account.name"


def _sizes(scope: Scope) -> Iterator[Problem]:
    for placed in scope.of("ConfigMap", "Secret"):
        fields = ("data",) if placed.kind == "Secret" else ("data", "binaryData")
        size = sum(sum(_bytes(placed, field).values()) for field in fields)
        if size > _MOST:
            yield Problem(placed, ("data",), f"{placed.title} has {size:,} bytes; there may be {_MOST:,}")


def _bytes(placed: RenderedObject, field: str) -> Mapping[str, int]:
    """How many bytes each value has; in a Secret and in binaryData they are base64."""
    encoded = placed.kind == "Secret" or field == "binaryData"
    plain = {key: len(str(value or "").encode()) for key, value in mapping(placed.value, field).items()}
    if not encoded:
        return plain
    sizes = {key: size * 3 // 4 for key, size in plain.items()}
    texts = mapping(placed.value, "stringData") if placed.kind == "Secret" else {}
    return sizes | {key: len(str(value or "").encode()) for key, value in texts.items()}


def _twice(scope: Scope) -> Iterator[Problem]:
    for placed in scope.of("ConfigMap"):
        binary = mapping(placed.value, "binaryData")
        for key in mapping(placed.value, "data") if binary else ():
            if key in binary:
                yield Problem(placed, ("data", key), f"{placed.title} has {key} in data and in binaryData")


def _types(scope: Scope) -> Iterator[Problem]:
    for placed in scope.of("Secret"):
        kind = placed.value.get("type")
        if not isinstance(kind, str) or kind in ("", "Opaque"):
            continue
        known = {**mapping(placed.value, "data"), **mapping(placed.value, "stringData")}
        missing = [key for key in _NEEDS.get(kind, ()) if key not in known or (key == _KEY and not known[key])]
        if missing:
            yield Problem(placed, ("type",), f"{placed.title} of type {kind} needs {' and '.join(missing)}")
        elif kind in _JSON and not _is_json(placed, _NEEDS[kind][0]):
            yield Problem(placed, ("type",), f"{placed.title}: {_NEEDS[kind][0]} is no JSON map")
        elif kind == "kubernetes.io/basic-auth" and not {"username", "password"} & known.keys():
            yield Problem(placed, ("type",), f"{placed.title} of type {kind} needs username or password")
        elif kind == _TOKEN and not mapping(placed.value, "metadata", "annotations").get(_ACCOUNT):
            yield Problem(placed, ("type",), f"{placed.title} of type {kind} needs the annotation {_ACCOUNT}")


def _is_json(placed: RenderedObject, key: str) -> bool:
    text: Any = mapping(placed.value, "stringData").get(key)
    try:
        content = text if text is not None else base64.b64decode(str(mapping(placed.value, "data").get(key)))
        return isinstance(json.loads(content), dict | None)
    except (ValueError, binascii.Error, TypeError):
        return False


def _plain(scope: Scope) -> Iterator[Problem]:
    for placed in scope.of("Secret"):
        held = [field for field in ("data", "stringData") if mapping(placed.value, field)]
        if held:
            message = f"{placed.title} is in git, and so is everybody's copy of it: base64 hides nothing"
            yield Problem(placed, (held[0],), message)


def _confided(scope: Scope) -> Iterator[Problem]:
    for placed in scope.of("ConfigMap"):
        for key, text in mapping(placed.value, "data").items():
            if isinstance(text, str) and ((_CONFIDENTIAL.search(str(key)) and text.strip()) or _PRIVATE in text):
                yield Problem(placed, ("data", key), f"{placed.title}: {key} seems to be a secret")


def _secret(kind: str, data: str) -> str:
    return f"apiVersion: v1\nkind: Secret\nmetadata: {{name: web}}\ntype: {kind}\n{data}\n"


FAMILY = Family(
    "configuration",
    "ConfigMaps and Secrets",
    "What ConfigMaps and Secrets may hold, and what they should not.",
    (
        Check(
            "config-size",
            Severity.ERROR,
            Basis.REFUSED,
            "a ConfigMap or Secret may hold 1 MiB",
            "put large files into the image or into a volume",
            _sizes,
            config_map(f"data:\n  text: {'x' * 40}"),
            config_map(f"data:\n  text: {'x' * (1024 * 1024 + 1)}"),
            kinds=("ConfigMap", "Secret"),
        ),
        Check(
            "config-key-twice",
            Severity.ERROR,
            Basis.REFUSED,
            "data and binaryData become files side by side",
            "remove the key from one of them",
            _twice,
            config_map("data: {a: text}\nbinaryData: {b: AAEC}"),
            config_map("data: {a: text}\nbinaryData: {a: AAEC}"),
            kinds=("ConfigMap",),
        ),
        Check(
            "secret-type",
            Severity.ERROR,
            Basis.REFUSED,
            "the type of a Secret says which keys it has",
            "add the keys, or use the type Opaque",
            _types,
            _secret("kubernetes.io/tls", 'stringData: {tls.crt: "…", tls.key: "…"}'),
            _secret("kubernetes.io/tls", 'stringData: {tls.crt: "…"}'),
            kinds=("Secret",),
        ),
        Check(
            "plain-secret",
            Severity.WARNING,
            Basis.PRACTICE,
            "whoever can read the repository, now or in a year, can read the secret",
            "let a controller make the Secret (External Secrets, Sealed Secrets), list it under external.secrets in "
            "environment.yaml, and change the password",
            _plain,
            config_map(),
            _secret("Opaque", 'stringData: {password: "…"}'),
            kinds=("Secret",),
        ),
        Check(
            "secret-in-config-map",
            Severity.WARNING,
            Basis.PRACTICE,
            "everybody who may look at the namespace may read a ConfigMap, and logs and diffs show it",
            "put it into a Secret, and change the password",
            _confided,
            config_map("data: {DB_USER: web, PASSWORD_FILE: /run/secrets/db}"),
            config_map('data: {DB_PASSWORD: "…"}'),
            kinds=("ConfigMap",),
        ),
    ),
)
