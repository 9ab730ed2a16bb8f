"""`towpath lift` (Q3): it names what is kept out, and only that."""

import pytest

from bot.edit import set_release
from generator.k8syaml import parse
from generator.release import Release
from tests.bot.cli.conftest import DIGEST, NEW

OVERLAY = "environments/test/services/web.yaml"


def release(desk, image):
    """Somebody moves test to an image by hand and renders it."""
    desk.git("pull", "--quiet", "--ff-only")
    path = desk.checkout / OVERLAY
    path.write_text(set_release(path.read_text(), Release(image)))
    desk.towpath("render")
    desk.git("commit", "--quiet", "--all", "--message", "Release")
    desk.git("push", "--quiet")


@pytest.fixture
def reverted(desk):
    """Test went to 1.4.2 and came back: 1.4.2 is in quarantine there."""
    first = parse(desk.read(OVERLAY))[0].value["release"]["image"]
    release(desk, NEW)
    release(desk, first)
    return first


def lifted(desk):
    return parse(desk.read(OVERLAY, desk.forge().pulls()[-1].head))[0].value["lifted"]


@pytest.mark.parametrize("words", [(), ("--image", "1.4.2"), ("--image", NEW)])
def test_what_was_taken_back_is_lifted(desk, reverted, words):
    desk.towpath("lift", "web", "-e", "test", *words, "--reason", "the alert was wrong")
    pull = desk.forge().pull(1)
    assert pull.title == "Let web 1.4.2 into test again"
    assert "the alert was wrong" in pull.body
    assert desk.changed(pull.head) == [OVERLAY]
    assert lifted(desk) == [{"image": NEW, "by": "Test", "reason": "the alert was wrong"}]


def test_lifted_once_there_is_nothing_left(desk, reverted):
    desk.towpath("lift", "web", "-e", "test", "--reason", "fine")
    desk.land(1)
    assert (
        "nothing of web in test is kept out"
        in desk.towpath("lift", "web", "-e", "test", "--reason", "again", code=3).err
    )


def test_of_several_one_has_to_be_named(desk, reverted):
    other = f"ghcr.io/acme/web:1.4.3{DIGEST}"
    release(desk, other)
    release(desk, reverted)
    refused = desk.towpath("lift", "web", "-e", "test", "--reason", "x", code=2)
    assert f"--image {other}, --image {NEW}" in refused.err
    desk.towpath("lift", "web", "-e", "test", "--image", "1.4.3", "--reason", "x")
    assert lifted(desk)[0]["image"] == other


def test_what_is_not_in_quarantine_is_not_lifted(desk, reverted):
    refused = desk.towpath("lift", "web", "-e", "test", "--image", "9.9", "--reason", "x", code=2)
    assert f"choose: --image {NEW}" in refused.err
    desk.towpath("lift", "web", "-e", "test", "--image", "1", "--config", "2", "--reason", "x", code=2)
    assert "nothing of web in prod" in desk.towpath("lift", "web", "-e", "prod", "--reason", "x", code=3).err
    assert not desk.forge().pulls()
