"""Mistakes that people make, and all that they are told about each: does it say which line of which file to change?"""

from pathlib import Path

from generator.errors import InputError
from generator.finding import Finding, Severity, errors
from generator.manifest_files import read_bytes
from generator.report.text import findings_text
from generator.resolving.pins import Pins
from generator.survey import survey, whole
from generator.trees.tree import DiskTree, EditedTree
from generator.validation.standalone import audit

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "tests" / "golden" / "mistakes.txt"
SPEC, OVERLAY = "environments/base/services/web.yaml", "environments/test/services/web.yaml"
ENVIRONMENT, DEPLOYMENT = "environments/test/environment.yaml", "templates/workload/deployment.yaml.j2"
REPOSITORY = {
    "towpath.yaml": "version: 1\nforge: {kind: local, branch: main}\nimages: {tags: immutable}\n",
    SPEC: """\
template: frontend
owner: team-web
values:
  ports: {http: {port: 80, targetPort: 8080}}
  probes:
    readiness: {http: /healthz, periodSeconds: 5}
    liveness: {http: /healthz}
  resources: {requests: {cpu: 100m, memory: 64Mi}, limits: {cpu: 200m, memory: 128Mi}}
  env: {PORT: 8080}
""",
    OVERLAY: "values:\n  env: {LOG_LEVEL: debug}\n\nrelease:\n  image: ghcr.io/acme/web:1.4.1\n",
    ENVIRONMENT: 'cluster: {name: test, kubernetesVersion: "1.36", controller: flux}\nnamespace: shop\n',
}
IN_REPOSITORY = {
    "A block is indented too far": (SPEC, "    readiness", "     readiness"),
    "A tab": (SPEC, "    liveness", "\tliveness"),
    "A brace is missing": (SPEC, "env: {PORT: 8080}", "env: {PORT: 8080"),
    "A key comes twice": (SPEC, "{PORT: 8080}", "{PORT: 8080, PORT: 9090}"),
    "A misspelt value": (SPEC, "  resources:", "  resource:"),
    "A value by another name": (SPEC, "  env:", "  environment:"),
    "A value that there is not": (SPEC, "  env:", "  zoo:"),
    "A list where the overlay has a map": (SPEC, "{PORT: 8080}", "[{name: PORT, value: 8080}]"),
    "A misspelt field in a value": (SPEC, "periodSeconds", "periodSecond"),
    "A word where a number belongs": (SPEC, "port: 80,", "port: eighty,"),
    "A number in quotes": (SPEC, "periodSeconds: 5", 'periodSeconds: "5"'),
    "A unit that Kubernetes does not know": (SPEC, "memory: 64Mi", "memory: 100MB"),
    "More than the limit": (SPEC, "requests: {cpu: 100m", "requests: {cpu: 500m"),
    "A port that there is not": (SPEC, "targetPort: 8080", "targetPort: 80800"),
    "A map where an environment variable has its text": (SPEC, "PORT: 8080", "PORT: {value: 8080}"),
    "YAML's yes": (SPEC, "PORT: 8080", "DEBUG: yes"),
    "A Secret that there is not": (SPEC, "PORT: 8080", "KEY: {secret: web-keys, key: k}"),
    "A probe of two kinds": (SPEC, "{http: /healthz}", "{http: /healthz, tcp: http}"),
    "A template that there is not": (SPEC, "frontend", "frontent"),
    "An image in capitals": (OVERLAY, "ghcr.io/acme/web:1.4.1", "ghcr.io/Acme/web:1.4.1"),
    "An image without a tag": (OVERLAY, "web:1.4.1", "web"),
    "A version of Kubernetes that there is not": (ENVIRONMENT, "1.36", "1.63"),
    "A template that reads what there is not": (DEPLOYMENT, "values.replicas", "values.replica"),
    "A template with a part of a value": (DEPLOYMENT, "name: {{ mounted }}", "name: x-{{ mounted }}"),
    "A template with a misspelt field": (DEPLOYMENT, "    spec:", "    specs:"),
    "A field of another file": (SPEC, "owner: team-web", "release: {image: ghcr.io/acme/web:1.4.1}"),
    "Both sides of a merge": (
        OVERLAY,
        "values:\n",
        "<<<<<<< HEAD\nvalues:\n=======\nvalues: {replicas: 2}\n>>>>>>> other\n",
    ),
    "Thousandths apart from their number": (SPEC, "cpu: 100m", "cpu: 100 m"),
    "A template with an end too few": (DEPLOYMENT, "{% endif %}\n{% for field", "{% for field"),
    "A template with a loop that ends before its if": (
        DEPLOYMENT,
        "{% if values.spread %}",
        "{% for a in [1] %}\n{% if a %}\n{% endfor %}",
    ),
    "A template with a filter of Helm's": (DEPLOYMENT, "{{ selector }}", "{{ selector | toYaml }}"),
    "A template with a name of Helm's": (DEPLOYMENT, "values.replicas", "Values.replicas"),
    "A template with a line indented too far": (DEPLOYMENT, "  selector:", "   selector:"),
    "A template that a key of a value breaks": (
        DEPLOYMENT,
        "spec:\n",
        "spec:\n{% for name in values.ports %}\n  {{ name }}: 1\n  {{ name }}: 2\n{% endfor %}\n",
    ),
    "A template that fails with one service's value": (
        DEPLOYMENT,
        "spec:\n",
        "spec:\n  ready: {{ 1 / (values.probes.readiness.periodSeconds - 5) }}\n",
    ),
}
MANIFEST = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  selector:
    matchLabels: {app: web}
  template:
    metadata:
      labels: {app: web}
    spec:
      containers:
      - name: web
        image: ghcr.io/acme/web:1.4.1
        ports:
        - containerPort: 8080
        env:
        - name: PORT
          value: "8080"
