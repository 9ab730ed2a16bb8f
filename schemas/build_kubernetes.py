"""Make schemas/kubernetes/definitions.tsv from the wheel of kubernetes-validate; its README says how.

The commands are

    pip download --no-deps --dest build kubernetes-validate==1.37.0
    python schemas/build_kubernetes.py build/kubernetes_validate-1.37.0-py3-none-any.whl
"""

from __future__ import annotations

import json
import re
import sys
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

Schema = dict[str, Any]

FORMATS: Final[Mapping[str, Schema]] = {
    "int32": {"minimum": -(2**31), "maximum": 2**31 - 1},
    "int64": {"minimum": -(2**63), "maximum": 2**63 - 1},
    "byte": {
        "pattern": r"^(([\r\n]*[A-Za-z0-9+/]){4})*"
        r"(([\r\n]*[A-Za-z0-9+/]){2}[\r\n]*=[\r\n]*=|([\r\n]*[A-Za-z0-9+/]){3}[\r\n]*=)?[\r\n]*$",
        "x-towpath-expects": "base64",
    },
    "date-time": {
        "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T"
        r"[0-9]{1,2}:[0-9]{2}:[0-9]{2}([.,][0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})$",
        "x-towpath-expects": "a time such as 2026-01-31T09:30:00Z",
    },
}
"""What the API server's decoder enforces of a format of its own types."""
OUTPUT = Path(__file__).parent / "kubernetes" / "definitions.tsv"
MEMBER = re.compile(r"kubernetes_validate/kubernetes-json-schema/v1\.(\d+)\.0-local-strict/_definitions\.json")
OBJECT_META = "#/$defs/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"

# The kinds without a namespace, by group: those marked `+genclient:nonNamespaced` in k8s.io/api (v0.25.0 to
# v0.37.0-beta.0), and CustomResourceDefinition and APIService, which live in repositories of their own.
# A kind keeps its scope for life.
CLUSTER_SCOPED = {
    "": {"ComponentStatus", "Namespace", "Node", "PersistentVolume"},
    "admissionregistration.k8s.io": {
        "MutatingAdmissionPolicy",
        "MutatingAdmissionPolicyBinding",
        "MutatingWebhookConfiguration",
        "ValidatingAdmissionPolicy",
        "ValidatingAdmissionPolicyBinding",
        "ValidatingWebhookConfiguration",
    },
    "apiextensions.k8s.io": {"CustomResourceDefinition"},
    "apiregistration.k8s.io": {"APIService"},
    "authentication.k8s.io": {"SelfSubjectReview", "TokenReview"},
    "authorization.k8s.io": {"SelfSubjectAccessReview", "SelfSubjectRulesReview", "SubjectAccessReview"},
    "certificates.k8s.io": {"CertificateSigningRequest", "ClusterTrustBundle"},
    "flowcontrol.apiserver.k8s.io": {"FlowSchema", "PriorityLevelConfiguration"},
    "internal.apiserver.k8s.io": {"StorageVersion"},
    "networking.k8s.io": {"ClusterCIDR", "IPAddress", "IngressClass", "ServiceCIDR"},
    "node.k8s.io": {"RuntimeClass"},
    "rbac.authorization.k8s.io": {"ClusterRole", "ClusterRoleBinding"},
    "resource.k8s.io": {
        "DeviceClass",
        "DeviceTaintRule",
        "ResourceClass",
        "ResourcePoolStatusRequest",
        "ResourceSlice",
    },
    "scheduling.k8s.io": {"PriorityClass"},
    "storage.k8s.io": {"CSIDriver", "CSINode", "StorageClass", "VolumeAttachment", "VolumeAttributesClass"},
    "storagemigration.k8s.io": {"StorageVersionMigration"},
}

