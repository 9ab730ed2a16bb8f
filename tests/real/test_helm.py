"""Charts with the real helm: what a user sees who has a chart, and everything that helm can refuse."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from generator.building.build import Build, build_all
from generator.errors import InputError, OutsideError
from generator.finding import errors
from generator.foreign import programs
from generator.foreign.program import RefusedError, Run
from generator.resolving.pins import Pins
from tests.generator.foreign.sources import CHART, files, tree

DEPLOYMENT = "charts/shop/templates/deployment.yaml"
NOTES = "charts/shop/templates/notes.yaml"
PROD = "environments/prod/services/web.yaml"


@pytest.fixture(autouse=True)
def helm(need: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Helm on PATH, and an empty cache."""
    monkeypatch.setenv("PATH", str(need("helm").parent))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def built(changes: dict[str, str | None] | None = None, environment: str = "prod") -> Build:
    (build,) = build_all(tree(CHART, changes), Pins(None, None), [environment]).builds
    return build


def failure(changes: dict[str, str | None]) -> str:
    return "\n".join(f"{one.where}: {one.message}" for one in errors(built(changes).findings))


def objects(build: Build) -> dict[str, Mapping[str, Any]]:
    return {manifest.name: manifest.objects[0] for manifest in build.manifests}


def test_a_chart_is_rendered_with_the_values_of_the_environment_and_the_image_that_is_released():
    build = built()
    assert build.findings == ()
    deployment, notes = objects(build)["deployment-web.yaml"], objects(build)["configmap-web-notes.yaml"]
    assert deployment["spec"]["replicas"] == 5
    assert deployment["spec"]["template"]["spec"]["containers"][0]["image"] == "ghcr.io/acme/web:1.4.1"
    assert notes["data"] == {"kubernetes": "v1.34.0", "namespace": "shop", "mode": "prod"}
    assert notes["metadata"] == {"name": "web-notes", "namespace": "shop"}


def test_another_environment_keeps_what_the_chart_says_by_itself():
    test = objects(built(environment="test"))
    assert test["deployment-web.yaml"]["spec"]["replicas"] == 2
    assert test["configmap-web-notes.yaml"]["data"]["hello"] == "world"


def test_a_chart_can_ask_what_the_cluster_serves():
    asks = ".Capabilities.APIVersions.Has `example.com/v1`"
    text = f"kind: ConfigMap\nmetadata: {{name: {{{{ {asks} | ternary `served` `missing` }}}}}}\n"
    path = "environments/prod/environment.yaml"
    served = files(CHART)[path].replace("controller: flux", "controller: flux, apiVersions: [example.com/v1]")
    assert "configmap-missing.yaml" in objects(built({NOTES: text}))
    assert "configmap-served.yaml" in objects(built({NOTES: text, path: served}))


def test_the_same_is_not_rendered_twice(monkeypatch):
    built()
    monkeypatch.setattr(programs, "_start", None)
    assert built().findings == ()


def test_definitions_and_subcharts():
    dependencies = "dependencies: [{name: sub, version: 1.0.0}]\n"
    definition = (
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: a.example.com}\n"
    )
    changes: dict[str, str | None] = {
        "charts/shop/crds/a.yaml": definition,
        "charts/shop/Chart.yaml": CHART["charts/shop/Chart.yaml"] + dependencies,
        "charts/shop/charts/sub/Chart.yaml": "apiVersion: v2\nname: sub\nversion: 1.0.0\n",
        "charts/shop/charts/sub/values.yaml": "size: 1\n",
        "charts/shop/charts/sub/templates/a.yaml": (
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: sub}\ndata: {size: {{ .Values.size | quote }}}\n"
        ),
        PROD: CHART[PROD].replace("values:\n", "values:\n  sub: {size: many}\n"),
    }
    build = built(changes)
    made = objects(build)
    assert made["customresourcedefinition-a.example.com.yaml"]["metadata"] == {"name": "a.example.com"}
    assert made["configmap-sub.yaml"]["data"] == {"size": "many"}
    schema = '{"properties": {"size": {"type": "integer"}}}'
    said = failure({**changes, "charts/shop/charts/sub/values.schema.json": schema})
    assert said.startswith(f"{PROD}:2:15: values.sub.size: ")
    sub = next(manifest for manifest in build.manifests if manifest.name == "configmap-sub.yaml")
    assert sub.template == "charts/shop/charts/sub/templates/a.yaml"


