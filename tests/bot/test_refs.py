"""Refs read from files are what git says they are; what only git can read is left to it."""

import os

import pytest

from bot.refs import read_refs
from tests.fakes.origin import Origin

PREFIXES = ((), ("refs/heads",), ("refs/heads/a", "refs/pull"), ("refs/heads/main",), ("refs/none",))


@pytest.fixture
def origin(tmp_path):
    origin = Origin.create(tmp_path / "origin.git", {"a": b"1\n"})
    for branch in ("a/one", "a/two", "ab", "gone", "packed/too"):
        origin.push(branch, {branch: b"1\n"})
    origin.run("update-ref", "refs/pull/1/head", origin.head("ab"))
    return origin


def agrees(origin: Origin) -> bool:
    """Whether files tell the same as git, for all prefixes; they do tell."""
    listed = (origin.run("for-each-ref", "--format=%(refname) %(objectname)", "--", *some) for some in PREFIXES)
    told = [dict(line.split(" ") for line in lines.splitlines()) for lines in listed]
    return [read_refs(origin.folder, *some) for some in PREFIXES] == told and bool(told[0])


def test_loose_and_packed_refs_are_read_as_git_does(origin):
    assert agrees(origin)
    origin.run("-c", "user.name=a", "-c", "user.email=b", "tag", "-a", "-m", "peeled", "tagged", origin.head())
    origin.run("pack-refs", "--all")
    assert agrees(origin)
    assert not (origin.folder / "refs/heads/main").exists()
    assert "\n^" in (origin.folder / "packed-refs").read_text()  # what the tag points at
    origin.push("a/one", {"b": b"2\n"})
    origin.set("gone", None)
    origin.set("packed/too", None)
    assert agrees(origin)
    assert origin.ref("refs/heads/gone") is None


def test_a_ref_that_is_being_written_is_where_it_was(origin):
    (origin.folder / "refs/heads/ab.lock").write_text("")
    (origin.folder / "refs/heads/new.lock").write_text("")
    assert agrees(origin)


def test_a_ref_that_is_packed_between_two_looks_is_not_lost(origin, monkeypatch):
    scan = os.scandir

    def packed_by_somebody(path):
        if str(path).endswith("refs/heads"):
            found = scan(path)
            entries = list(found)
            found.close()
            origin.run("pack-refs", "--all")
            return Listed(entries)
        return scan(path)

    class Listed(list):
        def __enter__(self):
            return self

        def __exit__(self, *_):
            return None

    head = origin.head()
    monkeypatch.setattr("os.scandir", packed_by_somebody)
    found = read_refs(origin.folder, "refs/heads")
    assert found and found["refs/heads/main"] == head


@pytest.mark.parametrize(
    "strange",
    [
        lambda folder: (folder / "refs/heads/link").symlink_to("main"),
        lambda folder: (folder / "refs/heads/other").write_text("ref: refs/heads/main\n"),
        lambda folder: (folder / "refs/heads/empty").write_text(""),
        lambda folder: (folder / "refs/heads/what~is-this").write_text("0" * 40),
        lambda folder: (folder / "packed-refs").write_text("main refs/heads/main\n"),
        lambda folder: (folder / "HEAD").unlink(),
        lambda folder: (folder / "reftable").mkdir(),
        lambda folder: (folder / "commondir").write_text("../main"),
    ],
)
def test_what_is_not_plain_is_left_to_git(origin, strange):
    strange(origin.folder)
    assert read_refs(origin.folder, "refs/heads") is None


def test_git_is_asked_for_what_is_not_plain(origin):
    head = origin.head()
    origin.run("symbolic-ref", "refs/heads/other", "refs/heads/main")
    assert origin.refs("refs/heads")["refs/heads/other"] == head
    assert origin.ref("refs/heads/other") == head
