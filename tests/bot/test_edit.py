"""Edits of people's files: what is asked for changes, and not one byte besides."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.edit import add_lift, remove_hold, set_hold, set_release
from generator.errors import InputError, Location
from generator.k8syaml import YamlError, parse
from generator.policy import HoldOrder, Lift
from generator.release import Release

IMAGE = "ghcr.io/acme/web:1.4.2@sha256:" + "a" * 64
COMMIT = "8c0f3d2" + "0" * 33
OVERLAY = """\
# Shop window, prod.
values:
  autoscale: {min: 3,   max: 12}   # as measured in May
  env:
      SESSION_KEY: {secret: 'frontend', key: "session-key"}

release:
  image: ghcr.io/acme/web:1.4.1   # written by the bot
  revision: 1111111111111111111111111111111111111111

# The end.
"""
HOLD = HoldOrder("Black Friday: nothing moves", "ann", datetime(2026, 11, 30, tzinfo=UTC), Location("x"))


def test_a_release_is_replaced_where_it_stands():
    changed = set_release(OVERLAY, Release(IMAGE, COMMIT))
    expected = OVERLAY.replace("ghcr.io/acme/web:1.4.1", IMAGE).replace("1" * 40, COMMIT)
    assert changed == expected


def test_a_first_release_gets_a_blank_line_around_it():
    assert set_release("values:\n  a: 1\n", Release(IMAGE)) == f"values:\n  a: 1\n\nrelease:\n  image: {IMAGE}\n"


@pytest.mark.parametrize("empty", ["", "# Belongs here.\n", "\n"])
def test_a_first_release_of_an_overlay_without_a_value(empty):
    changed = set_release(empty, Release(IMAGE, COMMIT))
    assert changed.startswith(empty)
    assert parse(changed)[0].value == {"release": {"image": IMAGE, "revision": COMMIT}}


def test_a_revision_comes_and_goes():
    without = "release:\n    image: a/b:1  # kept\n\nvalues: {}\n"
    pinned = set_release(without, Release("a/b:2", COMMIT))
    assert pinned == f"release:\n    image: a/b:2  # kept\n    revision: {COMMIT}\n\nvalues: {{}}\n"
    assert set_release(pinned, Release("a/b:1")) == without


@pytest.mark.parametrize(
    "written",
    [
        "release: {image: a/b:1, revision: 1111111111111111111111111111111111111111}\n",
        "release: {image: a/b:1}\n",
        "release:\n",
        "release: ~\n",
        "release: # none\n",
        "release:\n  image: >-\n    a/b:1\n",
        '"release":\n  "image": "a/b:1"\n',
    ],
)
@pytest.mark.parametrize("revision", [None, COMMIT])
def test_every_way_to_write_a_release(written, revision):
    text = f"# top\nvalues: {{a: 1}} # v\n\n{written}\nhold: {{reason: r, by: b}} # h\n"
    changed = set_release(text, Release(IMAGE, revision))
    assert changed.startswith("# top\nvalues: {a: 1} # v\n\n")
    assert changed.endswith("\nhold: {reason: r, by: b} # h\n")
    expected = {"image": IMAGE} | ({"revision": revision} if revision else {})
    assert parse(changed)[0].value["release"] == expected


def test_quotes_stay():
    assert set_release("release:\n  image: 'a:1'\n", Release("a:2")) == "release:\n  image: 'a:2'\n"


def test_a_document_end_marker_stays_last():
    assert set_release("---\nvalues: {}\n...\n", Release("a:1")).endswith("\n\nrelease:\n  image: a:1\n...\n")


def test_a_byte_order_mark_and_windows_line_ends_stay():
    text = "\ufeffvalues: {}\r\n\r\nrelease:\r\n  image: a:1\r\n"
    assert set_release(text, Release("a:2", COMMIT)) == (
        f"\ufeffvalues: {{}}\r\n\r\nrelease:\r\n  image: a:2\r\n  revision: {COMMIT}\r\n"
    )


def test_a_hold_is_written_in_quotes_where_yaml_needs_them():
    assert set_hold("after: [test]\n", HOLD) == (
        'after: [test]\n\nhold:\n  reason: "Black Friday: nothing moves"\n  by: ann\n  until: "2026-11-30T00:00:00Z"\n'
    )


def test_a_second_hold_replaces_the_first():
    once = set_hold(OVERLAY, HOLD)
    again = set_hold(once, HoldOrder("other", "bob", None, Location("x")))
    assert parse(again)[0].value["hold"] == {"reason": "other", "by": "bob"}
    assert remove_hold(again) == OVERLAY


def test_a_hold_that_is_not_there_cannot_be_removed():
    with pytest.raises(InputError, match="no `hold`"):
        remove_hold(OVERLAY)


def test_lifted_grows_at_its_end():
    first = add_lift(OVERLAY, Lift("ann", "a fluke", image=IMAGE))
    assert first.startswith(OVERLAY.rstrip("\n"))
    second = add_lift(first, Lift("bob", "fixed", config="c" * 64))
    assert second.startswith(first.rstrip("\n"))
    assert parse(second)[0].value["lifted"] == [
        {"image": IMAGE, "by": "ann", "reason": "a fluke"},
        {"config": "c" * 64, "by": "bob", "reason": "fixed"},
    ]


@pytest.mark.parametrize(
    "written",
    [
        "lifted: [{image: a, by: b, reason: c}] # f\n",
        "lifted:\n- image: a\n  by: b\n  reason: c # r\n",
        "lifted:\n    -   image: a\n        by: b\n        reason: |\n          c\n\n",
    ],
)
def test_every_way_to_write_lifted(written):
    text = written + "values: {} # v\n"
    changed = add_lift(text, Lift("ann", 'it was "fine"', image=IMAGE))
    assert changed.endswith("values: {} # v\n")
    before, after = parse(text)[0].value["lifted"], parse(changed)[0].value["lifted"]
    assert after == [*before, {"image": IMAGE, "by": "ann", "reason": 'it was "fine"'}]


def test_what_cannot_be_edited_in_place_is_refused():
    with pytest.raises(InputError, match="cannot be edited in place"):
        set_release("{values: {}}\n", Release(IMAGE), "environments/test/services/web.yaml")
    with pytest.raises(InputError, match="more than one document"):
        set_release("a: 1\n---\nb: 2\n", Release(IMAGE))
    with pytest.raises(InputError, match="without changing something else"):
        set_release("release: &r\n  image: a\nvalues: {<<: *r}\n", Release(IMAGE))
    with pytest.raises(InputError, match="without changing something else"):
        set_release("values:\n  text: |\n    a line break more is another text", Release(IMAGE))
    with pytest.raises(YamlError):
        set_release("a: [\n", Release(IMAGE))


# --- Whatever the file looks like

COMMENTS = st.sampled_from(["", "   # why", " #", "\t# tab"])
ENTRIES = st.sampled_from(
    [
        "values:\n  a: 1{c}\n  # inside\n  b: [1,\n      2]{c}\n",
        "values: {{a: 'x',   b: \"y\"}}{c}\n",
        "values:\n    text: |\n      release: no\n\n      more\n",
        "'values':\n  s: >-\n     folded{{}}\n     text\n",
    ]
)
RELEASES = st.sampled_from(
    [
        "",
        "release:\n  image: a/b:1{c}\n",
        "release:\n      revision: 1111111111111111111111111111111111111abc{c}\n      image: 'a/b:1'{c}\n",
        'release:{c}\n  image: "a/b:1"\n\n  # pin\n  revision: abc2222222222222222222222222222222222222{c}\n',
    ]
)


@st.composite
def overlays(draw):
    """Overlays in every style: order, comments, blank lines, line ends, and with or without a last line break."""
    parts = [draw(ENTRIES), draw(RELEASES)]
    if draw(st.booleans()):
        parts.reverse()
    comment = draw(COMMENTS)
    gap = draw(st.sampled_from(["", "\n", "\n\n", "# between\n", "\n# between\n\n"]))
    text = draw(st.sampled_from(["", "# top\n", "---\n"])) + gap.join(part.format(c=comment) for part in parts)
    text += draw(st.sampled_from(["", "# bottom\n", "\n"]))
    if draw(st.booleans()) and not text.endswith(" more\n"):
        text = text.removesuffix("\n")
    newline = draw(st.sampled_from(["\n", "\r\n"]))
    return draw(st.sampled_from(["", "\ufeff"])) + text.replace("\n", newline)


def comments(text: str, without: str = "") -> list[str]:
    lines = (line for line in text.splitlines() if not without or without not in line)
    return [line.partition("#")[2] for line in lines if "#" in line]


def unchanged_around(before: str, after: str) -> tuple[str, str]:
    """What differs between two texts once their common start and end are taken away."""
    start = next(
        (i for i, (a, b) in enumerate(zip(before, after, strict=False)) if a != b), min(map(len, (before, after)))
    )
    rest = min(len(before), len(after)) - start
    end = next((i for i in range(rest) if before[-1 - i] != after[-1 - i]), rest)
    return before[start : len(before) - end], after[start : len(after) - end]


@given(overlays(), st.sampled_from([None, COMMIT]))
def test_only_the_release_changes(text, revision):
    changed = set_release(text, Release(IMAGE, revision))
    value = parse(changed)[0].value
    assert value["release"] == {"image": IMAGE} | ({"revision": revision} if revision else {})
    assert value["values"] == parse(text)[0].value["values"]
    assert comments(changed) == comments(text, without="" if revision else "revision:")
    removed, _ = unchanged_around(text, changed)
    assert "values" not in removed
    assert changed.endswith(("\n", "\r")) == text.endswith(("\n", "\r"))
    assert ("\r\n" in text) == ("\r\n" in changed) or "\n" not in text


@given(overlays(), st.sampled_from([None, COMMIT]))
def test_a_release_set_twice_is_set_once(text, revision):
    once = set_release(text, Release(IMAGE, revision))
    assert set_release(once, Release(IMAGE, revision)) == once


@given(overlays())
def test_a_release_taken_back_leaves_the_bytes_as_they_were(text):
    release = parse(text)[0].value.get("release")
    if release:
        there = set_release(text, Release("c/d:9", release.get("revision")))
        assert set_release(there, Release(release["image"], release.get("revision"))) == text


@given(overlays(), st.text(min_size=1).filter(str.strip), st.text(min_size=1).filter(str.strip))
def test_a_hold_that_ends_leaves_the_bytes_as_they_were(text, reason, by):
    try:
        held = set_hold(text, HoldOrder(reason, by, None, Location("x")))
    except YamlError:  # a character that no YAML file can hold
        return
    assert parse(held)[0].value["hold"] == {"reason": reason, "by": by}
    assert remove_hold(held) == text


@given(overlays())
def test_a_lift_only_adds(text):
    changed = add_lift(text, Lift("ann", "a fluke", image=IMAGE))
    removed, added = unchanged_around(text, changed)
    assert removed == ""
    assert "lifted" in added


def test_further_images_change_where_they_stand():
    before = "release:\n  image: a/b:1\n  images:\n    migrate: a/m:1  # of the same build\n    proxy: 'a/p:1'\n"
    changed = set_release(before, Release("a/b:2", None, (("migrate", "a/m:2"), ("proxy", "a/p:2"))))
    assert changed == before.replace(":1", ":2")


def test_further_images_come_and_go():
    alone = "values: {}\n\nrelease:\n  image: a/b:1\n  revision: " + COMMIT + "\n"
    more = set_release(alone, Release("a/b:1", COMMIT, (("migrate", "a/m:1"),)))
    assert parse(more)[0].value["release"] == {"image": "a/b:1", "images": {"migrate": "a/m:1"}, "revision": COMMIT}
    assert more.startswith("values: {}\n\nrelease:\n")
    assert parse(set_release(more, Release("a/b:1", COMMIT)))[0].value == parse(alone)[0].value
