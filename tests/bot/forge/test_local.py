"""The local forge under what happens to it: crashes between any two steps, kills, several processes, plain pushes."""

import os
import random
import subprocess
import sys
import textwrap
import time

import pytest

from bot.forge.interface import Forge, PullState, Refused, Status, StatusState
from bot.forge.local import LocalForge
from bot.git import Clone, RefUpdate
from generator.errors import InputError, OutsideError, TowpathError
from tests.fakes.forge import FakeForge, FakeServer, Fault

CRASHES = ("note", "land", "mark")


class Crash(BaseException):
    """The process ends here."""


def crashing_at(wanted):
    def step(name):
        if name == wanted:
            raise Crash

    return step


@pytest.fixture
def forge(origin, clock) -> Forge:
    return LocalForge(origin.folder, "ann", clock=clock)


@pytest.fixture
def head(origin, forge):
    head = origin.push("feature", {"a": b"changed\n"})
    forge.open("feature", "main", "Change a", "")
    return head


# --- Crashes


@pytest.mark.parametrize("step", CRASHES)
def test_a_merge_that_crashed_is_seen_as_far_as_it_came(step, origin, clock, forge, head):
    base = origin.head()
    with pytest.raises(Crash):
        LocalForge(origin.folder, "bob", clock=clock, step=crashing_at(step)).merge(1, head, "m")
    pull = forge.pull(1)
    if step == "mark":
        assert (pull.state, pull.merged_as, pull.head) == (PullState.MERGED, origin.head(), head)
    else:
        assert (pull.state, pull.merged_as, origin.head()) == (PullState.OPEN, None, base)
    clock.tick()
    landed = forge.merge(1, head, "m")
    assert origin.first_parents(origin.head(), base) == [landed]
    assert forge.pull(1).merged_as == landed


def test_a_branch_that_moves_after_a_crashed_merge_does_not_change_what_landed(origin, clock, forge, head):
    with pytest.raises(Crash):
        LocalForge(origin.folder, "bob", clock=clock, step=crashing_at("mark")).merge(1, head, "m")
    landed = origin.head()
    origin.push("feature", {"a": b"more\n"})
    origin.push("main", {"c": b"on top\n"})
    pull = forge.pull(1)
    assert (pull.state, pull.merged_as, pull.head) == (PullState.MERGED, landed, head)
    with pytest.raises(Refused):
        forge.close(1)
    forge.comment(1, "what was repaired is written down with the next change")
    assert (forge.pull(1).state, forge.pull(1).merged_as) == (PullState.MERGED, landed)


def test_a_merge_that_never_landed_does_not_block_a_newer_head(origin, clock, forge, head):
    with pytest.raises(Crash):
        LocalForge(origin.folder, "bob", clock=clock, step=crashing_at("land")).merge(1, head, "m")
    moved = origin.push("feature", {"a": b"more\n"})
    assert forge.pull(1).head == moved
    landed = forge.merge(1, moved, "m")
    assert origin.tree(landed).read("a") == b"more\n"


@pytest.mark.parametrize("step", ["save", "delete", "status"])
def test_other_writes_happen_or_do_not(step, origin, clock, forge, head):
    before = origin.refs()
    broken = LocalForge(origin.folder, "bob", clock=clock, step=crashing_at(step))
    writes = {
        "save": lambda: broken.comment(1, "x"),
        "delete": lambda: broken.delete_branch("feature", head),
        "status": lambda: broken.set_status(head, Status("ci", StatusState.SUCCESS, "")),
    }
    with pytest.raises(Crash):
        writes[step]()
    assert origin.refs() == before


def start(folder, program):
    text = f"from pathlib import Path\nfrom bot.forge.local import LocalForge\nfolder = Path({str(folder)!r})\n"
    return subprocess.Popen([sys.executable, "-c", text + textwrap.dedent(program)], stderr=subprocess.PIPE)


def test_a_kill_at_any_instant_leaves_nothing_half_done(origin, forge):
    """Four workers are killed at random while they merge what is open; then everything lands, once."""
    base = origin.head()
    for number in range(5):
        origin.push(f"feature{number}", {f"new{number}": b"x\n"})
        forge.open(f"feature{number}", "main", f"Add {number}", "")
    worker = """
        forge = LocalForge(folder, "worker")
        print("ready", flush=True)
        for pull in forge.pulls():
            if pull.state.value == "open":
                forge.comment(pull.number, "merging")
                forge.merge(pull.number, pull.head, "m")
    """
    chance = random.Random(20260504)
    for _ in range(4):
        process = start(origin.folder, worker)
        time.sleep(0.2 + chance.random() * 0.25)
        process.kill()
        process.wait()
        assert_consistent(forge, origin, base)
    for pull in forge.pulls():
        forge.merge(pull.number, pull.head, "m")
    assert_consistent(forge, origin, base)
    assert len(origin.first_parents(origin.head(), base)) == 5


def assert_consistent(forge, origin, base):
    """What the base shows and what the pull requests say is the same.

    A git that a killed worker has started lives on and may land something between the two looks: then look again.
    """
    head = None
    while head != origin.head():
        head = origin.head()
        merged = [pull.number for pull in forge.pulls() if pull.state is PullState.MERGED]
    landed = [
        int(origin.message(commit).rpartition("Towpath-Pull: ")[2]) for commit in origin.first_parents(head, base)
    ]
    assert sorted(landed) == sorted(merged)


