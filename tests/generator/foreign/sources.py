"""A chart and kustomizations as small as they can be, and a repository whose services are rendered from them."""

from __future__ import annotations

import gzip
import io
import tarfile
from collections.abc import Mapping

from generator.trees.tree import EMPTY, EditedTree
from tests.generator.small import FILES as SMALL

CHART: Mapping[str, str] = {
    "charts/shop/Chart.yaml": "apiVersion: v2\nname: corner-shop\nversion: 1.2.3\n",
    "charts/shop/values.yaml": """\
replicas: 1
image: {repository: ghcr.io/acme/web, tag: latest}
notes: {hello: world}
""",
    "charts/shop/templates/deployment.yaml": """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}
spec:
  replicas: {{ .Values.replicas }}
  selector: {matchLabels: {app: {{ .Release.Name }}}}
  template:
    metadata: {labels: {app: {{ .Release.Name }}}}
    spec:
      containers:
      - name: server
        image: "{{ .Values.image.repository }}:{{ .Values.image.tag }}"
""",
    "charts/shop/templates/notes.yaml": """\
{{- with .Values.notes }}
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ $.Release.Name }}-notes
data:
  kubernetes: {{ $.Capabilities.KubeVersion.Version }}
  namespace: {{ $.Release.Namespace }}
  {{- toYaml . | nindent 2 }}
{{- end }}
""",
    "environments/base/services/web.yaml": "chart: shop\nvalues: {replicas: 2}\n",
    "environments/test/services/web.yaml": "release:\n  image: ghcr.io/acme/web:1.4.1\n",
    "environments/prod/services/web.yaml": """\
values:
  replicas: 5
  notes: {hello: null, mode: prod}

release:
  image: ghcr.io/acme/web:1.4.1
""",
}
KUSTOMIZATION: Mapping[str, str] = {
    "kustomizations/shop/base/kustomization.yaml": """\
resources:
- deployment.yaml
configMapGenerator:
- name: settings
  files: [text=settings.txt]
""",
    "kustomizations/shop/base/settings.txt": "hello\n",
    "kustomizations/shop/base/deployment.yaml": """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: server
        image: ghcr.io/acme/web
        envFrom: [{configMapRef: {name: settings}}]
""",
    "kustomizations/shop/overlays/prod/kustomization.yaml": """\
resources: [../../base]
namePrefix: live-
""",
    "environments/base/services/web.yaml": "kustomization: shop/base\n",
    "environments/test/services/web.yaml": "release:\n  image: ghcr.io/acme/web:1.4.1\n",
    "environments/prod/services/web.yaml": """\
kustomization: shop/overlays/prod

release:
  image: ghcr.io/acme/web:1.4.1
""",
}
PROGRAMS = {
    "towpath.yaml": SMALL["towpath.yaml"] + 'programs: {helm: "4.3.1", kustomize: "5.8.2"}\n',
}


def archive(files: Mapping[str, bytes], link: str | None = None) -> bytes:
    """The bytes of a .tgz with these files, and with a link; the same at any time."""
    made = io.BytesIO()
    with gzip.GzipFile(fileobj=made, mode="wb", mtime=0) as packed, tarfile.open(fileobj=packed, mode="w") as opened:
        for path, content in files.items():
            member = tarfile.TarInfo(path)
            member.size = len(content)
            opened.addfile(member, io.BytesIO(content))
        if link:
            member = tarfile.TarInfo("shop/link")
            member.type, member.linkname = tarfile.SYMTYPE, link
            opened.addfile(member)
    return made.getvalue()


def files(source: Mapping[str, str], changes: Mapping[str, str | None] | None = None) -> dict[str, str]:
    """The files of a repository with a service that is rendered from a chart or a kustomization."""
    kept = {path: text for path, text in SMALL.items() if not path.startswith("templates/")}
    merged = {**kept, **PROGRAMS, **source, **(changes or {})}
    return {path: text for path, text in merged.items() if text is not None}


def tree(source: Mapping[str, str], changes: Mapping[str, str | None] | None = None) -> EditedTree:
    """The same, in memory."""
    return EditedTree(EMPTY, {path: text.encode() for path, text in files(source, changes).items()})
