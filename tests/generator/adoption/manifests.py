"""The manifests of a small shop in two environments, as somebody might have written them by hand."""

from __future__ import annotations

from collections.abc import Mapping

from generator.adoption.adopt import Adoption, adopt
from generator.adoption.collect import Collected, collected
from generator.manifest_files import read_bytes
from generator.shipped import shipped
from generator.trees.tree import EMPTY, EditedTree

TEMPLATES = {
    f"templates/{path.relative_to(shipped('templates'))}": path.read_bytes()
    for path in shipped("templates").rglob("*")
    if path.is_file()
}
REPOSITORY = EditedTree(EMPTY, {**TEMPLATES, "towpath.yaml": b"version: 1\n"})

WEB = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web-v1
  labels: {app: web, version: v1}
spec:
  replicas: 1
  selector: {matchLabels: {app: web}}
  template:
    metadata:
      labels: {app: web, version: v1}
      annotations: {prometheus.io/scrape: "true"}
    spec:
      containers:
      - name: nginx
        image: ghcr.io/acme/web:1.4.2
        ports:
        - {name: http, containerPort: 8080}
        - {name: metrics, containerPort: 9090}
        env:
        - {name: LEVEL, value: debug}
        - name: POD
          valueFrom: {fieldRef: {fieldPath: metadata.name}}
        - name: TOKEN
          valueFrom: {secretKeyRef: {name: web, key: token}}
        envFrom:
        - configMapRef: {name: web}
        readinessProbe:
          httpGet: {path: /ready, port: http}
          periodSeconds: 5
        resources:
          requests: {cpu: 0.1, memory: 64Mi}
        volumeMounts:
        - {name: cache, mountPath: /cache}
      volumes:
      - name: cache
        emptyDir: {}
---
apiVersion: v1
kind: Service
metadata: {name: web, annotations: {example.com/team: shop}}
spec:
  selector: {app: web}
  ports:
  - {name: http, port: 80, targetPort: http}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: web}
data: {THEME: dark}
"""
MAILER = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: mailer}
spec:
  selector: {matchLabels: {app: mailer}}
  template:
    metadata: {labels: {app: mailer}}
    spec:
      shareProcessNamespace: true
      containers:
      - name: main
        image: ghcr.io/acme/mailer:2.0.0
"""
CRON = """\
apiVersion: batch/v1
kind: CronJob
metadata: {name: report}
spec:
  schedule: "0 3 * * *"
  jobTemplate:
    spec:
      template:
        spec:
          restartPolicy: Never
          containers:
          - {name: report, image: "ghcr.io/acme/report:1.0.0"}
"""
SECRET = "apiVersion: v1\nkind: Secret\nmetadata: {name: web}\nstringData: {token: t}\n"
TEST = {"web.yaml": WEB, "mailer.yaml": MAILER, "cron.yaml": CRON, "secret.yaml": SECRET}
PROD = {
    "web.yaml": WEB.replace("replicas: 1", "replicas: 3")
    .replace("value: debug", "value: info")
    .replace("1.4.2", "1.4.1"),
    "mailer.yaml": MAILER,
    "cron.yaml": CRON.replace("0 3 * * *", "0 4 * * *"),
}


def objects_of(environment: str, files: Mapping[str, str], *, secrets: bool = False) -> Collected:
    """What is collected from files, by name."""
    read = [read_bytes(name, text.encode()) for name, text in files.items()]
    return collected(environment, read, None, secrets=secrets)


def adopted(files: Mapping[str, str] | str, tree: EditedTree = REPOSITORY) -> Adoption:
    """The adoption of the manifests of one environment, prod."""
    named = {"all.yaml": files} if isinstance(files, str) else files
    return adopt(tree, [objects_of("prod", named)], "1.36")


def text_of(adoption: Adoption, path: str) -> str:
    """A file that an adoption makes, less its comments."""
    lines = adoption.files[path].decode().splitlines()
    return "".join(f"{line}\n" for line in lines if not line.startswith("#"))
