import json
import re
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.errors import InputError
from generator.file_schemas import InvalidInput
from generator.finding import Finding, Severity
from generator.k8syaml import parse
from generator.own_files.gates import gates
from generator.own_files.load import check, load, load_environment, load_overlay, load_settings, load_spec
from generator.policy import HoldOrder, Lift, Mode, OnFail
from generator.release import Release
from generator.resolving.pins import Pins
from generator.resolving.resolve import resolve
from generator.shipped import shipped
from generator.trees.tree import DiskTree
from tests.generator.remembered.memory import FILES, shop

PROD = "environments/prod/environment.yaml"
CART = "environments/prod/services/cart.yaml"
SPEC = "environments/base/services/cart.yaml"


def added(path: str, text: str) -> dict[str, str]:
    return {path: FILES[path] + text}


def told(changes: dict[str, str | bytes | None], severity: Severity = Severity.ERROR) -> list[str]:
    """The findings of one severity as `place check: message`."""
    _, findings = check(shop(changes))
    return [f"{one.where} {one.check}: {one.message}" for one in findings if one.severity is severity]


def test_a_repository_becomes_data() -> None:
    repository = load(shop())
    assert repository.settings.version == 1
    assert repository.settings.forge.branch == "main"
    assert not repository.settings.immutable_tags
    assert set(repository.environments) == {"test", "prod"}
    prod = repository.environments["prod"]
    assert (prod.after, prod.namespace, prod.defaults) == (("test",), "shop-prod", {"replicas": 3})
    assert prod.cluster.controller == "argocd"
    assert repository.environments["test"].is_root
    assert repository.children("test") == ("prod",)
    spec = repository.services["cart"]
    assert (spec.template, spec.owner, spec.values["callers"]) == ("backend", "team-shop", ["web"])
    assert repository.overlays["prod", "cart"].release == Release("ghcr.io/acme/cart:1.1.0")
    assert repository.overlays["prod", "cart"].values == {"replicas": 5}


def test_every_policy_field_arrives() -> None:
    changes = added(
        PROD,
        """\
images: {mirror: {ghcr.io: mirror.internal/ghcr}}
metrics: {prometheus: "http://prometheus:9090"}
external: {secrets: [tls], configMaps: [ca]}
allow: {images: ["ghcr.io/acme/*"], kinds: [ClusterRole]}
promotion: {mode: manual, concurrency: latest, soak: 1h30m, maxInFlight: 2}
verify: {deadline: 2h, settle: 90s, onFail: hold, maxReverts: 1, gates: {latency: false, grpc-errors: {objective: 99%}}}
hold: {reason: audit, by: alice, until: 2026-05-04}
""",
    )
    prod = load(shop(changes)).environments["prod"]
    assert prod.mirrors == {"ghcr.io": "mirror.internal/ghcr"}
    assert prod.prometheus == "http://prometheus:9090"
    assert prod.external == {"secrets": ("tls",), "configMaps": ("ca",)}
    assert (prod.allowed_images, prod.allowed_kinds) == (("ghcr.io/acme/*",), ("ClusterRole",))
    assert (prod.promotion.mode, prod.promotion.soak) == (Mode.MANUAL, timedelta(minutes=90))
    assert prod.promotion.max_in_flight == 2
    assert (prod.verify.deadline, prod.verify.settle) == (timedelta(hours=2), timedelta(seconds=90))
    assert (prod.verify.on_fail, prod.verify.max_reverts) == (OnFail.HOLD, 1)
    assert prod.verify.gates == (("latency", None), ("grpc-errors", (("objective", "99%"),)))
    assert isinstance(prod.hold, HoldOrder)
    assert (prod.hold.reason, prod.hold.until) == ("audit", datetime(2026, 5, 4, tzinfo=UTC))
    assert prod.hold.where.line == 11


