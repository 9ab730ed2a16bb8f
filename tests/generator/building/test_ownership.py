import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.building import ownership
from generator.errors import InputError
from generator.trees.tree import DiskTree, blob_id
from tests.generator.small import write_files

HASH = "a" * 64
OTHER = "b" * 64
FOLDER = "environments/test/rendered/web"


def test_the_file_is_sorted_lines():
    content = ownership.format(HASH, OTHER, {"service.yaml": b"s", "deployment.yaml": b"d"})
    assert content.decode().splitlines() == [
        f"file deployment.yaml {blob_id(b'd')}",
        f"file service.yaml {blob_id(b's')}",
        f"inputs {OTHER}",
        f"release {HASH}",
    ]


names = st.from_regex(r"[a-z0-9][a-z0-9.-]{0,20}\.yaml", fullmatch=True)


@given(st.dictionaries(names, st.binary(max_size=20), max_size=5))
def test_what_is_written_is_read_back(files):
    parsed = ownership.parse(ownership.format(HASH, OTHER, files))
    assert parsed == ownership.Ownership(HASH, OTHER, {name: blob_id(content) for name, content in files.items()})


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"release abc\ninputs def\n",
        f"release {HASH}\n".encode(),
        f"release {HASH}\nrelease {HASH}\ninputs {HASH}\n".encode(),
        f"file ../../etc/passwd {'0' * 40}\ninputs {HASH}\nrelease {HASH}\n".encode(),
        f"<<<<<<< HEAD\ninputs {HASH}\nrelease {HASH}\n".encode(),
    ],
)
def test_a_damaged_file_is_refused_and_owns_nothing(content, tmp_path):
    with pytest.raises(InputError, match="damaged"):
        ownership.parse(content)
    (tmp_path / FOLDER).mkdir(parents=True)
    (tmp_path / FOLDER / ownership.NAME).write_bytes(content)
    (tmp_path / FOLDER / "mine.yaml").write_bytes(b"kind: Secret\n")
    assert ownership.read(DiskTree(tmp_path), FOLDER) is None
    assert ownership.owned(DiskTree(tmp_path), FOLDER) == {f"{FOLDER}/{ownership.NAME}"}


def rendered(tmp_path, inputs=HASH):
    listed = ownership.format(OTHER, inputs, {"service.yaml": b"s"}).decode()
    write_files(tmp_path, {f"{FOLDER}/service.yaml": "s", f"{FOLDER}/{ownership.NAME}": listed})
    return DiskTree(tmp_path)


def test_a_folder_is_stale_when_its_inputs_are_others(tmp_path):
    tree = rendered(tmp_path)
    assert not ownership.stale(tree, FOLDER, HASH)
    assert ownership.stale(tree, FOLDER, OTHER)
    assert ownership.stale(tree, FOLDER, None)


@pytest.mark.parametrize("content", ["edited", None])
def test_a_folder_is_stale_when_a_rendered_file_was_changed_or_removed(content, tmp_path):
    tree = rendered(tmp_path)
    place = tmp_path / FOLDER / "service.yaml"
    place.unlink() if content is None else place.write_text(content)
    assert ownership.stale(tree, FOLDER, HASH)


def test_somebody_elses_file_makes_nothing_stale_but_one_with_our_header_does(tmp_path):
    tree = rendered(tmp_path)
    (tmp_path / FOLDER / "theirs.yaml").write_text("kind: Secret\n")
    assert not ownership.stale(tree, FOLDER, HASH)
    (tmp_path / FOLDER / "old.yaml").write_bytes(ownership.HEADER + b"x; do not edit\n")
    assert ownership.stale(tree, FOLDER, HASH)


def test_nothing_rendered_and_nothing_to_render_is_up_to_date(tmp_path):
    assert not ownership.stale(DiskTree(tmp_path), FOLDER, None)
    assert ownership.stale(DiskTree(tmp_path), FOLDER, HASH)


def test_the_hash_of_inputs_is_that_of_their_canonical_json():
    assert ownership.inputs_hash({"b": 1, "a": "é"}) == ownership.inputs_hash({"a": "é", "b": 1})
    assert ownership.inputs_hash({"a": 1}) != ownership.inputs_hash({"a": "1"})
    # sha256 of {"a":"é"} in UTF-8
    assert ownership.inputs_hash({"a": "é"}) == "b3a092a6af48807fa9482b2ee140105575daa26d5b24b3c0e60a7e2dee6683b1"