# What the API server's decoder enforces and the published definitions leave out; `x-towpath-expects` words
# the error.
QUANTITY: Schema = {
    "type": ["string", "number", "null"],
    # The grammar in k8s.io/apimachinery/pkg/api/resource/quantity.go
    "pattern": r"^ *[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([KMGTPE]i|[numkMGTPE]|[eE][+-]?[0-9]+)? *$",
    "x-towpath-expects": "a quantity such as 250m, 1.5 or 64Mi",
}
INT_OR_STRING: Schema = {"type": ["integer", "string", "null"], "minimum": -(2**31), "maximum": 2**31 - 1}
CORRECTED = {
    "io.k8s.apimachinery.pkg.api.resource.Quantity": QUANTITY,
    "io.k8s.apimachinery.pkg.util.intstr.IntOrString": INT_OR_STRING,
}


def corrected(node: Any) -> Any:
    """A schema without its descriptions, and with the formats that the API server enforces spelled out."""
    if isinstance(node, list):
        return [corrected(item) for item in node]
    if not isinstance(node, dict):
        return node
    described = isinstance(node.get("description"), str)  # else it is a field of that name
    kept = {key: corrected(value) for key, value in node.items() if not (described and key == "description")}
    extra = FORMATS.get(kept["format"], {}) if isinstance(kept.get("format"), str) else {}
    return kept | extra


def kind_of(schema: Schema) -> tuple[str, str, bool] | None:
    """(apiVersion, kind, namespaced) of a definition that describes objects one can apply, else None."""
    gvks = schema.get("x-kubernetes-group-version-kind", [])
    metadata = schema.get("properties", {}).get("metadata", {})
    if len(gvks) != 1 or metadata.get("$ref") != OBJECT_META:
        return None
    group, version, kind = (gvks[0][key] for key in ("group", "version", "kind"))
    return f"{group}/{version}" if group else version, kind, kind not in CLUSTER_SCOPED.get(group, set())


def references(node: Any) -> Iterator[str]:
    """The names of the definitions that a schema refers to."""
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"].removeprefix("#/$defs/")
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def reachable(definitions: dict[str, Schema]) -> set[str]:
    """The names of all definitions that an object one can apply is made of."""
    found: set[str] = set()
    waiting = [name for name, schema in definitions.items() if kind_of(schema)]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(references(definitions[name]))
    return found


def definitions_by_minor(wheel: Path) -> dict[int, dict[str, str]]:
    """Each minor version's definitions, by name, as one line of JSON."""
    by_minor = {}
    with zipfile.ZipFile(wheel) as archive:
        for member in archive.namelist():
            if match := MEMBER.fullmatch(member):
                raw = json.loads(archive.read(member))["$defs"]
                definitions = {name: CORRECTED.get(name) or corrected(schema) for name, schema in raw.items()}
                by_minor[int(match[1])] = {
                    name: json.dumps(definitions[name], sort_keys=True, separators=(",", ":"), ensure_ascii=True)
                    for name in reachable(definitions)
                }
    return by_minor


def lines(by_minor: dict[int, dict[str, str]]) -> Iterator[str]:
    """One line for each definition and run of minor versions in which it did not change."""
    names = sorted({name for definitions in by_minor.values() for name in definitions})
    for name in names:
        runs: list[tuple[int, int, str]] = []
        for minor in sorted(by_minor):
            text = by_minor[minor].get(name)
            if text and runs and runs[-1][1:] == (minor - 1, text):
                runs[-1] = (runs[-1][0], minor, text)
            elif text:
                runs.append((minor, minor, text))
        for first, last, text in runs:
            kind = kind_of(json.loads(text))
            scope = f"{kind[0]} {kind[1]} {'namespaced' if kind[2] else 'cluster'}" if kind else ""
            yield "\t".join((name, f"1.{first}", f"1.{last}", scope, text))


def main(wheel: str) -> None:
    """Write the store; the same wheel always makes the same bytes."""
    by_minor = definitions_by_minor(Path(wheel))
    if not by_minor:
        sys.exit(f"{wheel} holds no strict Kubernetes definitions.")
    text = "".join(line + "\n" for line in lines(by_minor))
    OUTPUT.write_text(text, encoding="utf-8", newline="\n")
    count = text.count("\n")
    print(f"{OUTPUT.name}: {count} definitions of Kubernetes 1.{min(by_minor)} to 1.{max(by_minor)}")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