def test_settings_and_overlays_arrive_whole() -> None:
    commit = "a" * 40
    settings = f"""\
version: 1
forge: {{kind: local, branch: trunk}}
images: {{tags: immutable}}
checks: {{image-digest: error, pod-disruption-budget: false}}
hold: {{reason: freeze, by: bob}}
acknowledged: [{{commit: {commit}, by: bob, reason: looked at it}}]
"""
    read = load_settings(shop({"towpath.yaml": settings}))
    assert (read.forge.branch, read.immutable_tags) == ("trunk", True)
    assert read.checks == {"image-digest": "error", "pod-disruption-budget": False}
    assert read.hold is not None
    assert read.hold.until is None
    assert read.acknowledged == {commit}
    text = f"""\
release: {{image: "ghcr.io/acme/cart:1", revision: {commit}}}
hold: {{reason: r, by: b}}
lifted: [{{image: "ghcr.io/acme/cart:1", by: eve, reason: fixed}}, {{config: {"b" * 64}, by: eve, reason: ok}}]
"""
    overlay = load_overlay(shop({CART: text}), "prod", "cart")
    assert overlay.release == Release("ghcr.io/acme/cart:1", commit)
    assert overlay.lifted == (
        Lift("eve", "fixed", image="ghcr.io/acme/cart:1"),
        Lift("eve", "ok", config="b" * 64),
    )


def test_single_files_can_be_loaded() -> None:
    assert load_spec(shop(), "cart").template == "backend"
    assert load_environment(shop(), "prod").namespace == "shop-prod"
    for read in (
        lambda: load_spec(shop(), "web"),
        lambda: load_overlay(shop(), "prod", "web"),
        lambda: load_environment(shop(), "qa"),
        lambda: load_settings(shop({"towpath.yaml": None})),
    ):
        with pytest.raises(InputError, match="there is no"):
            read()


def test_an_empty_overlay_belongs_here_without_a_release() -> None:
    repository = load(shop({CART: "# not yet\n"}))
    assert repository.overlays["prod", "cart"].release is None


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"towpath.yaml": None}, ["towpath.yaml missing-file: there is no towpath.yaml"]),
        (
            {"towpath.yaml": "version: 1\nrequiredVersion: '>=7'\n"},
            ["towpath.yaml:2:18 required-version: this repository needs towpath >=7, this is 0.1.0"],
        ),
        ({PROD: None}, [f"{PROD} missing-file: there is no {PROD}"]),
        ({PROD: "a: [\n"}, [f"{PROD}:1:5 yaml: expected a value here"]),
        (
            {PROD: FILES[PROD].replace("1.34", "1.2")},
            [f"{PROD}:2:42 bad-value: there are no schemas for Kubernetes '1.2'"],
        ),
        (added(PROD, "hold: {by: b, reason: r, until: 2026-02-30}\n"), [f"{PROD}:5:33 bad-value: no such time: "]),
        (
            {PROD: FILES[PROD].replace("[test]", "[tset]")},
            [f"{PROD}:1:9 unknown-environment: unknown environment 'tset'; did you mean 'test'?"],
        ),
        (
            added("environments/test/environment.yaml", "after: [prod]\n"),
            [f"{PROD}:1:8 environment-cycle: environments come after each other: prod → test → prod"],
        ),
        (
            {PROD: FILES[PROD].replace("[test]", "[prod]")},
            [f"{PROD}:1:8 environment-cycle: environments come after each other: prod → prod"],
        ),
        (
            {"environments/base/environment.yaml": FILES[PROD]},
            ["environments/base/environment.yaml reserved-name: 'base' is reserved for service specs and cannot be a"],
        ),
        (
            {"environments/Prod/environment.yaml": FILES[PROD]},
            ["environments/Prod bad-name: 'Prod' is no name for Kubernetes: lower case letters, digits and '-', at m"],
        ),
        (
            {"environments/prod/services/Cart.yaml": FILES[CART]},
            ["environments/prod/services/Cart.yaml bad-name: 'Cart' is no name for Kubernetes: lower case letters, d"],
        ),
        (
            {"environments/base/services/-x.yaml": FILES[SPEC]},
            ["environments/base/services/-x.yaml bad-name: '-x' is no name for Kubernetes: lower case letters, digit"],
        ),
        (
            {"environments/prod/services/web.yml": ""},
            ["environments/prod/services/web.yml bad-name: environments/prod/services/web.yml is not read: the endin"],
        ),
        (
            {SPEC: FILES[SPEC].replace("backend", "bakcend")},
            [f"{SPEC}:1:11 unknown-template: unknown template 'bakcend'; did you mean 'backend'?"],
        ),
        (
            {SPEC: FILES[SPEC].replace("backend", "zzz")},
            [f"{SPEC}:1:11 unknown-template: unknown template 'zzz'; there are backend, workload"],
        ),
        (added(SPEC, "forwardOnly: ['a b']\n"), [f"{SPEC}:6:15 bad-value: 'a b' is no image reference"]),
        (
            {"environments/prod/services/carts.yaml": FILES[CART]},
            ["environments/prod/services/carts.yaml:1 no-service-spec: there is no service spec for carts; did you m"],
        ),
        ({CART: "release: {image: 'a b'}\n"}, [f"{CART}:1:18 bad-value: 'a b' is no image reference"]),
        (
            {CART: "release: {image: ghcr.io/acme/cart}\n"},
            [f"{CART}:1:18 image-without-tag: ghcr.io/acme/cart has neither a tag nor a digest"],
        ),
        (
            added(PROD, "allow: {images: ['quay.io/*', 'ghcr.io/other/*']}\n"),
            [f"{CART}:5:10 image-not-allowed: prod does not allow the image ghcr.io/acme/cart:1.1.0"],
        ),
        (
            {"environments/test/services/cart.yaml": f"release: {{image: 'a:1', revision: {'a' * 40}}}\n"},
            ["environments/test/services/cart.yaml:1:25 pin-in-root: test comes after no environment: it follows the"],
        ),
        (
            added(PROD, "verify: {gates: {latecny: false}}\n"),
            [f"{PROD}:5:18 unknown-gate: unknown gate 'latecny'; did you mean 'latency'?"],
        ),
        (
            added(PROD, "verify: {gates: {latency: {objective: 99%}}}\n"),
            [f"{PROD}:5:28 unknown-field: gate 'latency': unknown field 'objective'; known here: above, below, for,"],
        ),
        (
            {"templates/workload/deployment.yaml.j2": None},
            ["templates/workload/template.yaml:2:13 missing-file: there is no templates/workload/deployment.yaml.j2"],
        ),
    ],
)  # fmt: skip
def test_one_mistake_is_one_finding(changes: dict[str, str | bytes | None], expected: list[str]) -> None:
    found = told(changes)
    assert len(found) == len(expected)
    for text, start in zip(found, expected, strict=True):
        assert text.startswith(start)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {CART: None, "environments/test/services/cart.yaml": None},
            [f"{SPEC}:1:1 unused-service: cart is in no environment"],
        ),
        (
            {PROD: FILES[PROD].replace("replicas", "replcas")},
            [f"{PROD}:4:12 unused-default: no template takes the value 'replcas'; did you mean 'replicas'?"],
        ),
        ({}, [f"{CART}:4:1 unpinned: cart in prod is not pinned: it renders the templates as they are now"]),
    ],
)
def test_what_is_only_odd_is_a_warning(changes: dict[str, str | bytes | None], expected: list[str]) -> None:
    repository, _ = check(shop(changes))
    assert repository is not None
    assert [one for one in told(changes, Severity.WARNING) if "unpinned" not in one or not changes] == expected


