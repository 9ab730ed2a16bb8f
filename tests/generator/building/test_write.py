import errno
import os
import shutil
import signal
from itertools import count

import pytest

import generator.building.write
from generator.building import ownership
from generator.building.build import Build
from generator.building.write import carry_out, plan, workspace, write
from generator.errors import InputError, Location
from generator.finding import Finding, Severity, errors
from generator.trees.looks import amended, look
from generator.trees.tree import DiskTree

FOLDER = "environments/test/rendered/web"
HASH = "a" * 64
MINE = ownership.HEADER.decode() + "x; do not edit\n"


def built(service="web", /, **files):
    folder = f"environments/test/rendered/{service}"
    content = {f"{name}.yaml": f"{MINE}{text}\n".encode() for name, text in files.items()}
    inputs = ownership.inputs_hash(files)
    listed = ownership.format(HASH, inputs, content)
    return Build(
        "test",
        service,
        inputs=inputs,
        files={f"{folder}/{name}": text for name, text in {**content, ".towpath": listed}.items()},
    )


def render(root, *builds, gone=()):
    planned = plan(DiskTree(root), builds, gone)
    write(root, planned)
    return planned


def there(root):
    """All files of the repository by path, less the state folder."""
    tree = DiskTree(root)
    return {path: tree.read(path) for path in tree.files("environments")}


def test_the_folder_holds_exactly_what_was_built(tmp_path):
    render(tmp_path, built(deployment="1", service="1"))
    planned = render(tmp_path, built(deployment="2", ingress="1"))
    assert there(tmp_path) == built(deployment="2", ingress="1").files
    assert planned.removes == (f"{FOLDER}/service.yaml",)
    assert plan(DiskTree(tmp_path), [built(deployment="2", ingress="1")]).is_empty


def test_nothing_is_left_besides_the_state_folder(tmp_path):
    render(tmp_path, built(deployment="1"))
    assert sorted(entry.name for entry in tmp_path.iterdir()) == [".towpath", "environments"]
    assert sorted(entry.name for entry in (tmp_path / ".towpath").iterdir()) == [".gitignore", "lock"]


def test_a_file_that_is_not_ours_stays_and_is_reported(tmp_path):
    render(tmp_path, built(deployment="1", service="1"))
    theirs = tmp_path / FOLDER / "theirs.yaml"
    theirs.write_text("kind: Secret\n")
    planned = render(tmp_path, built(deployment="1"))
    assert theirs.read_text() == "kind: Secret\n"
    assert [(one.check, one.severity, one.where.path) for one in planned.findings] == [
        ("foreign-file", Severity.WARNING, f"{FOLDER}/theirs.yaml")
    ]


def test_a_listed_file_is_ours_even_without_its_header(tmp_path):
    render(tmp_path, built(deployment="1", ingress="1"))
    (tmp_path / FOLDER / "ingress.yaml").write_text("edited: by hand\n")
    render(tmp_path, built(deployment="1"))
    assert there(tmp_path) == built(deployment="1").files


def test_a_foreign_file_in_the_way_stops_its_service_only(tmp_path):
    theirs = tmp_path / FOLDER / "deployment.yaml"
    theirs.parent.mkdir(parents=True)
    theirs.write_text("kind: Deployment\n")
    planned = render(tmp_path, built(deployment="1"), built("api", deployment="1"))
    assert theirs.read_text() == "kind: Deployment\n"
    assert [one.where.path for one in errors(planned.findings)] == [f"{FOLDER}/deployment.yaml"]
    assert set(there(tmp_path)) == {f"{FOLDER}/deployment.yaml", *built("api", deployment="1").files}


def test_a_service_that_cannot_be_rendered_keeps_its_files(tmp_path):
    render(tmp_path, built(deployment="1"))
    failed = Build("test", "web", findings=(Finding("x", Severity.ERROR, "x", Location("x")),))
    assert plan(DiskTree(tmp_path), [failed]).is_empty


def test_the_folder_of_a_service_without_overlay_goes_less_what_is_not_ours(tmp_path):
    render(tmp_path, built(deployment="1"), built("api", deployment="1"), built("old", deployment="1"))
    (tmp_path / "environments/test/rendered/api/note.txt").write_text("keep\n")
    gone = ownership.orphans(DiskTree(tmp_path), "test", ["web"])
    assert gone == ["environments/test/rendered/api", "environments/test/rendered/old"]
    render(tmp_path, built(deployment="1"), gone=gone)
    assert set(there(tmp_path)) == {*built(deployment="1").files, "environments/test/rendered/api/note.txt"}
    assert not (tmp_path / "environments/test/rendered/old").exists()


@pytest.mark.parametrize("link", [FOLDER, f"{FOLDER}/deployment.yaml", "environments"])
def test_links_are_refused_and_what_they_lead_to_is_untouched(link, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "file").write_text("precious")
    root = tmp_path / "root"
    place = root / link
    place.parent.mkdir(parents=True)
    place.symlink_to(outside / "file" if link.endswith(".yaml") else outside)
    with pytest.raises(InputError, match="link"):
        render(root, built(deployment="1"))
    assert [(entry.name, entry.read_text()) for entry in outside.iterdir()] == [("file", "precious")]


