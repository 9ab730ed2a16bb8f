"""Make schemas/crds/definitions.tsv from the CustomResourceDefinitions in Go modules; its README says how.

The command is

    python schemas/build_crds.py

It needs Go and its module proxy. The same versions make the same bytes.
"""

from __future__ import annotations

import fnmatch
import json
import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from generator.k8syaml import load_all

OUTPUT = Path(__file__).parent / "crds" / "definitions.tsv"


@dataclass(frozen=True)
class Source:
    """A Go module and the files in it that hold definitions."""

    module: str
    version: str
    files: str

    @property
    def name(self) -> str:
        """Module and version as Go writes them."""
        return f"{self.module}@{self.version}"


SOURCES = (
    Source("github.com/argoproj/argo-cd/v3", "v3.6.1", "manifests/crds/*-crd.yaml"),
    Source("github.com/cert-manager/cert-manager", "v1.21.2", "deploy/crds/*.yaml"),
    Source("github.com/fluxcd/kustomize-controller", "v1.10.1", "config/crd/bases/*.yaml"),
    Source("github.com/fluxcd/source-controller", "v1.10.1", "config/crd/bases/*.yaml"),
    Source("sigs.k8s.io/gateway-api", "v1.7.0", "config/crd/standard/*networking*_*s.yaml"),
)
# The module proxy does not give out the modules that hold these definitions, or no new version of them. It gives out
# the types that the definitions are generated from, and upstream's generator.
GENERATED = (
    Source("github.com/fluxcd/helm-controller/api", "v1.5.3", "v2"),
    Source("github.com/fluxcd/image-automation-controller/api", "v1.2.5", "..."),
    Source("github.com/fluxcd/image-reflector-controller/api", "v1.2.5", "..."),
    Source("github.com/fluxcd/notification-controller/api", "v1.9.4", "..."),
    Source("github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring", "v0.95.2", "v1"),
    Source("github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring", "v0.95.2", "v1alpha1"),
)
GENERATOR = "sigs.k8s.io/controller-tools/cmd/controller-gen@v0.21.0"

KEPT = frozenset(
    "additionalProperties allOf anyOf default enum exclusiveMaximum exclusiveMinimum format items maxItems maxLength "
    "maxProperties maximum minItems minLength minProperties minimum multipleOf not nullable oneOf pattern properties "
    "required type uniqueItems x-kubernetes-embedded-resource x-kubernetes-int-or-string x-kubernetes-list-map-keys "
    "x-kubernetes-list-type x-kubernetes-preserve-unknown-fields x-kubernetes-validations".split()
)


def stripped(node: Any) -> Any:
    """A schema without what validates nothing: descriptions, titles, examples, how lists and maps are merged."""
    if isinstance(node, list):
        return [stripped(one) for one in node]
    if not isinstance(node, Mapping):
        return node
    kept = {}
    for key, value in node.items():
        if key == "properties":
            kept[key] = {name: stripped(one) for name, one in value.items()}
        elif key in ("default", "enum", "x-kubernetes-validations"):
            kept[key] = value
        elif key in KEPT and (key, value) != ("x-kubernetes-list-type", "atomic"):
            kept[key] = stripped(value)
    return kept


def lines(definition: Mapping[str, Any], origin: str) -> Iterator[str]:
    """A line for each version of a definition that is served."""
    spec = definition["spec"]
    for version in spec["versions"]:
        if version["served"]:
            schema = stripped(version["schema"]["openAPIV3Schema"])
            scope = "cluster" if spec["scope"] == "Cluster" else "namespaced"
            text = json.dumps(schema, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
            yield "\t".join((f"{spec['group']}/{version['name']}", spec["names"]["kind"], scope, origin, text))


def definitions(text: str) -> Iterator[Mapping[str, Any]]:
    """The CustomResourceDefinitions in a file."""
    for document in load_all(text):
        if isinstance(document, Mapping) and document.get("kind") == "CustomResourceDefinition":
            yield document


def go(folder: str, *arguments: str, check: bool = True) -> str:
    """What a go command prints; ends the program where it fails, unless told not to."""
    environment = {**os.environ, "GOTOOLCHAIN": "local"}
    done = subprocess.run(
        ("go", *arguments), cwd=folder, env=environment, check=False, text=True, stdout=subprocess.PIPE
    )
    if check and done.returncode:
        sys.exit(f"go {' '.join(arguments)} failed")
    return done.stdout


def downloaded(source: Source, folder: str) -> Iterator[str]:
    """The lines of a module's own definitions. A module may want a newer Go than ours: we only want its files."""
    found = json.loads(go(folder, "mod", "download", "-json", source.name, check=False))
    if "Sum" not in found:
        sys.exit(found["Error"])
    with zipfile.ZipFile(found["Zip"]) as archive:
        wanted = fnmatch.filter(archive.namelist(), f"{source.name}/{source.files}")
        for name in sorted(wanted):
            for definition in definitions(archive.read(name).decode()):
                yield from lines(definition, source.name)


def generated(source: Source, folder: str) -> Iterator[str]:
    """The lines of the definitions that upstream's generator makes of the types in packages of a module."""
    folder = tempfile.mkdtemp(dir=folder)
    go(folder, "mod", "init", "crds")
    go(folder, "get", "-tool", GENERATOR)
    go(folder, "get", f"{source.module}/{source.files}@{source.version}")
    packages = go(folder, "list", f"{source.module}/{source.files}").split()
    imports = "".join(f'import _ "{package}"\n' for package in packages)
    Path(folder, "types.go").write_text(f"package crds\n\n{imports}", encoding="utf-8")
    go(folder, "mod", "tidy")
    go(folder, "tool", "controller-gen", "crd", *(f"paths={package}" for package in packages), "output:crd:dir=out")
    for path in sorted(Path(folder, "out").glob("*.yaml")):
        for definition in definitions(path.read_text(encoding="utf-8")):
            yield from lines(definition, source.name)


def main() -> None:
    """Write the store."""
    with tempfile.TemporaryDirectory() as folder:
        found = [line for source in SOURCES for line in downloaded(source, folder)]
        found += [line for source in GENERATED for line in generated(source, folder)]
    text = "".join(f"{line}\n" for line in sorted(found))
    OUTPUT.write_text(text, encoding="utf-8", newline="\n")
    print(f"{OUTPUT.name}: {len(found)} kinds, {len(text):,} bytes")


if __name__ == "__main__":
    main()
