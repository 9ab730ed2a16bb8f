"""Where a value comes from, who sets it in vain, and which rendered lines it ends up in."""

import pytest

from generator.building.build import Builder
from generator.errors import InputError
from generator.own_files.load import load
from generator.resolving.explain import at_line, explain, leaves
from generator.resolving.pins import Pins
from generator.trees.tree import EMPTY, EditedTree
from tests.generator.small import FILES

NO_PINS = Pins(None, None)
RENDERED = "environments/prod/rendered/web/deployment.yaml"


def built(environment="prod", **changes):
    files = {path: text.encode() for path, text in {**FILES, **changes}.items()}
    tree = EditedTree(EMPTY, files)
    repository = load(tree)
    builder = Builder(tree, repository, NO_PINS)
    resolved = builder.resolve(repository.overlays[environment, "web"]).service
    return resolved, builder.build(environment, "web").manifests


def told(path, environment="prod", **changes):
    resolved, manifests = built(environment, **changes)
    explained = explain(resolved, manifests, path)
    layers = [(one.name, one.value, one.where.path, one.where.line, one.counts) for one in explained.layers]
    return explained, layers


def test_every_layer_that_sets_it_is_told_and_which_one_counts():
    explained, layers = told("replicas")
    assert explained.value == 3
    assert explained.description == "How many pods."
    assert layers == [
        ("template default", 1, "templates/web/template.yaml", 6, False),
        ("environment defaults", 3, "environments/prod/environment.yaml", 4, True),
    ]


def test_the_rendered_lines_are_those_it_ends_up_in():
    assert [(at.path, at.line, at.text) for at in told("replicas")[0].rendered] == [(RENDERED, 8, "  replicas: 3")]
    lines = [at.text.strip() for at in told("env.MODE")[0].rendered]
    assert lines == ["- name: MODE", "value: prod"]


def test_a_map_is_what_all_layers_make_of_it():
    spec = FILES["environments/base/services/web.yaml"] + "  env: {LEVEL: info}\n"
    explained, layers = told("env", **{"environments/base/services/web.yaml": spec})
    assert explained.value == {"LEVEL": "info", "MODE": "prod"}
    assert [(name, counts) for name, _, _, _, counts in layers] == [
        ("template default", True),
        ("service spec", True),
        ("overlay", True),
    ]


def test_null_takes_a_value_away_and_is_told():
    spec = FILES["environments/base/services/web.yaml"] + "  env: {LEVEL: info}\n"
    overlay = "values:\n  env: {LEVEL: null}\n\nrelease:\n  image: ghcr.io/acme/web:1.4.1\n"
    changes = {"environments/base/services/web.yaml": spec, "environments/prod/services/web.yaml": overlay}
    explained, layers = told("env.LEVEL", **changes)
    assert explained.value is None
    assert [(name, value, counts) for name, value, _, _, counts in layers] == [
        ("service spec", "info", False),
        ("overlay", None, True),
    ]
    assert explained.rendered == ()
    _, above = told(
        "env.LEVEL", **{**changes, "environments/prod/services/web.yaml": overlay.replace("{LEVEL: null}", "null")}
    )
    assert above[-1] == ("overlay", None, "environments/prod/services/web.yaml", 2, True)


def test_keys_with_dots_and_items_of_lists_are_found():
    template = FILES["templates/web/template.yaml"] + "  hosts: {description: Hosts., type: array, default: [a, b]}\n"
    spec = FILES["environments/base/services/web.yaml"] + '  env: {"example.com/a.b": x}\n'
    changes = {"templates/web/template.yaml": template, "environments/base/services/web.yaml": spec}
    assert told("env.example.com/a.b", **changes)[0].value == "x"
    assert told("hosts.1", **changes)[0].value == "b"
    assert told("values.hosts.1", **changes)[0].path == "hosts.1"
    with pytest.raises(InputError):
        told("hosts.2", **changes)


@pytest.mark.parametrize(
    ("path", "words"),
    [("replics", "did you mean 'replicas'"), ("env.MOD", "did you mean 'env.MODE'"), ("port.x", "no value")],
)
def test_what_there_is_not_is_refused_with_what_was_meant(path, words):
    with pytest.raises(InputError, match=words):
        told(path)


def test_all_values_are_listed_with_the_layer_that_decides():
    resolved, _ = built()
    found = {one.path: (one.value, one.layers[-1].name) for one in leaves(resolved)}
    assert found == {
        "replicas": (3, "environment defaults"),
        "port": (8080, "service spec"),
        "env.MODE": ("prod", "overlay"),
    }


def test_a_rendered_line_leads_to_its_template_and_its_value():
    _, manifests = built()
    template, pointer = at_line(manifests, RENDERED, 8)
    assert (str(template), pointer) == ("templates/web/deployment.yaml.j2:7", ("replicas",))
    template, pointer = at_line(manifests, RENDERED, 3)
    assert (str(template), pointer) == ("templates/web/deployment.yaml.j2:2", None)
    for path, line in ((RENDERED, 0), (RENDERED, 999), ("environments/prod/rendered/web/other.yaml", 1)):
        with pytest.raises(InputError, match="is not rendered"):
            at_line(manifests, path, line)
