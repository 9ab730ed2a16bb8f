"""Repositories that mean harm: refused with a clear error, nothing written outside, nothing half written."""

import contextlib
import json
import os
import re
import shutil
import socket
from functools import partial
from pathlib import Path

import pytest

from bot.cli.main import run
from tests.generator.small import FILES, write_files
from tests.pace import timed

SPEC = "environments/base/services/web.yaml"
PROD = "environments/prod/environment.yaml"
BELL = "\a"
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


STRANGE = {
    f"environments/base/services/a\nerror{BELL}.yaml": r"'a\nerror\x07' is no name for Kubernetes",
    "environments/base/services/web/manifests/a\nerror.yaml": r"'a\nerror.yaml' is no name for a file of manifests",
    "environments/base/services/web/manifests/.GIT": "'.GIT' is no name for a file of manifests",
    "environments/base/services/web/manifests/.g\u200cit/config": "is no name for a file of manifests",
    "environments/base/services/web/manifests/con.yaml": "'con.yaml' is a device to Windows",
}


def bound(place):
    """A socket: its name may be no longer than 100 characters, so it is made from beside."""
    with socket.socket(socket.AF_UNIX) as made, contextlib.chdir(place.parent):
        made.bind(place.name)


SPECIAL = {
    "a link": lambda place: place.symlink_to("/etc/passwd"),
    "a link without end": lambda place: place.symlink_to("/dev/zero"),
    "a link to itself": lambda place: place.symlink_to(place.name),
    "a link to a link": lambda place: place.symlink_to("../../../towpath.yaml"),
    "a pipe": os.mkfifo,
    "a socket": bound,
}
READ = [SPEC, PROD, "templates/web/service.yaml.j2", "environments/base/services/web/manifests/a.yaml", "templates/x"]
FOLDERS = [
    "templates",
    "environments",
    "environments/test",
    "environments/base/services",
    "environments/test/rendered/web",
]


def quickly(root, capsys):
    """What `validate` says of a repository, and whether that took less than 100 ms of computing."""
    quick, said = False, ""
    for _ in range(10):  # others may be at work on this machine
        seconds, code = timed(partial(run, ["validate", "-C", str(root)]))
        assert code == 1
        quick = seconds < 0.1
        told = capsys.readouterr()
        said = told.out + told.err
        if quick:
            break
    return said, quick


def test_a_name_that_nobody_needs_is_refused_and_says_no_more_than_one_line(shop, capsys):
    for path, what in STRANGE.items():
        write_files(shop, {path: "a: 1\n"})
        said, quick = quickly(shop, capsys)
        assert what in said and quick and "\nerror" not in said.replace("\nerror[", ""), path
        (shop / path).unlink()
        with contextlib.suppress(OSError):
            (shop / path).parent.rmdir()


def test_nothing_but_files_and_folders_is_read(shop, capsys):
    for name, make in SPECIAL.items():
        for path in READ:
            place = shop / path
            place.parent.mkdir(parents=True, exist_ok=True)
            content = place.read_bytes() if place.exists() else None
            place.unlink(missing_ok=True)
            make(place)
            said, quick = quickly(shop, capsys)
            assert re.search("links are not followed|neither a file nor a folder", said), f"{name}: {path}"
            assert f"--> {path}\n" in said and "next: re" in said and quick, f"{name}: {path}"
            place.unlink()
            if content is not None:
                place.write_bytes(content)


def test_no_folder_is_a_link(shop, capsys):
    for path in FOLDERS:
        (shop / path).rename(shop.parent / "aside")
        (shop / path).symlink_to("/etc")
        said, quick = quickly(shop, capsys)
        assert f"links are not followed\n  --> {path}\n" in said and quick, path
        (shop / path).unlink()
        (shop.parent / "aside").rename(shop / path)


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