"""
PLAIN = {
    "An item is indented otherwise than its fields": ("        image:", "       image:"),
    "A field stands one level too high": (
        "        ports:\n        - containerPort",
        "      ports:\n      - containerPort",
    ),
    "A number where a text belongs": ('value: "8080"', "value: 8080"),
    "A text where a number belongs": ("containerPort: 8080", "containerPort: http"),
    "An API of long ago": ("apps/v1", "extensions/v1beta1"),
    "A misspelt kind": ("Deployment", "Deploymnet"),
    "A selector for other labels": ("labels: {app: web}", "labels: {app: shop}"),
    "An environment variable twice": (
        "        - name: PORT",
        '        - {name: PORT, value: "1"}\n        - name: PORT',
    ),
    "A name that is none": ("name: web\nspec", "name: My_Web\nspec"),
    "A template of Helm's": ("name: web\nspec", "name: {{ .Values.name }}\nspec"),
    "Values of Helm's": (MANIFEST, "image:\n  tag: 1.4.1\n"),
}


def told(findings: list[Finding]) -> str:
    return findings_text([one for one in errors(findings) if one.check != "stale-rendered"])


def in_repository(path: str, old: str, new: str) -> str:
    """What `towpath validate` has against the repository with an edit."""
    tree = DiskTree(ROOT)
    before = {one: text.encode() for one, text in REPOSITORY.items()}
    gone = dict.fromkeys(tree.files("environments"))
    text = REPOSITORY.get(path) or (tree.read(path) or b"").decode()
    assert old in text
    edited = EditedTree(tree, gone | before | {path: text.replace(old, new, 1).encode()})
    try:
        return told(list(survey(edited, Pins(None, None), keep=whole).findings))
    except InputError as error:
        return told([Finding("error", Severity.ERROR, error.what, error.where)] if error.where else [])


def plain(old: str, new: str) -> str:
    """What it has against a plain manifest with an edit."""
    assert old in MANIFEST
    return told(list(audit([read_bytes("web.yaml", MANIFEST.replace(old, new, 1).encode())], "1.36").findings))


def test_golden(update_golden):
    sections = [(title, path, new, in_repository(path, old, new)) for title, (path, old, new) in IN_REPOSITORY.items()]
    sections += [(title, "web.yaml", new, plain(old, new)) for title, (old, new) in PLAIN.items()]
    text = "\n\n".join(f"## {title}\n{path} gets:\n{new.rstrip()}\n\n{said}" for title, path, new, said in sections)
    if update_golden:
        GOLDEN.write_text(f"{text}\n", encoding="utf-8", newline="\n")
    assert all(said for *_, said in sections)
    assert GOLDEN.read_text(encoding="utf-8") == f"{text}\n"
