"""A tree that has been looked at lists what the disk does."""

import pytest

from generator.trees.looks import look
from generator.trees.seen_tree import SeenTree
from generator.trees.tree import DiskTree
from tests.generator.small import FILES, write_files

MORE = {
    "environments/base/services/web/manifests/config.yaml": "a: b\n",
    "environments/test/services/web/deep/down/own": "x",
    "environments/prod/rendered/web/service.yaml": "a: b\n",
    "charts/redis/notes.txt": "x",
    "charts/redis-2/notes.txt": "x",
    "operators/own/x.txt": "x",
}


@pytest.fixture
def root(tmp_path):
    (tmp_path / "environments/test/services/api/manifests").mkdir(parents=True)
    return write_files(tmp_path, {**FILES, **MORE})


def test_every_folder_has_the_files_that_it_has_on_disk(root):
    disk = DiskTree(root)
    seen = SeenTree(disk, look(root))
    folders = [path.relative_to(root).as_posix() for path in root.rglob("*")]  # files too: nothing is below them
    for folder in (
        *folders,
        "environments/base/services/absent/manifests",
        "environments/absent",
        "charts/red",
        "absent",
    ):
        assert list(seen.files(folder)) == list(disk.files(folder)), folder
    assert sum(1 for _ in seen.files("environments")) > 5
    assert all(seen.read(path) == disk.read(path) for path in disk.files("environments"))
    assert seen.entries("environments/test") == disk.entries("environments/test")


def test_what_had_no_files_is_not_looked_for(root):
    seen = SeenTree(DiskTree(root), look(root))
    write_files(root, {"environments/test/services/late/manifests/a.yaml": "a: b\n", "operators/late/b.yaml": "a: b\n"})
    assert list(seen.files("environments/test/services/late/manifests")) == []
    assert list(seen.files("operators/late")) == ["operators/late/b.yaml"]