@pytest.mark.parametrize(
    ("path", "text", "said"),
    [
        (NOTES, "{{ if }}\n", f"{NOTES}:1: helm: parse error"),
        (NOTES, "a: 1\nb: {{ .Values.image.tag.deep }}\n", f"{NOTES}:2:"),
        (NOTES, '{{ fail "set a host" }}\n', f"{NOTES}:1:4: helm: execution error"),
        (NOTES, "a: 1\n b: 2\n", f"{NOTES}: helm: YAML parse error"),
        (NOTES, "kind: ConfigMap\nmetadata: {name: {{ randAlpha 9 }}}\n", f"{NOTES}: the chart renders something else"),
        ("charts/shop/Chart.yaml", None, "charts/shop: helm: "),
        ("charts/shop/Chart.yaml", "name: [\n", "charts/shop/Chart.yaml:1:8: "),
        ("charts/shop/values.schema.json", '{"properties": {"replicas": {"maximum": 4}}}', f"{PROD}:2:13: values.repl"),
        (PROD, CHART[PROD].replace("replicas: 5", "replicas: {a: 1}"), f"{PROD}:2:13: values.replicas: the chart has"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_at_its_line(path, text, said):
    assert failure({path: text}).startswith(said)


def test_a_dependency_that_is_not_there_is_not_fetched():
    chart = CHART["charts/shop/Chart.yaml"]
    dependency = "dependencies:\n- {name: redis, version: 1.0.0, repository: https://charts.example.com}\n"
    said = failure({"charts/shop/Chart.yaml": chart + dependency})
    assert said == "charts/shop/Chart.yaml:4:1: the chart needs redis, which is not in charts/shop/charts/"


@pytest.mark.parametrize("loop", ["{{ range until 99999999 }}{{ range until 99999999 }}x{{ end }}{{ end }}"])
def test_a_chart_that_wants_too_much_is_stopped(loop):
    assert "helm was stopped: it wants more than 2,048 MiB of memory" in failure({NOTES: loop})


def test_templates_see_no_files_environment_or_cluster_of_this_machine(monkeypatch):
    monkeypatch.setenv("TOKEN", "secret")
    text = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: looks}
data:
  file: {{ .Files.Get "/etc/passwd" | quote }}
  above: {{ .Files.Get "../../../../../../etc/passwd" | quote }}
  values: {{ .Files.Get "../../service-values.yaml" | quote }}
  lookup: {{ lookup "v1" "Secret" "kube-system" "" | toJson | quote }}
  dns: {{ getHostByName "localhost" | quote }}
"""
    data = objects(built({NOTES: text}))["configmap-looks.yaml"]["data"]
    assert data == {"file": "", "above": "", "values": "", "lookup": "{}", "dns": ""}
    assert "env" in failure({NOTES: "a: {{ env `TOKEN` }}\n"})


def test_another_version_is_refused():
    with pytest.raises(OutsideError, match=r"is version 4.3.1, but towpath.yaml asks for 3.1.0"):
        built({"towpath.yaml": 'version: 1\nprograms: {helm: "3.1.0"}\n'})


def test_helm_finds_no_way_to_the_network():
    with pytest.raises((RefusedError, InputError)) as refused:
        programs.run(Run("helm", "4.3.1", ("pull", "shop", "--repo", "https://charts.example.com"), {}))
    assert "127.0.0.1:9" in str(refused.value)
