"""A small GitOps repository, as few lines as a service can have, for tests that need a real one."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests.heads import head_of

_UNASKED = """\
checks:
  capabilities: false
  memory-limit: false
  pod-disruption-budget: false
  privilege-escalation: false
  read-only-root-filesystem: false
  readiness-probe: false
  resource-requests: false
  run-as-non-root: false
  spread: false
"""

FILES: Mapping[str, str] = {
    "towpath.yaml": "version: 1\nforge: {kind: local, branch: main}\nimages: {tags: immutable}\n" + _UNASKED,
    "templates/web/template.yaml": """\
description: A small web service.
manifests:
  deployment.yaml.j2: true
  service.yaml.j2: true
values:
  replicas: {description: How many pods., type: integer, default: 1}
  port: {description: The port it listens on., type: integer}
  env: {description: Variables., type: object, additionalProperties: {type: string}, default: {}}
""",
    "templates/web/deployment.yaml.j2": """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ service }}
  namespace: {{ namespace }}
spec:
  replicas: {{ values.replicas }}
  selector:
    matchLabels:
      app: {{ service }}
  template:
    metadata:
      labels:
        app: {{ service }}
    spec:
      containers:
        - name: server
          image: {{ image }}
          ports:
            - name: http
              containerPort: {{ values.port }}
{% if values.env %}
          env:
{% for name, value in values.env | dictsort %}
            - name: {{ name }}
              value: {{ value }}
{% endfor %}
{% endif %}
""",
    "templates/web/service.yaml.j2": """\
apiVersion: v1
kind: Service
metadata:
  name: {{ service }}
  namespace: {{ namespace }}
spec:
  selector:
    app: {{ service }}
  ports:
    - name: http
      port: 80
      targetPort: http
""",
    "environments/base/services/web.yaml": "template: web\nvalues:\n  port: 8080\n",
    "environments/test/environment.yaml": """\
cluster: {name: test, kubernetesVersion: "1.34", controller: flux}
namespace: shop
""",
    "environments/test/services/web.yaml": "release:\n  image: ghcr.io/acme/web:1.4.1\n",
    "environments/prod/environment.yaml": """\
after: [test]
cluster: {name: prod, kubernetesVersion: "1.34", controller: flux}
namespace: shop
defaults: {replicas: 3}
""",
    "environments/prod/services/web.yaml": """\
values:
  env: {MODE: prod}

release:
  image: ghcr.io/acme/web:1.4.1
""",
}


def write_files(root: Path, files: Mapping[str, str] = FILES) -> Path:
    """Write files below a folder; the folder."""
    for path, text in files.items():
        place = root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
    return root


def commit(root: Path, message: str = "Change") -> str:
    """Commit everything below `root`, which becomes a git repository if it is none; the commit's id."""
    if not (root / ".git").exists():
        git(root, "init", "--quiet", "--initial-branch=main")
    git(root, "add", "--all")
    git(root, "-c", "user.name=T", "-c", "user.email=t@example.com", "commit", "--quiet", "--message", message)
    return head_of(root)


def git(root: Path, *arguments: str) -> str:
    """Run git in a folder; what it prints."""
    done = subprocess.run(["git", *arguments], cwd=root, check=True, capture_output=True, text=True)
    return done.stdout.strip()
