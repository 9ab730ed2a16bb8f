"""Refs read from files are what git says they are; what only git can read is left to it."""

import os
import threading

import pytest

from bot.bare import Bare, RefsMoved, RefUpdate
from bot.refs import move_refs, read_refs
from generator.trees.git_error import GitError
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


# --- Moving


def made(origin: Origin, text: str) -> str:
    return origin.commit(origin.head(), {"a": text.encode()}, text)


def moved(origin: Origin, *updates: RefUpdate) -> None:
    with origin.locked() as lock:
        origin.update_refs(updates, lock)


@pytest.fixture
def alone(origin, monkeypatch):
    """The origin, where starting git fails."""
    monkeypatch.setattr(Bare, "run", None)
    return origin


def test_refs_move_together_without_git(alone):
    before, new = alone.refs(), made(alone, "new")
    head, deep = before["refs/heads/main"], "refs/heads/a/new/deep"
    moved(alone, RefUpdate("refs/heads/main", new, head), RefUpdate(deep, new, None))
    assert alone.refs() == {**before, "refs/heads/main": new, deep: new}
    with pytest.raises(RefsMoved) as elsewhere:
        moved(alone, RefUpdate("refs/heads/ab", new, before["refs/heads/ab"]), RefUpdate("refs/heads/main", head, head))
    assert elsewhere.value.refs == ("refs/heads/main",)
    assert alone.ref("refs/heads/ab") == before["refs/heads/ab"]
    assert not list(alone.folder.rglob("*.lock"))


def test_a_packed_ref_moves_from_where_it_is(origin):
    origin.run("pack-refs", "--all")
    head, new = origin.head(), made(origin, "new")
    with pytest.raises(RefsMoved):
        moved(origin, RefUpdate("refs/heads/main", new, None))
    moved(origin, RefUpdate("refs/heads/main", new, head))
    assert agrees(origin)
    assert origin.head() == new


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("ref", ["refs/heads/a", "refs/heads/main/below"])
def test_a_name_that_others_have_taken_is_refused_by_git(origin, ref, packed):
    if packed:
        origin.run("pack-refs", "--all")
    before = origin.refs()
    with pytest.raises(GitError, match="exists; cannot create"):
        moved(origin, RefUpdate(ref, made(origin, "new"), None))
    assert origin.refs() == before


def test_a_lock_of_somebody_else_is_respected(origin):
    lock = origin.folder / "refs/heads/main.lock"
    lock.write_text("")
    with pytest.raises(GitError, match=r"main\.lock"):
        moved(origin, RefUpdate("refs/heads/main", made(origin, "new"), origin.head()))
    assert lock.exists()


def test_nothing_is_pointed_at_that_is_not_there(origin):
    with pytest.raises(GitError):
        moved(origin, RefUpdate("refs/heads/main", "1" * 40, origin.head()))
    assert agrees(origin)


def test_a_link_and_a_log_are_left_to_git(origin):
    head, new = origin.head(), made(origin, "new")
    (origin.folder / "refs/heads/link").symlink_to("main")
    assert move_refs(origin.folder, {"refs/heads/link": (head, new)}) is None
    assert (origin.folder / "refs/heads/link").is_symlink()
    (origin.folder / "logs").mkdir()
    assert move_refs(origin.folder, {"refs/heads/main": (head, new)}) is None


def test_whoever_shares_the_repository_may_move_refs_too(tmp_path):
    origin = Origin(tmp_path / "shared.git")
    origin.folder.mkdir()
    origin.run("init", "--quiet", "--bare", "--shared=group")
    commit = origin.commit(None, {"a": b"1\n"}, "First")
    moved(origin, RefUpdate("refs/heads/ours/main", commit, None))
    origin.run("update-ref", "refs/heads/theirs/main", commit)
    modes = [
        [path.stat().st_mode for path in (place.parent, place)] for place in origin.folder.glob("refs/heads/*/main")
    ]
    assert len(modes) == 2
    assert modes[0] == modes[1]


def test_of_many_who_move_a_ref_from_the_same_place_one_does(origin):
    head = origin.head()
    commits = [made(origin, str(number)) for number in range(8)]
    outcomes = []

    def move(commit):
        outcomes.append(move_refs(origin.folder, {"refs/heads/main": (head, commit)}))

    threads = [threading.Thread(target=move, args=[commit]) for commit in commits]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count([]) == 1
    assert origin.head() in commits
