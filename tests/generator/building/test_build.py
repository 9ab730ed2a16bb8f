from generator.building.build import build, build_all, inputs
from generator.building.ownership import parse, stale
from generator.finding import errors
from generator.own_files.load import load
from generator.resolving.pins import Pins
from generator.trees.git import Git
from generator.trees.tree import DiskTree, EditedTree
from tests.generator.small import FILES, commit, write_files

NO_PINS = Pins(None, None)
OVERLAY = "environments/prod/services/web.yaml"
SPEC = "environments/base/services/web.yaml"


def small(tmp_path, **changes):
    return DiskTree(write_files(tmp_path, {**FILES, **changes}))


def test_a_build_holds_every_file_of_the_folder(tmp_path):
    tree = small(tmp_path)
    built = build(tree, load(tree), "prod", "web", NO_PINS)
    folder = "environments/prod/rendered/web"
    assert set(built.files) == {f"{folder}/{name}" for name in (".towpath", "deployment.yaml", "service.yaml")}
    listed = parse(built.files[f"{folder}/.towpath"])
    assert listed.inputs == built.inputs
    assert built.release is not None and listed.release == built.release.digest
    assert not stale(EditedTree(tree, built.files), folder, built.inputs)


def test_an_overlay_without_a_release_renders_nothing(tmp_path):
    tree = small(tmp_path, **{OVERLAY: "values: {replicas: 5}\n"})
    built = build(tree, load(tree), "prod", "web", NO_PINS)
    assert (built.files, built.release, built.failed) == ({}, None, False)
    assert inputs(tree, load(tree), "prod", "web", NO_PINS) is None


def test_inputs_without_rendering_are_those_of_the_build(tmp_path):
    tree = small(tmp_path)
    repository = load(tree)
    assert inputs(tree, repository, "test", "web", NO_PINS) == build(tree, repository, "test", "web", NO_PINS).inputs


def hashed(tmp_path, name, **changes):
    tree = small(tmp_path / name, **changes)
    return inputs(tree, load(tree), "prod", "web", NO_PINS)


def test_inputs_follow_what_is_rendered_and_nothing_else(tmp_path):
    environment = FILES["environments/prod/environment.yaml"]
    before = hashed(tmp_path, "before")
    policy = environment + "promotion: {mode: manual}\n# a comment\n"
    assert hashed(tmp_path, "policy", **{"environments/prod/environment.yaml": policy}) == before
    owner = FILES[SPEC] + "owner: somebody\n"
    assert hashed(tmp_path, "owner", **{SPEC: owner}) == before
    for name, path, text in [
        ("defaults", "environments/prod/environment.yaml", environment.replace("replicas: 3", "replicas: 4")),
        ("namespace", "environments/prod/environment.yaml", environment.replace("shop", "store")),
        ("values", OVERLAY, FILES[OVERLAY].replace("MODE: prod", "MODE: live")),
        ("image", OVERLAY, FILES[OVERLAY].replace("1.4.1", "1.4.2")),
        ("spec", SPEC, FILES[SPEC].replace("8080", "8081")),
        ("template", "templates/web/service.yaml.j2", FILES["templates/web/service.yaml.j2"] + "# x\n"),
    ]:
        assert hashed(tmp_path, name, **{path: text}) != before, name


def test_a_pin_reads_templates_and_spec_of_its_commit_and_is_no_input(tmp_path):
    small(tmp_path)
    pinned = commit(tmp_path)
    tree, git = DiskTree(tmp_path), Git(tmp_path)
    before = build(tree, load(tree), "prod", "web", NO_PINS)
    write_files(
        tmp_path,
        {
            SPEC: FILES[SPEC].replace("8080", "9090"),
            OVERLAY: FILES[OVERLAY] + f"  revision: {pinned}\n",
        },
    )
    head = commit(tmp_path)
    repository, pins = load(tree), Pins(git, head)
    assert build(tree, repository, "prod", "web", pins) == before
    assert (
        b"9090" in build(tree, repository, "test", "web", pins).files["environments/test/rendered/web/deployment.yaml"]
    )
    git.close()


def test_one_broken_service_does_not_stop_the_others(tmp_path):
    tree = small(
        tmp_path,
        **{
            "environments/base/services/api.yaml": "template: web\nvalues: {}\n",
            "environments/test/services/api.yaml": "release:\n  image: ghcr.io/acme/api:1.0.0\n",
        },
    )
    built = build_all(tree, NO_PINS)
    broken = [one for one in built.builds if one.failed]
    assert [one.service for one in broken] == ["api"]
    assert "port" in errors(broken[0].findings)[0].message
    assert {(one.environment, one.service) for one in built.builds if one.files} == {("test", "web"), ("prod", "web")}


def test_only_what_is_asked_for_is_built(tmp_path):
    tree = small(tmp_path)
    assert [(one.environment, one.service) for one in build_all(tree, NO_PINS, ["prod"]).builds] == [("prod", "web")]
    assert not build_all(tree, NO_PINS, services=["other"]).builds


def test_a_repository_that_cannot_be_read_builds_nothing(tmp_path):
    built = build_all(small(tmp_path, **{SPEC: "template: [\n"}), NO_PINS)
    assert built.repository is None and not built.builds and errors(built.findings)
