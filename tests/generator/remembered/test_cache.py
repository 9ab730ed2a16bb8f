import os
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.errors import Location
from generator.finding import Finding, Severity
from generator.remembered import cache
from generator.remembered.memory import Memory, Services
from generator.remembered.sections import DamagedError, Sections, changed, whole
from generator.trees.looks import packed
from generator.validation.judged import Across
from generator.validation.suppressions import Suppression
from tests.generator.small import commit, write_files

WHERE = Location("towpath.yaml", 1, 2, "text")
FINDING = Finding("x", Severity.NOTE, "m", Location("a", 1, 2, "t"), (("template", Location("b")),), "do")
SUPPRESSION = Suppression("x", "why", WHERE, "prod", None, "Deployment/web")
PLACE = ("prod", "web")
KEY = ("x", "note", "a", 0, ("spec", 0), "m", "do")
LOOKS = {"": packed({"towpath.yaml": (1, 2, 3)})}
COMPILED = {"web/a.j2": b"code"}
OUTLINES = {"prod": {"web": b"packed"}}


def made():
    services = Services(
        files={PLACE: 3},
        digests={PLACE: b"12"},
        revisions={PLACE: "a" * 40},
        mounted={PLACE: ("x",)},
        findings={PLACE: (FINDING,)},
        given={PLACE: (SUPPRESSION,)},
        used={PLACE: frozenset((SUPPRESSION,))},
        charts={PLACE: True},
        defining={PLACE: True},
    )
    across = {"prod": Across({KEY: (7, FINDING)}, frozenset((SUPPRESSION,)))}
    return Memory(services, (FINDING,), across, (), frozenset(("crd.yaml",)), frozenset(("x",)), OUTLINES.__getitem__)


API = ("test", "api")
LATER = {"": packed({"towpath.yaml": (1, 9, 3)}), "x": packed({"y": (1, 1, 1)})}
RECOMPILED = {"web/b.j2": b"more"}


def later():
    """What is remembered after a change: nothing of before, and something else."""
    services = Services(files={API: 2}, digests={API: b"34"}, findings={API: (FINDING,)})
    packed = {"test": {"api": b"a"}, "prod": {}}
    return Memory(services, (), {"test": Across()}, (FINDING,), frozenset(), frozenset(), packed.__getitem__)


def everything(found):
    memory = found.memory()
    state = (found.looks, found.head, found.pinned, found.files, found.findings, found.compiled())
    rest = (memory.services, memory.general, memory.across, memory.unused, memory.definitions, memory.failed)
    return (*state, *rest, memory.outlines("prod"), memory.outlines("test"))


def recalled(root):
    found = cache.recall(root)
    assert found is not None
    return found


