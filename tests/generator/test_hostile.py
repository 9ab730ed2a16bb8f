"""Repositories that mean harm: refused with a clear error, nothing written outside, nothing half written."""

import json
import os
import shutil
from pathlib import Path

import pytest

from bot.cli.main import run
from tests.generator.small import FILES, write_files

SPEC = "environments/base/services/web.yaml"
PROD = "environments/prod/environment.yaml"
RENDERED = "environments/test/rendered/web/service.yaml"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A repository that is rendered, less one change that the next run has to write."""
    root = write_files(tmp_path_factory.mktemp("made") / "shop")
    assert run(["render", "-C", str(root)]) == 0
    (root / SPEC).write_text(FILES[SPEC].replace("8080", "8081"))
    return root


@pytest.fixture
def shop(made, tmp_path):
    """A copy of it, beside a file that is none of its business."""
    (tmp_path / "precious").write_text("precious")
    return Path(shutil.copytree(made, tmp_path / "shop"))


def files(root):
    """Every file of a folder with its content, less our own state."""
    found = (Path(folder, name) for folder, _, names in os.walk(root) for name in names)
    return {path: path.read_bytes() for path in found if path.is_file() and ".towpath" not in path.parent.parts}


@pytest.mark.parametrize("name", ["lock", "clock", ".gitignore"])
@pytest.mark.parametrize("kind", ["link", "pipe"])
def test_what_stands_in_the_place_of_our_state_is_not_written_to(name, kind, shop, capsys):
    place = shop / ".towpath" / name
    place.unlink(missing_ok=True)
    place.symlink_to("../../precious") if kind == "link" else os.mkfifo(place)
    before = files(shop)
    assert run(["render", "-C", str(shop)]) == 1
    assert f"a link or a pipe is in the place of a file\n  --> .towpath/{name}\n" in capsys.readouterr().err
    assert (shop.parent / "precious").read_text() == "precious"
    assert files(shop) == before


def deep(folder, levels=100):
    for _ in range(levels):
        folder = folder / "d"
    folder.mkdir(parents=True)


def huge(place):
    os.truncate(place, 10**13)


def instead(make):
    def replace(place):
        shutil.rmtree(place) if place.is_dir() else place.unlink()
        make(place)

    return replace


NAMED = {
    "a file of 10 TB": (huge, SPEC, "larger than 16 MiB"),
    "a rendered file of 10 TB": (huge, RENDERED, "larger than 16 MiB"),
    "folders without end": (deep, "templates", "nested more than 64 deep"),
    "a pipe for the templates": (instead(os.mkfifo), "templates", "templates"),
    "a pipe for the environments": (instead(os.mkfifo), "environments", "environment"),
}


@pytest.mark.parametrize("case", NAMED)
def test_what_no_repository_needs_is_refused(case, shop, capsys):
    make, path, said = NAMED[case]
    make(shop / path)
    assert run(["render", "-C", str(shop)]) == 1
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("name", ["con", "nul", "com1", "lpt9"])
def test_a_device_of_windows_is_no_name(name, shop, capsys):
    write_files(shop, {f"environments/{name}/environment.yaml": FILES["environments/test/environment.yaml"]})
    write_files(shop, {f"environments/base/services/{name}.yaml": FILES[SPEC]})
    write_files(shop, {"environments/base/services/web.yaml": f"template: {name}\n"})
    assert run(["render", "-C", str(shop)]) == 1
    said = capsys.readouterr().err
    assert f"'{name}' is a device to Windows" in said
    assert f"environments/{name}\n" in said and f"services/{name}.yaml\n" in said
    assert f'expected the name of a template, got string "{name}"' in said
    assert run(["service", "new", name, "--template", "web", "--image", "a/b:1", "-C", str(shop)]) == 2


def test_an_error_shows_no_more_of_a_line_than_anybody_reads(shop, capsys):
    environment = FILES[PROD].replace("[test]", f"[{', '.join(f'e{number}' for number in range(1000))}]")
    (shop / PROD).write_text(environment)
    assert run(["render", "-C", str(shop), "--output", "json"]) == 1
    found = json.loads(capsys.readouterr().out)["findings"]
    assert len(found) >= 1000
    assert max(len(one["where"]["text"]) for one in found if "text" in one["where"]) == 200


def test_a_file_in_the_place_of_our_folder_is_named(shop, capsys):
    shutil.rmtree(shop / ".towpath")
    (shop / ".towpath").write_text("")
    before = files(shop)
    assert run(["render", "-C", str(shop)]) == 4
    assert "/.towpath\nnext: remove what is in this place" in capsys.readouterr().err
    assert files(shop) == before


def test_an_error_is_no_longer_than_anybody_reads(shop, capsys):
    (shop / "environments/test/services/web.yaml").write_text(f"release:\n  image: {'a-' * 100_000}/b:1\n")
    assert run(["render", "-C", str(shop)]) == 1
    said = capsys.readouterr().err
    assert len(said) < 3000 and "--> environments/test/services/web.yaml:2:10\n" in said
