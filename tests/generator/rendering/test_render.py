"""What the templates that come with the tool render, and what a template sees of a service."""

import base64
import json
import re
from dataclasses import replace

import pytest

from generator.building.build import build_all
from generator.errors import InputError
from generator.file_schemas import InvalidInput
from generator.finding import errors
from generator.k8syaml import dump, load_all, parse
from generator.own_files import load
from generator.own_files.templates import load_template, names
from generator.rendering.render import context_of, render
from generator.rendering.sandbox import Engine
from generator.resolved import Pinned
from generator.resolving.pins import Pins
from generator.resolving.resolve import resolve
from generator.schemas import validate_object
from generator.shipped import shipped
from generator.template_library.cases import cases, run
from generator.trees.tree import EMPTY, DiskTree, EditedTree
from generator.validation.validate import validate

TEMPLATES = {
    f"templates/{path.relative_to(shipped('templates'))}": path.read_bytes()
    for path in shipped("templates").rglob("*")
    if path.is_file()
}
SHIPPED = EditedTree(EMPTY, TEMPLATES)
CASES = cases(SHIPPED)
ENVIRONMENT = """\
cluster: {name: golden, kubernetesVersion: "1.36", controller: flux}
namespace: shop
images: {mirror: {ghcr.io: mirror.example/ghcr}}
"""
OVERLAY = "release:\n  image: ghcr.io/acme/app:1.4.2\n"


def resolved(spec, files=None, overlay=OVERLAY, templates=TEMPLATES):
    """The service `app` of this base spec, in an environment that adds nothing."""
    texts = {
        "towpath.yaml": "version: 1\n",
        "environments/golden/environment.yaml": ENVIRONMENT,
        "environments/golden/services/app.yaml": overlay,
        "environments/base/services/app.yaml": spec,
    }
    edits = {path: text.encode() for path, text in texts.items()} | dict(templates) | (files or {})
    tree = EditedTree(EMPTY, edits)
    repository = load.load(tree)
    service = repository.services["app"]
    pinned = Pinned(service, load_template(tree, service.template or ""), tree, tree)
    return resolve(repository, pinned, repository.overlays["golden", "app"])


def manifests(spec, **options):
    return {manifest.name: manifest for manifest in render(resolved(spec, **options))}


def deployment(values, **options):
    return manifests(dump({"template": "workload", "values": values}), **options)["deployment.yaml"]


