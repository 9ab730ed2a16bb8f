import errno
import shutil
import subprocess
import time
from itertools import pairwise
from pathlib import Path

import pytest

from generator import processes
from generator.errors import InputError
from generator.trees.git import Git
from generator.trees.git_error import GitError
from generator.trees.git_log import Change, parse_changes
from generator.trees.tree import blob_id
from tests.bombs import bomb
from tests.heads import head_of


def run(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["git", "-C", folder, *arguments], check=True, capture_output=True, text=True)
    return done.stdout.strip()


def commit(folder: Path, message: str, **files: str | None) -> str:
    for name, text in files.items():
        place = folder / name.replace("__", "/")
        place.parent.mkdir(parents=True, exist_ok=True)
        if text is None:
            place.unlink()
        else:
            place.write_text(text)
    run(folder, "add", "-A")
    run(folder, "commit", "-q", "--allow-empty", "-m", message)
    return head_of(folder)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "repository"
    place.mkdir()
    run(place, "init", "-q")
    return place


@pytest.fixture(params=[0, 32], ids=["far", "near"])
def reach(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is near is read commit by commit, what is far is asked of git: both say the same."""
    monkeypatch.setattr("generator.trees.git._NEAR", request.param)


@pytest.fixture
def merged(folder: Path) -> tuple[Git, dict[str, str]]:
    """main: one ─ two ─ merge, with `side` merged in as second parent."""
    ids = {"one": commit(folder, "one", a="1")}
    run(folder, "switch", "-q", "-c", "side")
    ids["side"] = commit(folder, "side", b="1")
    run(folder, "switch", "-q", "main")
    ids["two"] = commit(folder, "two\n\nbody", a="2")
    run(folder, "merge", "-q", "--no-ff", "-m", "merge", "side")
    ids["merge"] = head_of(folder)
    return Git(folder), ids


def test_names_become_full_ids_or_nothing(merged: tuple[Git, dict[str, str]]) -> None:
    git, ids = merged
    assert git.resolve("main") == ids["merge"]
    assert git.resolve(ids["one"][:10]) == ids["one"]
    assert git.resolve("nowhere") is None
    assert git.resolve("0" * 40) is None


@pytest.mark.parametrize("name", ["--all", "-x", "a..b", "main^{/x}", "main~1", "", "a b", "main\n", "@{-1}"])
def test_only_plain_names_reach_git(merged: tuple[Git, dict[str, str]], name: str) -> None:
    with pytest.raises(InputError, match="not a name of a commit"):
        merged[0].resolve(name)


@pytest.mark.parametrize("commit", ["HEAD", "abc", "--help", "A" * 40, "a" * 41])
def test_everything_but_resolve_takes_only_full_ids(merged: tuple[Git, dict[str, str]], commit: str) -> None:
    git, _ = merged
    for read in (git.parents, git.message, git.first_parents, git.blobs, git.blob, git.tree):
        with pytest.raises(InputError, match="not a full commit id"):
            read(commit)


def test_first_parents_leave_out_what_was_merged_in(merged: tuple[Git, dict[str, str]], reach: None) -> None:
    git, ids = merged
    assert git.first_parents(ids["merge"]) == [ids["one"], ids["two"], ids["merge"]]
    assert git.first_parents(ids["merge"], after=ids["one"]) == [ids["two"], ids["merge"]]
    assert git.parents(ids["merge"]) == [ids["two"], ids["side"]]
    assert git.parents(ids["one"]) == []


def test_ancestry(merged: tuple[Git, dict[str, str]], reach: None) -> None:
    git, ids = merged
    assert git.is_ancestor(ids["side"], ids["merge"])
    assert git.is_ancestor(ids["one"], ids["one"])
    assert not git.is_ancestor(ids["merge"], ids["one"])
    with pytest.raises(GitError):
        git.is_ancestor("0" * 40, ids["one"])


def test_a_message_comes_whole(merged: tuple[Git, dict[str, str]]) -> None:
    git, ids = merged
    assert git.message(ids["two"]).rstrip("\n") == "two\n\nbody"


def test_changes_are_paths_with_both_blobs(folder: Path) -> None:
    old = commit(folder, "old", kept="k", gone="g", changed="1", sub__moved="same")
    new = commit(folder, "new", gone=None, changed="2", added="a", sub__moved=None, sub__name="same")
    found = {change.path: change for change in Git(folder).changes(old, new)}
    assert found["gone"] == Change("gone", blob_id(b"g"), None)
    assert found["changed"] == Change("changed", blob_id(b"1"), blob_id(b"2"))
    assert found["added"] == Change("added", None, blob_id(b"a"))
    assert set(found) == {"gone", "changed", "added", "sub/moved", "sub/name"}
    assert [change.path for change in Git(folder).changes(old, new, "sub")] == ["sub/moved", "sub/name"]


@pytest.fixture
def odd(folder: Path) -> list[str]:
    """Commits in which files become folders, links and executables, and back, with names that sort in odd ways."""
    made = [commit(folder, "one", a="1", a0="1", **{"a.b": "1", "sub__a": "1", "sub__a-b": "1", "same__x": "1"})]
    (folder / "a").unlink()
    (folder / "sub/a").chmod(0o755)
    (folder / "link").symlink_to("a0")
    made.append(commit(folder, "two", a__deep__x="1", a__y="2", **{"a.b": "2", "sub__a-b": None, "sub__aé": "1"}))
    shutil.rmtree(folder / "a")
    (folder / "link").unlink()
    (folder / "sub/a").unlink()
    made.append(commit(folder, "three", a="1", link__z="1", sub__a__b="1"))
    run(folder, "update-index", "--add", "--cacheinfo", f"160000,{made[0]},module")
    run(folder, "commit", "-q", "-m", "four")
    return [*made, head_of(folder)]


@pytest.mark.parametrize("folders", [(), ("a",), ("sub", "same"), ("sub/a",), ("a/deep", "link"), ("su", "a.b")])
def test_changes_and_files_are_those_that_git_finds(folder: Path, odd: list[str], folders: tuple[str, ...]) -> None:
    git = Git(folder)
    for old, new in [*pairwise(odd), *pairwise(reversed(odd)), (odd[0], odd[0])]:
        raw = run(folder, "diff-tree", "-r", "-z", "--no-renames", "--raw", old, new, "--", *folders)
        assert git.changes(old, new, *folders) == list(parse_changes(raw))
    for one in odd:
        listed = (
            line.split()
            for line in run(folder, "-c", "core.quotePath=false", "ls-tree", "-r", one, *folders).splitlines()
        )
        expected = {path: object_id for mode, _, object_id, path in listed if mode.startswith("100")}
        assert list(git.blobs(one, *folders).items()) == list(expected.items())


def test_a_commit_without_end_is_not_walked_to_its_end(folder: Path) -> None:
    old = commit(folder, "old", a="1")
    for width, levels, what in ((10, 12, "again and again"), (1, 70, "more than 64 deep")):
        git, new = Git(folder), bomb(folder, at="environments/test", width=width, levels=levels)
        for walked in (
            lambda git=git, new=new: git.changes(old, new),
            lambda git=git, new=new: git.changes(new, old),
            lambda git=git, new=new: git.blobs(new),
            lambda git=git, new=new: list(git.tree(new).files("environments")),
        ):
            begun = time.process_time()
            with pytest.raises(InputError, match=what) as caught:
                walked()
            assert time.process_time() - begun < 1
            assert caught.value.where and caught.value.where.path.startswith("environments/test")


def test_environments_that_are_all_alike_have_an_end(folder: Path) -> None:
    commit(folder, "old", a="1")
    assert len(Git(folder).blobs(bomb(folder, width=200, levels=2))) == 200 * 200


def test_what_is_near_is_found_without_starting_git(
    folder: Path, odd: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def found(git: Git) -> list[object]:
        first, *_, last = odd
        ancestry = [git.is_ancestor(one, other) for one in odd for other in odd]
        logs = [list(git.log(last, None)), list(git.log(last, first))]
        return [git.first_parents(last), git.first_parents(last, first), ancestry, logs]

    near = Git(folder)
    with monkeypatch.context() as patch:
        patch.setattr("generator.trees.git._NEAR", 0)
        far = found(Git(folder))
    near.run = None  # type: ignore[assignment]  # so that it fails where it would start one
    assert found(near) == far


def test_what_a_shallow_clone_has_not_is_no_beginning(folder: Path, tmp_path: Path) -> None:
    ids = [commit(folder, str(number), a=str(number)) for number in range(3)]
    run(tmp_path, "clone", "-q", "--depth=2", f"file://{folder}", "shallow")
    shallow = Git(tmp_path / "shallow")
    assert shallow.first_parents(ids[2]) == ids[1:]
    assert [one for one, _ in shallow.log(ids[2], None)] == ids[1:]


def test_a_line_grows_with_its_branch(merged: tuple[Git, dict[str, str]], reach: None) -> None:
    git, ids = merged
    for name, line in (
        ("one", ["one"]),
        ("side", ["one", "side"]),
        ("merge", ["one", "two", "merge"]),
        ("two", ["one", "two"]),
    ):
        assert git.first_parents(ids[name]) == [ids[commit] for commit in line]


def test_a_folder_is_taken_literally(folder: Path) -> None:
    old = commit(folder, "old", a="1", b="1")
    new = commit(folder, "new", a="2", b="2")
    assert Git(folder).changes(old, new, "*") == []
    assert Git(folder).blobs(new, ":(glob)*") == {}


def test_odd_file_names_survive(folder: Path) -> None:
    name = 'tab\there "quoted" ünï\nline'
    (folder / name).write_text("odd")
    made = commit(folder, "odd")
    git = Git(folder)
    assert git.blobs(made) == {name: blob_id(b"odd")}
    assert git.tree(made).read(name) == b"odd"


def test_objects_are_found_by_path(folder: Path) -> None:
    made = commit(folder, "one", a="1", sub__b="2")
    git = Git(folder)
    tree = git.tree(made)
    assert tree.blob_id("a") == blob_id(b"1")
    assert tree.folder_id("sub") == run(folder, "rev-parse", "HEAD:sub")
    assert tree.folder_id("missing") is None
    assert tree.folder_id("a") is None
    assert git.root(made) == run(folder, "rev-parse", "HEAD^{tree}")
    assert git.blob(blob_id(b"2")) == b"2"


def test_a_tree_reads_as_git_lists_it(folder: Path) -> None:
    made = commit(folder, "one", a="1", sub__b="2", sub__deep__c="3", sub2__d="4")
    git = Git(folder)
    listed = git.blobs(made)
    tree = git.tree(made)
    found = {
        "a": tree.blob_id("a"),
        **{path: tree.blob_id(path) for top in ("sub", "sub2") for path in tree.files(top)},
    }
    assert found == listed


def test_object_ids_may_hold_any_byte(folder: Path) -> None:
    many = {f"file {number}": str(number) for number in range(400)}
    made = commit(folder, "many", **{f"sub__{name}": text for name, text in many.items()})
    tree = Git(folder).tree(made)
    assert {path: tree.blob_id(path) for path in tree.files("sub")} == Git(folder).blobs(made)


def test_an_old_tree_stays_as_it_was(folder: Path) -> None:
    old = commit(folder, "old", sub__a="1")
    git = Git(folder)
    before = git.tree(old)
    new = commit(folder, "new", sub__a="2", sub__b="3")
    assert git.tree(new).read("sub/a") == b"2"
    assert before.read("sub/a") == b"1"
    assert list(before.files("sub")) == ["sub/a"]


def test_replacements_of_a_clone_are_not_believed(folder: Path) -> None:
    made = commit(folder, "one", a="1")
    other = commit(folder, "two", a="2")
    run(folder, "replace", made, other)
    assert Git(folder).tree(made).read("a") == b"1"
    assert Git(folder).blobs(made) == {"a": blob_id(b"1")}


def test_personal_settings_change_nothing(folder: Path) -> None:
    made = commit(folder, "one", ümlaut="1")
    run(folder, "config", "core.quotePath", "true")
    run(folder, "config", "diff.noprefix", "true")
    run(folder, "config", "log.showSignature", "true")
    assert Git(folder).blobs(made) == {"ümlaut": blob_id(b"1")}
    assert Git(folder).message(made).startswith("one")


def test_a_shallow_clone_is_known_as_one(folder: Path, tmp_path: Path) -> None:
    commit(folder, "one", a="1")
    commit(folder, "two", a="2")
    run(tmp_path, "clone", "-q", "--depth=1", f"file://{folder}", "shallow")
    assert Git(tmp_path / "shallow").is_shallow()
    assert not Git(folder).is_shallow()


def test_a_failure_says_what_git_said(tmp_path: Path) -> None:
    with pytest.raises(GitError) as caught:
        Git(tmp_path).run("rev-parse", "HEAD")
    assert "not a git repository" in caught.value.stderr
    assert caught.value.exit_code == 4


def test_too_many_open_files_are_not_taken_for_a_failure_of_git(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commit(folder, "one", a="1")
    repository = Git(folder)

    def full(_: object, name: str) -> None:
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(type(repository._git), "get_object_data", full)
    with pytest.raises(OSError, match="Too many open files"):
        repository.resolve("HEAD")


def test_where_there_is_no_repository_it_is_said_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(GitError) as caught:
        Git(tmp_path).run("status")
    assert caught.value.next.startswith("work in a clone of the repository, or make it one: git init")


def test_the_log_has_every_commit_of_the_line_with_its_changes(merged: tuple[Git, dict[str, str]], reach: None) -> None:
    git, ids = merged
    log = dict(git.log(ids["merge"], None))
    assert list(log) == [ids["one"], ids["two"], ids["merge"]]
    assert [change.path for change in log[ids["merge"]]] == ["b"]
    assert log[ids["one"]] == (Change("a", None, blob_id(b"1")),)
    assert [commit for commit, _ in git.log(ids["merge"], ids["one"])] == [ids["two"], ids["merge"]]


def test_processes_do_not_take_each_other_s_answers(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files: dict[str, str | None] = {f"{number}.txt": f"{number}\n" * (1 + number % 50) for number in range(400)}
    head = commit(folder, "many", **files)
    run(folder, "repack", "-adq")  # else files are read without git
    tree = Git(folder).tree(head)
    assert tree.read("0.txt") == b"0\n"  # git runs when there is one process still
    monkeypatch.setattr(processes, "_FEWEST", 1)
    paths = [*files] * 3
    assert processes.each(tree.read, paths, 2) == [str(files[path]).encode() for path in paths]
