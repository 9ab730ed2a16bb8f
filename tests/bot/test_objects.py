"""Objects that we write are those that git would write, for everybody who shares the repository."""

import stat
import subprocess
import threading

import pytest

from bot.objects import write_object
from generator.errors import OutsideError
from tests.fakes.origin import Origin


@pytest.fixture
def origin(tmp_path):
    return Origin.create(tmp_path / "origin.git", {"a": b"1\n"})


def test_git_finds_nothing_wrong_with_what_is_written(origin):
    names = ("a.b", "a/c", "a/d/e", "a0", "a-", "ä", "b/.x")
    made = origin.commit(origin.head(), {name: name.encode() for name in names} | {"a": None}, "Folders sort as a/")
    origin.set("main", made)
    assert origin.run("fsck", "--strict", "--no-dangling") == ""
    written = origin.run("ls-tree", "-r", "-z", "--name-only", made).split("\0")[:-1]
    assert sorted(written) == sorted(names)
    assert origin.run("write-tree", env={"GIT_INDEX_FILE": str(read_into_index(origin, made))}) == origin.tree_of(made)


def read_into_index(origin: Origin, commit: str):
    """An index with the files of a commit, from which git makes its own trees."""
    index = origin.folder / "an-index"
    origin.run("read-tree", "--empty", env={"GIT_INDEX_FILE": str(index)})
    listed = subprocess.run(["git", "ls-tree", "-r", commit], cwd=origin.folder, check=True, capture_output=True)
    subprocess.run(
        ["git", "update-index", "--index-info"],
        cwd=origin.folder,
        check=True,
        input=listed.stdout,
        env={"GIT_INDEX_FILE": str(index), "GIT_DIR": str(origin.folder)},
    )
    return index


def test_a_file_and_a_folder_take_each_others_place(origin):
    folder = origin.commit(origin.head(), {"a": None, "a/b": b"2", "a/c/d": b"3"}, "m")
    assert origin.blobs(folder).keys() == {"a/b", "a/c/d"}
    file = origin.commit(folder, {"a/b": None, "a": b"4"}, "m")
    assert origin.blobs(file).keys() == {"a"}
    nothing = origin.commit(folder, {"a/b": None, "a/c/d": None, "not/there": None}, "m")
    assert origin.tree_of(nothing) == "4b825dc642cb6eb9a060e54bf8d69288fbee4904"  # git's empty tree


def test_whoever_shares_the_repository_may_write_there_too(tmp_path):
    origin = Origin(tmp_path / "shared.git")
    origin.folder.mkdir()
    origin.run("init", "--quiet", "--bare", "--shared=group")
    object_id = origin.store(b"content")
    theirs = origin.run("hash-object", "-w", "--", str(origin.folder / "HEAD"))

    def modes(name: str) -> list[str]:
        place = origin.folder / "objects" / name[:2] / name[2:]
        return [stat.filemode(path.stat().st_mode) for path in (place.parent, place)]

    assert modes(object_id) == modes(theirs) == ["drwxrwsr-x", "-r--r--r--"]


def test_what_is_there_is_written_once_and_is_new_again(origin):
    object_id = origin.store(b"content")
    place = origin.folder / "objects" / object_id[:2] / object_id[2:]
    before = place.stat()
    subprocess.run(["touch", "-d", "2001-01-01", place], check=True)
    assert origin.store(b"content") == object_id
    after = place.stat()
    assert (after.st_ino, after.st_mtime >= before.st_mtime) == (before.st_ino, True)


def test_many_write_the_same_at_once(origin):
    threads = [threading.Thread(target=lambda: [origin.store(b"%d" % i) for i in range(50)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [origin.blob(origin.store(b"%d" % i)) for i in range(50)] == [b"%d" % i for i in range(50)]
    assert not list(origin.folder.rglob("tmp_obj_*"))


def test_a_disk_that_refuses_is_an_error_with_the_place(tmp_path):
    with pytest.raises(OutsideError, match=r"cannot write to the repository .*gone.git: No such file"):
        write_object(tmp_path / "gone.git", "blob", b"")