def test_all_problems_come_at_once_and_sorted() -> None:
    changes: dict[str, str | bytes | None] = {
        "towpath.yaml": "version: 1\nfrog: {}\n",
        PROD: FILES[PROD] + "a: 1\nb: 1\n",
        SPEC: "template: 1\n",
        "templates/backend/template.yaml": "description: ''\n",
    }
    repository, findings = check(shop(changes))
    assert repository is None
    assert [(one.where.path, one.where.line) for one in findings] == [
        (SPEC, 1),
        (PROD, 5),
        (PROD, 6),
        ("templates/backend/template.yaml", 1),
        ("towpath.yaml", 2),
    ]


def test_load_raises_the_first_and_knows_the_rest() -> None:
    with pytest.raises(InvalidInput) as caught:
        load(shop({"towpath.yaml": "version: 1\na: 1\nb: 2\n"}))
    assert len(caught.value.findings) == 2
    assert caught.value.where is not None
    assert caught.value.where.line == 2


def test_what_concerns_one_service_does_not_stop_the_repository() -> None:
    tree = shop({CART: "release: {image: ghcr.io/acme/cart}\n"})
    assert ("prod", "cart") in load(tree).overlays
    _, findings = check(tree)
    assert [one.check for one in findings if one.severity is Severity.ERROR] == ["image-without-tag"]


def test_contradictions_leave_the_repository_readable_but_do_stop_it() -> None:
    tree = shop({SPEC: FILES[SPEC].replace("backend", "zzz")})
    repository, _ = check(tree)
    assert repository is not None
    with pytest.raises(InvalidInput, match="unknown template 'zzz'"):
        load(tree)


