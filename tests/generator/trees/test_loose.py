"""Objects in files of their own are read as git reads them, or left to git."""

import subprocess
import zlib
from pathlib import Path

import pytest

from generator.errors import InputError
from generator.trees.git import Git
from generator.trees.loose import objects_of, read_loose
from generator.trees.refusals import LARGEST
from generator.trees.tree import blob_id


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    subprocess.run(["git", "init", "-q", "--bare", tmp_path / "bare.git"], check=True)
    return tmp_path / "bare.git"


def put(bare: Path, packed: bytes, object_id: str = "a" * 40) -> str:
    place = bare / "objects" / object_id[:2] / object_id[2:]
    place.parent.mkdir(exist_ok=True)
    place.write_bytes(packed)
    return object_id


def test_whatever_its_size_an_object_is_read_as_written(bare: Path) -> None:
    for size in (*range(80), 1000, 70_000):
        for content in (b"\0" * size, bytes(range(256)) * (size // 256 + 1)):
            content, level = content[:size], size % 10
            object_id = put(bare, zlib.compress(b"blob %d\0%s" % (size, content), level), blob_id(content))
            assert read_loose(bare / "objects", object_id) == (b"blob", content)


def test_git_reads_the_same(bare: Path, tmp_path: Path) -> None:
    command = ["git", "--git-dir", str(bare), "--work-tree", str(tmp_path)]
    (tmp_path / "file").write_text("1")
    subprocess.run([*command, "add", "file"], check=True)
    subprocess.run([*command, "commit", "-q", "-m", "m"], check=True)
    listed = ["cat-file", "--batch-all-objects", "--batch-check"]
    found = subprocess.run([*command, *listed], check=True, capture_output=True, text=True).stdout.splitlines()
    assert len(found) == 3
    for object_id, kind, _ in map(str.split, found):
        content = subprocess.run([*command, "cat-file", kind, object_id], check=True, capture_output=True).stdout
        assert read_loose(bare / "objects", object_id) == (kind.encode(), content)


@pytest.mark.parametrize(
    "packed",
    [
        b"",
        b"no zlib",
        zlib.compress(b"blob 5\0four"),
        zlib.compress(b"blob 5\0sixsix"),
        zlib.compress(b"blob 0\0" + b"x" * 100),
        zlib.compress(b"blob 4\0four")[:-2],
        zlib.compress(b"blob -4\0four"),
        zlib.compress(b"thing 4\0four"),
        zlib.compress(b"blob %d\0" % (LARGEST + 1)),
        zlib.compress(b"blob 9999999999999999\0"),
    ],
)
def test_what_is_no_sound_object_is_left_to_git(bare: Path, packed: bytes) -> None:
    assert read_loose(bare / "objects", put(bare, packed)) is None


def test_no_more_is_unpacked_than_was_announced(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = zlib.compressobj()
    packed = bomb.compress(b"blob 1000\0") + b"".join(bomb.compress(bytes(2**20)) for _ in range(64)) + bomb.flush()
    unpacked = []
    real = zlib.decompressobj

    class Counting:
        def __init__(self) -> None:
            self.inner = real()

        def decompress(self, data: bytes, most: int) -> bytes:
            found = self.inner.decompress(data, most)
            unpacked.append(len(found))
            return found

        def __getattr__(self, name: str) -> object:
            return getattr(self.inner, name)

    monkeypatch.setattr("generator.trees.loose.zlib.decompressobj", Counting)
    assert read_loose(bare / "objects", put(bare, packed)) is None
    assert sum(unpacked) < 1100


def test_a_large_blob_is_refused_by_its_size_alone(bare: Path) -> None:
    object_id = put(bare, zlib.compress(b"blob %d\0" % (LARGEST + 1) + bytes(LARGEST + 1)))
    with pytest.raises(InputError, match="larger than 16 MiB"):
        Git(bare).blob(object_id)


def test_objects_of_work_trees_and_bare_repositories_are_found(bare: Path, tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", tmp_path / "work"], check=True)
    assert objects_of(bare) == bare / "objects"
    assert objects_of(tmp_path / "work") == tmp_path / "work/.git/objects"
    assert objects_of(tmp_path) is None