def test_a_link_that_comes_between_looking_and_writing_is_not_followed(tmp_path, monkeypatch):
    root, outside = tmp_path / "root", tmp_path / "outside"
    root.mkdir()
    render(root, built(deployment="1", ingress="1"))
    outside.mkdir()
    (outside / "ingress.yaml").write_text("precious")
    look = generator.building.write._refuse_obstacles

    def too_late(*arguments):
        look(*arguments)
        shutil.rmtree(root / FOLDER, ignore_errors=True)
        (root / FOLDER).symlink_to(outside)

    monkeypatch.setattr("generator.building.write._refuse_obstacles", too_late)
    for wanted in (built(deployment="2"), built(service="1")):
        with pytest.raises(InputError, match="something else is in its place"):
            render(root, wanted)
        assert [(entry.name, entry.read_text()) for entry in outside.iterdir()] == [("ingress.yaml", "precious")]
        (root / FOLDER).unlink()


def test_a_folder_that_may_not_be_written_stops_it_before_anything_changes(tmp_path, monkeypatch):
    render(tmp_path, built(deployment="1"), built("zoo", deployment="1"))
    before = there(tmp_path)
    locked = tmp_path / "environments/test/rendered/zoo"
    monkeypatch.setattr("generator.building.write.os.access", lambda place, _: place != locked)
    with pytest.raises(PermissionError) as refused:
        render(tmp_path, built(deployment="2"), built("zoo", deployment="2"))
    assert refused.value.filename == str(locked)
    assert there(tmp_path) == before


def test_a_link_instead_of_the_state_folder_is_refused(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / ".towpath").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InputError, match="link"):
        render(tmp_path, built(deployment="1"))
    assert not there(tmp_path) and not list((tmp_path / "elsewhere").iterdir())


def test_a_full_disk_changes_nothing(tmp_path, monkeypatch):
    render(tmp_path, built(deployment="1", ingress="1"))
    before = there(tmp_path)
    real, calls = os.write, count()

    def full(handle, data):
        if next(calls) == 1:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real(handle, data)

    monkeypatch.setattr("generator.building.write.os.write", full)
    with pytest.raises(OSError, match="No space"):
        render(tmp_path, built(deployment="2", ingress="2"))
    assert there(tmp_path) == before
    assert not list((tmp_path / ".towpath").glob("write-*"))


OLD = built(deployment="1", ingress="1", service="1")
NEW = built(deployment="2", service="2", configmap="2")


@pytest.mark.parametrize("effect", range(7))
def test_killed_between_any_two_effects_every_file_is_old_or_new_and_the_next_run_heals(effect, tmp_path):
    render(tmp_path, OLD)
    _write_and_die(tmp_path, effect)
    for path, content in there(tmp_path).items():
        assert content in (OLD.files.get(path), NEW.files.get(path))
    assert there(tmp_path) == NEW.files or ownership.stale(DiskTree(tmp_path), FOLDER, NEW.inputs)
    render(tmp_path, NEW)
    assert there(tmp_path) == NEW.files
    assert not list((tmp_path / ".towpath").glob("write-*"))


def test_there_are_as_many_effects_as_the_test_above_kills_between(tmp_path):
    render(tmp_path, OLD)
    assert _write_and_die(tmp_path, 4)
    render(tmp_path, OLD)
    assert not _write_and_die(tmp_path, 5)


def test_a_folder_that_is_new_is_there_as_a_whole_or_not_at_all(tmp_path):
    for effect, found in ((0, {}), (1, NEW.files)):
        root = tmp_path / str(effect)
        root.mkdir()
        assert _write_and_die(root, effect) == (not found)
        assert there(root) == found


def test_files_come_one_by_one_where_there_is_a_folder(tmp_path):
    theirs = tmp_path / FOLDER / "theirs.yaml"
    theirs.parent.mkdir(parents=True)
    theirs.write_text("kind: Secret\n")
    render(tmp_path, NEW)
    assert there(tmp_path) == {**NEW.files, f"{FOLDER}/theirs.yaml": b"kind: Secret\n"}


def test_a_run_knows_how_what_it_has_written_looks(tmp_path):
    with workspace(tmp_path) as folder:
        looks = carry_out(tmp_path, plan(DiskTree(tmp_path), [OLD]), folder)
        looks |= carry_out(tmp_path, plan(DiskTree(tmp_path), [NEW]), folder)
    assert amended({}, {path: looks[path] for path in NEW.files}) == look(tmp_path)


def _write_and_die(root, effect):
    """Write NEW in another process that is killed before its effect number `effect`; whether it came to that."""
    child = os.fork()
    if child == 0:
        number = count()
        for name in ("rename", "replace", "unlink"):
            setattr(os, name, _deadly(getattr(os, name), number, effect))
        render(root, NEW)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def _deadly(real, number, effect):
    def act(*arguments, **options):
        if next(number) == effect:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*arguments, **options)

    return act