def test_files_beside_overlays_and_specs_are_not_services() -> None:
    files = {
        "environments/prod/services/banner.html": "<b>",
        "environments/base/services/data/nested.yaml": "x: 1",
        "environments/README.md": "hello",
        "environments/prod/rendered/cart/service.yaml": "not: ours",
    }
    assert told(dict(files)) == []


def test_a_very_long_cycle_is_found_at_once_and_shortened() -> None:
    def environment(number: int) -> str:
        return FILES["environments/test/environment.yaml"] + f"after: [e{(number - 1) % 1000}]\n"

    tree = shop({f"environments/e{number}/environment.yaml": environment(number) for number in range(1000)})
    _, found = check(tree)
    [cycle] = [one.message for one in found if one.check == "environment-cycle"]
    assert cycle == (
        "environments come after each other: e0 → e999 → e998 → e997 → e996 → e995 → e994 → e993 → e992 → … → e0"
    )


def test_a_longer_cycle_is_shown_once() -> None:
    environment = 'cluster: {name: a, kubernetesVersion: "1.34", controller: flux}\nnamespace: a\n'
    files = {
        f"environments/{name}/environment.yaml": environment + f"after: [{parent}]\n"
        for name, parent in (("a", "c"), ("b", "a"), ("c", "b"), ("d", "c"))
    }
    assert [re.sub(".*: ", "", text) for text in told(dict(files))] == ["a → c → b → a"]


def test_a_link_is_a_finding(tmp_path: Path) -> None:
    (tmp_path / "towpath.yaml").symlink_to("/etc/hostname")
    _, findings = check(DiskTree(tmp_path))
    assert [one.message for one in findings] == ["links are not followed"]


def test_identity_of_a_finding_survives_moved_lines() -> None:
    def only(changes: dict[str, str | bytes | None]) -> Finding:
        _, findings = check(shop(changes))
        return next(one for one in findings if one.severity is Severity.ERROR)

    image = "release: {image: ghcr.io/acme/cart}\n"
    assert only({CART: image}).identity == only({CART: "# moved\n\n" + image}).identity


@pytest.mark.skipif(not shipped("environments").is_dir(), reason="the project's own repository is not there yet")
def test_our_own_repository_has_no_errors() -> None:
    repository, findings = check(DiskTree(shipped("towpath.yaml").parent))
    assert repository is not None
    assert [one for one in findings if one.severity is Severity.ERROR] == []


PATHS = st.sampled_from([path for path in FILES if path.endswith(".yaml")])
WORDS = [*re.findall(r"[\w$#/-]+", "".join(FILES.values())), "after", "release", "revision", "lifted", "checks", "$id"]
scalars = st.none() | st.booleans() | st.integers() | st.sampled_from([0.5, "", "..", "a: b", "#/ports", *WORDS])
trees = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=3),
    max_leaves=8,
)


@st.composite
def broken(draw: st.DrawFn) -> tuple[str, str]:
    """One of the files with one of its nodes replaced by anything, or anything added there."""
    path = draw(PATHS)
    whole = node = parse(FILES[path])[0].value
    while isinstance(node, dict | list) and node:
        step = draw(st.sampled_from(list(node) if isinstance(node, dict) else range(len(node))))
        if not isinstance(node[step], dict | list) or not node[step] or draw(st.booleans()):
            node[draw(st.sampled_from([step, *WORDS])) if isinstance(node, dict) else step] = draw(trees)
            break
        node = node[step]
    return path, json.dumps(whole, ensure_ascii=False)


@given(broken() | st.tuples(PATHS, st.binary(max_size=30) | st.text("a:-[]{}!&*|>#%@\n \t'\"0", max_size=20)))
def test_whatever_a_file_holds_is_told_and_never_breaks_anything(changed: tuple[str, str | bytes]) -> None:
    tree = shop(dict([changed]))
    repository, findings = check(tree)
    if repository is None:
        assert any(one.severity is Severity.ERROR for one in findings)
        return
    for overlay in repository.overlays.values():
        with suppress(InputError):
            resolve(repository, Pins(None, None).pinned(tree, repository, overlay), overlay)
        with suppress(InputError):
            gates(repository, tree, overlay.environment, overlay.service)
