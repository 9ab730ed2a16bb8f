"""Rendered objects out of YAML, without templates, for tests of single checks."""

from __future__ import annotations

from collections.abc import Mapping

from generator.building.build import Build
from generator.checks.all import CHECKS
from generator.checks.check import Problem, Scope
from generator.checks.objects import RenderedObject
from generator.file_schemas import parsed
from generator.finding import Finding, errors
from generator.k8syaml import load_all
from generator.manifest import Manifest
from generator.own_files import decode
from generator.repository import Environment, Repository
from generator.validation.validate import validate

ENVIRONMENT = """\
cluster: {name: test, kubernetesVersion: "1.34", controller: flux}
namespace: shop
"""


def webhook(condition: str) -> str:
    """A webhook that is asked where this condition, an item of `matchConditions`, holds."""
    return f"""\
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {{name: a}}
webhooks:
  - name: a.b.c
    admissionReviewVersions: [v1]
    sideEffects: None
    clientConfig: {{url: "https://a.b/c"}}
    matchConditions: [{condition}]
"""


def environment(extra: str = "") -> Environment:
    """An environment `test` with further lines in its environment.yaml."""
    source = parsed("environments/test/environment.yaml", (ENVIRONMENT + extra).encode())
    return decode.environment("test", source)


def manifest(text: str, service: str = "web") -> Manifest:
    """A rendered file with this text."""
    path = f"environments/test/rendered/{service}/all.yaml"
    return Manifest(path, text, tuple(load_all(text)), "templates/t/all.yaml.j2")


def scope(text: str, *, before: str = "", extra: str = "") -> Scope:
    """What checks look at for these manifests; `before` is how they were."""
    place = environment(extra)
    rendered = manifest(text)
    objects = tuple(RenderedObject("web", rendered.path, index, one) for index, one in enumerate(rendered.objects))
    was = [RenderedObject("web", rendered.path, 0, one) for one in load_all(before)]
    return Scope(place, objects, {one.identity(place.namespace): one.value for one in was})


def problems(text: str, *, before: str = "", extra: str = "") -> list[tuple[str, Problem]]:
    """What all checks have against manifests, those that are off by default too."""
    looked_at = scope(text, before=before, extra=extra)
    return [(check.id, problem) for check in CHECKS for problem in check.run(looked_at)]


def findings(texts: Mapping[str, str] | str, *, extra: str = "", settings: str = "") -> list[Finding]:
    """What all checks say about manifests by service, with more lines in environment.yaml and in towpath.yaml."""
    by_service = {"web": texts} if isinstance(texts, str) else texts
    top = decode.settings(parsed("towpath.yaml", f"version: 1\n{settings}".encode()))
    repository = Repository(top, {"test": environment(extra)}, {}, {})
    builds = []
    for service, text in by_service.items():
        builds.append(Build("test", service, manifests=(manifest(text, service),)))
    return validate(repository, builds)


def said(texts: Mapping[str, str] | str, **options: str) -> list[tuple[str, int | None, str]]:
    """The findings that are errors as (check, line, message)."""
    return [(one.check, one.where.line, one.message) for one in errors(findings(texts, **options))]


GOOD = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop
spec:
  replicas: 2
  selector:
    matchLabels:
      app: web
  template:
    metadata:
      labels:
        app: web
        tier: front
    spec:
      containers:
        - name: server
          image: ghcr.io/acme/web:1.4.1
          ports:
            - name: http
              containerPort: 8080
          envFrom:
            - configMapRef:
                name: settings
          env:
            - name: KEY
              valueFrom:
                secretKeyRef: {name: keys, key: key}
---
apiVersion: v1
kind: Service
metadata:
  name: web
  namespace: shop
spec:
  selector:
    app: web
  ports:
    - name: http
      port: 80
      targetPort: http
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: settings
  namespace: shop
"""
EXTERNAL = "external: {secrets: [keys]}\n"
