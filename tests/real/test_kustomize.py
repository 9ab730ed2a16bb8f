"""Kustomizations with the real kustomize."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from generator.building.build import Build, build_all
from generator.errors import OutsideError
from generator.finding import errors
from generator.foreign import programs
from generator.foreign.program import RefusedError, Run
from generator.k8syaml import load_all
from generator.resolving.pins import Pins
from tests.generator.foreign.sources import KUSTOMIZATION, tree

BASE = "kustomizations/shop/base/kustomization.yaml"
FOLDER = "kustomizations/shop/base"
OWN = "apiVersion: example.com/v1\nkind: Own\nmetadata: {name: a}\n"  # a plugin of somebody's own
DEPLOYMENT = "kustomizations/shop/base/deployment.yaml"


@pytest.fixture(autouse=True)
def kustomize(need: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Kustomize on PATH, and an empty cache."""
    monkeypatch.setenv("PATH", str(need("kustomize").parent))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def built(changes: dict[str, str | None] | None = None, environment: str = "prod") -> Build:
    (build,) = build_all(tree(KUSTOMIZATION, changes), Pins(None, None), [environment]).builds
    return build


def failure(changes: dict[str, str | None]) -> str:
    return "\n".join(f"{one.where}: {one.message}" for one in errors(built(changes, "test").findings))


def test_each_environment_builds_its_own_kustomization_with_the_image_that_is_released():
    build = built()
    assert build.findings == ()
    config, deployment = build.manifests
    assert deployment.name == "deployment-live-web.yaml"
    (container,) = deployment.objects[0]["spec"]["template"]["spec"]["containers"]
    assert container["image"] == "ghcr.io/acme/web:1.4.1"
    assert container["envFrom"] == [{"configMapRef": {"name": config.objects[0]["metadata"]["name"]}}]
    assert (config.template, deployment.template) == (BASE, DEPLOYMENT)
    assert [manifest.name for manifest in built(environment="test").manifests][1] == "deployment-web.yaml"


def test_what_we_put_around_it_changes_nothing():
    files = {path: text.encode() for path, text in KUSTOMIZATION.items() if path.startswith("kustomizations/")}
    alone = programs.run(Run("kustomize", "5.8.2", ("build", "kustomizations/shop/overlays/prod"), files))
    ours = [manifest.objects[0] for manifest in built().manifests]
    for one in ours:
        del one["metadata"]["namespace"]
    ours[1]["spec"]["template"]["spec"]["containers"][0]["image"] = "ghcr.io/acme/web"
    assert sorted(load_all(alone.output), key=str) == sorted(ours, key=str)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({BASE: "resorces: []\n"}, f"{BASE}: kustomize: "),
        ({DEPLOYMENT: "kind: [\n"}, f"{DEPLOYMENT}: kustomize: "),
        ({DEPLOYMENT: "kind: Deployment\n"}, f"{DEPLOYMENT}: kustomize: "),
        ({BASE: "resources: []\n"}, "environments/base/services/web.yaml:1:16: kustomizations/shop renders nothing"),
        ({BASE: "generators: [a.yaml]\n", f"{FOLDER}/a.yaml": OWN}, f"{BASE}: kustomize: "),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_at_its_file(changes, said):
    assert failure(changes).startswith(said)


def test_another_version_is_refused():
    with pytest.raises(OutsideError, match=r"is version 5.8.2, but towpath.yaml asks for 5.0.0"):
        built({"towpath.yaml": 'version: 1\nprograms: {kustomize: "5.0.0"}\n'})


@pytest.mark.parametrize("resource", ["https://example.com/a.yaml", "https://github.com/acme/base?ref=v1"])
def test_kustomize_itself_finds_no_way_to_the_network_either(resource):
    files = {"kustomization.yaml": f"resources: ['{resource}']\n".encode()}
    with pytest.raises(RefusedError) as refused:
        programs.run(Run("kustomize", "5.8.2", ("build", "."), files))
    assert "127.0.0.1:9" in refused.value.said or "git" in refused.value.said
