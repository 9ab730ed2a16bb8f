"""What every forge does: the same cases on the local forge and on the one that tests use in its place."""

import pytest

from bot.forge.interface import Approval, Comment, Forge, PullState, Refused, Status, StatusState
from bot.forge.local import LocalForge
from generator.errors import UsageError
from tests.fakes.forge import FakeForge, FakeServer


@pytest.fixture(params=["local", "fake"])
def account(request, origin, clock):
    """`account(user)` connects somebody to the forge."""
    if request.param == "local":
        return lambda user: LocalForge(origin.folder, user, clock=clock)
    server = FakeServer(origin, clock)
    return lambda user: FakeForge(server, user)


@pytest.fixture
def forge(account):
    connected: Forge = account("ann")  # the types of both are checked against the port here
    return connected


@pytest.fixture
def head(origin):
    return origin.push("feature", {"a": b"1\n2\n3 changed\n"})


@pytest.fixture
def pull(forge, head):
    return forge.open("feature", "main", "Change a", "Because.", frozenset({"quick"}))


def files(origin, commit):
    return {path: origin.blob(blob) for path, blob in origin.blobs(commit).items()}


# --- Opening


def test_an_opened_pull_request(forge, pull, head, clock):
    assert (pull.number, pull.title, pull.body, pull.author) == (1, "Change a", "Because.", "ann")
    assert (pull.branch, pull.base, pull.head, pull.state) == ("feature", "main", head, PullState.OPEN)
    assert (pull.opened_at, pull.labels, pull.approvals, pull.comments) == (clock(), {"quick"}, (), ())
    assert (pull.merged_as, pull.closed_by, pull.statuses) == (None, None, ())
    assert forge.pull(1) == pull
    assert tuple(forge.pulls()) == (pull,)


def test_opening_again_gives_the_open_one(forge, pull, account):
    assert account("bob").open("feature", "main", "Other", "") == pull


def test_numbers_go_up_and_are_never_used_again(forge, pull, origin):
    forge.close(1)
    assert forge.open("feature", "main", "Again", "").number == 2
    origin.push("other", {"c": b""})
    assert forge.open("other", "main", "Other", "").number == 3
    assert [pull.number for pull in forge.pulls()] == [1, 2, 3]


def test_what_cannot_be_opened(forge, origin, head):
    with pytest.raises(Refused):
        forge.open("missing", "main", "T", "")
    with pytest.raises(Refused):
        forge.open("feature", "missing", "T", "")
    origin.set("level", origin.head())
    with pytest.raises(Refused):
        forge.open("level", "main", "T", "")
    for title in ("", " ", "two\nlines", "x" * 257):
        with pytest.raises(Refused):
            forge.open("feature", "main", title, "")
    with pytest.raises(Refused):
        forge.open("feature", "main", "T", "x" * 65_537)
    assert not forge.pulls()


def test_a_number_that_is_not_there(forge):
    with pytest.raises(UsageError):
        forge.pull(7)
    with pytest.raises(UsageError):
        forge.close(7)


# --- Changing


def test_title_and_body(forge, pull):
    assert forge.edit(1, title="New").title == "New"
    assert forge.edit(1, body="").body == ""
    assert (forge.pull(1).title, forge.pull(1).body) == ("New", "")
    with pytest.raises(Refused):
        forge.edit(1, title="a\nb")


def test_comments_and_labels(forge, pull, account, clock):
    forge.comment(1, "first")
    clock.tick()
    account("bob").comment(1, "second, ünïcode\n\nand lines")
    forge.label(1, add=frozenset({"hold", "x"}), remove=frozenset({"quick"}))
    forge.label(1, remove=frozenset({"x", "never there"}))
    found = forge.pull(1)
    assert [(comment.author, comment.text) for comment in found.comments] == [
        ("ann", "first"),
        ("bob", "second, ünïcode\n\nand lines"),
    ]
    assert found.comments[1] == Comment("bob", clock(), "second, ünïcode\n\nand lines")
    assert found.labels == {"hold"}


