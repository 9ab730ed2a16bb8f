from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.errors import InputError
from generator.file_schemas import InvalidInput
from generator.own_files.load import load, load_overlay
from generator.own_files.templates import load_template
from generator.resolved import Pinned, ResolvedService
from generator.resolving.pins import Pins
from generator.resolving.resolve import MissingValueError, resolve
from tests.generator.remembered.memory import FILES, SERVICE, WORKLOAD, shop

Changes = dict[str, str | bytes | None]
SPEC = "environments/base/services/cart.yaml"
PROD = "environments/prod/environment.yaml"
OVERLAY = "environments/prod/services/cart.yaml"
RELEASE = "release: {image: 'ghcr.io/acme/cart:1.1.0'}\n"


def resolved(changes: Mapping[str, str | bytes | None] | None = None, environment: str = "prod") -> ResolvedService:
    tree = shop(changes)
    repository = load(tree)
    overlay = repository.overlays[environment, "cart"]
    return resolve(repository, Pins(None, None).pinned(tree, repository, overlay), overlay)


def wrong(values: str) -> list[str]:
    """What is wrong with the values of an overlay, as `place check: message`."""
    with pytest.raises(InvalidInput) as caught:
        resolved({OVERLAY: f"{RELEASE}values:\n{values}"})
    return [f"{one.where} {one.check}: {one.message}" for one in caught.value.findings]


def test_layers_override_each_other_in_order() -> None:
    service = resolved()
    assert service.values["replicas"] == 5
    assert str(service.origins["replicas",]) == f"{OVERLAY}:2:13"
    assert resolved({OVERLAY: RELEASE}).values["replicas"] == 3
    assert str(resolved({OVERLAY: RELEASE}).origins["replicas",]) == f"{PROD}:4:22"
    spec = {OVERLAY: RELEASE, SPEC: SERVICE + "  replicas: 4\n"}
    assert resolved(spec).values["replicas"] == 4
    assert str(resolved(spec).origins["replicas",]) == f"{SPEC}:6:13"
    service = resolved(environment="test")
    assert service.values["replicas"] == 1
    assert str(service.origins["replicas",]) == "templates/workload/template.yaml:4:79"
    assert str(service.origins["ports", "grpc"]) == "templates/backend/template.yaml:5:81"


def test_everything_that_rendering_needs_is_there() -> None:
    service = resolved()
    assert (service.environment.name, service.service, service.namespace) == ("prod", "cart", "shop-prod")
    assert service.owner == "team-shop"
    assert service.release.image == "ghcr.io/acme/cart:1.1.0"
    assert service.template.name == "backend"
    assert service.tree.read("templates/backend/service.yaml.j2") == b"service\n"
    assert service.files == {}


def test_defaults_of_an_environment_reach_only_templates_that_declare_them() -> None:
    workload = WORKLOAD.replace(
        "  replicas: {description: How many pods., type: integer, minimum: 1, default: 1}\n", ""
    )
    changes: Changes = {"templates/workload/template.yaml": workload, OVERLAY: RELEASE}
    changes["templates/other/template.yaml"] = "description: d\nvalues: {replicas: {description: r, default: 1}}\n"
    assert "replicas" not in resolved(changes).values


def test_what_is_not_set_reads_as_none() -> None:
    assert resolved().values["autoscale"] is None
    assert resolved({OVERLAY: f"{RELEASE}values: {{resources: null}}\n"}).values["resources"] is None


def test_a_required_value_must_be_set() -> None:
    changes: Changes = {SPEC: SERVICE.replace("  callers: [web]\n", "")}
    with pytest.raises(MissingValueError) as caught:
        resolved(changes)
    assert caught.value.key == "callers"
    assert str(caught.value) == f"{OVERLAY}:2:3: the required value 'callers' is missing"
    assert caught.value.next == f"set values.callers in {OVERLAY} or in {SPEC}"
    assert resolved({**changes, OVERLAY: f"{RELEASE}values: {{callers: []}}\n"}).values["callers"] == []


