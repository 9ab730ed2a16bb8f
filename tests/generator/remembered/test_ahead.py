"""What is read ahead is what would be read later, and never keeps anybody from reading it."""

import os

import pytest

from generator.k8syaml import everyday, parse
from generator.k8syaml.everyday import LONGEST
from generator.remembered import ahead
from generator.remembered.ahead import Ahead
from generator.trees.looks import look
from generator.trees.seen_tree import SeenTree
from generator.trees.tree import DiskTree
from tests.generator.small import FILES, write_files

HERE = "environments/test/services"
SPEC = "environments/base/services/web.yaml"
ODD = {
    f"{HERE}/odd.yaml": "a: yes\nb: 0777\n",
    f"{HERE}/empty.yaml": "",
    f"{HERE}/mounted.txt": "a: b\n",
    f"{HERE}/wrong.yaml": "a: [\n",
    f"{HERE}/large.yaml": "# " + LONGEST * "x",
}


@pytest.fixture(autouse=True)
def several(monkeypatch):
    monkeypatch.setattr(ahead, "_MANY", 2)
    monkeypatch.setattr(ahead, "available", lambda: 3)
    monkeypatch.setattr(everyday, "_before", {})


@pytest.fixture
def root(tmp_path):
    write_files(tmp_path, {**FILES, **ODD})
    (tmp_path / HERE / "binary.yaml").write_bytes(b"\xff\xfe")
    return tmp_path


def test_every_file_has_the_content_that_it_has_on_disk(root):
    disk = DiskTree(root)
    seen = SeenTree(disk, look(root), Ahead(str(root), look(root)).content)
    there = [path for path in disk.files("environments") if "/services/" in path]
    assert len(there) > len(ODD)
    for path in (*there, "towpath.yaml", "environments/test/environment.yaml", f"{HERE}/absent.yaml"):
        assert seen.read(path) == disk.read(path), path


def test_what_was_read_ahead_is_not_read_again(root):
    before = Ahead(str(root), look(root))
    content = before.content(SPEC)
    (root / SPEC).write_text("later: true\n")
    assert SeenTree(DiskTree(root), look(root), before.content).read(SPEC) == content == FILES[SPEC].encode()


def test_what_was_parsed_ahead_is_not_parsed_again(root, monkeypatch):
    assert Ahead(str(root), look(root)).content(SPEC)
    value, _ = everyday._before[FILES[SPEC]]
    monkeypatch.setattr(everyday, "read", lambda _: pytest.fail("it was parsed already"))
    assert parse(FILES[SPEC])[0].value is value
    assert FILES[SPEC] not in everyday._before


def test_a_file_that_comes_in_pieces_is_read_to_its_end(root, monkeypatch):
    read = os.read
    monkeypatch.setattr("os.read", lambda handle, _: read(handle, 7))
    assert ahead._content(str(root / SPEC), LONGEST) == FILES[SPEC].encode()


@pytest.mark.parametrize("name", ["odd.yaml", "empty.yaml", "mounted.txt", "wrong.yaml", "large.yaml"])
def test_only_everyday_yaml_is_parsed_ahead(name, root):
    before = Ahead(str(root), look(root))
    before.content(SPEC)
    assert FILES[SPEC] in everyday._before
    assert ODD[f"{HERE}/{name}"] not in everyday._before


def test_a_file_that_is_gone_or_a_link_by_then_is_left_to_the_reader(root):
    looks = look(root)
    (root / SPEC).unlink()
    (root / HERE / "odd.yaml").unlink()
    (root / HERE / "odd.yaml").symlink_to(root / "towpath.yaml")
    before = Ahead(str(root), looks)
    assert before.content(SPEC) is None
    assert before.content(f"{HERE}/odd.yaml") is None
    assert before.content(f"{HERE}/empty.yaml") == b""


def test_a_few_files_are_worth_no_process(root, monkeypatch):
    monkeypatch.setattr(ahead, "_MANY", 256)
    monkeypatch.setattr(ahead, "beside", lambda _: pytest.fail("started a process"))
    assert Ahead(str(root), look(root)).content(SPEC) is None
