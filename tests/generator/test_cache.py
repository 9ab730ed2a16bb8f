import os

import pytest

from generator import cache
from generator.errors import Location
from generator.finding import Finding, Severity
from generator.judged import Across
from generator.looks import packed
from generator.memory import Memory, Services
from generator.suppressions import Suppression
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


def recalled(root):
    found = cache.recall(root)
    assert found is not None
    return found


@pytest.fixture
def kept(tmp_path, monkeypatch):
    """A root whose memory is kept, and the file that has it."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
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
            with pytest.raises(cache.DamagedError):
                found.memory().outlines("prod"), found.compiled()
    for number in range(0, len(content), 7):
        place.write_bytes(content[:number])
        found = cache.recall(root)
        if found is not None:
            with pytest.raises(cache.DamagedError):
                found.memory().outlines("prod"), found.compiled()


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
    monkeypatch.setattr("generator.cache._written", full)
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
