import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.errors import InputError
from generator.trees.git import Git
from generator.trees.tree import EMPTY, NOTHING, DiskTree, EditedTree, Entries, Tree, blob_id, flat_folder_id, safe_path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "deep.yaml").write_text("deep")
    (tmp_path / "a" / "b.txt").write_text("text")
    (tmp_path / "top.yaml").write_text("top")
    return tmp_path


def committed(folder: Path) -> Tree:
    subprocess.run(["git", "init", "-q", folder], check=True)
    subprocess.run(["git", "-C", folder, "add", "-A"], check=True)
    subprocess.run(["git", "-C", folder, "commit", "-qm", "one"], check=True)
    git = Git(folder)
    return git.tree(git.resolve("HEAD") or "")


@pytest.mark.parametrize("kind", ["disk", "commit", "edited"])
def test_every_tree_answers_the_same(folder: Path, kind: str) -> None:
    tree: Tree = DiskTree(folder)
    if kind == "commit":
        tree = committed(folder)
    elif kind == "edited":
        tree = EditedTree(EMPTY, {"a/b/deep.yaml": b"deep", "a/b.txt": b"text", "top.yaml": b"top"})
    assert list(tree.files("a")) == ["a/b.txt", "a/b/deep.yaml"]
    assert list(tree.files("a/b")) == ["a/b/deep.yaml"]
    assert list(tree.files("nowhere")) == []
    assert list(tree.files("top.yaml")) == []
    assert tree.entries("") == Entries(frozenset({"top.yaml"}), frozenset({"a"}))
    assert tree.entries("a") == Entries(frozenset({"a/b.txt"}), frozenset({"a/b"}))
    assert tree.entries("nowhere") == tree.entries("top.yaml") == NOTHING
    assert tree.read("a/b/deep.yaml") == b"deep"
    assert tree.blob_id("a/b/deep.yaml") == blob_id(b"deep")
    for absent in ("a", "a/b", "a/missing", "top.yaml/below"):
        assert tree.read(absent) is None
        assert tree.blob_id(absent) is None


def test_the_id_of_a_folder_of_files_is_that_of_git(folder: Path) -> None:
    files = {"b": b"1", "a.b": b"2", "a": b"", "é": b"3"}
    (folder / "flat").mkdir()
    for name, content in files.items():
        (folder / "flat" / name).write_bytes(content)
    assert committed(folder).folder_id("flat") == flat_folder_id(files)


def test_blob_ids_are_those_of_git(folder: Path) -> None:
    (folder / "bytes").write_bytes(b"\0\xff" * 100)
    printed = subprocess.run(["git", "hash-object", folder / "bytes"], capture_output=True, text=True, check=True)
    assert DiskTree(folder).blob_id("bytes") == printed.stdout.strip()


@pytest.mark.parametrize(
    "path",
    [
        *("", "/etc/passwd", "a/../../b", "..", ".", "a//b", "a/", "a\\b", "a\0"),
        *(".git/config", "a/.git/x", "a/.GIT/x", ".git.", ".git . /x", ".git:x/y", "git~1/x"),
        *(".git\u200c/x", ".g\ufeffit/x"),
    ],
)
def test_paths_that_leave_the_tree_are_refused(folder: Path, path: str) -> None:
    with pytest.raises(InputError, match="not a path inside"):
        DiskTree(folder).read(path)
    with pytest.raises(InputError):
        list(DiskTree(folder).files(path))


@pytest.mark.parametrize("path", [".gitignore", "a/.gitattributes", "digit~1", "legit", "a.git/x", "git", "ä/git~"])
def test_names_that_only_look_like_git_are_names(path: str) -> None:
    assert safe_path(path) == path


@given(st.lists(st.text(min_size=1, max_size=8), min_size=1, max_size=4))
def test_a_safe_path_stays_below_any_root(parts: list[str]) -> None:
    path = "/".join(parts)
    try:
        safe_path(path)
    except InputError:
        return
    assert Path("/root", path).as_posix() == f"/root/{path}"
    assert ".." not in path.split("/")


def test_links_are_refused_wherever_they_are(folder: Path) -> None:
    (folder / "secret").write_text("outside")
    (folder / "a" / "link.yaml").symlink_to(folder / "secret")
    (folder / "linked").symlink_to(folder / "a", target_is_directory=True)
    for read in ("a/link.yaml", "linked/b.txt", "linked"):
        with pytest.raises(InputError, match="links are not followed"):
            DiskTree(folder).read(read)
    for listed in ("a", "linked", "linked/b"):
        with pytest.raises(InputError, match="links are not followed"):
            list(DiskTree(folder).files(listed))


def test_a_commit_does_not_follow_links_either(folder: Path) -> None:
    (folder / "a" / "link.yaml").symlink_to(folder / "top.yaml")
    tree = committed(folder)
    assert tree.read("a/link.yaml") is None
    assert "a/link.yaml" not in list(tree.files("a"))


@pytest.mark.parametrize("kind", ["disk", "commit"])
def test_huge_files_are_not_read(folder: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "huge").write_bytes(b"x" * 1001)
    tree: Tree = DiskTree(folder) if kind == "disk" else committed(folder)
    for module in ("tree", "git", "loose"):
        monkeypatch.setattr(f"generator.trees.{module}.LARGEST", 1000)
    with pytest.raises(InputError, match="larger than"):
        tree.read("huge")
    assert tree.read("top.yaml") == b"top"


@pytest.mark.parametrize("most", [7, 2**30])
@pytest.mark.parametrize("size", [0, 1, 7, 50])
def test_all_of_a_file_is_read_even_where_it_comes_in_pieces_or_grows(
    size: int, most: int, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, opening, (place, content) = os.read, os.open, (folder / "file", bytes(range(size)))
    place.write_bytes(content)

    def growing(*arguments: Any) -> int:
        with place.open("ab") as file:
            file.write(b"more")
        return opening(*arguments)

    monkeypatch.setattr("os.read", lambda handle, length: read(handle, min(most, length)))
    assert DiskTree(folder).read("file") == content
    monkeypatch.setattr("os.open", growing)
    assert DiskTree(folder).read("file") == content + b"more"


def test_a_pipe_is_no_file(folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    assert DiskTree(folder).read("pipe") is None


def test_a_name_that_is_too_long_for_the_disk_is_that_of_no_file(folder: Path) -> None:
    tree = DiskTree(folder)
    assert tree.read(f"a/{'x' * 300}") is None
    assert tree.read("/".join(["a"] * 3000)) is None
    assert list(tree.files("x" * 300)) == []


def test_edits_lie_over_the_tree_below(folder: Path) -> None:
    tree = EditedTree(DiskTree(folder), {"a/b.txt": b"new", "a/b/deep.yaml": None, "a/more": b"+"})
    assert tree.read("a/b.txt") == b"new"
    assert tree.blob_id("a/b.txt") == blob_id(b"new")
    assert tree.read("a/b/deep.yaml") is None
    assert tree.blob_id("a/b/deep.yaml") is None
    assert tree.read("top.yaml") == b"top"
    assert list(tree.files("a")) == ["a/b.txt", "a/more"]
    assert (folder / "a" / "b.txt").read_text() == "text"
