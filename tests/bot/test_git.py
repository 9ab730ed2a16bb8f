"""Writing to git: commits without a checkout, leases, rewritten bases, and what crashes leave behind."""

import os
import subprocess
import sys
import textwrap
import threading
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.git import (
    BOT,
    Bare,
    BaseRewritten,
    Clone,
    Conflict,
    Identity,
    PushRejected,
    RefsMoved,
    RefUpdate,
    remote_url,
    valid_ref,
)
from generator.errors import InputError, OutsideError, redact
from generator.trees.git import Git
from generator.trees.git_error import GitError
from tests.fakes.origin import ANN, EPOCH, Origin

FILES = {"a/one.yaml": b"1\n", "a/two.yaml": b"2\n", "b/three.yaml": b"3\n", "top": b"t\n"}


@pytest.fixture
def origin(tmp_path):
    return Origin.create(tmp_path / "origin.git", FILES)


@pytest.fixture
def clone(tmp_path, origin):
    return Clone(tmp_path / "clone.git", str(origin.folder), "main")


def files(git: Git, commit: str) -> dict[str, bytes]:
    return {path: git.blob(blob) for path, blob in git.blobs(commit).items()}


# --- Commits


def test_a_commit_replaces_adds_and_removes_files(origin):
    head = origin.head()
    made = origin.commit(head, {"a/one.yaml": b"new\n", "c/d/four.yaml": b"", "b/three.yaml": None}, "Subject\n\nBody")
    assert files(origin, made) == {"a/one.yaml": b"new\n", "a/two.yaml": b"2\n", "c/d/four.yaml": b"", "top": b"t\n"}
    assert origin.parents(made) == [head]
    assert origin.message(made).strip() == "Subject\n\nBody"


def test_equal_input_makes_an_equal_commit_whoever_makes_it(origin, clone, monkeypatch):
    monkeypatch.setenv("GIT_AUTHOR_NAME", "somebody else")
    monkeypatch.setenv("GIT_COMMITTER_DATE", "2001-01-01T00:00:00Z")
    head = clone.fetch()
    one = clone.commit(head, {"x": b"1", "y": b"2"}, "m")
    assert one == origin.commit(head, {"y": b"2", "x": b"1"}, "m\n")
    written = clone.run("log", "-1", "--format=%an <%ae> %at %ct|%cn <%ce>", one)
    assert written == f"{BOT} {EPOCH} {EPOCH}|{BOT}"


def test_a_commit_leaves_no_ref_and_no_lock(origin):
    before = origin.refs()
    origin.commit(origin.head(), {"x": b"1"}, "m")
    assert origin.refs() == before
    assert not list(origin.folder.rglob("*.lock"))