def test_two_processes_at_once_do_everything_once(origin, forge):
    base = origin.head()
    for number in range(4):
        origin.push(f"feature{number}", {f"new{number}": b"x\n"})
    worker = """
        forge = LocalForge(folder, "worker")
        for number in range(4):
            pull = forge.open(f"feature{number}", "main", f"Add {number}", "")
            forge.comment(pull.number, "hello")
            forge.merge(pull.number, pull.head, "m")
    """
    processes = [start(origin.folder, worker) for _ in range(2)]
    errors = [process.communicate()[1].decode() for process in processes]
    # Whoever comes second may find everything in the base already: then there is nothing left to merge.
    assert all(not error or "nothing that main does not have" in error for error in errors), errors
    assert_consistent(forge, origin, base)
    pulls = forge.pulls()
    assert [pull.number for pull in pulls] == list(range(1, len(pulls) + 1))
    assert len(origin.first_parents(origin.head(), base)) == 4


# --- Others who push


def test_a_push_to_the_base_during_a_merge_is_kept(origin, clock, head):
    pushed = origin.commit(origin.head(), {"c": b"pushed\n"}, "push")

    def push_once(name):
        """As receive-pack does it, which does not take the forge's lock."""
        if name == "land" and origin.head() != pushed:
            origin.run("update-ref", "refs/heads/main", pushed, origin.head())

    landed = LocalForge(origin.folder, "bob", clock=clock, step=push_once).merge(1, head, "m")
    assert origin.parents(landed) == [pushed]
    assert origin.tree(landed).read("c")


def test_a_push_during_a_merge_is_not_merged_onto_where_the_base_was_validated(origin, forge, clock, head):
    validated = origin.head()
    pushed = origin.commit(validated, {"c": b"pushed\n"}, "push")

    def push_once(name):
        if name == "land" and origin.head() != pushed:
            origin.run("update-ref", "refs/heads/main", pushed, origin.head())

    with pytest.raises(Refused, match="moved"):
        LocalForge(origin.folder, "bob", clock=clock, step=push_once).merge(1, head, "m", base=validated)
    assert (origin.head(), forge.pull(1).state) == (pushed, PullState.OPEN)


def test_locks_of_dead_processes_do_not_stop_anything(origin, forge, head):
    for name in ("refs/heads/main.lock", "packed-refs.lock", "refs/towpath/pulls/1.lock"):
        lock = origin.folder / name
        lock.write_text("")
        os.utime(lock, (time.time() - 60, time.time() - 60))
    assert forge.merge(1, head, "m") == origin.head()


def test_a_push_that_died_does_not_block_the_next_one(origin, forge, head, tmp_path):
    clone = Clone(tmp_path / "clone.git", str(origin.folder), "main")
    made = clone.commit(clone.fetch(), {"x": b""}, "m")
    update = RefUpdate("refs/heads/towpath/x", made, None)
    lock = origin.folder / "refs/heads/towpath/x.lock"
    lock.parent.mkdir()
    lock.write_text("")
    with pytest.raises(OutsideError):
        clone.push([update])
    os.utime(lock, (time.time() - 60, time.time() - 60))
    forge.pulls()
    clone.push([update])


def test_reading_writes_nothing(origin, forge, head):
    before = origin.refs()
    forge.pulls()
    forge.pull(1)
    assert origin.refs() == before


def test_everything_survives_git_gc(origin, forge, head):
    forge.comment(1, "kept")
    forge.delete_branch("feature", head)
    subprocess.run(["git", "-C", origin.folder, "gc", "-q", "--prune=now"], check=True)
    assert forge.pull(1).comments[0].text == "kept"
    assert forge.merge(1, head, "m")


# --- What it refuses


def test_a_folder_that_is_no_repository(tmp_path):
    with pytest.raises(InputError, match="not a bare git repository") as told:
        LocalForge(tmp_path, "ann")
    assert "git init --bare" in told.value.next


@pytest.mark.parametrize("user", ["", "a\nb", "a<b>"])
def test_a_name_that_git_cannot_store(origin, user):
    with pytest.raises(InputError):
        LocalForge(origin.folder, user)


def test_a_pull_request_that_cannot_be_read(origin, forge, head):
    blob = origin.store(b'{"version": 9}')
    ref = "refs/towpath/pulls/1"
    with origin.locked() as lock:
        origin.update_refs([RefUpdate(ref, blob, origin.ref(ref))], lock)
    with pytest.raises(TowpathError, match="refs/towpath/pulls/1"):
        forge.pulls()


# --- The faults of the fake


def test_faults_happen_where_they_are_asked_for(origin, clock):
    server = FakeServer(origin, clock)
    plan: list[Fault | None] = []
    fake = FakeForge(server, "bot", lambda _: plan.pop() if plan else None)
    head = origin.push("feature", {"a": b"changed\n"})
    for fault, opened in [(Fault.BEFORE, 0), (Fault.LIMITED, 0), (Fault.AFTER, 1)]:
        plan.append(fault)
        with pytest.raises(TowpathError):
            fake.open("feature", "main", "T", "")
        assert len(fake.pulls()) == opened
    plan.append(Fault.AFTER)
    with pytest.raises(TowpathError):
        fake.merge(1, head, "m")
    plan.append(Fault.STALE)
    assert fake.pulls()[0].state is PullState.OPEN
    assert fake.pulls()[0].state is PullState.MERGED
    assert fake.merge(1, head, "m") == origin.head()
