"""Manifests for the examples of checks, as short as the API server takes them."""

from __future__ import annotations

from textwrap import indent


def deployment(container: str = "", *, pod: str = "", spec: str = "", name: str = "web") -> str:
    """A Deployment with further lines in its container, in its pod and in its spec."""
    return _manifest("apps/v1", "Deployment", name, _lines(spec, 2) + _template(name, container, pod))


def workload(kind: str, container: str = "", *, pod: str = "", spec: str = "", name: str = "web") -> str:
    """The same as another kind of apps/v1."""
    return _manifest("apps/v1", kind, name, _lines(spec, 2) + _template(name, container, pod))


def job(container: str = "", *, pod: str = "restartPolicy: Never", spec: str = "") -> str:
    """A Job with further lines in its container, in its pod and in its spec."""
    return _manifest("batch/v1", "Job", "report", f"{_lines(spec, 2)}  template:\n{_pod_spec(container, pod)}")


def service(spec: str = "", *, name: str = "web", ports: str = "ports: [{port: 80, targetPort: 8080}]") -> str:
    """A Service with further lines in its spec."""
    return _manifest("v1", "Service", name, _lines(spec, 2) + _lines(ports, 2))


def config_map(data: str = "data: {LEVEL: info}", name: str = "settings") -> str:
    """A ConfigMap."""
    return f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\n{_lines(data, 0)}"


def stream(*manifests: str) -> str:
    """Several manifests in one file."""
    return "---\n".join(manifests)


def manifest(api_version: str, kind: str, name: str, spec: str) -> str:
    """An object with these lines in its spec."""
    return _manifest(api_version, kind, name, _lines(spec, 2))


def _manifest(api_version: str, kind: str, name: str, spec: str) -> str:
    return f"apiVersion: {api_version}\nkind: {kind}\nmetadata: {{name: {name}}}\nspec:\n{spec}"


def _template(name: str, container: str, pod: str) -> str:
    head = f"  selector:\n    matchLabels: {{app: {name}}}\n  template:\n    metadata:\n      labels: {{app: {name}}}\n"
    return head + _pod_spec(container, pod)


def _pod_spec(container: str, pod: str) -> str:
    head = f"    spec:\n{_lines(pod, 6)}      containers:\n"
    return f"{head}      - name: server\n        image: ghcr.io/acme/web:1.4.2\n{_lines(container, 8)}"


def _lines(text: str, by: int) -> str:
    return indent(text.strip("\n"), " " * by) + "\n" if text.strip() else ""
