"""The same workload for other tools: what each needs on disk, and the commands that render and validate it.

Helm and kustomize render one target a process, so a sample of targets is measured and counted up; kapitan compiles all
of them in one. None of them validates against Kubernetes' schemas, so kubeconform does it for them.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from benchmarks.repositories import ENVIRONMENTS, service_name
from generator.k8syaml import dump
from generator.schemas import schema_for

MANIFESTS = {
    "deployment.yaml": """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: <<service>>
  namespace: web
  labels: {app.kubernetes.io/name: <<service>>, app.kubernetes.io/managed-by: peer}
spec:
  replicas: 2
  selector: {matchLabels: {app.kubernetes.io/name: <<service>>}}
  template:
    metadata:
      labels: {app.kubernetes.io/name: <<service>>, app.kubernetes.io/managed-by: peer}
    spec:
      serviceAccountName: <<service>>
      securityContext: {fsGroup: 1000, runAsGroup: 1000, runAsNonRoot: true, runAsUser: 1000}
      containers:
      - name: server
        image: <<image>>
        env:
        - {name: PORT, value: "<<port>>"}
        - {name: LOG_LEVEL, value: info}
        - {name: DATABASE, value: "<<database>>"}
        - {name: STAGE, value: <<stage>>}
        resources: {requests: {cpu: 100m, memory: 64Mi}, limits: {cpu: 200m, memory: 128Mi}}
        securityContext:
          allowPrivilegeEscalation: false
          capabilities: {drop: [ALL]}
          privileged: false
          readOnlyRootFilesystem: true
        ports: [{name: grpc, containerPort: <<port>>}]
        readinessProbe: {grpc: {port: <<port>>}}
        livenessProbe: {grpc: {port: <<port>>}}
""",
    "service.yaml": """\
apiVersion: v1
kind: Service
metadata: {name: <<service>>, namespace: web, labels: {app.kubernetes.io/name: <<service>>}}
spec:
  type: ClusterIP
  selector: {app.kubernetes.io/name: <<service>>}
  ports: [{name: grpc, port: <<port>>, targetPort: <<port>>}]
""",
    "serviceaccount.yaml": """\
apiVersion: v1
kind: ServiceAccount
metadata: {name: <<service>>, namespace: web, labels: {app.kubernetes.io/name: <<service>>}}
""",
    "poddisruptionbudget.yaml": """\
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: <<service>>, namespace: web, labels: {app.kubernetes.io/name: <<service>>}}
spec:
  maxUnavailable: 1
  selector: {matchLabels: {app.kubernetes.io/name: <<service>>}}
""",
}
VERSION = "1.36"
KINDS = (("apps/v1", "Deployment"), ("v1", "Service"), ("v1", "ServiceAccount"), ("policy/v1", "PodDisruptionBudget"))
_FIELDS = ("service", "image", "port", "database", "stage")


@dataclass(frozen=True)
class Target:
    """A service in an environment, with the values of its template."""

    environment: str
    service: str
    values: dict[str, str | int]


class Peer(Protocol):
    """A tool that renders the workload."""

    name: str
    program: str

    def prepare(self, folder: Path, targets: list[Target]) -> None:
        """Write what the tool renders from."""

    def commands(self, folder: Path, targets: list[Target]) -> Iterator[tuple[str, ...]]:
        """What to run below `folder`; the manifests are in `out` afterwards, or are what is printed."""


def targets(services: int) -> list[Target]:
    """The workload of `benchmarks.repositories`, as far as the values of a target go."""
    return [
        Target(
            environment,
            service_name(number),
            {
                "service": service_name(number),
                "image": f"ghcr.io/acme/{service_name(number)}:1.0.0",
                "port": 8000 + number % 1000,
                "database": f"postgres-{number % 20}:5432",
                "stage": environment,
            },
        )
        for number in range(services)
        for environment in ENVIRONMENTS
    ]


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def _filled(text: str, left: str, right: str) -> str:
    """A manifest with its values in another tool's brackets."""
    for field in _FIELDS:
        text = text.replace(f"<<{field}>>", f"{left}{field}{right}")
    return text


