import hashlib
import json
import random
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.k8syaml import dump
from generator.own_files.load import load, load_spec
from generator.release import ReleaseId
from generator.resolving.digest import beside, content_paths, release_id
from generator.resolving.pins import Pins
from generator.trees.tree import blob_id
from tests.generator.remembered.memory import BACKEND, FILES, SERVICE, WORKLOAD, shop

IMAGE = "ghcr.io/acme/cart:1.2.0"
SPEC = "environments/base/services/cart.yaml"
PROD = "environments/prod/environment.yaml"
BANNER = "environments/base/services/banner.html"
MOUNTING = SERVICE + "  files: {/etc/banner.html: banner.html}\n"

text = st.text('aü:#- \n"\\0y~{', max_size=5)
scalars = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.sampled_from([0.5, -1.25, 1e-7]) | text
trees = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abyn01.", min_size=1, max_size=3), inner),
    max_leaves=8,
)
values = st.dictionaries(st.sampled_from(["ports", "env", "replicas", "ünï"]), trees, max_size=3)


def identify(changes: Mapping[str, str | bytes | None] | None = None, image: str = IMAGE) -> ReleaseId:
    tree = shop(changes)
    return release_id(tree, load_spec(tree, "cart"), image)


def shuffled(value: Any, seed: random.Random) -> Any:
    """The same value with the keys of its maps in another order."""
    if isinstance(value, list):
        return [shuffled(item, seed) for item in value]
    if not isinstance(value, dict):
        return value
    keys = list(value)
    seed.shuffle(keys)
    return {key: shuffled(value[key], seed) for key in keys}


def test_it_is_the_hash_of_canonical_json() -> None:
    """Spelled out, because a digest that changes between versions would make every release a new one."""
    files = {
        "templates/t/template.yaml": "description: d\nvalues: {x: {description: d, default: 1}}\n",
        "templates/t/a.yaml.j2": "a\n",
        "templates/_lib/labels.j2": None,
        SPEC: "template: t\nowner: me\nvalues: {x: ü}\n",
    }
    definition = '{"description":"d","values":{"x":{"default":1,"description":"d"}}}'
    config = (
        '"files":[],%s"spec":{"template":"t","values":{"x":"ü"}},'
        f'"templates":[["templates/t/a.yaml.j2","{blob_id(b"a" + bytes([10]))}"],'
        f'["templates/t/template.yaml","{blob_id(definition.encode())}"]]'
    )
    found = identify(files)
    assert found.config == hashlib.sha256(("{" + config % "" + "}").encode()).hexdigest()
    assert found.digest == hashlib.sha256(("{" + config % f'"image":"{IMAGE}",' + "}").encode()).hexdigest()
    assert found.image == IMAGE


def test_further_images_are_part_of_it_and_without_them_it_is_as_ever() -> None:
    tree = shop()
    one, other = (release_id(tree, load_spec(tree, "cart"), IMAGE, others) for others in ((), (("migrate", "a/m:1"),)))
    assert one == identify()
    assert (one.config, one.image) == (other.config, other.image)
    assert one.digest != other.digest and one.images != other.images


@given(values, st.randoms(use_true_random=False))
def test_formatting_comments_and_key_order_do_not_matter(written: dict[str, Any], seed: random.Random) -> None:
    data = {"template": "backend", "owner": "me", "values": written}
    plain = dump(data)
    other = "# comment\n" + json.dumps(shuffled(data, seed), indent=3, ensure_ascii=False) + "\n# more\n"
    assert identify({SPEC: plain}) == identify({SPEC: other})


@given(values, values)
def test_different_values_are_different_releases(one: dict[str, Any], other: dict[str, Any]) -> None:
    first = identify({SPEC: dump({"template": "backend", "values": one})})
    second = identify({SPEC: dump({"template": "backend", "values": other})})
    same = json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
    assert (first.digest == second.digest) is same
    assert (first.config == second.config) is same


