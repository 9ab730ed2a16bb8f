"""Services that are rendered from a kustomization; tests/real/test_kustomize.py has the real kustomize."""

import json

import pytest

from generator.building.build import build_all
from generator.finding import errors
from generator.foreign.program import Printed, RefusedError
from generator.resolving.pins import Pins
from tests.generator.foreign.sources import KUSTOMIZATION, tree

BASE = "kustomizations/shop/base/kustomization.yaml"
OVERLAY = "kustomizations/shop/overlays/prod/kustomization.yaml"
OUTPUT = """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: one
  annotations:
    config.kubernetes.io/origin: |
      configuredIn: kustomizations/shop/base/kustomization.yaml
      configuredBy: {apiVersion: builtin, kind: ConfigMapGenerator}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: two
  annotations:
    config.kubernetes.io/origin: |
      path: kustomizations/shop/base/two.yaml
    kept: "1"
"""


class Kustomize:
    """Prints what it is told to, and keeps what it was asked."""

    def __init__(self, refuses=""):
        self.refuses, self.asked = refuses, []

    def __call__(self, asked):
        self.asked.append(asked)
        if self.refuses:
            raise RefusedError("kustomize", self.refuses)
        return Printed(OUTPUT)


def built(run, changes=None, environment="prod"):
    (build,) = build_all(tree(KUSTOMIZATION, changes), Pins(None, None), [environment], run=run).builds
    return build


def failure(changes, run=None, environment="test"):
    kustomize = run or Kustomize()
    (finding,) = errors(built(kustomize, changes, environment).findings)
    assert run or not kustomize.asked
    return f"{finding.where}: {finding.message}"


def test_each_object_points_at_the_file_it_is_from_and_says_nothing_of_that_itself():
    one, two = built(Kustomize()).manifests
    assert one.objects[0]["metadata"] == {"name": "one", "namespace": "shop"}
    assert two.objects[0]["metadata"]["annotations"] == {"kept": "1"}
    assert [str(manifest.template_line(5)) for manifest in (one, two)] == [BASE, "kustomizations/shop/base/two.yaml"]
    assert one.written_by(5)[0] == "kustomization"


def test_kustomize_gets_the_whole_folder_and_the_kustomization_of_the_environment():
    kustomize = Kustomize()
    built(kustomize)
    built(kustomize, environment="test")
    assert [asked.arguments for asked in kustomize.asked] == [("build", ".")] * 2
    assert [json.loads(asked.files["kustomization.yaml"])["resources"] for asked in kustomize.asked] == [
        ["kustomizations/shop/overlays/prod"],
        ["kustomizations/shop/base"],
    ]
    assert BASE in kustomize.asked[0].files


def test_the_whole_folder_belongs_to_the_release_and_the_choice_of_an_environment_to_its_inputs():
    before = built(Kustomize())
    folder = built(Kustomize(), {"kustomizations/shop/base/settings.txt": "bye\n"})
    chosen = built(Kustomize(), {"environments/prod/services/web.yaml": "release: {image: ghcr.io/acme/web:1.4.1}\n"})
    assert folder.release != before.release
    assert chosen.release == before.release
    assert len({before.inputs, folder.inputs, chosen.inputs}) == 3


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (
            "resources: ['https://github.com/acme/base?ref=v1']",
            "13: 'https://github.com/acme/base?ref=v1' is not a path",
        ),
        ("resources: [github.com/acme/base]", "13: 'github.com/acme/base' is not a path in this folder"),
        ("resources: ['git@example.com:acme/base']", "13: 'git@example.com:acme/base' is not a path in this folder"),
        ("resources: [/etc]", "13: '/etc' is not a path in this folder"),
        ("resources: [../../../../etc]", "13: there is no ../etc"),
        ("resources: [../../other]", "13: there is no kustomizations/other"),
        ("resources: [../overlays]", "13: there is no kustomization in kustomizations/shop/overlays"),
        ("components: [nothing]", "14: there is no kustomizations/shop/base/nothing"),
        ("patches: [{path: https://example.com/a.yaml}]", "18: 'https://example.com/a.yaml' is not a path"),
        ("configMapGenerator: [{files: ['a=https://example.com/a']}]", "31: 'https://example.com/a' is not a path"),
        ("secretGenerator: [{env: nothing.env}]", "25: there is no kustomizations/shop/base/nothing.env"),
        ("openapi: {path: http://example.com}", "17: 'http://example.com' is not a path in this folder"),
        ("helmCharts: [{name: redis}]", "1: helmCharts is not supported"),
        ("- 1", " this is no kustomization"),
        ("Resources: [https://example.com/a]", "1: kustomize reads Resources as resources"),
        ("re\u017fources: [https://example.com/a]", "1: kustomize reads re\u017fources as resources"),
        ("HelmCharts: [{name: redis}]", "1: kustomize reads HelmCharts as helmCharts"),
        ("patches: [{Path: https://example.com/a}]", "12: kustomize reads Path as path"),
        ("configMapGenerator: [{ENVS: [https://example.com/a]}]", "23: kustomize reads ENVS as envs"),
        ("openapi: {PATH: https://example.com/a}", "11: kustomize reads PATH as path"),
        ('resources: ["https://example.com/a\\n"]', r"13: 'https://example.com/a\n' is not a path"),
    ],
)
def test_nothing_leads_out_of_the_folder(written, said):
    assert failure({BASE: written + "\n"}).startswith(f"{BASE}:1:{said}")


