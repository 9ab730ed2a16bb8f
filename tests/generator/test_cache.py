import json
import os
from types import MappingProxyType

import pytest

from generator import cache
from generator.errors import InputError, Location
from generator.finding import Finding, Severity
from generator.load import load
from generator.pins import Pins
from generator.reuse import from_disk
from generator.survey import survey, whole
from generator.tree import DiskTree, blob_id
from generator.write import plan, write
from tests.generator.small import FILES, commit, write_files

FINDING = Finding("x", Severity.NOTE, "m", Location("a", 1, 2, "t"), (("template", Location("b")),), "do")


def test_what_is_remembered_is_recalled(tmp_path):
    known = cache.Known({"a": (1, 2, 3, "id")}, {"folder": "id"}, "key", (FINDING,))
    cache.remember(tmp_path, known)
    assert cache.recall(tmp_path) == known


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"{}", b'{"code": 1}', b'{"files": 3, "key": 1}', b"\xff\xfe", b"null"]
)
def test_a_damaged_cache_is_no_cache(content, tmp_path):
    (tmp_path / ".towpath").mkdir()
    (tmp_path / ".towpath/cache.json").write_bytes(content)
    assert cache.recall(tmp_path) == cache.Known()


@pytest.mark.parametrize("name", ["files", "rendered", "findings"])
def test_a_cache_with_a_wrong_part_is_no_cache(name, tmp_path):
    cache.remember(tmp_path, cache.Known({}, {}, "key"))
    place = tmp_path / ".towpath/cache.json"
    place.write_text(json.dumps({**json.loads(place.read_text()), name: [{"a": 1}, 2]}))
    assert cache.recall(tmp_path) == cache.Known()


def test_what_other_code_has_written_is_forgotten(tmp_path, monkeypatch):
    cache.remember(tmp_path, cache.Known({}, {}, "key"))
    monkeypatch.setattr(cache, "code", lambda: "another version")
    assert cache.recall(tmp_path) == cache.Known()


def test_a_cache_that_cannot_be_written_is_no_error(tmp_path):
    (tmp_path / ".towpath").write_text("in the way")
    cache.remember(tmp_path, cache.Known({}, {}, "key"))
    assert cache.recall(tmp_path) == cache.Known()


def test_a_full_disk_leaves_nothing_behind_and_the_next_run_completes_it(tmp_path, monkeypatch):
    def full(place, mode):
        place.touch()
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("generator.state.open_regular", full)
        patch.setattr("generator.cache.open_regular", full)
        cache.remember(tmp_path, cache.Known({}, {}, "key"))
        (tmp_path / ".towpath" / ".gitignore").touch()
        cache.remember(tmp_path, cache.Known({}, {}, "key"))
    assert [path.name for path in (tmp_path / ".towpath").iterdir()] == [".gitignore"]
    cache.remember(tmp_path, cache.Known({}, {}, "key"))
    assert (tmp_path / ".towpath" / ".gitignore").read_text() == "*\n"
    assert cache.recall(tmp_path).key == "key"


def aged(root, hours=1):
    """Make every file look some hours old, so that its stamp can be trusted."""
    for path in root.rglob("*"):
        if path.is_file() and ".git" not in path.parts:
            seen = path.stat()
            os.utime(path, ns=(seen.st_atime_ns, seen.st_mtime_ns - hours * 3_600_000_000_000))


def scanned(root, stamps=MappingProxyType({})):
    return cache.scan(root, cache.look(root), stamps)


def test_a_repository_at_rest_is_known_by_its_looks_alone(tmp_path, monkeypatch):
    write_files(tmp_path)
    aged(tmp_path)
    assert cache.rested(tmp_path, cache.look(tmp_path)) is None
    cache.rest(tmp_path, cache.look(tmp_path), [FINDING])
    with monkeypatch.context() as patch:
        patch.setattr(cache, "blob_id", lambda _: pytest.fail("a file was read"))
        assert cache.rested(tmp_path, cache.look(tmp_path)) == (FINDING,)
    with monkeypatch.context() as patch:
        patch.setattr(cache, "code", lambda: "another version")
        assert cache.rested(tmp_path, cache.look(tmp_path)) is None
    commit(tmp_path)
    assert cache.rested(tmp_path, cache.look(tmp_path)) is None


@pytest.mark.parametrize("path", sorted(FILES))
def test_every_file_that_looks_otherwise_ends_the_rest(path, tmp_path):
    write_files(tmp_path)
    aged(tmp_path)
    cache.rest(tmp_path, cache.look(tmp_path), ())
    os.utime(tmp_path / path)
    assert cache.rested(tmp_path, cache.look(tmp_path)) is None


