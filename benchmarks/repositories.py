"""Repositories to measure on: many services in three environments, four manifests each."""

from __future__ import annotations

from pathlib import Path

from generator.scaffold import create

ENVIRONMENTS = ("test", "staging", "prod")

_SPEC = """\
template: backend
owner: team-{team}
values:
  ports: {{grpc: {port}}}
  env:
    PORT: {port}
    LOG_LEVEL: info
    DATABASE: "postgres-{team}:5432"
  resources: {{requests: {{cpu: 100m, memory: 64Mi}}, limits: {{cpu: 200m, memory: 128Mi}}}}
"""
_OVERLAY = """\
values:
  disruptionBudget: {{minAvailable: null, maxUnavailable: 1}}
  env: {{STAGE: {environment}}}

release:
  image: ghcr.io/acme/{service}:1.{minor}.0
"""


def make_repository(folder: Path, services: int) -> Path:
    """A repository with this many services in each of three environments; nothing is rendered yet.

    Every service has a Deployment, a ServiceAccount, a PodDisruptionBudget and a Service.
    """
    create(folder, "web", forge=False)
    for place in (folder / "environments").glob("*/services/web.yaml"):
        place.unlink()
    for place in (folder / "environments").glob("*/environment.yaml"):
        # No pipeline: pins would be read from git, which is measured elsewhere.
        place.write_text("".join(line for line in place.read_text().splitlines(True) if not line.startswith("after:")))
    for number in range(services):
        write_service(folder, number)
    return folder


def service_name(number: int) -> str:
    """The name of a service of the workload."""
    return f"service-{number:05}"


def write_service(folder: Path, number: int, minor: int = 0) -> None:
    """Write the spec of a service and its overlays, with the image `1.<minor>.0`."""
    service = service_name(number)
    spec = _SPEC.format(team=number % 20, port=8000 + number % 1000)
    (folder / f"environments/base/services/{service}.yaml").write_text(spec)
    for environment in ENVIRONMENTS:
        text = _OVERLAY.format(environment=environment, service=service, minor=minor)
        (folder / f"environments/{environment}/services/{service}.yaml").write_text(text)