def test_what_a_kustomization_refers_to_is_looked_at_too():
    changes = {OVERLAY: "resources: [../../base]\n", BASE: "resources:\n- https://example.com/a.yaml\n"}
    assert failure(changes, environment="prod").startswith(f"{BASE}:2:3: 'https://example.com/a.yaml' is not a path")


def test_generators_in_files_of_their_own_fetch_nothing_either():
    generator = "apiVersion: builtin\nkind: ConfigMapGenerator\nmetadata: {name: a}\nfiles: [https://example.com/a]\n"
    changes = {BASE: "generators: [a.yaml]\n", "kustomizations/shop/base/a.yaml": generator}
    assert failure(changes).startswith("kustomizations/shop/base/a.yaml:4:9: 'https://example.com/a' is not a path")


PLUGIN = "apiVersion: builtin\nkind: ConfigMapGenerator\nmetadata: {name: a}\nFiles: [a=HTTP://example.com/a]\n"


@pytest.mark.parametrize("field", ["generators", "transformers", "validators"])
def test_generators_and_transformers_fetch_nothing_wherever_they_are(field):
    folder = "kustomizations/shop/base"
    inside = PLUGIN.replace("\n", "\n  ")
    said = "'a=HTTP://example.com/a' is not a path in this folder"
    assert failure({BASE: f"{field}:\n- |\n  {inside}"}) == f"{BASE}:2:3: {said}"
    top = f"{folder}/p/kustomization.yaml"
    made = {BASE: f"{field}: [p]\n", f"{folder}/p/a.yaml": PLUGIN, top: "resources: [a.yaml]\n"}
    assert failure(made) == f"{folder}/p/a.yaml:4:9: {said}"
    made[top] += "patches: [{path: b.yaml}]\n"
    assert failure(made).startswith(f"{top}:2:1: patches is not supported in a kustomization that makes")
    assert "already set in map" in failure({BASE: f"{field}: [a.yaml]\n", f"{folder}/a.yaml": f"{PLUGIN}Files: []\n"})


def test_kustomizations_that_refer_to_each_other_are_looked_at_once():
    changes = {BASE: "resources: [../overlays/prod]\n"}
    assert built(Kustomize(), changes).findings == ()


@pytest.mark.parametrize(
    ("refuses", "said"),
    [
        ("Error: no such field", f"{BASE}: kustomize: no such field"),
        (
            "Error: accumulating resources: accumulation err=''a' must resolve to a file': no 'deployment.yaml'",
            "kustomizations/shop/base/deployment.yaml: kustomize: no 'deployment.yaml'",
        ),
    ],
)
def test_what_kustomize_refuses_is_said_at_its_place(refuses, said):
    assert failure({}, Kustomize(refuses)) == said


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"environments/test/services/web.yaml": "kustomization: other\nrelease: {image: 'a/web:1'}\n"},
            "environments/test/services/web.yaml:1:1: kustomizations/other is not in kustomizations/shop",
        ),
        (
            {"environments/base/services/web.yaml": "kustomization: shop/bse\n"},
            "environments/base/services/web.yaml:1:16: there is no kustomization in kustomizations/shop/bse",
        ),
        (
            {"environments/base/services/web.yaml": "kustomization: shop/base\nvalues: {a: 1}\n"},
            "environments/base/services/web.yaml:2:1: web has no template that takes values",
        ),
    ],
)
def test_what_a_spec_and_an_overlay_may_say(changes, said):
    assert failure(changes) == said