def test_a_commit_runs_no_hook_and_signs_nothing(origin, tmp_path, monkeypatch):
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    for name in ("reference-transaction", "pre-push", "post-commit", "pre-receive"):
        (hooks / name).write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
        (hooks / name).chmod(0o755)
    config = tmp_path / "config"
    config.write_text(f"[core]\n\thooksPath = {hooks}\n[commit]\n\tgpgSign = true\n[push]\n\tgpgSign = true\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(config))
    clone = Clone(tmp_path / "c.git", str(origin.folder), "main")
    made = clone.commit(clone.fetch(), {"x": b"1"}, "m")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    assert not (tmp_path / "ran").exists()
    assert "gpgsig" not in clone.run("cat-file", "commit", made)


@pytest.mark.parametrize("path", ["/etc/passwd", "../x", "a/../../x", ".git/config", "a//b", "a\0b"])
def test_a_path_outside_the_repository_is_refused(origin, path):
    with pytest.raises(InputError):
        origin.commit(origin.head(), {path: b""}, "m")


@pytest.mark.parametrize("message", ["", " \n", "a\0b"])
def test_a_commit_needs_a_message(origin, message):
    with pytest.raises(InputError):
        origin.commit(origin.head(), {"x": b""}, message)


@pytest.mark.parametrize("name", ["", "a<b", "a\nb", " a", "x" * 201])
def test_an_author_that_git_cannot_store_is_refused(name):
    with pytest.raises(InputError):
        Identity(name, "a@example.com")


PATHS = st.lists(st.sampled_from(["a", "b", "ü", 'q"', "with space", "new\nline"]), min_size=1, max_size=3)
EDITS = st.dictionaries(PATHS.map("/".join), st.binary(max_size=20), max_size=6).filter(
    lambda edits: not any(b.startswith(a + "/") for a in edits for b in edits)
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=EDITS, after=EDITS)
def test_a_commit_holds_exactly_the_edited_files(origin, before, after):
    first = origin.commit(None, before, "first", date=EPOCH)
    edits = {**dict.fromkeys(before.keys() - after.keys()), **after}
    assert files_raw(origin, origin.commit(first, edits, "second")) == after


def files_raw(git: Git, commit: str) -> dict[str, bytes]:
    listed = git.run("ls-tree", "-r", "-z", commit).split("\0")
    return {path: git.blob(meta.split()[2]) for meta, _, path in (entry.partition("\t") for entry in listed if entry)}


def test_what_a_commit_costs_does_not_depend_on_the_size_of_the_repository(tmp_path):
    """The work is counted, not timed: a commit writes the blob, one tree a level, and itself."""
    many = {f"environments/e{i % 3}/rendered/s{i // 3}/{n}.yaml": b"x\n" for i in range(600) for n in "ab"}
    origin = Origin.create(tmp_path / "origin.git", many)

    def objects() -> int:
        counted = dict(line.split(": ") for line in origin.run("count-objects", "-v").splitlines())
        return int(counted["count"]) + int(counted["in-pack"])

    before = objects()
    origin.commit(origin.head(), {"environments/e0/rendered/s7/a.yaml": b"new\n"}, "m")
    assert objects() - before == 1 + 5 + 1


# --- Merges


def test_merging_two_commits_takes_both_changes(origin):
    theirs = origin.push("feature", {"a/one.yaml": b"feature\n"})
    ours = origin.push("main", {"b/three.yaml": b"main\n"})
    merged = origin.merge_trees(ours, theirs)
    made = origin.commit_tree(merged, [ours], "m", author=ANN, date=EPOCH)
    assert files(origin, made) == {**FILES, "a/one.yaml": b"feature\n", "b/three.yaml": b"main\n"}


def test_a_conflict_names_its_files(origin):
    theirs = origin.push("feature", {"a/one.yaml": b"feature\n", "a/two.yaml": b"feature\n"})
    ours = origin.push("main", {"a/one.yaml": b"main\n", "a/two.yaml": None})
    with pytest.raises(Conflict) as conflict:
        origin.merge_trees(ours, theirs)
    assert conflict.value.files == ("a/one.yaml", "a/two.yaml")


def test_a_removed_service_is_not_taken_for_a_similar_new_one(origin):
    manifest = b"kind: Service\n" * 30
    origin.push("main", {"old/service.yaml": manifest})
    theirs = origin.push("feature", {"old/service.yaml": manifest + b"# changed\n"})
    ours = origin.push("main", {"old/service.yaml": None, "new/service.yaml": manifest})
    with pytest.raises(Conflict):
        origin.merge_trees(ours, theirs)


# --- Refs


def test_refs_move_together_or_not_at_all(origin):
    head = origin.head()
    other = origin.commit(head, {"x": b"1"}, "m")
    with origin.locked() as lock, pytest.raises(RefsMoved) as moved:
        origin.update_refs([RefUpdate("refs/heads/new", other, None), RefUpdate("refs/heads/main", other, other)], lock)
    assert moved.value.refs == ("refs/heads/main",)
    assert origin.refs() == {"refs/heads/main": head}


@pytest.mark.parametrize(
    "ref",
    [
        "main",
        "refs/heads/-x",
        "refs/heads/a..b",
        "refs/heads/a b",
        "refs/heads/a.lock",
        "refs/heads/a~1",
        "refs/heads/*",
        "refs/heads/",
        "refs/heads/.a",
        "refs/heads/a@{1}",
        "refs/heads/a:b",
        "refs/heads/a\n",
        "refs/heads/" + "a" * 250,
    ],
)
def test_names_that_are_no_refs(ref):
    with pytest.raises(InputError):
        valid_ref(ref)


def test_a_lock_that_a_dead_process_left_is_removed(origin, clone):
    head = clone.fetch()
    for folder in (origin.folder, clone.folder):
        (folder / "refs/heads/main.lock").write_text("")
        (folder / "packed-refs.lock").write_text("")
    new = origin.commit(head, {"x": b"1"}, "m")
    with origin.locked() as lock:
        origin.remove_stale_locks()
        origin.update_refs([RefUpdate("refs/heads/main", new, head)], lock)
    assert clone.fetch() == new


def test_a_young_lock_is_left_alone_where_others_write_too(origin):
    lock = origin.folder / "refs/heads/main.lock"
    lock.write_text("")
    shared = Bare(origin.folder, stale_after=5)
    shared.remove_stale_locks()
    assert lock.exists()
    os.utime(lock, (time.time() - 6, time.time() - 6))
    shared.remove_stale_locks()
    assert not lock.exists()


def test_who_only_reads_takes_the_lock_only_where_there_is_something_to_remove(origin):
    with origin.locked():
        origin.sweep()
    (origin.folder / "refs/heads/main.lock").write_text("")
    origin.sweep()
    assert not (origin.folder / "refs/heads/main.lock").exists()


def test_the_lock_is_held_as_long_as_a_child_of_a_dead_process_lives(origin, tmp_path):
    """A child inherits the lock, so that nobody takes the lock files of a git that still runs for stale."""
    program = f"""
        import os, subprocess, sys
        from pathlib import Path
        from bot.git import Bare
        with Bare(Path({str(origin.folder)!r})).locked() as lock:
            subprocess.Popen(["sleep", "0.4"], pass_fds=(lock,))
            os.kill(os.getpid(), 9)
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(program)], check=False)
    began = time.monotonic()
    with origin.locked():
        assert time.monotonic() - began > 0.2


def test_two_threads_do_not_hold_the_lock_at_once(origin):
    inside, most = [], []

    def enter():
        with origin.locked():
            inside.append(1)
            most.append(len(inside))
            time.sleep(0.01)
            inside.pop()

    threads = [threading.Thread(target=enter) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1] * 5


# --- Fetching


def test_fetch_brings_the_base_the_bots_branches_and_pull_request_heads(origin, clone):
    ours = origin.push("towpath/promote/test/web/a-b", {"x": b"1"})
    origin.push("somebodys", {"y": b"1"})
    with origin.locked() as lock:
        origin.update_refs([RefUpdate("refs/pull/7/head", ours, None)], lock)
    assert clone.fetch() == origin.head()
    assert clone.refs("refs/heads", "refs/pull") == {
        "refs/heads/main": origin.head(),
        "refs/heads/towpath/promote/test/web/a-b": ours,
        "refs/pull/7/head": ours,
    }
    origin.set("towpath/promote/test/web/a-b", None)
    clone.fetch()
    assert "refs/heads/towpath/promote/test/web/a-b" not in clone.refs()


def test_only_what_others_push_is_fetched(origin, clone, monkeypatch):
    branch, started = "towpath/promote/test/web/a-b", []
    head = clone.fetch()
    ours = clone.commit(head, {"x": b"1"}, "m")
    clone.push([RefUpdate(f"refs/heads/{branch}", ours, None)])
    with origin.locked() as lock:
        origin.update_refs([RefUpdate("refs/pull/7/head", ours, None)], lock)
    run = Bare.run

    def counted(git, *words, **options):
        started.append(words[0])
        return run(git, *words, **options)

    monkeypatch.setattr(Bare, "run", counted)
    assert clone.fetch() == head
    assert clone.own() == {f"refs/heads/{branch}": ours}
    assert started == []
    theirs = origin.push(branch, {"x": b"2"})
    assert clone.fetch() == head
    assert clone.own() == {f"refs/heads/{branch}": theirs}
    assert clone.tree(theirs).read("x") == b"2"
    clone.push([RefUpdate(f"refs/heads/{branch}", None, theirs)])
    assert clone.own() == {}
    new = clone.commit(head, {"x": b"3"}, "m")
    clone.push([RefUpdate("refs/heads/main", new, head)])
    assert clone.fetch() == new


def test_a_rewritten_base_is_told_every_time_and_not_taken_over(origin, clone):
    origin.push("main", {"x": b"1"})
    seen = clone.fetch()
    origin.set("main", origin.parents(seen)[0])
    rewritten = origin.push("main", {"x": b"2"})
    for _ in range(2):
        with pytest.raises(BaseRewritten) as told:
            clone.fetch()
        assert (told.value.old, told.value.new) == (seen, rewritten)
        assert clone.seen() == seen
    assert Clone(clone.folder, clone.remote, "main").seen() == seen
    origin.set("main", seen)
    assert clone.fetch() == seen


def test_a_base_that_is_not_there(origin, tmp_path):
    with pytest.raises(OutsideError, match="elsewhere"):
        Clone(tmp_path / "c.git", str(origin.folder), "elsewhere").fetch()


@pytest.mark.parametrize("damage", ["head", "objects", "refs", "everything", "config"])
def test_a_corrupt_clone_is_made_anew(origin, clone, damage):
    head = clone.fetch()
    clone.close()
    if damage == "head":
        (clone.folder / "HEAD").unlink()
    elif damage == "config":
        (clone.folder / "config").write_text("[core\n")
    elif damage == "refs":
        (clone.folder / "refs/towpath/seen/main").write_text("nonsense\n")
    else:
        for file in list(clone.folder.rglob("*")):
            if file.is_file() and (damage == "everything" or "objects" in file.parts) and file.name != "towpath-lock":
                file.chmod(0o644)
                file.write_bytes(b"")
    again = Clone(clone.folder, clone.remote, "main")
    assert again.fetch() == head
    assert files(again, head) == FILES


def test_a_clone_never_takes_the_checkout_around_it_for_itself(origin, tmp_path):
    checkout = tmp_path / "checkout"
    subprocess.run(["git", "clone", "-q", origin.folder, checkout], check=True)
    folder = checkout / ".towpath" / "clone.git"
    clone = Clone(folder, str(origin.folder), "main")
    clone.fetch()
    (folder / "HEAD").unlink()
    with pytest.raises(GitError):
        clone.refs()


@pytest.mark.parametrize(
    "remote", ["", "-oProxyCommand=x", "ext::sh -c touch% ran", "http://example.invalid/x", "a\nb"]
)
def test_remotes_that_are_refused(tmp_path, remote):
    with pytest.raises((InputError, OutsideError)):
        Clone(tmp_path / "c.git", remote, "main").fetch()


def test_credentials_are_never_printed(tmp_path):
    clone = Clone(tmp_path / "c.git", "https://user:s3cret@localhost:1/x.git", "main")
    with pytest.raises(OutsideError) as failed:
        clone.fetch()
    assert "s3cret" not in f"{failed.value} {failed.value.next}"
    assert "s3cret" not in (clone.folder / "config").read_text()
    assert redact("to https://u:p@s@h/x and ssh://git@h/y") == "to https://***@h/x and ssh://***@h/y"


def test_the_url_of_a_checkout(origin, tmp_path):
    checkout = tmp_path / "checkout"
    subprocess.run(["git", "clone", "-q", origin.folder, checkout], check=True)
    assert remote_url(checkout) == str(origin.folder)
    for url, expected in {
        "../origin.git": str(origin.folder),
        "git@example.com:a/b.git": "git@example.com:a/b.git",
        "https://example.com/a": "https://example.com/a",
    }.items():
        subprocess.run(["git", "-C", checkout, "remote", "set-url", "origin", url], check=True)
        assert remote_url(checkout) == expected
    with pytest.raises(InputError, match="no remote 'upstream'"):
        remote_url(checkout, "upstream")


# --- Pushing


def test_a_push_moves_creates_and_deletes_together(origin, clone):
    head = clone.fetch()
    gone = origin.push("towpath/gone", {"x": b"1"})
    made = clone.commit(head, {"x": b"2"}, "m")
    clone.push([RefUpdate("refs/heads/towpath/new", made, None), RefUpdate("refs/heads/towpath/gone", None, gone)])
    assert origin.refs("refs/heads") == {"refs/heads/main": head, "refs/heads/towpath/new": made}
    clone.push([])


def test_a_push_over_something_unseen_is_rejected_as_a_whole(origin, clone):
    head = clone.fetch()
    theirs = origin.push("towpath/x", {"x": b"theirs"})
    ours = clone.commit(head, {"x": b"ours"}, "m")
    for expected in (None, head):
        with pytest.raises(PushRejected) as rejected:
            clone.push(
                [RefUpdate("refs/heads/towpath/y", ours, None), RefUpdate("refs/heads/towpath/x", ours, expected)]
            )
        assert rejected.value.refs == ("refs/heads/towpath/x",)
    assert origin.refs("refs/heads") == {"refs/heads/main": head, "refs/heads/towpath/x": theirs}


def test_pushing_what_is_there_already_is_no_failure(origin, clone):
    """A push whose answer was lost is made again."""
    made = clone.commit(clone.fetch(), {"x": b"1"}, "m")
    for _ in range(2):
        clone.push([RefUpdate("refs/heads/towpath/x", made, None)])


def test_a_push_that_the_remote_forbids_is_no_race(origin, clone):
    made = clone.commit(clone.fetch(), {"x": b"1"}, "m")
    hook = origin.folder / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho protected >&2\nexit 1\n")
    hook.chmod(0o755)
    with pytest.raises(GitError, match="protected"):
        clone.push([RefUpdate("refs/heads/towpath/x", made, None)])


def test_of_pushes_at_the_same_time_one_gets_through(origin, clone, tmp_path):
    head = clone.fetch()
    clones = [Clone(tmp_path / f"c{i}.git", str(origin.folder), "main") for i in range(4)]
    outcomes: list[str | None] = []

    def push(number: int, clone: Clone) -> None:
        clone.fetch()
        made = clone.commit(head, {"x": b"%d" % number}, "m")
        try:
            clone.push([RefUpdate("refs/heads/towpath/x", made, None)])
            outcomes.append(made)
        except PushRejected:
            outcomes.append(None)

    threads = [threading.Thread(target=push, args=pair) for pair in enumerate(clones)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(outcomes) == 4
    assert [made for made in outcomes if made] == [origin.head("towpath/x")]