def test_what_was_written_just_now_is_not_at_rest(tmp_path):
    write_files(tmp_path)
    cache.rest(tmp_path, cache.look(tmp_path), ())
    assert cache.rested(tmp_path, cache.look(tmp_path)) is None


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"code": 1}', b"\xff", b"null"])
def test_a_damaged_rest_is_none(content, tmp_path):
    write_files(tmp_path)
    (tmp_path / ".towpath").mkdir()
    (tmp_path / ".towpath/rest.json").write_bytes(content)
    assert cache.rested(tmp_path, cache.look(tmp_path)) is None


def test_a_scan_has_the_ids_that_git_gives(tmp_path):
    write_files(tmp_path)
    assert scanned(tmp_path).ids == {path: blob_id(text.encode()) for path, text in FILES.items()}


def test_files_changed_just_now_are_read_again_next_time(tmp_path):
    write_files(tmp_path)
    aged(tmp_path, hours=-1)  # a slow machine may take longer than a tick until it looks
    assert scanned(tmp_path).stamps == {}
    aged(tmp_path, hours=2)
    assert set(scanned(tmp_path).stamps) == set(FILES)


def test_a_stamp_saves_reading_and_any_difference_ends_it(tmp_path):
    write_files(tmp_path)
    aged(tmp_path)
    stamps = dict(scanned(tmp_path).stamps)
    place = "towpath.yaml"
    stamps[place] = (*stamps[place][:3], "from the stamp")
    assert scanned(tmp_path, stamps).ids[place] == "from the stamp"
    (tmp_path / place).write_text(FILES[place].replace("local", "loCal"))
    assert scanned(tmp_path, stamps).ids[place] == blob_id((tmp_path / place).read_bytes())


def test_a_scan_refuses_links(tmp_path):
    write_files(tmp_path)
    (tmp_path / "templates/web/link").symlink_to("/etc/passwd")
    with pytest.raises(InputError, match="link"):
        scanned(tmp_path)


def test_the_key_follows_files_and_the_commit(tmp_path):
    def key():
        return cache.key_of(tmp_path, scanned(tmp_path))

    write_files(tmp_path)
    seen = [key()]
    commit(tmp_path)
    seen.append(key())
    write_files(tmp_path, {"environments/prod/rendered/web/x.yaml": "x"})
    seen.append(key())
    commit(tmp_path)
    seen.append(key())
    assert len(set(seen)) == 4
    assert key() == seen[-1]


def test_the_key_follows_manifests_anywhere_and_passes_links_and_folders_of_tools_over(tmp_path):
    def key():
        return cache.key_of(tmp_path, scanned(tmp_path))

    write_files(tmp_path)
    before = key()
    write_files(tmp_path, {"a/.venv/x.yaml": "x", "a/x.txt": "x"})
    (tmp_path / "link.yaml").symlink_to("/etc/passwd")
    (tmp_path / "a/link").symlink_to(tmp_path)
    assert key() == before
    write_files(tmp_path, {"a/operators/x.yaml": "x"})
    assert key() != before


def test_a_git_folder_that_cannot_be_understood_gives_no_key_twice(tmp_path):
    write_files(tmp_path)
    (tmp_path / ".git").write_text("gitdir: elsewhere\n")
    files = scanned(tmp_path)
    assert cache.key_of(tmp_path, files) != cache.key_of(tmp_path, files)


def test_a_folder_is_reused_only_if_this_code_wrote_it_and_nothing_has_changed(tmp_path):
    tree = DiskTree(write_files(tmp_path))
    found = survey(tree, Pins(None, None), keep=whole)
    write(tmp_path, plan(tree, found.kept))
    overlay = load(tree).overlays["test", "web"]
    folder = overlay.rendered
    build = next(one for one in found.kept if one.folder == folder)
    rendered = {folder: tree.blob_id(f"{folder}/.towpath") or ""}

    reused = from_disk(tree, rendered)(overlay, build.inputs)
    assert reused is not None
    assert {one.path: (one.text, one.objects) for one in reused} == {
        one.path: (one.text, one.objects) for one in build.manifests
    }
    assert from_disk(tree, {})(overlay, build.inputs) is None
    assert from_disk(tree, {folder: "0" * 40})(overlay, build.inputs) is None
    assert from_disk(tree, rendered)(overlay, "f" * 64) is None
    (tmp_path / folder / "service.yaml").write_text("edited: by hand\n")
    assert from_disk(tree, rendered)(overlay, build.inputs) is None


def test_findings_about_reused_files_point_at_their_templates_all_the_same(tmp_path):
    broken = FILES["templates/web/service.yaml.j2"].replace("targetPort: http", "targetPort: grpc")
    tree = DiskTree(write_files(tmp_path, {**FILES, "templates/web/service.yaml.j2": broken}))
    pins = Pins(None, None)
    first = survey(tree, pins, keep=whole)
    write(tmp_path, plan(tree, first.kept))
    rendered = {build.folder: tree.blob_id(f"{build.folder}/.towpath") or "" for build in first.kept}
    assert survey(tree, pins, reuse=from_disk(tree, rendered), keep=whole).findings == first.findings
    assert "service-port" in [one.check for one in first.findings]
