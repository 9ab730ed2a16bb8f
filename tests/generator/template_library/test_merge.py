"""Merging templates three ways: what each side may do, and what nobody can decide."""

from hypothesis import given
from hypothesis import strategies as st

from generator.template_library.merge import Conflict, merge
from generator.trees.tree import blob_id

ONE, OURS, THEIRS = b"a\nb\nc\nd\ne\n", b"A\nb\nc\nd\ne\n", b"a\nb\nc\nd\nE\n"


def merged(base, ours, theirs):
    return merge({path: blob_id(text) for path, text in base.items()}, ours, theirs, base.__getitem__)


def test_what_only_one_side_changed_is_taken():
    assert merged({"f": ONE}, {"f": ONE}, {"f": THEIRS}).files == {"f": THEIRS}
    assert merged({"f": ONE}, {"f": OURS}, {"f": ONE}).files == {}
    assert merged({"f": ONE}, {"f": ONE}, {}).files == {"f": None}
    assert merged({"f": ONE}, {}, {"f": ONE}).files == {}
    assert merged({}, {}, {"f": ONE}).files == {"f": ONE}
    assert merged({"f": ONE}, {"f": THEIRS}, {"f": THEIRS}).files == {}


def test_changes_in_different_places_go_together():
    found = merged({"f": ONE}, {"f": OURS}, {"f": THEIRS})
    assert (found.files, found.conflicts) == ({"f": b"A\nb\nc\nd\nE\n"}, ())


def test_changes_at_one_place_are_a_conflict_with_its_line():
    found = merged({"f": ONE}, {"f": b"a\nb\nx\nd\ne\n"}, {"f": b"a\nb\ny\nd\ne\n"})
    assert found.conflicts == (Conflict("f", "changed at the same place here and in its source", 3),)
    assert b"<<<<<<< here\nx\n=======\ny\n>>>>>>> its source now\n" in found.files["f"]


def test_what_one_side_removed_and_the_other_changed_is_for_people():
    gone = merged({"f": ONE}, {}, {"f": THEIRS})
    assert (gone.files, gone.conflicts) == ({}, (Conflict("f", "removed here, and changed in its source"),))
    theirs = merged({"f": ONE}, {"f": OURS}, {})
    assert theirs.conflicts == (Conflict("f", "removed in its source, and changed here"),)


def test_two_different_new_files_and_files_that_are_no_text():
    assert merged({}, {"f": b"x\n"}, {"f": b"y\n"}).conflicts[0].why == "added here and in its source"
    binary = merged({"f": b"\0a"}, {"f": b"\0b"}, {"f": b"\0c"})
    assert (binary.files, len(binary.conflicts)) == ({}, 1)


files = st.dictionaries(st.sampled_from("fgh"), st.sampled_from([ONE, OURS, THEIRS, b"", b"\0"]))


@given(files, files)
def test_without_changes_here_it_becomes_its_source_and_without_changes_there_nothing_happens(base, other):
    found = merged(base, base, other)
    result = {**base, **found.files}
    assert {path: text for path, text in result.items() if text is not None} == other
    assert not found.conflicts
    assert merged(base, other, base) == merged({}, {}, {})
