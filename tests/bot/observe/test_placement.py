"""What is written may be anything: what cannot be told is said, and what can be told comes from content alone."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from bot.history import Placement
from bot.observe.placement import Followed, Placements, Unreadable, read_lifts, read_mapping
from bot.observe.state import State
from generator.policy import Lift
from generator.trees.tree import blob_id
from tests.bot.small import OVERLAY, A, B, Small
from tests.generator.small import FILES

SPEC = "environments/base/services/web.yaml"


class Memory(dict[str, bytes]):
    """Blobs by id."""

    def blob(self, object_id: str) -> bytes:
        return self[object_id]


def state(files: Mapping[str, str | bytes]) -> State:
    content = {path: text.encode() if isinstance(text, str) else text for path, text in files.items()}
    return State(
        {path: blob_id(text) for path, text in content.items()},
        Memory({blob_id(text): text for text in content.values()}),
    )


def placed(small: Small, overlay: str, files: Mapping[str, str] = FILES) -> Placement | Unreadable | None:
    """What prod holds with this overlay; every file was touched by its own position."""
    touched = {path: (position, f"{position:040}") for position, path in enumerate(sorted(files))}
    followed = Followed(state({**files, OVERLAY: overlay}), 0, touched, {small.first: 0})
    return Placements(small.clone).at(followed, "prod", "web", "rendered")


def test_a_release_is_told_by_content_pinned_or_not(small: Small) -> None:
    pinned = placed(small, f"release: {{image: '{B}', revision: {small.first}}}\n")
    assert pinned == Placement(small.release(B), small.first, "rendered")
    unpinned = placed(small, f"release:\n  image: {B}\n")
    assert isinstance(unpinned, Placement) and unpinned.release == small.release(B)


def test_further_images_are_part_of_a_release(small: Small) -> None:
    images = "{migrate: 'ghcr.io/acme/migrate:2'}"
    found = placed(small, f"release: {{image: '{B}', images: {images}, revision: {small.first}}}\n")
    assert isinstance(found, Placement)
    assert found.release.images == f"{B} migrate=ghcr.io/acme/migrate:2"
    assert found.release.config == small.release(B).config and found.release.digest != small.release(B).digest


def test_what_a_child_would_pin_is_the_newest_commit_that_touched_the_content(small: Small) -> None:
    found = placed(small, f"release:\n  image: {A}\n")
    newest = sorted(FILES).index("templates/web/template.yaml")
    assert isinstance(found, Placement) and found.revision == f"{newest:040}"


@pytest.mark.parametrize(
    "overlay", ["", "# Soon\n", "values: {}\n", "release: {}\n", "release: soon\n", "release: {image: 1}\n"]
)
def test_without_a_release_nothing_is_held(small: Small, overlay: str) -> None:
    assert placed(small, overlay) is None


@pytest.mark.parametrize(
    ("overlay", "problem"),
    [
        ("release: [\n", "prod/services/web.yaml"),
        ("- a\n", "is not a mapping"),
        (f"release: {{image: '{A}', images: [a]}}\n", "release.images is not a map of images"),
        (f"release: {{image: '{A}', revision: main}}\n", "'main' is not a full commit id"),
        (f"release: {{image: '{A}', revision: 7}}\n", "7 is not a full commit id"),
        (f"release: {{image: '{A}', revision: {'a' * 40}}}\n", "is not on the base branch"),
    ],
)
def test_what_cannot_be_told_says_why(small: Small, overlay: str, problem: str) -> None:
    found = placed(small, overlay)
    assert isinstance(found, Unreadable) and problem in found.problem


@pytest.mark.parametrize("spec", ["template: nothing\n", "template: [\n", "template: 1\n"])
def test_content_that_cannot_be_read_says_why(small: Small, spec: str) -> None:
    found = placed(small, f"release:\n  image: {A}\n", {**FILES, SPEC: spec})
    assert isinstance(found, Unreadable) and found.problem


def test_a_mapping_is_read_or_the_reason_told() -> None:
    assert read_mapping(state({}), "a.yaml") == {}
    assert read_mapping(state({"a.yaml": ""}), "a.yaml") == {}
    assert read_mapping(state({"a.yaml": "b: 1\n"}), "a.yaml") == {"b": 1}
    assert isinstance(read_mapping(state({"a.yaml": b"\xff\xff"}), "a.yaml"), Unreadable)
    assert isinstance(read_mapping(state({"a.yaml": "[1, 2]\n"}), "a.yaml"), Unreadable)


@pytest.mark.parametrize("lifted", ["none", "{image: a}", "[1, null]", "[[a]]"])
def test_lifts_that_are_none_are_passed_over(lifted: str) -> None:
    assert read_lifts(state({OVERLAY: f"lifted: {lifted}\n"}), "prod", "web") == ()


def test_lifts_are_read_in_order() -> None:
    text = "lifted:\n  - {image: a, by: ada, reason: no blame}\n  - {config: c, by: bob, reason: known}\n"
    assert read_lifts(state({OVERLAY: text}), "prod", "web") == (
        Lift("ada", "no blame", image="a"),
        Lift("bob", "known", config="c"),
    )