@given(
    st.sampled_from(["_lib/labels.j2", "workload/hpa.yaml.j2", "backend/service.yaml.j2"]).map("templates/{}".format),
    st.binary(max_size=8),
)
def test_every_byte_of_a_template_counts(path: str, content: bytes) -> None:
    same = content == FILES[path].encode()
    assert (identify({path: content}) == identify()) is same


@pytest.mark.parametrize(
    "changes",
    [
        {SPEC: SERVICE.replace("owner: team-shop", "owner: team-other")},
        {SPEC: SERVICE.replace("owner: team-shop\n", "")},
        {SPEC: SERVICE + "forwardOnly: ['ghcr.io/acme/cart:1']\n"},
        {"templates/backend/template.yaml": BACKEND.replace("99.5%", "99%")},
        {"templates/backend/template.yaml": BACKEND.partition("gates:")[0]},
        {"templates/workload/template.yaml": "# comment\n" + WORKLOAD},
        {"templates/other/template.yaml": "description: d\n"},
        {PROD: FILES[PROD].replace("replicas: 3", "replicas: 9")},
        {"environments/prod/services/cart.yaml": "values: {replicas: 7}\n"},
        {"towpath.yaml": "version: 1\nhold: {by: b, reason: r}\n"},
        {"environments/base/services/web.yaml": SERVICE},
        {BANNER: "unused"},
    ],
)
def test_what_is_not_the_release_does_not_count(changes: dict[str, str | bytes | None]) -> None:
    assert identify(changes) == identify()


@pytest.mark.parametrize(
    "changes",
    [
        {SPEC: SERVICE.replace("100m", "200m")},
        {SPEC: SERVICE.replace("backend", "workload")},
        {SPEC: MOUNTING},
        {"templates/backend/template.yaml": BACKEND.replace("8080", "8081")},
        {"templates/workload/template.yaml": WORKLOAD.replace("default: 1", "default: 2")},
        {"templates/workload/notes.txt": "new"},
        {"templates/_lib/more.j2": "new"},
        {"templates/backend/hpa.yaml.j2": "nearer"},
    ],
)
def test_what_is_the_release_counts(changes: dict[str, str | bytes | None]) -> None:
    assert identify(changes).config != identify().config


def test_the_image_counts_as_written_and_only_in_the_digest() -> None:
    one, other = identify(), identify(image="ghcr.io/acme/cart:1.2.1")
    assert one.config == other.config
    assert one.digest != other.digest
    assert identify(image="redis:7").digest != identify(image="docker.io/library/redis:7").digest


def test_no_values_and_empty_values_are_the_same() -> None:
    assert identify({SPEC: "template: backend\n"}) == identify({SPEC: "template: backend\nvalues: {}\n"})


def test_a_release_is_the_same_in_every_environment() -> None:
    tree = shop({"environments/prod/services/cart.yaml": f"values: {{replicas: 9}}\nrelease: {{image: '{IMAGE}'}}\n"})
    repository, pins = load(tree), Pins(None, None)
    found = set()
    for overlay in repository.overlays.values():
        pinned = pins.pinned(tree, repository, overlay)
        assert overlay.release is not None
        found.add(release_id(pinned.tree, pinned.spec, overlay.release.image))
    assert len(repository.overlays) == 2
    assert len(found) == 1


def test_files_that_the_spec_mounts_belong_to_the_release() -> None:
    one, other = ({SPEC: MOUNTING, BANNER: text} for text in ("one", "other"))
    assert identify(one).config != identify(other).config
    tree = shop(one)
    assert beside(tree, load_spec(tree, "cart")) == {BANNER: blob_id(b"one")}


def test_the_content_is_spec_beside_files_and_templates() -> None:
    tree = shop({SPEC: MOUNTING, BANNER: "b"})
    found = content_paths(tree, load_spec(tree, "cart"))
    assert {SPEC, BANNER, "templates/_lib/labels.j2", "templates/workload/template.yaml"} <= set(found)
    assert found[SPEC] == tree.blob_id(SPEC)