@pytest.fixture
def kept(tmp_path, monkeypatch):
    """A root whose memory is kept, and the file that has it."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(cache, "code", lambda: "code")
    root = tmp_path / "root"
    root.mkdir()
    cache.remember(root, LOOKS, "head", made(), COMPILED)
    (place,) = (tmp_path / "cache/towpath/repositories").iterdir()
    return root, place


def test_what_is_remembered_is_recalled(kept):
    found = recalled(kept[0])
    assert (found.looks, found.head, found.pinned, found.files) == (LOOKS, "head", True, 3)
    assert found.findings == (FINDING,)
    memory = found.memory()
    assert (memory.services, memory.general, memory.across) == (made().services, made().general, made().across)
    assert (memory.definitions, memory.failed) == (made().definitions, made().failed)
    assert memory.outlines("prod") == OUTLINES["prod"]
    assert found.compiled() == COMPILED


def test_a_repository_rests_as_long_as_it_looks_the_same_and_head_does_not_matter(kept):
    root, _ = kept
    found = recalled(root)
    assert found.rests(dict(LOOKS), "head")
    assert not found.rests({**LOOKS, "x": packed({"y": (1, 1, 1)})}, "head")
    assert not found.rests({}, "head")
    assert not found.rests(LOOKS, "another")
    free = Memory(Services(), (), {}, (), frozenset(), frozenset(), OUTLINES.__getitem__)
    cache.remember(root, LOOKS, "head", free, {})
    assert recalled(root).rests(LOOKS, "another")


def test_what_other_code_has_written_is_forgotten(kept, monkeypatch):
    monkeypatch.setattr(cache, "code", lambda: "another version")
    assert cache.recall(kept[0]) is None


def test_no_byte_may_be_another_one(kept):
    root, place = kept
    content = place.read_bytes()
    for number in range(len(content)):
        place.write_bytes(content[:number] + bytes([content[number] ^ 1]) + content[number + 1 :])
        found = cache.recall(root)
        if found is not None:
            with pytest.raises(DamagedError):
                everything(found)
    for number in range(0, len(content), 7):
        place.write_bytes(content[:number])
        found = cache.recall(root)
        if found is not None:
            with pytest.raises(DamagedError):
                everything(found)


@pytest.fixture
def added(kept):
    """A root whose memory had a change added, the file that has it, and what was there before and is now."""
    root, place = kept
    before, written = everything(recalled(root)), place.read_bytes()
    cache.remember(root, LATER, "later", later(), RECOMPILED, recalled(root))
    assert place.read_bytes().startswith(written) and place.stat().st_size > len(written)
    return root, place, before, everything(recalled(root))


def test_a_change_is_added_to_the_end_and_recalled_like_all_of_it(added, monkeypatch):
    root, place, before, after = added
    cache.remember(root, LATER, "later", later(), RECOMPILED)
    written = place.read_bytes()
    assert everything(recalled(root)) == after != before
    cache.remember(root, LOOKS, "head", made(), COMPILED, recalled(root))
    assert place.read_bytes().startswith(written) and place.read_bytes() != written
    assert everything(recalled(root)) == before
    assert list(place.parent.iterdir()) == [place]


def test_changes_that_get_long_are_written_with_all_the_rest(added, monkeypatch):
    root, place, _, after = added
    size = place.stat().st_size
    monkeypatch.setattr("generator.remembered.sections._FEW", size // 4)
    cache.remember(root, LATER, "later", later(), RECOMPILED, recalled(root))
    written = place.read_bytes()
    cache.remember(root, LATER, "later", later(), RECOMPILED)
    assert place.read_bytes() == written
    assert everything(recalled(root)) == after


def test_a_change_of_which_a_byte_is_another_one_or_that_is_cut_off_has_not_been_made(added):
    root, place, before, after = added
    content = place.read_bytes()
    flipped = (content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :] for at in range(len(content)))
    seen = []
    for written in (*flipped, *(content[:length] for length in range(len(content)))):
        place.write_bytes(written)
        with suppress(DamagedError):
            if (found := cache.recall(root)) is not None:
                seen.append(everything(found))
    assert before in seen
    assert all(one == before for one in seen)
    for written, was in ((content[:-1], before), (content + bytes(64), after)):
        place.write_bytes(written)
        assert everything(recalled(root)) == was
        cache.remember(root, LATER, "later", later(), RECOMPILED, recalled(root))
        assert everything(recalled(root)) == after


@pytest.mark.parametrize("how", ["added", "replaced", "removed", "cut off"])
def test_what_another_run_has_written_meanwhile_is_replaced_as_a_whole(how, added):
    root, place, before, _ = added
    mine = recalled(root)
    if how == "removed":
        place.unlink()
    elif how == "cut off":
        place.write_bytes(place.read_bytes()[:-1])
    else:
        cache.remember(root, LATER, "other", later(), {}, recalled(root) if how == "added" else None)
    cache.remember(root, LOOKS, "third", made(), COMPILED, mine)
    assert everything(recalled(root)) == (before[0], "third", *before[2:])
    assert list(place.parent.iterdir()) == [place]


changing = st.dictionaries(st.text("abc", max_size=1), st.integers(0, 2) | st.just(()), max_size=3)


@given(st.lists(st.dictionaries(st.sampled_from(["one", "two"]), changing), min_size=1, max_size=5))
def test_changes_one_after_the_other_give_what_was_to_be_remembered(states):
    with TemporaryDirectory() as folder:
        place = Path(folder) / "file"
        place.write_bytes(b"".join(whole("of", states[0])))
        for state in states[1:]:
            with place.open("rb") as file:
                sections = Sections(file)
                change = {name: changed(sections.read(name), state.get(name, {})) for name in ("one", "two", "three")}
                assert sections.add(change, lambda: place.open("ab"))
        with place.open("rb") as file:
            sections = Sections(file)
            assert {name: sections.read(name) for name in ("one", "two")} == {"one": {}, "two": {}} | states[-1]


@pytest.mark.parametrize("how", ["others may write", "link", "pipe", "folder"])
def test_what_somebody_else_may_have_written_is_no_memory(how, kept):
    root, place = kept
    if how == "others may write":
        place.chmod(0o620)
    else:
        place.rename(place.with_name("other"))
        {"link": lambda: place.symlink_to("other"), "pipe": lambda: os.mkfifo(place), "folder": place.mkdir}[how]()
    assert cache.recall(root) is None
    cache.remember(root, LOOKS, "head", made(), COMPILED)
    assert how == "folder" or cache.recall(root) is not None


def test_a_memory_that_cannot_be_written_is_no_error_and_leaves_nothing(kept, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    root, place = kept
    monkeypatch.setattr("generator.remembered.cache.whole", full)
    cache.remember(root, {}, "", made(), {})
    assert recalled(root).looks == LOOKS
    assert list(place.parent.iterdir()) == [place]


@pytest.mark.parametrize("relative", ["cache", "./cache", ""])
def test_a_memory_below_the_folder_that_somebody_works_in_is_not_believed(relative, kept, monkeypatch):
    root, place = kept
    monkeypatch.chdir(place.parents[3])
    monkeypatch.setenv("XDG_CACHE_HOME", relative)
    monkeypatch.setenv("HOME", str(root))
    assert cache.recall(root) is None


def test_nobody_at_home_remembers_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(cache, "cache_folder", lambda: None)
    cache.remember(tmp_path, LOOKS, "head", made(), COMPILED)
    assert cache.recall(tmp_path) is None


def test_the_oldest_repositories_are_forgotten(kept, monkeypatch):
    root, place = kept
    monkeypatch.setattr(cache, "_KEPT", 2)
    os.utime(place, ns=(0, 0))
    for number in range(3):
        other = root / str(number)
        other.mkdir()
        cache.remember(other, LOOKS, "head", made(), COMPILED)
    assert cache.recall(root) is None
    assert len(list(place.parent.iterdir())) == 2


def test_head_is_what_git_says_and_what_cannot_be_understood_is_never_the_same(tmp_path):
    write_files(tmp_path)
    assert cache.head(tmp_path) == cache.head(tmp_path) == "no git"
    first = commit(tmp_path)
    assert first in cache.head(tmp_path)
    write_files(tmp_path, {"x": "x"})
    assert commit(tmp_path) in cache.head(tmp_path)
    other = tmp_path / "other"
    other.mkdir()
    (other / ".git").write_text("gitdir: elsewhere\n")
    assert cache.head(other) != cache.head(other)