@pytest.mark.parametrize("version", ["1.29", "1.36"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)
def test_what_is_rendered_is_valid(case, version):
    for text in run(SHIPPED, case).made.values():
        for obj in load_all(text):
            assert validate_object(version, obj) == []
            assert obj["metadata"]["namespace"] == "shop"


def test_there_is_a_case_for_every_template_and_it_sets_every_value():
    assert {case.template for case in CASES} == set(names(SHIPPED))
    for name in names(SHIPPED):
        template = load_template(SHIPPED, name)
        own = set(template.source.data.get("values") or {})
        spec = SHIPPED.read(f"templates/{name}/tests/everything/service.yaml")
        set_here = set(load_all((spec or b"").decode())[0]["values"])
        assert own <= set_here, name


def test_every_value_of_every_template_is_described():
    tree = EditedTree(EMPTY, TEMPLATES)
    for name in names(tree):
        for value, schema in load_template(tree, name).values.items():
            assert schema["description"].endswith("."), f"{name}: {value}"


def test_the_repository_is_rendered_and_valid():
    """The committed environments are what the tool makes of them, byte by byte: `towpath render` updates them."""
    root = shipped("towpath.yaml").parent
    tree = DiskTree(root)
    built = build_all(tree, Pins(None, None))
    assert built.repository is not None
    assert not errors(built.findings)
    assert not errors(validate(built.repository, built.builds, tree))
    made = {path: content for build in built.builds for path, content in build.files.items()}
    kept = {path for name in built.repository.environments for path in tree.files(f"environments/{name}/rendered")}
    assert set(made) == kept
    assert [path for path, content in made.items() if tree.read(path) != content] == []


def test_the_context_is_exactly_what_is_documented():
    context = context_of(resolved("template: worker\n"))
    visible = {name: value for name, value in context.items() if not name.startswith("_")}
    values = visible.pop("values")
    assert visible == {
        "service": "app",
        "environment": {"name": "golden", "namespace": "shop"},
        "namespace": "shop",
        "image": "mirror.example/ghcr/acme/app:1.4.2",
        "images": {"app": "mirror.example/ghcr/acme/app:1.4.2"},
        "labels": {"app.kubernetes.io/name": "app", "app.kubernetes.io/managed-by": "towpath"},
    }
    assert values["replicas"] == 1
    assert values["autoscale"] is None


def test_mirrors_reach_init_containers():
    pod = deployment({"initContainers": {"wait": {"image": "ghcr.io/acme/wait:1"}}}).objects[0]["spec"]["template"][
        "spec"
    ]
    assert pod["initContainers"][0]["image"] == "mirror.example/ghcr/acme/wait:1"


def test_files_become_a_config_map_and_a_checksum():
    beside = "environments/base/services/"
    values = {"files": {"/etc/a.txt": "a", "/etc/b.bin": "b"}}
    spec = dump({"template": "worker", "values": values})
    first, second = (
        manifests(spec, files={f"{beside}a": text, f"{beside}b": b"\xff\x00"}) for text in (b"x: y\n", b"x: z\n")
    )
    data = first["configmap.yaml"].objects[0]
    assert data["data"] == {"etc.a.txt": "x: y\n"}
    assert base64.b64decode(data["binaryData"]["etc.b.bin"]) == b"\xff\x00"
    annotations = [
        made["deployment.yaml"].objects[0]["spec"]["template"]["metadata"]["annotations"] for made in (first, second)
    ]
    assert annotations[0] != annotations[1]


def test_two_files_with_one_key_are_refused():
    files = {f"environments/base/services/{name}": b"" for name in "ab"}
    with pytest.raises(InputError, match="have one key"):
        manifests("template: worker\nvalues: {files: {/etc/a.b: a, /etc/a/b: b}}\n", files=files)


def test_a_probe_of_an_unknown_port_is_an_error_that_says_which_there_are():
    with pytest.raises(InputError) as caught:
        manifests("template: frontend\nvalues:\n  probes: {readiness: {http: /, port: htp}}\n")
    assert caught.value.what == (
        "values.probes.readiness: the port to probe is none of values.ports: 'htp' is not defined here; "
        "did you mean 'http'?"
    )
    assert str(caught.value.where) == "environments/base/services/app.yaml:3:23"


def test_a_probe_without_any_port_is_an_error_at_the_probe():
    with pytest.raises(InputError) as caught:
        manifests("template: worker\nvalues:\n  probes: {readiness: {tcp: true}}\n")
    assert caught.value.what == "values.probes.readiness: the port to probe is none of values.ports"
    assert str(caught.value.where) == "environments/base/services/app.yaml:3:23"


def test_an_image_of_a_value_that_is_none_is_an_error_at_the_value():
    with pytest.raises(InputError) as caught:
        manifests("template: worker\nvalues:\n  initContainers: {wait: {image: a b}}\n")
    assert caught.value.what == "values.initContainers.wait.image: 'a b' is no image reference"
    assert str(caught.value.where) == "environments/base/services/app.yaml:3:34"


INJECTIONS = [
    "a\nkind: Secret",
    "x: y",
    "# gone",
    "---\nkind: Secret\n",
    "{{ service }}",
    "{% raw %}",
    "!!python/object:x",
    "&a",
    "*a",
]


@pytest.mark.parametrize("text", INJECTIONS)
def test_values_cannot_inject(text):
    values = {"args": [text], "env": {"A": text}, "annotations": {"a": text}, "tolerations": [{"key": text}]}
    (found,) = deployment(values).objects
    pod = found["spec"]["template"]
    assert pod["metadata"]["annotations"] == {"a": text}
    assert pod["spec"]["tolerations"] == [{"key": text}]
    assert pod["spec"]["containers"][0]["args"] == [text]
    assert pod["spec"]["containers"][0]["env"] == [{"name": "A", "value": text}]


@pytest.mark.parametrize("field", ["annotations", "labels", "nodeSelector", "selector"])
def test_names_that_the_cluster_would_refuse_are_refused_where_they_are_written(field):
    for text in (*INJECTIONS, "", "a\n", "-a", "a b", "x" * 64):
        with pytest.raises(InvalidInput) as caught:
            deployment({field: {text: "x"}})
        assert caught.value.where
        assert caught.value.where.path == "environments/base/services/app.yaml"
        assert f"values.{field}: expected the name of a label or an annotation" in caught.value.what


def test_every_rendered_line_names_its_template_line():
    folder = "templates/workload/tests/everything"
    beside = {
        f"environments/base/services/{name}": TEMPLATES[f"{folder}/{name}"] for name in ("banner.html", "logo.bin")
    }
    made = manifests(TEMPLATES[f"{folder}/service.yaml"].decode(), files=beside)
    for manifest in made.values():
        for number, line in enumerate(manifest.text.splitlines()[1:], start=2):
            place = manifest.template_line(number)
            template = TEMPLATES[place.path].decode().splitlines()[place.line - 1]
            literal = re.sub(r"\{\{.*", "", template).strip()
            assert "{{" in template or template == line, (number, line, place)
            assert literal.startswith(("{%", "{#")) is False
            assert line.strip().startswith(literal) or "{{" in template


def test_values_name_the_line_they_were_written_on():
    spec = "template: workload\nvalues:\n  env:\n    MODE: prod\n  resources:\n    limits: {memory: 1Gi}\n"
    overlay = "values:\n  replicas: 7\n  env: {PORT: 80}\n\n" + OVERLAY
    manifest = manifests(spec, overlay=overlay)["deployment.yaml"]
    base, over = "environments/base/services/app.yaml", "environments/golden/services/app.yaml"
    container = ("spec", "template", "spec", "containers", 0)
    assert origin(manifest, "spec", "replicas") == f"{over}:2"
    assert origin(manifest, *container, "env", 0, "value") == f"{base}:4"
    assert origin(manifest, *container, "env", 1, "value") == f"{over}:3"
    assert origin(manifest, *container, "env", 1, "name") == f"{over}:3"
    assert origin(manifest, *container, "resources", "limits", "memory") == f"{base}:6"
    assert origin(manifest, *container, "securityContext", "privileged").startswith("templates/workload/template.yaml:")
    assert origin(manifest, "kind") is None


def origin(manifest, *pointer):
    line, _ = parse(manifest.text)[0].position(pointer)
    place = manifest.value_origin(line, pointer)
    return None if place is None else str(replace(place, column=None))


def test_the_example_in_the_readme_of_the_templates():
    example = re.findall("```yaml\n(.*?)```", TEMPLATES["templates/README.md"].decode(), re.DOTALL)[0]
    texts = {"t/example.yaml.j2": example, "_lib/names.j2": TEMPLATES["templates/_lib/names.j2"].decode()}
    values: dict[str, object] = {
        "selector": None,
        "labels": {},
        "recommendedLabels": True,
        "metadata": {},
        "ports": {},
        "strategy": None,
        "first": "on",
        "label": "a",
        "value": "b",
    }
    context = {"service": "web", "labels": {"team": "shop"}, "values": values}
    (found,) = load_all("".join(Engine(texts).pieces("t/example.yaml.j2", context)))
    assert found["metadata"]["name"] == "web-files"
    assert found["metadata"]["labels"]["team"] == "shop"
    assert found["spec"] == {"args": ["on"], "nodeSelector": {"a": "b"}}


def test_a_condition_that_fails_points_at_its_line():
    own = {
        "templates/t/template.yaml": b"description: T.\nmanifests:\n  a.yaml.j2: values.missing\nvalues: {}\n",
        "templates/t/a.yaml.j2": b"a: 1\n",
    }
    with pytest.raises(InputError) as caught:
        manifests("template: t\n", templates=own)
    assert str(caught.value.where) == "templates/t/template.yaml:3:14"


def test_a_false_condition_and_an_empty_result_write_no_file():
    own = {
        "templates/t/template.yaml": b"""\
description: T.
manifests: {a.yaml.j2: 1 > 2, b.yaml.j2: true, c.yaml.j2: 1 < 2}
""",
        "templates/t/a.yaml.j2": b"a: 1\n",
        "templates/t/b.yaml.j2": b"{% if false %}\nb: 1\n{% endif %}\n",
        "templates/t/c.yaml.j2": b"c: 1\n",
    }
    assert list(manifests("template: t\n", templates=own)) == ["c.yaml"]


def test_a_template_that_is_no_text_is_refused():
    own = {
        "templates/t/template.yaml": b"description: T.\nmanifests: {a.yaml.j2: true}\n",
        "templates/t/a.yaml.j2": b"\xff\n",
    }
    with pytest.raises(InputError, match="UTF-8"):
        manifests("template: t\n", templates=own)


def test_wrong_values_are_refused_before_anything_is_rendered():
    for values in ({"replicas": "3"}, {"autoscale": {"min": 1}}, {"probes": {"readiness": {"http": "/", "tcp": 1}}}):
        with pytest.raises(InvalidInput) as caught:
            deployment(values)
        assert caught.value.findings[0].where.path == "environments/base/services/app.yaml", json.dumps(values)


def test_a_container_takes_its_image_from_the_release_unless_it_names_one():
    overlay = OVERLAY + "  images: {migrate: 'ghcr.io/acme/migrate:2'}\n"
    values = {"initContainers": {"migrate": {}, "other": {"image": "ghcr.io/acme/other:1"}}}
    pod = deployment(values, overlay=overlay).objects[0]["spec"]["template"]["spec"]
    images = [container["image"] for container in pod["initContainers"]]
    assert images == ["mirror.example/ghcr/acme/migrate:2", "mirror.example/ghcr/acme/other:1"]
    with pytest.raises(InputError, match="no image is set, and the release has none of this name"):
        deployment(values)