def test_a_required_value_cannot_be_taken_away() -> None:
    with pytest.raises(MissingValueError, match="callers"):
        resolved({OVERLAY: f"{RELEASE}values: {{callers: null}}\n"})


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ("  replcas: 3\n", [f"{OVERLAY}:3:3 unknown-field: values: unknown field 'replcas'; did you mean 'replicas'?"]),
        (
            "  replicas: '3'\n",
            [f'{OVERLAY}:3:13 wrong-type: values.replicas: expected integer, got string "3": write 3'],
        ),
        ("  replicas: 0\n", [f"{OVERLAY}:3:13 bad-value: values.replicas: expected at least 1, got integer 0"]),
        (
            "  ports:\n    http:\n      prot: 80\n",
            [
                f"{OVERLAY}:4:5 missing-field: values.ports.http: missing required field 'port'",
                f"{OVERLAY}:5:7 unknown-field: values.ports.http: unknown field 'prot'; did you mean 'port'?",
            ],
        ),
        (
            "  resources: {limits: {cpu: many}}\n",
            [
                (
                    f"{OVERLAY}:3:29 bad-value: values.resources.limits.cpu: "
                    'expected a quantity such as 250m, 1.5 or 64Mi, got string "many"'
                ),
            ],
        ),
    ],
)
def test_wrong_values_are_told_where_they_were_written(values: str, expected: list[str]) -> None:
    assert wrong(values) == expected


def test_wrong_values_of_every_layer_are_told_at_once() -> None:
    changes: Changes = {
        PROD: FILES[PROD].replace("replicas: 3", "replicas: many"),
        SPEC: SERVICE + "  colour: red\n",
        OVERLAY: f"{RELEASE}values: {{callers: [1]}}\n",
    }
    with pytest.raises(InvalidInput) as caught:
        resolved(changes)
    assert [str(one.where) for one in caught.value.findings] == [f"{SPEC}:6:3", f"{PROD}:4:22", f"{OVERLAY}:2:20"]


def test_a_wrong_default_of_a_template_is_told_there() -> None:
    workload = WORKLOAD.replace("minimum: 1, default: 1", "minimum: 1, default: 0")
    with pytest.raises(InvalidInput) as caught:
        resolved({"templates/workload/template.yaml": workload}, "test")
    assert str(caught.value.where) == "templates/workload/template.yaml:4:79"


def test_the_image_is_mirrored_and_the_release_is_not() -> None:
    service = resolved({PROD: FILES[PROD] + "images: {mirror: {ghcr.io: mirror.internal/ghcr}}\n"})
    assert str(service.image) == "mirror.internal/ghcr/acme/cart:1.1.0"
    assert service.release.image == "ghcr.io/acme/cart:1.1.0"


