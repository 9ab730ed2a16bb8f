import os

import pytest

from generator.errors import InputError
from generator.trees import looks
from generator.trees.looks import (
    NO_LOOK,
    TICK,
    amended,
    differing,
    is_there,
    look,
    packed,
    paths,
    settled,
    unpacked,
    unsettled,
)
from tests.generator.small import FILES, write_files


def test_every_file_of_ours_has_a_look_and_a_change_shows(tmp_path):
    write_files(tmp_path)
    before = look(tmp_path)
    assert set(paths(before)) == set(FILES)
    for path in FILES:
        (tmp_path / path).write_text("other")
        assert list(differing(look(tmp_path), before)) == [path]
        before = look(tmp_path)
    (tmp_path / "towpath.yaml").unlink()
    write_files(tmp_path, {"environments/prod/rendered/web/x.yaml": "x"})
    changed = {"towpath.yaml", "environments/prod/rendered/web/x.yaml"}
    assert set(differing(look(tmp_path), before)) == set(differing(before, look(tmp_path))) == changed


def test_an_edit_that_keeps_size_inode_and_time_of_change_shows(tmp_path):
    place = write_files(tmp_path) / "towpath.yaml"
    seen, before = place.stat(), look(tmp_path)
    text = place.read_text()
    while (place.stat().st_ctime_ns, place.write_text(text.replace("local", "loCal")))[0] == seen.st_ctime_ns:
        pass  # the clock of the file system has to go on
    os.utime(place, ns=(seen.st_atime_ns, seen.st_mtime_ns))
    assert (place.stat().st_size, place.stat().st_ino, place.stat().st_mtime_ns) == (
        seen.st_size,
        seen.st_ino,
        seen.st_mtime_ns,
    )
    assert list(differing(look(tmp_path), before)) == ["towpath.yaml"]


def test_two_processes_see_what_one_sees(tmp_path, monkeypatch):
    write_files(tmp_path)
    write_files(tmp_path, {f"environments/test/rendered/s{number}/x.yaml": "x" for number in range(20)})
    alone = look(tmp_path)
    assert len(list(paths(alone))) == len(FILES) + 20
    monkeypatch.setattr("generator.trees.looks._MANY", 1)
    monkeypatch.setattr("generator.trees.looks.available", lambda: 2)
    assert look(tmp_path) == alone
    for number in (2, 3):  # whoever comes across it
        link = tmp_path / f"environments/test/rendered/s{number}/link"
        link.symlink_to("/etc/passwd")
        with pytest.raises(InputError, match="link"):
            look(tmp_path)
        link.unlink()


def test_manifests_anywhere_are_looked_at_and_links_and_folders_of_tools_passed_over(tmp_path):
    write_files(tmp_path)
    write_files(tmp_path, {"a/.venv/x.yaml": "x", ".git/x.yaml": "x", "node_modules/x.yaml": "x", "a/x.txt": "x"})
    (tmp_path / "link.yaml").symlink_to("/etc/passwd")
    (tmp_path / "a/link").symlink_to(tmp_path)
    assert set(paths(look(tmp_path))) == set(FILES)
    write_files(tmp_path, {"a/operators/x.yaml": "x"})
    assert set(paths(look(tmp_path))) == {*FILES, "a/operators/x.yaml"}


def test_links_and_pipes_among_our_files_are_refused(tmp_path):
    write_files(tmp_path)
    (tmp_path / "templates/web/link").symlink_to("/etc/passwd")
    with pytest.raises(InputError, match="link"):
        look(tmp_path)
    (tmp_path / "templates/web/link").unlink()
    os.mkfifo(tmp_path / "environments/test/pipe")
    with pytest.raises(InputError, match="neither a file nor a folder"):
        look(tmp_path)


def test_what_a_copy_does_not_look_at_is_looked_at_here(tmp_path, monkeypatch):
    write_files(tmp_path, {f"environments/test/rendered/s{number}/x.yaml": "x" for number in range(20)})
    alone = look(tmp_path)
    monkeypatch.setattr("generator.trees.looks._MANY", 1)
    monkeypatch.setattr("generator.trees.looks.available", lambda: 2)
    here, really = os.getpid(), looks._all
    monkeypatch.setattr(
        "generator.trees.looks._all", lambda *those: really(*those) if os.getpid() == here else os._exit(3)
    )
    assert look(tmp_path) == alone


def test_what_was_changed_within_a_tick_is_not_settled():
    now = 10**18
    files = {"old": (1, now - 2 * TICK, 1), "new": (1, now - TICK, 1), "later": (1, now + TICK, 1)}
    known = {name: one if name == "old" else NO_LOOK for name, one in files.items()}
    assert unsettled(files, now) == known
    assert set(unsettled(files, 0).values()) == {NO_LOOK}
    here = {"a": packed(files)}
    assert unpacked(settled(here, now, {})["a"]) == unpacked(settled(here, now, {"a": b"other"})["a"]) == known
    assert settled(here, now, here) == here  # it was settled then


def test_looks_of_single_files_are_amended():
    before = {
        "": packed({"a": (1, 1, 1)}),
        "x": packed({"a": (1, 1, 1), "b": (2, 2, 2)}),
        "y": packed({"a": (3, 3, 3)}),
    }
    after = amended(before, {"b": (4, 4, 4), "x/a": None, "x/b": (5, 5, 5), "y/a": None, "z/a": NO_LOOK, "z/b": None})
    assert {folder: unpacked(own) for folder, own in after.items()} == {
        "": {"a": (1, 1, 1), "b": (4, 4, 4)},
        "x": {"b": (5, 5, 5)},
        "z": {"a": NO_LOOK},
    }
    assert sorted(differing(after, before)) == sorted(differing(before, after)) == ["b", "x/a", "x/b", "y/a", "z/a"]
    assert is_there(after, "b") and is_there(after, "x/b") and not is_there(after, "x/a") and not is_there(after, "y/a")


def test_the_order_of_files_makes_no_difference():
    files = {"a": (1, 1, 1), "b": (2, 2, 2)}
    assert packed(files) == packed(dict(reversed(files.items())))
    assert unpacked(packed(files)) == files