class Kapitan:
    """kapitan: an inventory target each, compiled in one process with as many workers as there are processors."""

    name = program = "kapitan"

    def prepare(self, folder: Path, targets: list[Target]) -> None:
        for name, text in MANIFESTS.items():
            _write(folder / "templates" / name, _filled(text, "{{ inventory.parameters.", " }}"))
        (folder / "inventory/classes").mkdir(parents=True)
        for target in targets:
            compiled = [{"input_type": "jinja2", "input_paths": ["templates"], "output_path": "."}]
            name = f"{target.environment}-{target.service}"
            parameters = {"kapitan": {"vars": {"target": name}, "compile": compiled}, **target.values}
            _write(folder / "inventory/targets" / f"{name}.yml", dump({"parameters": parameters}))

    def commands(self, folder: Path, targets: list[Target]) -> Iterator[tuple[str, ...]]:
        yield (self.program, "compile", "--output-path", str(folder / "out"))


class Kustomize:
    """kustomize: a base for each service, an overlay for each of its environments, a process for each overlay."""

    name = program = "kustomize"

    def prepare(self, folder: Path, targets: list[Target]) -> None:
        for target in targets:
            base = folder / "base" / target.service
            if not base.is_dir():
                for name, text in MANIFESTS.items():
                    for field, value in {**target.values, "stage": "none"}.items():
                        text = text.replace(f"<<{field}>>", str(value))
                    _write(base / name, text)
                _write(base / "kustomization.yaml", dump({"resources": list(MANIFESTS)}))
            stage = [
                {"op": "replace", "path": "/spec/template/spec/containers/0/env/3/value", "value": target.environment}
            ]
            patch = {"target": {"kind": "Deployment"}, "patch": dump(stage)}
            overlay = {"resources": [f"../../base/{target.service}"], "patches": [patch]}
            _write(folder / target.environment / target.service / "kustomization.yaml", dump(overlay))

    def commands(self, folder: Path, targets: list[Target]) -> Iterator[tuple[str, ...]]:
        for target in targets:
            yield (self.program, "build", str(folder / target.environment / target.service))


class Helm:
    """Helm: one chart for all, a file of values and a process for each target."""

    name = program = "helm"

    def prepare(self, folder: Path, targets: list[Target]) -> None:
        chart = folder / "chart"
        _write(chart / "Chart.yaml", dump({"apiVersion": "v2", "name": "backend", "version": "1.0.0"}))
        for name, text in MANIFESTS.items():
            _write(chart / "templates" / name, _filled(text, "{{ .Values.", " }}"))
        for target in targets:
            _write(folder / "values" / target.environment / f"{target.service}.yaml", dump(target.values))

    def commands(self, folder: Path, targets: list[Target]) -> Iterator[tuple[str, ...]]:
        for target in targets:
            values = str(folder / "values" / target.environment / f"{target.service}.yaml")
            yield (self.program, "template", target.service, str(folder / "chart"), "--values", values)


def kubeconform(folder: Path, manifests: Path) -> tuple[str, ...]:
    """The command that validates manifests strictly, with the schemas of their kinds put into a folder.

    They are ours, which are made from Kubernetes' own: kubeconform's are on the network.
    """
    for api_version, kind in KINDS:
        suffix = api_version.split("/")[0].split(".")[0] if "/" in api_version else ""
        version = api_version.rpartition("/")[2]
        name = "-".join(filter(None, (kind.lower(), suffix, version)))
        _write(folder / f"{name}.json", json.dumps(schema_for(VERSION, api_version, kind)))
    where = f"{folder}/{{{{.ResourceKind}}}}{{{{.KindSuffix}}}}.json"
    return ("kubeconform", "-strict", "-kubernetes-version", f"{VERSION}.0", "-schema-location", where, str(manifests))


PEERS: tuple[Peer, ...] = (Kapitan(), Kustomize(), Helm())


def installed(program: str) -> bool:
    """Whether a program is on PATH."""
    return shutil.which(program) is not None


def version(program: str) -> str:
    """What a program says of its version, in one line."""
    asked = {"helm": ("version", "--short"), "kustomize": ("version",), "kubeconform": ("-v",)}
    done = subprocess.run([program, *asked.get(program, ("--version",))], capture_output=True, text=True, check=False)
    said = (done.stdout or done.stderr).strip().splitlines()
    return said[-1] if said else "unknown"