def test_the_head_follows_the_branch(forge, pull, origin):
    moved = origin.push("feature", {"a": b"more\n"})
    assert forge.pull(1).head == moved
    assert origin.ref("refs/pull/1/head") == moved
    origin.set("feature", pull.head)
    assert forge.pulls()[0].head == pull.head
    assert origin.ref("refs/pull/1/head") == pull.head


def test_an_approval_is_of_one_head(forge, pull, head, account, origin, clock):
    bob = account("bob")
    bob.approve(1, head)
    bob.approve(1, head)
    assert forge.pull(1).approvals == (Approval("bob", clock(), head),)
    moved = origin.push("feature", {"a": b"more\n"})
    with pytest.raises(Refused):
        bob.approve(1, head)
    bob.approve(1, moved)
    assert [approval.commit for approval in forge.pull(1).approvals] == [head, moved]


def test_a_status_replaces_the_one_of_its_context(forge, pull, head, origin):
    forge.set_status(head, Status("ci", StatusState.PENDING, "running"))
    forge.set_status(head, Status("towpath", StatusState.SUCCESS, "ready"))
    forge.set_status(head, Status("ci", StatusState.FAILURE, "broken"))
    assert {status.context: status for status in forge.pull(1).statuses} == {
        "ci": Status("ci", StatusState.FAILURE, "broken"),
        "towpath": Status("towpath", StatusState.SUCCESS, "ready"),
    }
    origin.push("feature", {"a": b"more\n"})
    assert forge.pull(1).statuses == ()
    with pytest.raises(Refused):
        forge.set_status("f" * 40, Status("ci", StatusState.SUCCESS, ""))


# --- Merging


def test_a_merge_is_one_commit_on_the_base(forge, pull, head, origin, clock):
    base = origin.head()
    landed = forge.merge(1, head, "Change a\n\nWhy.\n\nTowpath-Move: test/web none abc\n")
    assert origin.head() == landed
    assert origin.parents(landed) == [base]
    assert files(origin, landed) == {"a": b"1\n2\n3 changed\n", "b": b"1\n"}
    assert origin.message(landed).strip() == "Change a\n\nWhy.\n\nTowpath-Move: test/web none abc\nTowpath-Pull: 1"
    assert origin.run("log", "-1", "--format=%an %ct", landed) == f"ann {int(clock().timestamp())}"
    merged = forge.pull(1)
    assert (merged.state, merged.merged_as, merged.head, merged.closed_by) == (PullState.MERGED, landed, head, None)


def test_a_branch_of_several_commits_lands_as_one(forge, pull, origin):
    base, head = origin.head(), origin.push("feature", {"c": b"new\n", "b": None})
    landed = forge.merge(1, head, "m")
    assert origin.parents(landed) == [base]
    assert files(origin, landed) == {"a": b"1\n2\n3 changed\n", "c": b"new\n"}


def test_what_landed_meanwhile_is_kept(forge, pull, head, origin):
    base = origin.push("main", {"a": b"1 main\n2\n3\n", "c": b"main\n"})
    landed = forge.merge(1, head, "m")
    assert origin.parents(landed) == [base]
    assert files(origin, landed) == {"a": b"1 main\n2\n3 changed\n", "b": b"1\n", "c": b"main\n"}


def test_a_base_that_moved_after_the_validation_is_not_merged_onto(forge, pull, head, origin):
    """R4: two pull requests that are right alone may be wrong together."""
    validated = origin.head()
    base = origin.push("main", {"c": b"main\n"})
    with pytest.raises(Refused, match="moved"):
        forge.merge(1, head, "m", base=validated)
    assert (origin.head(), forge.pull(1).state) == (base, PullState.OPEN)
    assert origin.parents(forge.merge(1, head, "m", base=base)) == [base]


