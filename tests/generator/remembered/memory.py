"""Repositories that exist only in memory, for tests of what reads a `Tree`."""

from __future__ import annotations

from collections.abc import Mapping

from generator.trees.tree import EMPTY, EditedTree

WORKLOAD = """\
description: What all services share.
manifests: {deployment.yaml.j2: true, hpa.yaml.j2: "values.autoscale"}
values:
  replicas: {description: How many pods., type: integer, minimum: 1, default: 1}
  autoscale: {description: Bounds., type: object, default: null}
  ports:
    description: Ports by name.
    type: object
    additionalProperties:
      anyOf:
        - {type: integer}
        - {type: object, additionalProperties: false, required: [port], properties: {port: {type: integer}}}
  resources:
    description: As in Kubernetes.
    $ref: "kubernetes#/io.k8s.api.core.v1.ResourceRequirements"
    default: {}
  files: {description: Files to mount., type: object, additionalProperties: {type: string}, default: {}}
"""
BACKEND = """\
description: A gRPC service.
extends: workload
manifests: {service.yaml.j2: true}
values:
  ports: {description: Ports by name., $ref: "workload#/ports", default: {grpc: 8080}}
  callers: {description: Who calls it., type: array, items: {type: string}}
gates:
  grpc-errors:
    ratio: {bad: 'handled_total{code=~"Internal|Unknown"}', total: handled_total, objective: 99.5%}
  latency:
    threshold: {query: "histogram_quantile(0.9, x)", below: 0.3, for: 10m}
"""
SERVICE = """\
template: backend
owner: team-shop
values:
  callers: [web]
  resources: {requests: {cpu: 100m}}
"""
FILES: Mapping[str, str] = {
    "towpath.yaml": 'version: 1\nrequiredVersion: "~=0.1"\n',
    "templates/_lib/labels.j2": "labels\n",
    "templates/workload/template.yaml": WORKLOAD,
    "templates/workload/deployment.yaml.j2": "deployment\n",
    "templates/workload/hpa.yaml.j2": "hpa\n",
    "templates/backend/template.yaml": BACKEND,
    "templates/backend/service.yaml.j2": "service\n",
    "environments/base/services/cart.yaml": SERVICE,
    "environments/test/environment.yaml": """\
cluster: {name: test, kubernetesVersion: "1.34", controller: flux}
namespace: shop
""",
    "environments/prod/environment.yaml": """\
after: [test]
cluster: {name: prod, kubernetesVersion: "1.34", controller: argocd}
namespace: shop-prod
defaults: {replicas: 3}
""",
    "environments/test/services/cart.yaml": "release:\n  image: ghcr.io/acme/cart:1.2.0\n",
    "environments/prod/services/cart.yaml": "values:\n  replicas: 5\n\nrelease:\n  image: ghcr.io/acme/cart:1.1.0\n",
}


def shop(changes: Mapping[str, str | bytes | None] | None = None) -> EditedTree:
    """The repository above with some files changed, added, or (None) taken away."""
    files = {**FILES, **(changes or {})}
    edits = {path: text.encode() if isinstance(text, str) else text for path, text in files.items()}
    return EditedTree(EMPTY, edits)