@pytest.mark.parametrize(
    ("changes", "check"),
    [
        ({PROD: FILES[PROD] + "allow: {images: ['quay.io/*']}\n"}, "image-not-allowed"),
        ({OVERLAY: "release: {image: ghcr.io/acme/cart}\n"}, "image-without-tag"),
    ],
)
def test_a_release_that_may_not_be_here_is_not_resolved(changes: Changes, check: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        resolved(changes)
    assert [one.check for one in caught.value.findings] == [check]


def test_without_a_release_there_is_nothing_to_resolve() -> None:
    with pytest.raises(InputError, match="not released in prod yet"):
        resolved({OVERLAY: "values: {}\n"})


MOUNT = f"{RELEASE}values: {{files: {{/etc/a/banner.html: banner.html, /etc/b: data/b}}}}\n"
BESIDE = "environments/prod/services/"
BASE = "environments/base/services/"


def test_files_stand_beside_the_overlay_or_beside_the_spec() -> None:
    changes: Changes = {OVERLAY: MOUNT, f"{BASE}banner.html": "base", f"{BASE}data/b": b"\0\xff"}
    assert resolved(changes).files == {"/etc/a/banner.html": b"base", "/etc/b": b"\0\xff"}
    changes[f"{BESIDE}banner.html"] = "prod"
    assert resolved(changes).files["/etc/a/banner.html"] == b"prod"


def test_a_missing_file_is_told_where_it_is_named() -> None:
    with pytest.raises(InputError, match=r"there is no file banner\.html") as caught:
        resolved({OVERLAY: MOUNT})
    assert str(caught.value.where) == f"{OVERLAY}:2:38"
    assert caught.value.next.startswith("add it beside the overlay (environments/prod/services/banner.html)")


@pytest.mark.parametrize("name", ["../environment.yaml", "/etc/passwd", "a/../../b", ".git/config", ""])
def test_files_outside_are_refused(name: str) -> None:
    with pytest.raises(InputError, match="not a path inside") as caught:
        resolved({OVERLAY: f"{RELEASE}values: {{files: {{/etc/a: '{name}'}}}}\n"})
    assert str(caught.value.where).startswith(OVERLAY)


def test_files_must_fit_into_a_config_map() -> None:
    half = "x" * (512 * 1024 + 1)
    with pytest.raises(InputError, match="too large together"):
        resolved({OVERLAY: MOUNT, f"{BASE}banner.html": half, f"{BASE}data/b": half})


def between(old_template: str, new_template: str, values: str) -> ResolvedService:
    """A service pinned to one version of the workload template while the newest is another."""
    path = "templates/workload/template.yaml"
    newest = shop({path: new_template, OVERLAY: f"release: {{image: 'a:1', revision: {'a' * 40}}}\nvalues: {values}\n"})
    repository, old = load(newest), shop({path: old_template})
    overlay = load_overlay(newest, "prod", "cart")
    pinned = Pinned(
        repository.services["cart"],
        load_template(old, "backend"),
        old,
        newest,
        load_template(newest, "backend"),
        "a" * 40,
    )
    return resolve(repository, pinned, overlay)


NEWER = WORKLOAD + "  colour: {description: c, type: string, default: red}\n"
DEEPER = WORKLOAD.replace(
    "properties: {port: {type: integer}}", "properties: {port: {type: integer}, name: {type: string}}"
)


def test_a_value_that_only_the_newest_template_knows_is_dropped() -> None:
    assert "colour" not in between(WORKLOAD, NEWER, "{colour: blue}").values
    assert between(NEWER, NEWER, "{colour: blue}").values["colour"] == "blue"


def test_so_is_a_field_deep_inside_a_value() -> None:
    found = between(WORKLOAD, DEEPER, "{ports: {http: {port: 80, name: web}}}")
    assert found.values["ports"] == {"grpc": 8080, "http": {"port": 80}}


def test_a_value_that_only_the_pinned_template_knows_is_kept() -> None:
    assert between(NEWER, WORKLOAD, "{colour: blue}").values["colour"] == "blue"


def test_a_value_that_neither_knows_is_an_error() -> None:
    for values in ("{size: big}", "{colour: blue, size: big}"):
        with pytest.raises(InvalidInput, match="unknown field 'size'"):
            between(WORKLOAD, NEWER, values)
    with pytest.raises(InvalidInput, match="unknown field 'nmae'"):
        between(WORKLOAD, DEEPER, "{ports: {http: {port: 80, nmae: web}}}")


def test_what_the_newest_template_requires_is_not_required_of_the_pinned_one() -> None:
    required = WORKLOAD + "  colour: {description: c, type: string}\n"
    assert "colour" not in between(WORKLOAD, required, "{}").values
    with pytest.raises(MissingValueError, match="colour"):
        between(required, WORKLOAD, "{}")


def test_what_is_wrong_in_a_pinned_file_says_when() -> None:
    broken = WORKLOAD.replace("minimum: 1, default: 1", "minimum: 10, default: 10")
    with pytest.raises(InvalidInput) as caught:
        between(broken, WORKLOAD, "{replicas: 3}")
    assert "as of" not in caught.value.what
    wrong_default = WORKLOAD.replace("type: object, default: null", "type: object, default: 1")
    with pytest.raises(InvalidInput, match=r"\(as of aaaaaaaaaaaa\)"):
        between(wrong_default, WORKLOAD, "{}")


@given(st.lists(st.sampled_from(["spec", "prod", "overlay"]), unique=True))
def test_the_highest_layer_that_sets_a_value_wins(setting: list[str]) -> None:
    changes: Changes = {
        SPEC: SERVICE + ("  replicas: 20\n" if "spec" in setting else ""),
        PROD: FILES[PROD].replace("3}", "30}") if "prod" in setting else FILES[PROD].replace("{replicas: 3}", "{}"),
        OVERLAY: RELEASE + ("values: {replicas: 40}\n" if "overlay" in setting else ""),
    }
    wanted = next((value for name, value in (("overlay", 40), ("spec", 20), ("prod", 30)) if name in setting), 1)
    assert resolved(changes).values["replicas"] == wanted