def test_a_conflict_is_refused_and_names_the_file(forge, pull, head, origin):
    base = origin.push("main", {"a": b"1\n2\n3 main\n"})
    with pytest.raises(Refused, match="conflict in a"):
        forge.merge(1, head, "m")
    assert (origin.head(), forge.pull(1).state) == (base, PullState.OPEN)


def test_merging_again_changes_nothing(forge, pull, head, origin, account):
    landed = forge.merge(1, head, "m")
    assert account("bob").merge(1, head, "other") == landed
    assert origin.head() == landed
    with pytest.raises(Refused):
        forge.merge(1, landed, "m")


def test_a_moved_head_is_not_merged(forge, pull, head, origin):
    base = origin.head()
    origin.push("feature", {"evil": b"\n"})
    with pytest.raises(Refused):
        forge.merge(1, head, "m")
    assert origin.head() == base
    assert forge.pull(1).state is PullState.OPEN


def test_a_branch_that_moves_after_the_merge_changes_nothing(forge, pull, head, origin):
    forge.merge(1, head, "m")
    origin.push("feature", {"more": b"\n"})
    assert forge.pull(1).head == head
    assert origin.ref("refs/pull/1/head") == head


def test_what_the_base_has_already_cannot_be_merged(forge, pull, head, origin):
    origin.push("main", {"a": b"1\n2\n3 changed\n"})
    with pytest.raises(Refused):
        forge.merge(1, head, "m")
    assert forge.pull(1).state is PullState.OPEN


# --- Closing


def test_closed_and_opened_again(forge, pull, head, account):
    account("bob").close(1)
    forge.close(1)
    closed = forge.pull(1)
    assert (closed.state, closed.closed_by) == (PullState.CLOSED, "bob")
    for refused in (lambda: forge.merge(1, head, "m"), lambda: forge.approve(1, head)):
        with pytest.raises(Refused):
            refused()
    forge.comment(1, "still possible")
    forge.reopen(1)
    forge.reopen(1)
    assert (forge.pull(1).state, forge.pull(1).closed_by) == (PullState.OPEN, None)
    assert forge.merge(1, head, "m")


def test_a_closed_one_keeps_its_head(forge, pull, head, origin):
    forge.close(1)
    origin.push("feature", {"more": b"\n"})
    assert forge.pull(1).head == head
    forge.reopen(1)
    assert forge.pull(1).head == origin.head("feature")


def test_what_cannot_be_opened_again(forge, pull, head, origin):
    forge.close(1)
    second = forge.open("feature", "main", "Second", "")
    with pytest.raises(Refused):
        forge.reopen(1)
    forge.close(second.number)
    origin.set("feature", None)
    with pytest.raises(Refused):
        forge.reopen(1)


def test_what_was_merged_stays_merged(forge, pull, head):
    forge.merge(1, head, "m")
    for refused in (lambda: forge.close(1), lambda: forge.reopen(1)):
        with pytest.raises(Refused):
            refused()
    assert forge.pull(1).state is PullState.MERGED


# --- Branches


def test_a_branch_is_deleted_where_it_is_expected(forge, pull, head, origin):
    with pytest.raises(Refused):
        forge.delete_branch("feature", origin.head())
    with pytest.raises(Refused):
        forge.delete_branch("main", origin.head())
    forge.merge(1, head, "m")
    forge.delete_branch("feature", head)
    forge.delete_branch("feature", head)
    assert origin.ref("refs/heads/feature") is None
    assert forge.pull(1).head == head
    assert origin.ref("refs/pull/1/head") == head


def test_an_open_one_keeps_the_last_head_of_a_branch_that_is_gone(forge, pull, origin):
    moved = origin.push("feature", {"a": b"more\n"})
    forge.delete_branch("feature", moved)
    assert (forge.pull(1).state, forge.pull(1).head) == (PullState.OPEN, moved)
