import fcntl
import json
import os
import shutil

import pytest

from bot.cli.main import run
from generator import scaffold
from generator.errors import UsageError
from generator.finding import errors
from generator.own_files.load import check
from generator.scaffold import create
from generator.trees.tree import DiskTree
from tests.generator.foreign.sources import CHART, KUSTOMIZATION
from tests.generator.foreign.sources import files as foreign_files
from tests.generator.small import FILES, git, write_files


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty folder, as the working directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_new_repository_is_rendered_committed_pinned_and_valid(here, capsys):
    assert run(["init", "shop"]) == 0
    said = capsys.readouterr()
    assert "1 service in test, staging, prod" in said.out and "cd shop" in said.err
    shop = here / "shop"
    assert git(shop, "status", "--porcelain") == ""
    assert git(shop, "log", "--format=%s").splitlines() == ["Pin what is promoted", "Start the repository"]
    first = git(shop, "rev-list", "--max-parents=0", "HEAD")
    for environment, pinned in (("test", False), ("staging", True), ("prod", True)):
        overlay = (shop / f"environments/{environment}/services/web.yaml").read_text()
        assert (f"revision: {first}" in overlay) is pinned
        assert (shop / f"environments/{environment}/rendered/web/deployment.yaml").is_file()
    capsys.readouterr()
    assert run(["validate", "-C", "shop", "-o", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["findings"] == []
    assert run(["render", "--check", "-C", "shop"]) == 0


def test_the_local_forge_is_a_bare_repository_beside_it(here):
    run(["init", "shop"])
    assert git(here / "shop.git", "rev-parse", "--is-bare-repository") == "true"
    assert git(here / "shop.git", "rev-parse", "main") == git(here / "shop", "rev-parse", "main")
    assert git(here / "shop", "remote", "get-url", "origin") == str(here / "shop.git")
    assert git(here / "shop", "status", "--short", "--branch") == "## main...origin/main"
    assert sorted(entry.name for entry in here.iterdir()) == ["shop", "shop.git"]


def test_without_a_forge_there_is_only_the_repository(here, capsys):
    assert run(["init", "shop", "--no-forge", "--output", "json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["folder"], said["forge"]) == (str(here / "shop"), None)
    assert [entry.name for entry in here.iterdir()] == ["shop"]
    assert git(here / "shop", "remote") == ""


def test_a_repository_without_an_example_waits_for_an_import(here, capsys):
    assert run(["init", "shop", "--example", "none", "--no-forge"]) == 0
    said = capsys.readouterr()
    assert "templates, and no service yet" in said.out and "towpath import PATH -e ENV" in said.err
    assert git(here / "shop", "status", "--porcelain") == ""
    assert git(here / "shop", "log", "--format=%s") == "Start the repository"
    assert not (here / "shop/environments").exists()


def test_the_online_boutique_comes_as_shipped(here):
    assert run(["init", "shop", "--example", "online-boutique", "--no-forge"]) == 0
    services = {path.stem for path in (here / "shop/environments/prod/services").glob("*.yaml")}
    assert {"checkoutservice", "frontend", "redis-cart"} <= services and "loadgenerator" not in services
    assert git(here / "shop", "status", "--porcelain") == ""


def test_an_empty_folder_is_filled_where_it_is(here):
    (here / "shop").mkdir()
    os.chdir(here / "shop")
    assert run(["init"]) == 0
    assert run(["validate"]) == 0


@pytest.mark.parametrize("branch", ["main", "master"])
def test_the_clone_of_an_empty_repository_is_filled_and_keeps_its_origin(branch, here, capsys):
    git(here, "init", "--quiet", "--bare", f"--initial-branch={branch}", "hosted")
    git(here, "clone", "--quiet", "hosted", "shop")
    before = sorted(here.rglob("*"))
    assert run(["init", "shop"]) == 2
    assert "--no-forge" in capsys.readouterr().err
    assert sorted(here.rglob("*")) == before
    assert run(["init", "shop", "--no-forge"]) == 0
    shop = here / "shop"
    assert git(shop, "status", "--porcelain", "--branch").startswith("## main")
    assert git(shop, "remote", "get-url", "origin") == str(here / "hosted")
    assert run(["validate", "-C", str(shop)]) == 0
    git(shop, "push", "--quiet", "origin", "main")
    assert run(["init", "shop", "--no-forge"]) == 2  # it holds something now


@pytest.mark.parametrize("taken", ["shop/file", "shop.git/file", "shop"])
def test_a_taken_place_is_refused_and_nothing_is_made(taken, here, capsys):
    place = here / taken
    place.parent.mkdir(exist_ok=True)
    place.write_text("mine")
    before = sorted(here.rglob("*"))
    assert run(["init", "shop"]) == 2
    assert "error:" in capsys.readouterr().err
    assert sorted(here.rglob("*")) == before


def test_a_folder_that_cannot_hold_it_is_named(here, capsys):
    assert run(["init", "no/such/shop"]) == 2
    assert "there is no folder" in capsys.readouterr().err


@pytest.mark.parametrize("step", ["_copy", "survey", "_make_forge", "_move"])
def test_a_failure_on_the_way_leaves_nothing(step, here, monkeypatch):
    def fail(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(f"generator.scaffold.{step}", fail)
    assert run(["init", "shop"]) == 4
    assert list(here.iterdir()) == []


def test_an_init_that_was_killed_between_its_two_places_can_be_repeated(here, monkeypatch):
    def killed(_folder, _target):
        raise SystemExit

    with monkeypatch.context() as patched:
        patched.setattr(scaffold, "_move", killed)
        patched.setattr(shutil, "rmtree", lambda *_, **__: None)
        with pytest.raises(SystemExit):
            create(here / "shop", "none", forge=True)
    assert (here / "shop.git").is_dir() and not (here / "shop").exists()
    create(here / "shop", "none", forge=True)
    assert sorted(entry.name for entry in here.iterdir()) == ["shop", "shop.git"]


def test_a_forge_that_is_somebody_elses_stays(here):
    (here / "shop.git").mkdir()
    (here / ".shop-init-dead/repository").mkdir(parents=True)
    with pytest.raises(UsageError, match="exists already"):
        create(here / "shop", "none", forge=True)
    assert (here / "shop.git").is_dir()


def test_what_a_killed_init_left_behind_goes_and_what_a_running_one_needs_stays(here):
    for name in (".shop-init-dead", ".shop-init-alive"):
        (here / name).mkdir()
        (here / name / "file").write_text("half")
    alive = os.open(here / ".shop-init-alive", os.O_RDONLY)
    fcntl.flock(alive, fcntl.LOCK_EX)
    assert run(["init", "shop", "--no-forge"]) == 0
    os.close(alive)
    assert sorted(entry.name for entry in here.iterdir()) == [".shop-init-alive", "shop"]


def test_a_path_that_goes_up_has_a_name_all_the_same(here):
    (here / "shop").mkdir()
    (here / "shop" / "deep").mkdir()
    os.chdir(here / "shop" / "deep")
    assert run(["init", "../../other/../web"]) == 0
    assert sorted(entry.name for entry in here.iterdir()) == ["shop", "web", "web.git"]


def test_without_an_identity_of_git_the_tool_commits_as_itself(here, monkeypatch):
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("HOME", str(here))
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "user.useConfigOnly")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "true")
    assert run(["init", "shop"]) == 0
    assert git(here / "shop", "log", "-1", "--format=%an <%ae>") == "towpath <towpath@localhost>"


def test_hooks_and_signing_of_the_person_do_not_stop_it(here, monkeypatch):
    hooks = here / "hooks"
    hooks.mkdir()
    (hooks / "pre-commit").write_text("#!/bin/sh\nexit 1\n")
    (hooks / "pre-commit").chmod(0o755)
    monkeypatch.setenv("GIT_CONFIG_COUNT", "2")
    for number, (key, value) in enumerate([("core.hooksPath", str(hooks)), ("commit.gpgSign", "true")]):
        monkeypatch.setenv(f"GIT_CONFIG_KEY_{number}", key)
        monkeypatch.setenv(f"GIT_CONFIG_VALUE_{number}", value)
    assert run(["init", "shop"]) == 0


OWNER = "# owner: who to tell and to ask\n"
NEW = ["service", "new", "api", "--template", "web", "--image", "ghcr.io/acme/api:1.0.0"]


def test_a_new_service_is_released_in_the_root_and_waits_elsewhere(tmp_path, capsys):
    write_files(tmp_path)
    assert run([*NEW, "-C", str(tmp_path)]) == 0
    said = capsys.readouterr()
    assert said.out.splitlines() == [
        "wrote environments/base/services/api.yaml",
        "wrote environments/prod/services/api.yaml",
        "wrote environments/test/services/api.yaml",
    ]
    assert "set port in environments/base/services/api.yaml" in said.err
    spec = tmp_path / "environments/base/services/api.yaml"
    assert "  # Required: The port it listens on.\n  # port:\n" in spec.read_text()
    assert run(["validate", "api", "-C", str(tmp_path)]) == 1
    spec.write_text(spec.read_text().replace("# port:", "port: 9000"))
    assert run(["render", "api", "-C", str(tmp_path)]) == 0
    assert (tmp_path / "environments/test/rendered/api/deployment.yaml").is_file()
    assert not (tmp_path / "environments/prod/rendered/api").exists()


@pytest.mark.parametrize(
    ("option", "files", "spec"),
    [
        (("--chart", "shop"), CHART, f"chart: shop\n{OWNER}values: {{}}\n"),
        (
            ("--kustomization", "shop/base"),
            KUSTOMIZATION,
            f"kustomization: shop/base\n{OWNER}",
        ),
    ],
)
def test_a_new_service_from_a_chart_or_a_kustomization(option, files, spec, tmp_path):
    write_files(tmp_path, foreign_files(files))
    image = ("--image", "ghcr.io/acme/web:1.0.0")
    assert run(["service", "new", "api", *option, *image, "-C", str(tmp_path)]) == 0
    assert (tmp_path / "environments/base/services/api.yaml").read_text().endswith(spec)
    assert not errors(check(DiskTree(tmp_path))[1])


def test_a_new_service_only_where_asked(tmp_path):
    write_files(tmp_path)
    assert run([*NEW, "-e", "test", "-C", str(tmp_path)]) == 0
    assert not (tmp_path / "environments/prod/services/api.yaml").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "what"),
    [
        (["service", "new", "web", *NEW[3:]], 2, "there is a service web already"),
        (["service", "new", "No_Name", *NEW[3:]], 2, "no name for a service"),
        ([*NEW[:4], "wep", *NEW[5:]], 2, "did you mean 'web'"),
        ([*NEW[:6], "ghcr.io/acme/api"], 2, "neither a tag nor a digest"),
        ([*NEW[:6], "not an image"], 2, "no image reference"),
        ([*NEW, "-e", "tset"], 2, "did you mean 'test'"),
        ([*NEW, "--chart", "shop"], 2, "a service is rendered from exactly one thing"),
        ([*NEW[:3], "--chart", "shop", *NEW[5:]], 2, "there is no folder in charts/ 'charts/shop'"),
    ],
)
def test_a_new_service_that_cannot_be_is_refused_and_nothing_is_written(arguments, code, what, tmp_path, capsys):
    write_files(tmp_path)
    assert run([*arguments, "-C", str(tmp_path)]) == code
    assert what in capsys.readouterr().err
    shutil.rmtree(tmp_path / ".towpath", ignore_errors=True)
    assert {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()} == set(FILES)
